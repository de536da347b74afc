"""What is published: topics with their articles and documents, mirrored files, hubs."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from aggregator.store.columns import Number, String, Time, key, optional, required
from aggregator.store.schema.held import articles, removed, sources
from aggregator.store.schema.metadata import metadata

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

# Addresses that caches between us and readers have to forget; told are those that are ``ready``, whose
# documents are in place.
purges = Table(
    "purges", metadata, key("address", String), *required(Number, "sequence"), *required(Boolean, "ready")
)

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
