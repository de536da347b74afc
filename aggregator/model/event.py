"""What happened: to an article, or as the program's own news, to a source or the program itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aggregator.errors import EventKind

About = Literal["source", "silence", "move", "configuration", "disk", "backup", "receiver", "schema"]
"""What an event is about (``source``: its trouble); of each, and of each subject, one is open at most."""
OF_SOURCES: tuple[About, ...] = ("source", "silence", "move")
"""What events of sources are about."""

EVENT = "event:"
"""What the ids of events begin with; those of articles have no colon."""

ChangeKind = Literal["new", "changed", "missing", "withdrawn", "back", "unsteady"]
"""What happened to an article: it is new, there is a material change, its source does not show it, that
counts as withdrawn, it came back, or its page differs from look to look."""

LogKind = ChangeKind | Literal["arrived", "renewed", "filed", "removed"]
"""What followers of all articles are told besides: one arrived, be it news or not; it has other words without
a material change; it is in another category; it is no longer held."""
UNTOLD: tuple[LogKind, ...] = ("new", "renewed", "filed")
"""What is no change of an article; it is noted for rules alone, or for followers alone."""


@dataclass(frozen=True, slots=True)
class Logged:
    """Something that happened to an article, at its place in the order of all that happens."""

    number: int
    kind: LogKind
    at: datetime
    id: str
    """The article's public id."""
    source: str
    version: int
    """The article's version from then on; 0 where it was removed."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to an article, or an event as it stands."""

    at: datetime
    kind: ChangeKind | EventKind | Literal["test"]
    id: str
    """The article's public id, or that of an event."""
    version: int
    """The article's version from then on; 0 for an event."""
    source: str
    title: str
    address: str
    number: int = 0
    """Its place in the order in which all was found."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What is noted of an event: that it begins, or stands otherwise, or (without a kind) looks over."""

    about: About
    subject: str = ""
    """The name of the source or receiver, or a folder; empty where there is only one."""
    kind: EventKind | None = None
    detail: str = ""
    """In words, without addresses and secrets, since it is published."""
    since: datetime | None = None
    """When it began, where that was before it was noted."""
    mark: str = ""
    """Tells what was loaded from what was loaded before; never shown."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as it stands."""

    number: int
    about: About
    subject: str
    kind: EventKind
    detail: str
    since: datetime
    """When it began: for a source, its last good visit."""
    opened: datetime
    updated: datetime
    """When it last came to stand otherwise; ``sequence`` is drawn then."""
    sequence: int
    lasted: datetime | None = None
    """When a source's trouble had lasted for a day."""
    ended: datetime | None = None

    @property
    def id(self) -> str:
        """What stands where articles have their public id."""
        return f"{EVENT}{self.number}"

    @property
    def change(self) -> Change:
        """How it stands now, as something that happened."""
        return Change(self.updated, self.kind, self.id, 0, self.subject, "", "", self.sequence)

    @property
    def is_of_source(self) -> bool:
        """Whether its subject is the name of a source."""
        return self.about in OF_SOURCES
