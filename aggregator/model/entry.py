"""What a source says: entries, as they came, and what of them is still owed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aggregator.errors import Fault
from aggregator.model.digest import hexdigest
from aggregator.model.exchange import Request
from aggregator.model.habits import Pace


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to an article: absolute address, title, media type, length in bytes."""

    address: str
    title: str = ""
    media_type: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a source said of one article, as it said it.

    ``key`` is the entry's own id or its canonical address. ``content`` is HTML as it came; ``None``
    asks for the article's page. ``published`` and ``updated`` are the source's own words, to be read
    against the time of the fetch. ``fields`` are what ``{braces}`` in the configuration may name;
    a list has one value for each category. ``drifts`` marks a date such as "5 minutes ago", which says
    nothing new when it changes. ``next_part`` is the address of the page on which the text goes on.
    ``link`` is the page's own word on its address (rel=canonical), where it can be trusted. ``rules`` names
    for each filled attribute the selector, feed element or fallback that gave it, ``notes`` what a reader of
    the log should know, such as broken characters.
    """

    key: str
    title: str = ""
    address: str = ""
    published: str = ""
    updated: str = ""
    author: str = ""
    origin: str = ""
    summary: str = ""
    content: str | None = None
    base: str = ""
    attachments: tuple[Attachment, ...] = ()
    fields: Mapping[str, str | list[str]] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    drifts: bool = False
    next_part: str = ""
    link: str = ""
    notes: tuple[str, ...] = ()


OwedReason = Fault | Literal["incomplete", "budget", "filtered", "full-text"]
"""Why an entry is no article: a fault of its page, what it lacks, or a rule of the user's (``filtered``).

``full-text``: it is one, with what its list said; its page could not be had yet.
"""


@dataclass(frozen=True, slots=True)
class Owed:
    """An entry that is not an article yet, with its own retry time, so that a 304 never forgets it.

    ``entry`` is ``None`` where the source's own data for it could not be read at all.
    """

    key: str
    reason: OwedReason
    message: str
    retry_at: datetime
    attempts: int = 1
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One entry in a list that could not be read; it costs none of the others."""

    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What one answer of a source lists, in the source's order.

    ``more`` are the requests without which it is not whole: a sitemap index lists sitemaps, a column's page
    the address of its list. ``cut`` tells of one that broke off: its validators say nothing of the rest.
    ``notes`` are for the log. ``hub`` and ``topic`` are the WebSub hub that the answer names and the address
    under which the hub knows it (W3C WebSub, 4: rel=hub and rel=self). ``pace`` is when it wants to be asked.
    """

    entries: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...] = ()
    more: tuple[Request, ...] = ()
    notes: tuple[str, ...] = ()
    cut: bool = False
    hub: str = ""
    topic: str = ""
    pace: Pace = field(default_factory=Pace)


def entry_digest(entry: Entry) -> str:
    """Hash of everything an entry says, to tell a repeated entry from an edited one."""
    said = (
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
    return hexdigest(repr(said))
