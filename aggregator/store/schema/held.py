"""What we hold and what is still owed: sources, articles, categories."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    false,
    func,
    true,
)

from aggregator.store.columns import Number, Packed, String, Time, key, optional, required
from aggregator.store.schema.metadata import metadata

# One row about the store as a whole. Whoever writes several rows locks it first, so that writers queue up
# instead of blocking each other. ``sequence`` is the last number given out. ``fingerprint`` is that of the
# configuration and program by which everything is rendered, or is being rendered while ``whole`` is false;
# ``generation`` counts those renderings, so that documents which the last one did not make are found.
# ``witnessed`` is the sequence up to which a witness was asked to save pages; it is asked again at
# ``witness_at``. ``lineage`` is a text of chance, another one after each restore, which tells numbers of this
# store's sequence from all others. ``key_mark`` tells the key of a cluster from others.
totals = Table(
    "totals",
    metadata,
    key("number"),
    *required(Number, "sequence", "articles"),
    *required(String, "fingerprint"),
    *required(Integer, "generation", default="0"),
    *required(Number, "told", default="0"),
    Column("whole", Boolean, nullable=False, server_default=false()),
    *optional(Time, "seen", "odd_since", "restored", "witness_at"),
    *optional(Number, "witnessed"),
    *required(String, "lineage", "key_mark", default=""),
)

# A source that leaves the configuration keeps its row. ``owner`` has its lease until ``leased_until``.
# ``revisit_at`` is when the first of its articles is due to be looked at again; empty as long as none has a
# row in ``revisits``. ``paused`` is since when its owner wants no visits.
sources = Table(
    "sources",
    metadata,
    key("name", String),
    *required(Boolean, "active"),
    *required(Time, "due"),
    *required(String, "fingerprint", "etag", "last_modified", "body_digest", "status", "error"),
    *required(Integer, "failures"),
    *optional(Time, "polled", "succeeded", "wait_until", "pushed"),
    *optional(String, "owner"),
    *optional(Time, "leased_until", "moved_since", "revisit_at", "paused"),
    *required(String, "mirror", "moved", "robots", default=""),
    *required(String, "pace", "rhythm", "baseline", default="{}"),
    *required(Integer, "answered", "listed", "took", "repeats", default="0"),
)
Index("sources_due", sources.c.due)
Index("sources_revisit_at", sources.c.revisit_at)

# What is remembered of visits, a line of JSON for each.
records = Table("records", metadata, key("source", String, of=sources.c.name), *required(String, "log"))

# ``number`` is the sequence of an article's arrival, ``sequence`` that of its last change. ``identity`` is
# a hash of namespace and key, because keys may be longer than an index of PostgreSQL takes.
# ``filed_version`` is the version that the memberships in topics reflect. ``changed`` is when the last of
# ``changes`` was held, ``missing_since`` and ``withdrawn`` since when the source does not show it.
# ``former_path`` is where an article was on the site that it was moved from.
articles = Table(
    "articles",
    metadata,
    key("number"),
    *required(String, "id", "identity", "namespace", "key", "source", "title", "address"),
    *required(Packed, "content"),
    *required(Time, "published", "updated", "first_seen"),
    *required(String, "labels", "share_url", "summary", "author", "origin", "language", "attachments"),
    *required(Boolean, "dated", "complete"),
    *optional(Time, "future"),
    *optional(Date, "day"),
    *required(String, "digest"),
    *required(Number, "sequence"),
    *required(Integer, "version", "published_version"),
    *required(Integer, "filed_version", "compared_version", default="0"),
    *optional(Time, "missing_since", "withdrawn", "changed"),
    *required(Integer, "changes", default="0"),
    *required(String, "fields", default="[]"),
    *required(String, "former_path", default=""),
)
lower_id = func.lower(articles.c.id)
"""Articles are looked up by it, since capitals do not count in ids."""
Index("articles_id", lower_id, unique=True)
Index("articles_identity", articles.c.identity, unique=True)
Index("articles_published", articles.c.published, articles.c.number)
Index("articles_sequence", articles.c.sequence, unique=True)
Index("articles_source", articles.c.source, articles.c.first_seen, articles.c.number)
# PostgreSQL's has the same condition; to say it here would load its dialect into every command.
_unpublished = articles.c.version > articles.c.published_version
Index("articles_unpublished", articles.c.sequence, sqlite_where=_unpublished)

# Earlier states of articles: whole in ``state``, or as the ``difference`` to the next newer one.
revisions = Table(
    "revisions",
    metadata,
    key("article", of=articles.c.number),
    key("version", Integer),
    *required(Time, "replaced_at"),
    *required(String, "state"),
    *optional(LargeBinary, "difference"),
)

# A category that was renamed ``leads_to`` the one that has its articles now; that one leads nowhere.
categories = Table(
    "categories",
    metadata,
    key("number"),
    *required(String, "slug", "label"),
    *optional(Number, "leads_to"),
)
Index("categories_slug", categories.c.slug, unique=True)
Index("categories_label", categories.c.label, unique=True)

# ``position`` counts an article's filings.
filings = Table(
    "filings",
    metadata,
    key("article", of=articles.c.number),
    key("category", of=categories.c.number),
    *required(Integer, "position"),
    *required(String, "tag"),
)

# Other keys under which an article is known. ``identity`` is the hash of namespace and alias; no alias has
# the identity of an article.
aliases = Table(
    "aliases",
    metadata,
    key("identity", String),
    Column("article", Number, ForeignKey(articles.c.number), nullable=False),
)

# ``alias`` is the identity of the alias under which the source showed the article, empty for its own key.
# Each key has its own digest, because its entries are compared only with each other.
sightings = Table(
    "sightings",
    metadata,
    key("source", String, of=sources.c.name),
    key("article", of=articles.c.number),
    Column("alias", String, primary_key=True, server_default=""),
    *required(String, "entry_digest"),
)

# Entries that are no articles yet. ``identity`` is a hash of source and key.
owed = Table(
    "owed",
    metadata,
    key("identity", String),
    Column("source", String, ForeignKey(sources.c.name), nullable=False),
    *required(String, "key", "reason", "message"),
    *required(Time, "retry_at"),
    *required(Integer, "attempts"),
    *optional(String, "entry"),
    Column("news", Boolean, nullable=False, server_default=true()),
)
Index("owed_source", owed.c.source, owed.c.retry_at)

# How far backfills got; ``request`` is what is fetched next.
backfills = Table(
    "backfills",
    metadata,
    key("source", String, of=sources.c.name),
    *required(String, "fingerprint", "request"),
    *required(Integer, "number", "pages", "articles"),
)

# Folded texts for searches; ``names`` has a line for each author and file, None where none
# is noted yet.
texts = Table(
    "texts",
    metadata,
    key("article", of=articles.c.number),
    *required(String, "title", "text"),
    *optional(String, "names"),
)

# What is in files, by the hash of their bytes: HTML, compressed, or the fault for which there is none.
file_texts = Table(
    "file_texts",
    metadata,
    key("digest", String),
    *required(LargeBinary, "content"),
    *required(String, "fault"),
)

# Articles and the texts of their files.
readings = Table(
    "readings",
    metadata,
    key("article", of=articles.c.number),
    key("file", String, of=file_texts.c.digest),
)
Index("readings_file", readings.c.file)

# Articles that were removed and never come in again, with a row for each alias, too. ``id``, ``namespace``
# and ``key`` are the article's own.
removed = Table(
    "removed",
    metadata,
    key("identity", String),
    *required(String, "id", "namespace", "key", "address", "reason"),
    *required(Time, "removed_at"),
)
Index("removed_id", func.lower(removed.c.id))
