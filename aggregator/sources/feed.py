"""Feeds: RSS and Atom of any age and health, read by feedparser."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import feedparser

from aggregator.content.addresses import resolve
from aggregator.content.text import as_html, fold, plain
from aggregator.errors import ReadError
from aggregator.model import Attachment, Entry, Fetched, Listing, Unreadable
from aggregator.settings import Source
from aggregator.sources import page
from aggregator.sources.templates import check_templates

TITLE_LENGTH = 60
FIELDS = frozenset({"title", "link", "id", "author", "category"})


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with what only a feed's table can have wrong; see :class:`aggregator.sources.Kind`."""
    yield from page.check_selectors("article", source.article)
    yield from check_templates(source, FIELDS)


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a feed. Raises ReadError where the answer is none."""
    # Without the feed's address, so that an id which is no address stays as it is; ours is the base then.
    headers = {"content-type": fetched.content_type}
    # A stream, since feedparser takes bytes for the name of a local file to open.
    parsed = feedparser.parse(
        BytesIO(fetched.body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not parsed.get("version") and not parsed.entries:
        raise ReadError(f"is not a feed, but {_nature(fetched)}")
    entries: list[Entry] = []
    unreadable: list[Unreadable] = []
    for position, item in enumerate(parsed.entries):
        try:
            entry = _entry(source, item, fetched.address)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            # feedparser leaves odd shapes behind for odd markup; one such entry costs only itself.
            unreadable.append(Unreadable(f"entry {position + 1}", f"entry {position + 1}: {exc}"))
            continue
        if entry is None:
            message = f"entry {position + 1} has no title, no link and no content"
            unreadable.append(Unreadable(f"entry {position + 1}", message))
        else:
            entries.append(entry)
    return Listing(_unique(entries), tuple(unreadable))


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Take the body from the entry's page, where ``article.body`` asks for it. Raises ReadError."""
    return page.read_article(source, entry, fetched)


def _entry(source: Source, item: Any, address: str) -> Entry | None:
    rules: dict[str, str] = {}
    details = (*item.get("content", []), item.get("summary_detail", {}), item.get("title_detail", {}))
    declared = next((detail["base"] for detail in details if detail.get("base")), "")
    base = resolve(address, declared) or address
    link = resolve(base, _link(item))
    if link:
        rules["address"] = "link"
    content = _content(item, rules)
    summary = plain(item.get("summary", "")) if "content" in item else ""
    if summary:
        rules["summary"] = "summary"
    title = _title(item)
    if title:
        rules["title"] = "title"
    elif text := fold(plain(content)):
        title = text[:TITLE_LENGTH]
        rules["title"] = f"first {TITLE_LENGTH} characters of the text"
    if not (title or link or content):
        return None
    if not title and link:
        title = link
        rules["title"] = "link"
    key = item.get("id", "").strip()
    rules["key"] = "id" if key else "link" if link else "hash of title and text"
    key = key or link or hashlib.blake2b(f"{title}\n{content}".encode(), digest_size=16).hexdigest()
    author = fold(item.get("author_detail", {}).get("name", "") or item.get("author", ""))
    # `in` first, since feedparser answers a missing `updated` with `published`.
    said = [name for name in ("published", "updated", "created") if name in item]
    dates = {name: item[name] for name in said if item[name]}
    if dates:
        rules["published"] = next(iter(dates))
    tags = [fold(tag.get("label") or tag.get("term") or "") for tag in item.get("tags", [])]
    wants_page = bool(source.article.body and (link or source.article_url))
    return Entry(
        key=key,
        title=title,
        address=link,
        published=next(iter(dates.values()), ""),
        updated=dates.get("updated", ""),
        author=author,
        origin=fold(item.get("source", {}).get("title", "")),
        summary=summary or (plain(content) if wants_page else ""),
        content=None if wants_page else content,
        base=base,
        attachments=_attachments(item),
        fields={
            "title": title,
            "link": link,
            "id": key,
            "author": author,
            "category": [tag for tag in tags if tag],
        },
        rules=rules,
    )


def _link(item: Any) -> str:
    """Take the link; a guid stands in for it (RSS 2.0, isPermaLink) only where it is an address."""
    link: str = item.get("link", "")
    return "" if link == item.get("id") and not link.startswith(("http://", "https://")) else link


def _title(item: Any) -> str:
    detail = item.get("title_detail", {})
    value = item.get("title", "")
    return fold(value if detail.get("type") == "text/plain" else plain(value))


def _content(item: Any, rules: dict[str, str]) -> str:
    """Take the richest text of an entry, as HTML."""
    candidates = [("content", part) for part in item.get("content", [])]
    candidates.append(("summary", item.get("summary_detail", {})))
    for rule, part in sorted(candidates, key=lambda pair: pair[1].get("type") == "text/plain"):
        value = part.get("value", "")
        if value.strip():
            rules["content"] = rule
            return as_html(value) if part.get("type") == "text/plain" else value
    return ""


def _attachments(item: Any) -> tuple[Attachment, ...]:
    found = []
    for enclosure in item.get("enclosures", []):
        length = str(enclosure.get("length", ""))
        if enclosure.get("href"):
            found.append(
                Attachment(
                    enclosure["href"],
                    title=fold(enclosure.get("title", "")),
                    media_type=enclosure.get("type", ""),
                    length=int(length) if length.isascii() and length.isdecimal() else None,
                )
            )
    return tuple(found)


def _unique(entries: list[Entry]) -> tuple[Entry, ...]:
    """Leave one entry a key; where a feed gives one id to several addresses, the address is the key."""
    addresses: dict[str, set[str]] = defaultdict(set)
    titles: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        addresses[entry.key].add(entry.address)
        titles[entry.key].add(entry.title)
    kept: dict[str, Entry] = {}
    for entry in entries:
        if len(addresses[entry.key]) > 1 and entry.address:
            rules = {**entry.rules, "key": "link, since its id is not its own"}
            entry = replace(entry, key=entry.address, rules=rules)
        elif len(titles[entry.key]) > 1:
            own = hashlib.blake2b(f"{entry.key}\n{entry.title}".encode("utf-8", "replace"), digest_size=16)
            rules = {**entry.rules, "key": "hash of id and title, since others have its id"}
            entry = replace(entry, key=own.hexdigest(), rules=rules)
        kept.setdefault(entry.key, entry)
    return tuple(kept.values())


def _nature(fetched: Fetched) -> str:
    start = fetched.body[:512].lstrip().lower()
    if not start:
        return "an empty answer"
    if start.startswith((b"<!doctype html", b"<html")) or b"<body" in start:
        return "an HTML page"
    if start.startswith((b"{", b"[")):
        return "JSON"
    return f"something else ({fetched.content_type or 'no content type'})"
