"""Feeds: RSS and Atom of any age and health, read by feedparser, and JSON Feed."""

from __future__ import annotations

import re
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
from aggregator.sources.feed_entry import FIELDS, Item, absolute, make_entries
from aggregator.sources.hubs import find_hub
from aggregator.sources.pace import read_pace
from aggregator.sources.templates import check_templates
from aggregator.text.addresses import resolve
from aggregator.text.text import as_html, fold, plain

MAX_AUTHOR_LENGTH = 2_000
"""Characters of an author's element in which feedparser may look for an e-mail address."""

# Python's SAX parser compares each attribute of an element with all others of it.
_CROWDED_TAG = re.compile(rb"<[^<>=]*+(?:=[^<>=]*+){1000}")
_ITEM_TAG = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<(/?)(?:\w{1,20}:)?(?:item|entry)(?:\s[^<>]*)?(?<!/)>",
    re.IGNORECASE | re.DOTALL,
)
_FEED_END = re.compile(rb"</(?:rss|feed|(?:\w{1,20}:)?RDF|channel)\s*>", re.IGNORECASE)


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
        links = _parse(before.body, before.content_type).feed.get("links", [])
        named = {link.get("rel"): link.get("href", "") for link in reversed(links)}
        href = named.get("next") or named.get("prev-archive") or ""
    return paging.follow(source, number, href, before.address)


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a feed. Raises ReadError where the answer is none."""
    if json_feed.is_json(fetched):
        return json_feed.read_list(source, fetched)
    body, cut = _without_half_item(fetched.body)
    parsed = _parse(body, fetched.content_type)
    count = len(parsed.entries)
    if not parsed.get("version") and not count:
        raise refuse(fetched, "a feed")
    if not (count or cut or _FEED_END.search(body) or body.rstrip().endswith(b"/>")):
        raise ReadError("is a feed that was cut off before its first entry", fault="cut-off")
    entries, unreadable = make_entries(source, parsed.entries, lambda item: _read_item(item, fetched.address))
    notes: tuple[str, ...] = ()
    if cut:
        name = f"entry {count + 1}"
        unreadable.append(Unreadable(name, f"{name} is half an entry: the feed was cut off"))
        notes = (f"the feed was cut off after {count} entries",)
    hub, topic = find_hub(fetched, parsed.feed.get("links", []))
    pace = read_pace(parsed.feed, fetched.body)
    return Listing(entries, tuple(unreadable), notes=notes, cut=cut, hub=hub, topic=topic, pace=pace)


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Take the body from the entry's page. Raises ReadError where it has none."""
    return page.read_article(source, entry, fetched)


def _without_half_item(body: bytes) -> tuple[bytes, bool]:
    """Take off the half item at the end of a feed that was cut off, and tell whether there was one."""
    last = None
    for tag in _ITEM_TAG.finditer(body):
        if tag[1] is not None:
            last = tag
    if last is None or last[1] or _FEED_END.search(body, last.end()):
        return body, False
    return body[: last.start()], True


def _parse(body: bytes, content_type: str) -> Any:
    """Give what feedparser makes of a feed. Raises ReadError where it fails."""
    if _CROWDED_TAG.search(body):
        raise ReadError("has a tag of a thousand attributes and more")
    try:
        # feedparser opens bytes as a local file of that name, and makes a URL of every id once it knows
        # the feed's address. So it gets a stream without an address; addresses are resolved here.
        return feedparser.parse(
            BytesIO(body),
            response_headers={"content-type": content_type},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except OSError:
        raise  # This machine is at fault: it has no more descriptors, for example.
    except Exception as exc:
        # feedparser promises nothing of what it raises on markup that is broken enough.
        raise ReadError(f"is a feed too broken to be read: {type(exc).__name__}: {exc}") from exc


def _guard_authors() -> None:
    """Keep feedparser from looking for an e-mail address in a text too long to be an author's name.

    Its regular expression takes quadratic time. feedparser 6 has no option for this; a test holds that the
    guard works.
    """
    parser = feedparser.mixin._FeedParserMixin
    split = parser._sync_author_detail

    def split_short(self: Any, key: str = "author") -> None:
        author = self._get_context().get(key)
        if not isinstance(author, str) or len(author) <= MAX_AUTHOR_LENGTH:
            split(self, key)

    parser._sync_author_detail = split_short


_guard_authors()


def _read_item(item: Any, address: str) -> Item:
    """Read one of feedparser's entries, of a feed at ``address``."""
    base = _base(item, address)
    content, summary = _texts(item)
    dates = _dates(item)
    return Item(
        base=base,
        rules={
            "key": "id",
            "title": "title",
            "address": "link",
            "published": next(iter(dates), ""),
            "content": "content" if content else "summary",
            "summary": "summary" if content else "",
        },
        id=item.get("id", "").strip(),
        title=_title(item),
        link=resolve(base, _link(item)),
        content=content,
        summary=summary,
        published=next(iter(dates.values()), ""),
        updated=dates.get("updated", ""),
        author=fold(item.get("author_detail", {}).get("name", "") or item.get("author", "")),
        origin=fold(item.get("source", {}).get("title", "")),
        comments=resolve(base, item.get("comments", "")),
        categories=_categories(item),
        attachments=_attachments(item, base),
    )


def _base(item: Any, address: str) -> str:
    """Give the address that an item's relative ones count from: its ``xml:base``, else the feed's."""
    for detail in (*item.get("content", []), item.get("summary_detail", {}), item.get("title_detail", {})):
        if declared := detail.get("base"):
            return resolve(address, declared) or address
    return address


def _dates(item: Any) -> dict[str, str]:
    """Give an item's dates by their elements, the one of its publication first."""
    # feedparser answers `get` for a missing `updated` with `published`, but `in` with False.
    names = [name for name in ("published", "updated", "created") if name in item]
    return {name: item[name] for name in names if item[name]}


def _link(item: Any) -> str:
    """Give the link; a guid stands in for it (RSS 2.0, isPermaLink) only where it is an address."""
    link: str = item.get("link", "")
    return "" if link == item.get("id") and not link.startswith(("http://", "https://")) else link


def _title(item: Any) -> str:
    title = item.get("title", "")
    is_text = item.get("title_detail", {}).get("type") == "text/plain"
    return fold(title if is_text else plain(title))


def _categories(item: Any) -> tuple[str, ...]:
    labels = (fold(tag.get("label") or tag.get("term") or "") for tag in item.get("tags", []))
    return tuple(label for label in labels if label)


def _texts(item: Any) -> tuple[str, str]:
    """Give an item's content and its summary, as HTML.

    Of several contents HTML goes before plain text; the next one stands in for a missing summary.
    feedparser copies a content into a missing ``summary``, but not into ``summary_detail``.
    """
    parts = sorted(item.get("content", []), key=lambda part: bool(part.get("type") == "text/plain"))
    contents = [text for part in parts if (text := _html(part))]
    summary = _html(item.get("summary_detail", {}))
    content, *others = contents or [""]
    return content, summary or next(iter(others), "")


def _html(part: Any) -> str:
    value: str = part.get("value", "")
    if not value.strip():
        return ""
    return as_html(value) if part.get("type") == "text/plain" else value


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
