"""Feeds: RSS and Atom of any age and health, read by feedparser, and JSON Feed."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import feedparser
import feedparser.mixin

from aggregator.errors import ReadError
from aggregator.model import Attachment, Entry, Fetched, Listing, Request, Unreadable
from aggregator.settings import Source
from aggregator.sources import json_feed, options, page, paging, selectors
from aggregator.sources.describe import refuse
from aggregator.sources.feed_entry import FIELDS, Item, absolute, make_entry, unique
from aggregator.sources.hubs import find_hub
from aggregator.sources.pace import read_pace
from aggregator.sources.templates import check_templates
from aggregator.text.addresses import resolve
from aggregator.text.text import as_html, fold, plain

LONGEST_AUTHOR = 2_000  # characters
# Python's SAX looks through all attributes of an element for each of them.
_CROWDED = re.compile(rb"<[^<>=]*+(?:=[^<>=]*+){1000}")
# What feedparser leaves behind for odd markup may have any shape; one such entry costs only itself.
ODD = (KeyError, TypeError, ValueError, AttributeError)
_ITEM = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<(/?)(?:\w{1,20}:)?(?:item|entry)(?:\s[^<>]*)?(?<!/)>",
    re.IGNORECASE | re.DOTALL,
)
_END = re.compile(rb"</(?:rss|feed|(?:\w{1,20}:)?RDF|channel)\s*>", re.IGNORECASE)


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with what only a feed's table can have wrong; see :class:`aggregator.sources.Kind`."""
    yield from selectors.check_page(source)
    yield from check_templates(source, FIELDS)
    yield from paging.check(source)
    yield from paging.unused(source, "next", "cursor")
    yield from options.check_none(source)


def ask(source: Source, number: int, before: Fetched | None) -> Request | None:
    """Ask for the next page or the archive before it (RFC 5005, sections 3 and 4), or count ``{page}``."""
    if before is None or paging.counts(source):
        return paging.ask(source, number, before)
    if json_feed.is_json(before):
        href = json_feed.next_page(before)
    else:
        links = _parse(before).feed.get("links", [])
        named = {link.get("rel"): link.get("href", "") for link in reversed(links)}
        href = named.get("next") or named.get("prev-archive") or ""
    return paging.follow(source, number, href, before.address)


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a feed. Raises ReadError where the answer is none."""
    if json_feed.is_json(fetched):
        return json_feed.read_list(source, fetched)
    whole, half = _cut(fetched.body)
    parsed = _parse(fetched, whole)
    if not parsed.get("version") and not parsed.entries:
        raise refuse(fetched, "a feed")
    ended = _END.search(whole) or whole.rstrip().endswith(b"/>")
    if not parsed.entries and not half and not ended:
        raise ReadError("is a feed that was cut off before its first entry", fault="cut-off")
    entries: list[Entry] = []
    unreadable: list[Unreadable] = []
    for position, item in enumerate(parsed.entries, 1):
        name = f"entry {position}"
        try:
            entry = make_entry(source, _item(item, fetched.address))
        except ODD as exc:
            unreadable.append(Unreadable(name, f"{name}: {exc}"))
            continue
        if entry is None:
            unreadable.append(Unreadable(name, f"{name} has no title, no link and no content"))
        else:
            entries.append(entry)
    notes: tuple[str, ...] = ()
    if half:
        name = f"entry {len(parsed.entries) + 1}"
        unreadable.append(Unreadable(name, f"{name} is half an entry: the feed was cut off"))
        notes = (f"the feed was cut off after {len(parsed.entries)} entries",)
    hub, topic = find_hub(fetched, parsed.feed.get("links", []))
    return Listing(
        unique(entries),
        tuple(unreadable),
        notes=notes,
        cut=half,
        hub=hub,
        topic=topic,
        pace=read_pace(parsed.feed, fetched.body),
    )


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Take the body from the entry's page. Raises ReadError."""
    return page.read_article(source, entry, fetched)


