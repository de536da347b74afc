"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/); a field that is wrong counts as missing."""

from typing import Any

from aggregator.errors import ReadError
from aggregator.model import Attachment, Episode, Fetched, Listing
from aggregator.settings import Source
from aggregator.sources import json_answer
from aggregator.sources.describe import refuse
from aggregator.sources.feed_entry import Item, absolute, make_entries
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
    entries, unreadable = make_entries(
        source, feed["items"], lambda item: _read_item(item, fetched.address, authors)
    )
    links = [
        {"rel": "hub", "href": _text(hub, "url")} for hub in _list(feed, "hubs") if isinstance(hub, dict)
    ]
    links.append({"rel": "self", "href": _text(feed, "feed_url")})
    hub, topic = find_hub(fetched, links)
    return Listing(entries, tuple(unreadable), hub=hub, topic=topic)


def next_page(fetched: Fetched) -> str:
    """Give the address of the next page as the feed has it (``next_url``); empty without one."""
    return _text(_feed(fetched), "next_url")


def _feed(fetched: Fetched) -> dict[str, Any]:
    feed = json_answer.parse(fetched)
    # Some sites leave the version out or write one of their own; its items still make it a feed.
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise refuse(fetched, "a feed")
    if "jsonfeed.org" not in _text(feed, "version") and not _text(feed, "title", "home_page_url", "feed_url"):
        raise refuse(fetched, "a feed")
    return feed


def _read_item(value: Any, address: str, authors: str) -> Item:
    """Read one item of a feed whose authors stand in for its own. Raises ReadError where it is no object."""
    if not isinstance(value, dict):
        raise ReadError("is not an object")
    # A link blog's item is about `external_url`, and has a page of its own in `url`.
    url, external_url = _text(value, "url"), _text(value, "external_url")
    link = resolve(address, url) or resolve(address, external_url)
    base = resolve(address, url) or address
    content = _content(value)
    published = _first_filled(value, "date_published", "date_modified")
    return Item(
        base=base,
        rules={
            "key": "id",
            "title": "title",
            "address": "url" if url else "external_url",
            "published": published,
            "content": _first_filled(value, "content_html", "content_text"),
            "summary": "summary",
        },
        id=_text(value, "id"),
        title=_text(value, "title"),
        link=link,
        content=content,
        summary=paragraphs(_text(value, "summary")),
        published=_text(value, published),
        updated=_text(value, "date_modified"),
        author=_authors(value) or authors,
        categories=tuple(tag for tag in map(_one_line, _list(value, "tags")) if tag),
        attachments=absolute(base, map(_attachment, _list(value, "attachments"))),
        # An item without a text that has an image is about the image.
        picture="" if content else resolve(base, _text(value, "image", "banner_image")),
    )


def _content(value: dict[str, Any]) -> str:
    """Give the text as HTML."""
    markup = value.get("content_html")
    if isinstance(markup, str) and markup.strip():
        return markup
    text = value.get("content_text")
    return paragraphs(text) if isinstance(text, str) and text.strip() else ""


def _authors(value: dict[str, Any]) -> str:
    """Name the authors, a line each; version 1.0 has one ``author``."""
    people = [*_list(value, "authors"), value.get("author")]
    names = (_text(person, "name") for person in people if isinstance(person, dict))
    return "\n".join(dict.fromkeys(name for name in names if name))


def _attachment(part: Any) -> Attachment:
    if not isinstance(part, dict):
        return Attachment("")
    length, seconds = part.get("size_in_bytes"), part.get("duration_in_seconds")
    return Attachment(
        _text(part, "url"),
        title=_text(part, "title"),
        media_type=_text(part, "mime_type"),
        length=int(length) if isinstance(length, int | float) and 0 <= length < 2**63 else None,
        episode=Episode(int(seconds)) if isinstance(seconds, int | float) and 0 < seconds < 2**31 else None,
    )


def _list(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _first_filled(value: dict[str, Any], *names: str) -> str:
    """Name the first of these fields that says something; empty where none does."""
    return next((name for name in names if _text(value, name)), "")


def _text(value: dict[str, Any], *names: str) -> str:
    """Read the first of these fields that says something, in one line; a number counts as text."""
    return next((text for name in names if (text := _one_line(value.get(name)))), "")


def _one_line(value: Any) -> str:
    return "" if isinstance(value, bool) else fold(json_answer.value_text(value))
