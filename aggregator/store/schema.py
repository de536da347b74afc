"""The tables of the database: what we hold, what is still owed, and what is published."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    false,
    func,
)

from aggregator.store.columns import Number, String, Time, key, optional, required

REVISION = "0010"
"""The revision of ``migrations`` that makes these tables; it stands here so that opening needs no alembic."""

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"},
)

# One row about the store as a whole. Whoever writes several rows locks it first, so that writers queue up
# instead of blocking each other. ``sequence`` is the last number given out. ``fingerprint`` is that of the
# configuration and program by which everything is rendered, or is being rendered while ``whole`` is false;
# ``generation`` counts those renderings, so that documents which the last one did not make are found.
# ``witnessed`` is the sequence up to which a witness was asked to save pages; it is asked again at
# ``witness_at``.
totals = Table(
    "totals",
    metadata,
    key("number"),
    *required(Number, "sequence", "articles"),
    *required(String, "fingerprint"),
    *required(Integer, "generation", default="0"),
    Column("whole", Boolean, nullable=False, server_default=false()),
    *optional(Time, "seen", "odd_since", "witness_at"),
    *optional(Number, "witnessed"),
)

# A source that leaves the configuration keeps its row. ``owner`` has its lease until ``leased_until``.
# ``revisit_at`` is when the first of its articles is due to be looked at again; empty as long as none has a
# row in ``revisits``.
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
    *optional(Time, "leased_until", "moved_since", "revisit_at"),
    *required(String, "mirror", "moved", "robots", default=""),
    *required(String, "pace", "rhythm", "baseline", default="{}"),
)

# ``number`` is the sequence of an article's arrival, ``sequence`` that of its last change. ``identity`` is
# a hash of namespace and key, because keys may be longer than an index of PostgreSQL takes.
# ``filed_version`` is the version that the memberships in topics reflect. ``changed`` is when the last of
# ``changes`` was held, ``missing_since`` and ``withdrawn`` since when the source does not show it.
articles = Table(
    "articles",
    metadata,
    key("number"),
    *required(String, "id", "identity", "namespace", "key", "source", "title", "address", "content"),
    *required(Time, "published", "updated", "first_seen"),
    *required(String, "labels", "share_url", "summary", "author", "origin", "language", "attachments"),
    *required(Boolean, "dated", "complete"),
    *optional(Time, "future"),
    *optional(Date, "day"),
    *required(String, "digest"),
    *required(Number, "sequence"),
    *required(Integer, "version", "published_version"),
    *required(Integer, "filed_version", default="0"),
    *optional(Time, "missing_since", "withdrawn", "changed"),
    *required(Integer, "changes", default="0"),
)
Index("articles_id", func.lower(articles.c.id), unique=True)
Index("articles_identity", articles.c.identity, unique=True)
Index("articles_published", articles.c.published, articles.c.number)
Index("articles_sequence", articles.c.sequence, unique=True)
Index("articles_source", articles.c.source, articles.c.first_seen, articles.c.number)
_unpublished = articles.c.version > articles.c.published_version
Index(
    "articles_unpublished",
    articles.c.sequence,
    sqlite_where=_unpublished,
    postgresql_where=_unpublished,
)

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

# Where articles came from, a row for each version that is another text, compressed.
provenance = Table(
    "provenance",
    metadata,
    key("article", of=articles.c.number),
    key("version", Integer),
    *required(LargeBinary, "packed"),
)

# What was kept, on which day (UTC), and its SHA-256: ``id/version`` for a state of an article. Lines stay
# when articles go, so that the hashes of their days still fit.
ledger = Table(
    "ledger",
    metadata,
    key("name", String),
    *required(Date, "day"),
    *required(LargeBinary, "digest"),
)
Index("ledger_day", ledger.c.day)

# The hash of each day on which something was kept, over that day's ``lines`` of the ledger and the hash of
# the day before. ``stamp`` is the answer of a timestamp authority (RFC 3161).
seals = Table(
    "seals",
    metadata,
    key("day", Date),
    *required(LargeBinary, "digest"),
    *required(Integer, "lines"),
    *optional(LargeBinary, "stamp"),
)

# What happened to articles, in the order in which it was found; ``version`` is the article's from then on.
changes = Table(
    "changes",
    metadata,
    key("number"),
    Column("article", Number, ForeignKey(articles.c.number), nullable=False),
    *required(Time, "at"),
    *required(String, "kind"),
    *required(Integer, "version"),
)
Index("changes_article", changes.c.article)
Index("changes_at", changes.c.at, changes.c.number)

# When articles are looked at again: low numbers of ``urgency`` come first; ``step`` counts looks of the
# schedule. ``entry`` is what the list said, from which the article is made again; the validators and
# ``body_digest`` are of the last answer of the page, read under ``fingerprint``. ``candidate`` is the digest
# of what it gave where that is not what is held; ``looks`` agreed on it since ``candidate_since``. ``flips``
# counts how often it went back. The list shows the article no more since ``unlisted_since``.
revisits = Table(
    "revisits",
    metadata,
    key("article", of=articles.c.number),
    Column("source", String, ForeignKey(sources.c.name), nullable=False),
    *required(Integer, "urgency", "step"),
    *required(Time, "due"),
    *optional(Time, "looked"),
    *optional(String, "entry"),
    *required(String, "fingerprint", "etag", "last_modified", "body_digest", "candidate", default=""),
    *optional(Time, "candidate_since"),
    *required(Integer, "looks", "flips", default="0"),
    *optional(Time, "unlisted_since"),
)
Index("revisits_due", revisits.c.source, revisits.c.urgency, revisits.c.due)

# The attachments of articles as they were when they were looked at last, by a hash of their address.
files = Table(
    "files",
    metadata,
    key("article", of=articles.c.number),
    key("identity", String),
    *required(String, "etag", "last_modified", "digest", "candidate", default=""),
)

# How many requests of a day (UTC) were used to look again, by source and by host.
budgets = Table(
    "budgets",
    metadata,
    key("kind", String),
    key("name", String),
    *required(Date, "day"),
    *required(Integer, "used"),
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

# Folded texts for searches.
texts = Table("texts", metadata, key("article", of=articles.c.number), *required(String, "title", "text"))

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

# What feeds are of. ``articles`` is a count, ``places`` the last place given out; members up to the sequence
# ``archived`` are in archives. ``definition`` is how the configuration defines a feed that the user named,
# or how much of a source is shown.
topics = Table(
    "topics",
    metadata,
    key("number"),
    *required(String, "kind", "name", "label", "definition"),
    *required(Integer, "articles"),
    *required(Number, "places", "archived"),
)
Index("topics_name", topics.c.kind, topics.c.name, unique=True)
Index("topics_label", topics.c.kind, topics.c.label)

# Articles in topics. ``place`` counts them in the order of their arrival there and never changes,
# ``sequence`` is drawn at arrival and at every change, ``published`` is a copy of the article's.
memberships = Table(
    "memberships",
    metadata,
    key("topic", of=topics.c.number),
    key("article", of=articles.c.number),
    *required(Number, "place", "sequence"),
    *required(Time, "published"),
)
Index("memberships_article", memberships.c.article)
Index("memberships_place", memberships.c.topic, memberships.c.place, unique=True)
Index("memberships_sequence", memberships.c.topic, memberships.c.sequence, unique=True)
Index("memberships_published", memberships.c.topic, memberships.c.published, memberships.c.place)

# Documents of a topic that are to be rendered again: its ``front``, or a numbered ``list``, ``sitemap`` or
# ``archive``. ``sequence`` tells a touch from a later one.
touched = Table(
    "touched",
    metadata,
    key("topic", of=topics.c.number),
    key("part", String),
    key("number"),
    *required(Number, "sequence"),
)

# Closed archives of a topic's feed, counted from 1: the members whose sequence was from ``first`` to
# ``last``. ``digest`` is the hash of the document as it was written under ``fingerprint``.
archives = Table(
    "archives",
    metadata,
    key("topic", of=topics.c.number),
    key("number", Integer),
    *required(Number, "first", "last"),
    *required(String, "fingerprint", "digest"),
)

# Archives that show an earlier state of an article, which has changed since.
echoes = Table(
    "echoes",
    metadata,
    key("topic", of=topics.c.number),
    key("article", of=articles.c.number),
    key("archive", Integer),
)
Index("echoes_article", echoes.c.article)

# Removals that the feeds of a topic tell of.
tombstones = Table(
    "tombstones",
    metadata,
    key("topic", of=topics.c.number),
    key("identity", String, of=removed.c.identity),
    *required(Number, "sequence"),
)

# Files that we mirror, by a hash of their kind and address (``identity``). ``path`` is where the file lies
# below the site's root, empty until it is there; ``error`` says why it is not. A file that is there has no
# ``retry_at``.
media = Table(
    "media",
    metadata,
    key("identity", String),
    *required(String, "address"),
    Column("source", String, ForeignKey(sources.c.name), nullable=False),
    *required(String, "kind", "path", "media_type", "error"),
    *required(Number, "length"),
    *required(Integer, "attempts"),
    *optional(Time, "retry_at"),
)
Index("media_due", media.c.retry_at)
Index("media_path", media.c.path)
Index("media_source", media.c.source)

# Articles and the mirrored files that they show.
uses = Table(
    "uses", metadata, key("article", of=articles.c.number), key("media", String, of=media.c.identity)
)
Index("uses_media", uses.c.media)

# The manifest: every document that we wrote or were about to write, with the id of the article it shows and
# the generation that rendered it last.
pages = Table(
    "pages",
    metadata,
    key("path", String),
    *optional(String, "article"),
    *required(Integer, "generation", default="0"),
)
Index("pages_article", pages.c.article)
Index("pages_generation", pages.c.generation)

# Addresses of feeds whose change our hub has not been told yet.
announcements = Table("announcements", metadata, key("address", String), *required(Number, "sequence"))

# Leases with the hubs of sources (WebSub). The callback's address and the secret that signs are made from
# ``nonce`` and a key that is not in the database, so that nobody can push with a copy of the database.
pushes = Table(
    "pushes",
    metadata,
    key("source", String, of=sources.c.name),
    *required(String, "hub", "topic", "nonce", "status"),
    *required(Integer, "attempts"),
    *required(Time, "retry_at"),
    *optional(Time, "expires"),
)
Index("pushes_nonce", pushes.c.nonce, unique=True)
