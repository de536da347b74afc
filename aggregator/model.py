"""The frozen values that one stage hands to the next.

    Request -> Fetched | NotModified -> Listing(Entry …) -> Article -> Outcome -> KeptArticle -> Page

Every ``datetime`` here is aware and in UTC unless a field says otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aggregator.errors import Fault


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask an HTTP server for; the validators are those of the last answer (RFC 9110, 13.1).

    With a ``body`` it is a POST of that text, as JSON or as a form, whichever it looks like.
    """

    address: str
    etag: str = ""
    last_modified: str = ""
    method: Literal["GET", "POST"] = "GET"
    body: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer with a body: the final address, header names in lower case, the unpacked bytes."""

    address: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The Content-Type as sent, parameters included; empty where there was none."""
        return self.headers.get("content-type", "")

    @property
    def digest(self) -> str:
        """The body's hash, which tells an unchanged answer from a changed one without parsing it."""
        return hashlib.blake2b(self.body, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server says that nothing changed since the validators of the request (304)."""

    address: str


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


OwedReason = Fault | Literal["incomplete", "budget", "filtered"]
"""Why an entry is no article: a fault of its page, or what it lacks, or rules of the user's own."""


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
    the address of its list. ``notes`` are for the log.
    """

    entries: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...] = ()
    more: tuple[Request, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A category as a source names it, with the tag that goes with it (empty: the category itself)."""

    category: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """What we hold of an entry: complete, clean, ours.

    ``content`` is sanitised HTML with absolute addresses, ``summary`` plain text. ``address`` is the
    article's own page at its source (empty where it has none), ``share_url`` the page that the
    configuration names for it. ``published`` is the time first seen where ``dated`` is false; ``future`` is
    then the date that the source states, where it lies in the future.
    ``complete`` is false where a digest stands in for a text that the source did not give.
    """

    namespace: str
    key: str
    source: str
    title: str
    address: str
    content: str
    published: datetime
    updated: datetime
    labels: tuple[Label, ...]
    dated: bool = True
    share_url: str = ""
    summary: str = ""
    author: str = ""
    origin: str = ""
    language: str = ""
    attachments: tuple[Attachment, ...] = ()
    complete: bool = True
    future: datetime | None = None

    @property
    def digest(self) -> str:
        """Hash of what a reader would see change; times first seen do not count."""
        said: tuple[object, ...] = (
            self.title,
            self.address,
            self.content,
            self.published.isoformat() if self.dated else "",
            self.share_url,
            self.summary,
            self.author,
            self.origin,
            self.language,
            self.attachments,
            self.complete,
        )
        if self.future:
            # Only then, so that what an earlier version kept has not changed.
            said += (self.future.isoformat(),)
        return hashlib.blake2b(repr(said).encode("utf-8", "replace"), digest_size=16).hexdigest()


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
    return hashlib.blake2b(repr(said).encode("utf-8", "replace"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a key, as one source sees it.

    ``article_key`` is the article's own key: another one than ``key`` where that is an alias.
    ``entry_digest`` is empty where this source never showed the key (another one of its namespace
    did). ``owner`` is the source whose words the article holds.
    """

    key: str
    article_key: str
    entry_digest: str
    article_digest: str
    owner: str
    complete: bool
    published: datetime
    updated: datetime


SourceStatus = Fault | Literal["new", "ok"]


@dataclass(frozen=True, slots=True)
class PollState:
    """A source between two polls: validators, the due time, and how it does.

    ``fingerprint`` is that of the configuration which read the list; validators of another one do
    not count, so that a mended selector takes effect at once. ``wait_until`` is a standing
    Retry-After. ``failures`` counts those in a row.
    """

    name: str
    due: datetime
    fingerprint: str = ""
    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""
    polled: datetime | None = None
    succeeded: datetime | None = None
    status: SourceStatus = "new"
    failures: int = 0
    error: str = ""
    wait_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A source showed an article: under which key (its own or an alias), what the entry said, its labels."""

    key: str
    entry_digest: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything a poll changed, to be committed in one transaction.

    ``new`` and ``changed`` are in the order in which they shall arrive (oldest first).
    ``sightings`` covers every entry that is an article after this poll, new ones included, unless
    it was sighted before with the same digest. ``owed`` are written (or overwritten); ``settled``
    are keys whose debt is paid. ``aliases`` are pairs of another key and the key of the article that it
    means, both in the namespace; a key that has an article of its own keeps it.
    """

    source: str
    namespace: str
    state: PollState
    new: tuple[Article, ...] = ()
    changed: tuple[Article, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    owed: tuple[Owed, ...] = ()
    settled: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Backfill:
    """How far a backfill of a source got: what it asks for next, and what it has read so far.

    ``fingerprint`` is that of the configuration which began it, ``number`` that of the list's page for which
    ``request`` asks; ``pages`` and ``articles`` count what is behind it.
    """

    source: str
    fingerprint: str
    number: int
    request: Request
    pages: int
    articles: int


@dataclass(frozen=True, slots=True)
class Category:
    """Where articles are filed: a slug that is safe as a file name and a label for people."""

    slug: str
    label: str


@dataclass(frozen=True, slots=True)
class Filing:
    """An article in a category, under a tag (the category's label where none is configured)."""

    category: Category
    tag: str


@dataclass(frozen=True, slots=True)
class KeptArticle:
    """An article as the store holds it: its public id (given once, for ever), version and filings.

    ``version`` counts from 1; ``first_seen`` is when it came. ``sequence`` grows with every arrival
    and change over the whole store. ``filings`` are in the order in which they were added.
    """

    id: str
    version: int
    sequence: int
    first_seen: datetime
    article: Article
    filings: tuple[Filing, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A file we write: its path below the output's root, with ``/`` between parts, and its bytes."""

    path: str
    body: bytes