def _parse(fetched: Fetched, body: bytes | None = None) -> Any:
    # Without the feed's address, so that an id which is no address stays as it is; ours is the base then.
    headers = {"content-type": fetched.content_type}
    data = fetched.body if body is None else body
    if _CROWDED.search(data):
        raise ReadError("has a tag of a thousand attributes and more")
    try:
        # A stream, since feedparser takes bytes for the name of a local file to open.
        return feedparser.parse(
            BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except OSError:
        raise  # of this machine, such as no more descriptors
    except Exception as exc:
        # Markup that is broken enough makes it stumble anywhere.
        raise ReadError(f"is a feed too broken to be read: {type(exc).__name__}: {exc}") from exc


def _guard_authors() -> None:
    """Keep feedparser from looking for an e-mail address in what is too long to be an author.

    Its pattern takes the square of the length. feedparser 6 has no door for this; a test holds that it works.
    """
    parser = feedparser.mixin._FeedParserMixin
    split = parser._sync_author_detail

    def split_short(self: Any, key: str = "author") -> None:
        said = self._get_context().get(key)
        if not isinstance(said, str) or len(said) <= LONGEST_AUTHOR:
            split(self, key)

    parser._sync_author_detail = split_short


_guard_authors()


def _cut(body: bytes) -> tuple[bytes, bool]:
    """Take off the half entry at the end of a feed that was cut off, and tell whether there was one."""
    tags = (tag for tag in _ITEM.finditer(body) if tag[1] is not None)
    last = next(iter(deque(tags, maxlen=1)), None)
    if last is None or last[1] or _END.search(body, last.end()):
        return body, False
    return body[: last.start()], True


def _item(item: Any, address: str) -> Item:
    details = (*item.get("content", []), item.get("summary_detail", {}), item.get("title_detail", {}))
    declared = next((detail["base"] for detail in details if detail.get("base")), "")
    base = resolve(address, declared) or address
    content, digest = _texts(item)
    # `in` first, since feedparser answers a missing `updated` with `published`.
    said = [name for name in ("published", "updated", "created") if name in item]
    dates = {name: item[name] for name in said if item[name]}
    tags = (fold(tag.get("label") or tag.get("term") or "") for tag in item.get("tags", []))
    title, link, key = _title(item), resolve(base, _link(item)), item.get("id", "").strip()
    return Item(
        base=base,
        id=key,
        title=title,
        link=link,
        content=content,
        digest=digest,
        published=next(iter(dates.values()), ""),
        updated=dates.get("updated", ""),
        author=fold(item.get("author_detail", {}).get("name", "") or item.get("author", "")),
        origin=fold(item.get("source", {}).get("title", "")),
        comments=resolve(base, item.get("comments", "")),
        categories=tuple(tag for tag in tags if tag),
        attachments=_attachments(item, base),
        rules=(
            ("address", "link" if link else ""),
            ("content", "content" if content else "summary" if digest else ""),
            ("summary", "summary" if content and digest else ""),
            ("title", "title" if title else ""),
            ("key", "id" if key else ""),
            ("published", next(iter(dates), "")),
        ),
    )


def _link(item: Any) -> str:
    """Take the link; a guid stands in for it (RSS 2.0, isPermaLink) only where it is an address."""
    link: str = item.get("link", "")
    return "" if link == item.get("id") and not link.startswith(("http://", "https://")) else link


def _title(item: Any) -> str:
    detail = item.get("title_detail", {})
    value = item.get("title", "")
    return fold(value if detail.get("type") == "text/plain" else plain(value))


def _texts(item: Any) -> tuple[str, str]:
    """Take an entry's content and its summary, as HTML.

    Of several contents the richest counts; the next stands in for a summary.
    feedparser copies a content into a missing ``summary``, but not into ``summary_detail``.
    """
    contents = [text for part in sorted(item.get("content", []), key=_is_text) if (text := _html(part))]
    digest = _html(item.get("summary_detail", {}))
    content, *rest = contents or [""]
    return content, digest or next(iter(rest), "")


def _is_text(part: Any) -> bool:
    return bool(part.get("type") == "text/plain")


def _html(part: Any) -> str:
    value: str = part.get("value", "")
    if not value.strip():
        return ""
    return as_html(value) if _is_text(part) else value


def _attachments(item: Any, base: str) -> tuple[Attachment, ...]:
    found = []
    for enclosure in item.get("enclosures", []):
        length = str(enclosure.get("length", ""))
        found.append(
            Attachment(
                enclosure.get("href", ""),
                title=fold(enclosure.get("title", "")),
                media_type=enclosure.get("type", ""),
                length=int(length) if length.isascii() and length.isdecimal() else None,
            )
        )
    return absolute(base, found)
