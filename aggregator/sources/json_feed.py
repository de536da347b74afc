"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/); a field that is wrong counts as missing."""

from __future__ import annotations

import html
from typing import Any

from aggregator.model import Attachment, Entry, Fetched, Listing, Unreadable
from aggregator.settings import Source
from aggregator.sources import json_answer
from aggregator.sources.describe import refuse
from aggregator.sources.feed_entry import Item, absolute, make_entry, unique
from aggregator.sources.hubs import find_hub
from aggregator.text.addresses import resolve
from aggregator.text.text import fold, paragraphs


def is_json(fetched: Fetched) -> bool:
    """Tell whether an answer is JSON, which no feed in XML begins like."""
    return fetched.body[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a JSON Feed. Raises ReadError where the answer is none."""
    feed = _feed(fetched)
    authors = _authors(feed)
    entries: list[Entry] = []
    unreadable: list[Unreadable] = []
    for position, value in enumerate(feed["items"], 1):
        name = f"entry {position}"
        if not isinstance(value, dict):
            unreadable.append(Unreadable(name, f"{name} is not an object"))
        elif entry := make_entry(source, _item(value, fetched.address, authors)):
            entries.append(entry)
        else:
            unreadable.append(Unreadable(name, f"{name} has no title, no address and no content"))
    hubs = feed.get("hubs")
    named = [one for one in hubs if isinstance(one, dict)] if isinstance(hubs, list) else []
    links = [{"rel": "hub", "href": _text(one, "url")} for one in named]
    links.append({"rel": "self", "href": _text(feed, "feed_url")})
    hub, topic = find_hub(fetched, links)
    return Listing(unique(entries), tuple(unreadable), hub=hub, topic=topic)


def next_page(fetched: Fetched) -> str:
    """Give the address of the next page as the feed has it (``next_url``); empty without one."""
    return _text(_feed(fetched), "next_url")


def _feed(fetched: Fetched) -> dict[str, Any]:
    feed = json_answer.parse(fetched)
    # Some leave the version out or write one of their own; items tell a feed all the same.
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise refuse(fetched, "a feed")
    if "jsonfeed.org" not in _text(feed, "version") and not _text(feed, "title", "home_page_url", "feed_url"):
        raise refuse(fetched, "a feed")
    return feed


def _item(value: dict[str, Any], base: str, authors: str) -> Item:
    # A link blog's item is about `external_url`, and has a page of its own in `url`.
    link = resolve(base, _text(value, "url")) or resolve(base, _text(value, "external_url"))
    key = _text(value, "id")
    image = resolve(base, _text(value, "image", "banner_image"))
    content = _content(value, image)
    summary = _text(value, "summary")
    published = next((name for name in ("date_published", "date_modified") if _text(value, name)), "")
    title = _text(value, "title")
    return Item(
        base=base,
        id=key,
        title=title,
        link=link,
        content=content,
        digest=paragraphs(summary),
        published=_text(value, published),
        updated=_text(value, "date_modified"),
        author=_authors(value) or authors,
        categories=tuple(tag for tag in map(_said, _list(value, "tags")) if tag),
        attachments=absolute(base, [_attachment(part) for part in _list(value, "attachments")]),
        rules=(
            ("key", "id" if key else ""),
            ("title", "title" if title else ""),
            ("address", "url" if _text(value, "url") else "external_url" if link else ""),
            ("content", next((name for name in ("content_html", "content_text") if _text(value, name)), "")),
            ("summary", "summary" if summary else ""),
            ("published", published),
        ),
    )


def _content(value: dict[str, Any], image: str) -> str:
    markup = value.get("content_html")
    if isinstance(markup, str) and markup.strip():
        return markup
    text = value.get("content_text")
    if isinstance(text, str) and text.strip():
        return paragraphs(text)
    return f'<p><img src="{html.escape(image)}"></p>' if image else ""


def _authors(value: dict[str, Any]) -> str:
    """Name the authors; version 1.0 has one ``author``."""
    people = [*_list(value, "authors"), value.get("author")]
    names = (_text(person, "name") for person in people if isinstance(person, dict))
    return ", ".join(dict.fromkeys(name for name in names if name))


def _attachment(part: Any) -> Attachment:
    if not isinstance(part, dict):
        return Attachment("")
    length = part.get("size_in_bytes")
    return Attachment(
        _text(part, "url"),
        title=_text(part, "title"),
        media_type=_text(part, "mime_type"),
        length=int(length) if isinstance(length, int | float) and 0 <= length < 2**63 else None,
    )


def _list(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _text(value: dict[str, Any], *names: str) -> str:
    """Read the first of these fields that says something, in one line; a number counts as text."""
    return next((text for name in names if (text := _said(value.get(name)))), "")


def _said(value: Any) -> str:
    return "" if isinstance(value, bool) else fold(json_answer.value_text(value))
