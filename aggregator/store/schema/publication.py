"""Tables of what is published: topics, documents, mirrored files, and hubs."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from aggregator.store.schema.columns import Number, String, Time, metadata
from aggregator.store.schema.holdings import articles, removed, sources

# What feeds are of. ``articles`` is a count, ``places`` the last place given out; members up to the sequence
# ``archived`` are in archives. ``definition`` is how the configuration defines a feed that the user named.
topics = Table(
    "topics",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("label", String, nullable=False),
    Column("articles", Integer, nullable=False),
    Column("places", Number, nullable=False),
    Column("archived", Number, nullable=False),
    Column("definition", String, nullable=False),
)
Index("topics_name", topics.c.kind, topics.c.name, unique=True)
Index("topics_label", topics.c.kind, topics.c.label)

# Articles in topics. ``place`` counts them in the order of their arrival there and never changes,
# ``sequence`` is drawn at arrival and at every change, ``published`` is a copy of the article's.
memberships = Table(
    "memberships",
    metadata,
    Column("topic", Number, ForeignKey(topics.c.number), primary_key=True, autoincrement=False),
    Column("article", Number, ForeignKey(articles.c.number), primary_key=True, autoincrement=False),
    Column("place", Number, nullable=False),
    Column("sequence", Number, nullable=False),
    Column("published", Time, nullable=False),
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
    Column("topic", Number, ForeignKey(topics.c.number), primary_key=True, autoincrement=False),
    Column("part", String, primary_key=True),
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("sequence", Number, nullable=False),
)

# Closed archives of a topic's feed, counted from 1: the members whose sequence was from ``first`` to
# ``last``. ``digest`` is the hash of the document as it was written under ``fingerprint``.
archives = Table(
    "archives",
    metadata,
    Column("topic", Number, ForeignKey(topics.c.number), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("first", Number, nullable=False),
    Column("last", Number, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("digest", String, nullable=False),
)

# Archives that show an earlier state of an article, which has changed since.
echoes = Table(
    "echoes",
    metadata,
    Column("topic", Number, ForeignKey(topics.c.number), primary_key=True, autoincrement=False),
    Column("article", Number, ForeignKey(articles.c.number), primary_key=True, autoincrement=False),
    Column("archive", Integer, primary_key=True, autoincrement=False),
)
Index("echoes_article", echoes.c.article)

# Removals that the feeds of a topic tell of.
tombstones = Table(
    "tombstones",
    metadata,
    Column("topic", Number, ForeignKey(topics.c.number), primary_key=True, autoincrement=False),
    Column("identity", String, ForeignKey(removed.c.identity), primary_key=True),
    Column("sequence", Number, nullable=False),
)

# Files that we mirror, by a hash of their kind and address (``identity``). ``path`` is where the file lies
# below the site's root, empty until it is there; ``error`` says why it is not. A file that is there has no
# ``retry_at``.
media = Table(
    "media",
    metadata,
    Column("identity", String, primary_key=True),
    Column("address", String, nullable=False),
    Column("source", String, ForeignKey(sources.c.name), nullable=False),
    Column("kind", String, nullable=False),
    Column("path", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("length", Number, nullable=False),
    Column("error", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", Time),
)
Index("media_due", media.c.retry_at)
Index("media_path", media.c.path)
Index("media_source", media.c.source)

# Articles and the mirrored files that they show.
uses = Table(
    "uses",
    metadata,
    Column("article", Number, ForeignKey(articles.c.number), primary_key=True, autoincrement=False),
    Column("media", String, ForeignKey(media.c.identity), primary_key=True),
)
Index("uses_media", uses.c.media)

# The manifest: every document that we wrote or were about to write, with the id of the article it shows and
# the generation that rendered it last.
pages = Table(
    "pages",
    metadata,
    Column("path", String, primary_key=True),
    Column("article", String),
    Column("generation", Integer, nullable=False, server_default="0"),
)
Index("pages_article", pages.c.article)
Index("pages_generation", pages.c.generation)


# Addresses of feeds whose change our hub has not been told yet.
announcements = Table(
    "announcements",
    metadata,
    Column("address", String, primary_key=True),
    Column("sequence", Number, nullable=False),
)

# Leases with the hubs of sources (WebSub). The callback's address and the secret that signs are made from
# ``nonce`` and a key that is not in the database, so that nobody can push with a copy of the database.
pushes = Table(
    "pushes",
    metadata,
    Column("source", String, ForeignKey(sources.c.name), primary_key=True),
    Column("hub", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("nonce", String, nullable=False),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retry_at", Time, nullable=False),
    Column("expires", Time),
)
Index("pushes_nonce", pushes.c.nonce, unique=True)
