"""What happened to articles, when they are looked at again, and what proves them."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, Table

from aggregator.store.columns import Number, String, Time, key, optional, required
from aggregator.store.schema.held import articles, sources
from aggregator.store.schema.metadata import metadata

# Where articles came from, a row for each version that is another text, compressed.
provenance = Table(
    "provenance",
    metadata,
    key("article", of=articles.c.number),
    key("version", Integer),
    *required(LargeBinary, "packed"),
)

# What was kept, on which day (UTC), and its SHA-256: ``number/version`` for a state of an article. Lines stay
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

# What is no longer held, for whatever reason, at its place in the order of all that happened to articles.
removals = Table(
    "removals", metadata, key("number"), *required(String, "id", "source"), *required(Time, "at")
)

# The program's own news, a row for each event that develops. ``calm`` is since when it looks over, ``lasted``
# when a source's trouble had lasted for a day. ``sequence`` is drawn whenever it stands otherwise. ``mark``
# tells what was loaded from what was loaded before.
events = Table(
    "events",
    metadata,
    key("number"),
    *required(String, "about", "subject", "kind", "detail", "mark"),
    *required(Time, "since", "opened", "updated"),
    *required(Number, "sequence"),
    *optional(Time, "calm", "lasted", "ended"),
)
Index("events_subject", events.c.about, events.c.subject, events.c.number)
Index("events_sequence", events.c.sequence, unique=True)
Index("events_ended", events.c.ended)

# What receivers are told, a row for each of them, article or event, and state. It is due at ``due``; somebody
# sends it since ``begun``, which a crash leaves behind (``doubts`` counts that), and it was sent at ``told``.
outbox = Table(
    "outbox",
    metadata,
    key("number"),
    Column("article", Number, ForeignKey(articles.c.number)),
    Column("event", Number, ForeignKey(events.c.number)),
    *required(String, "receiver", "kind", "rules"),
    *required(Integer, "version"),
    *required(Time, "created", "due"),
    *optional(Time, "begun", "told"),
    *required(Integer, "tries", "doubts", default="0"),
    *required(String, "error", default=""),
)
Index("outbox_event", outbox.c.receiver, outbox.c.event, outbox.c.kind, unique=True)
Index("outbox_once", outbox.c.receiver, outbox.c.article, outbox.c.kind, outbox.c.version, unique=True)
Index("outbox_due", outbox.c.receiver, outbox.c.told, outbox.c.due)
Index("outbox_article", outbox.c.article)

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
