"""What a source says: lists of entries as they came, and entries that are owed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aggregator.errors import Fault
from aggregator.model.digest import hexdigest
from aggregator.model.exchange import Request
from aggregator.model.habits import Pace
from aggregator.model.provenance import Receipt
from aggregator.model.value import Value


@dataclass(frozen=True, slots=True)
class Episode(Value):
    """What a podcast says of a sound or a film."""

    duration: int | None = None
    """Seconds."""
    season: int | None = None
    number: int | None = None
    picture: str = ""
    """Absolute address."""


FileFault = Literal["", "no-text", "encrypted", "broken", "too-large", "unknown"]
"""Why a file gave no text: it has none (a scan), it wants a password, it cannot be read, it takes more than
we give a file, or it is of a type that we do not read."""


@dataclass(frozen=True, slots=True)
class FileText(Value):
    """What is in a file."""

    digest: str
    """The hash of the file's bytes."""
    content: str = ""
    """Clean HTML."""
    fault: FileFault = ""


@dataclass(frozen=True, slots=True)
class Attachment(Value):
    """A file that belongs to an article."""

    address: str
    """Absolute."""
    title: str = ""
    media_type: str = ""
    length: int | None = None
    """Bytes; None where it is not known."""
    episode: Episode | None = field(default=None, repr=False)
    """Digests are made of what ``repr`` gives, and add this, ``digest`` and ``text`` where there is some."""
    digest: str = field(default="", repr=False)
    """The hash of its bytes where another file took its place at its address; empty for the first one."""
    text: str = field(default="", repr=False)
    """The hash of the bytes whose text is held; empty where it has not been read."""
    fault: FileFault = field(default="", repr=False)
    """Why no text could be taken out of it."""


FieldType = Literal["text", "list", "date", "number", "reference"]
"""What a named fact is: text, a list, a day (ISO 8601), an amount, or the number of a document."""


@dataclass(frozen=True, slots=True)
class Field(Value):
    """A named fact of an article."""

    name: str
    """By which it is known everywhere, such as ``number``."""
    value: str
    """As its type has it, once it is an article's; each part of a list has a line."""
    type: FieldType = "text"
    label: str = field(default="", compare=False, repr=False)
    """What people see instead of its name."""
    rule: str = field(default="", compare=False, repr=False)
    """What gave it, for people."""

    @property
    def values(self) -> tuple[str, ...]:
        """The parts of a list, or the one value."""
        return tuple(self.value.split("\n")) if self.type == "list" else (self.value,)


@dataclass(frozen=True, slots=True)
class Entry(Value):
    """What a source said of one article, as it said it."""

    key: str
    """The entry's own id, or its canonical address."""
    title: str = ""
    address: str = ""
    published: str = ""
    """In the source's own words, relative to the time of the fetch; ``updated`` too."""
    updated: str = ""
    author: str = ""
    """A name a line."""
    origin: str = ""
    summary: str = ""
    content: str | None = None
    """HTML as it came; None asks for the article's page."""
    base: str = ""
    attachments: tuple[Attachment, ...] = ()
    fields: Mapping[str, str | list[str]] = field(default_factory=dict)
    """What ``{braces}`` in the configuration may name; a list has one value for each category."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """For each filled attribute the selector, feed element or fallback that gave it."""
    drifts: bool = False
    """Whether the date is one such as "5 minutes ago", whose change is no news."""
    next_part: str = ""
    """The address of the page on which the text goes on."""
    link: str = ""
    """The page's own word on its address (rel=canonical), where it can be trusted."""
    notes: tuple[str, ...] = ()
    """What a reader of the log should know, such as broken characters."""
    also: str = ""
    """Another key under which it may be known: what ``key`` would be if others of the list had it, too, or
    where ``shared``, the key that others have."""
    shared: bool = False
    """Whether other entries of its list have the key ``also``."""
    files: Mapping[str, FileText] = field(default_factory=dict, compare=False, repr=False)
    """What is in those of its files that were read, by their addresses."""
    heading: str = ""
    """What its own page calls it, whichever title stands."""
    facts: tuple[Field, ...] = ()
    """Facts that its list or page names, in the source's own words."""
    receipts: tuple[Receipt, ...] = field(default=(), compare=False, repr=False)
    """Of the answers that it was read from: its list's, then its pages'."""


OwedReason = Fault | Literal["incomplete", "budget", "filtered", "full-text", "suspect"]
"""Why an entry is owed: a fault of its page, what it lacks, or a rule of the user's (``filtered``).

``full-text``: it is an article with what its list said, but its page could not be fetched yet.
``suspect``: a poll that is not trusted saw it; the next one that is takes it.
"""


@dataclass(frozen=True, slots=True)
class Owed:
    """An entry that is not an article yet, with its own retry time, so that a 304 never forgets it."""

    key: str
    reason: OwedReason
    message: str
    retry_at: datetime
    attempts: int = 1
    entry: Entry | None = None
    """None where the source's own data for it could not be read at all."""
    news: bool = True
    """Whether what comes of it is news, of which rules may tell."""


@dataclass(frozen=True, slots=True)
class Unreadable(Value):
    """An entry of a list that could not be read; the others are."""

    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Listing(Value):
    """What one answer of a source lists, in the source's order."""

    entries: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...] = ()
    more: tuple[Request, ...] = ()
    """Requests that complete it: a sitemap index lists sitemaps, a column's page the address of its list."""
    notes: tuple[str, ...] = ()
    """For the log."""
    cut: bool = False
    """Whether it broke off; its validators then say nothing of the rest."""
    hub: str = ""
    """The WebSub hub that the answer names (W3C WebSub, 4: rel=hub)."""
    topic: str = ""
    """The address under which the hub knows it (rel=self)."""
    pace: Pace = field(default_factory=Pace)
    """How often it wants to be asked."""

    @property
    def keys(self) -> frozenset[str]:
        """The keys of its entries."""
        return frozenset(entry.key for entry in self.entries)


IMPORTED = "imported"
"""Stands for the digest of an entry that its source has not shown us: its article came from elsewhere."""


def entry_digest(entry: Entry) -> str:
    """Hash of everything that an entry says, which tells an edited entry from a repeated one."""
    facts: tuple[object, ...] = (
        entry.title,
        entry.address,
        "" if entry.drifts else entry.published,
        entry.updated,
        entry.author,
        entry.origin,
        entry.summary,
        entry.content,
        entry.attachments,
        sorted(
            (name, str(value))
            for name, value in entry.fields.items()
            if not (entry.drifts and value == entry.published)
        ),
    )
    if entry.facts:
        facts += (entry.facts,)
    return hexdigest(repr(facts + episodes_of(entry.attachments)))


def episodes_of(attachments: Iterable[Attachment]) -> tuple[Episode, ...]:
    """Return the episodes among attachments."""
    return tuple(item.episode for item in attachments if item.episode)
