"""Lists of feeds: RSS and Atom of any age and health, and JSON Feed, as entries."""

import re
from html import unescape
from typing import Any

from aggregator.errors import ReadError
from aggregator.model import Fetched, Listing, Unreadable
from aggregator.settings import Source
from aggregator.sources import json_feed
from aggregator.sources.describe import refuse
from aggregator.sources.feed_entry import Item, make_entries
from aggregator.sources.feed_files import find_picture, read_files
from aggregator.sources.feed_parser import parse_feed
from aggregator.sources.hubs import find_hub
from aggregator.sources.pace import read_pace
from aggregator.text.addresses import resolve
from aggregator.text.dates import is_moment
from aggregator.text.text import as_html, fold, plain, text_of

MORE_TEXT = 2
"""How many times longer a description must be than the item's content to be the item's text itself."""

# Several in one element: a@paper.example (Ann Poe), Bob Roe <b@paper.example>
_NEXT_PERSON = re.compile(r"(?<=[)>])\s*[,;]\s*(?=[^,;]*@)")
_EMAIL = re.compile(r"<?(?:mailto:)?[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}>?")


def next_page(before: Fetched) -> str:
    """Give the address of the next page, or of the archive before it (RFC 5005, sections 3 and 4), if any."""
    if json_feed.is_json(before):
        return json_feed.next_page(before)
    parsed = parse_feed(before)
    links = parsed.head.get("links", []) if parsed else []
    named = {link.get("rel"): link.get("href", "") for link in reversed(links)}
    return named.get("next") or named.get("prev-archive") or ""


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a feed. Raises ReadError where the answer is none."""
    if json_feed.is_json(fetched):
        return json_feed.read_list(source, fetched)
    parsed = parse_feed(fetched)
    if parsed is None:
        raise refuse(fetched, "a feed")
    count = len(parsed.entries)
    if not (count or parsed.failed or parsed.complete):
        raise ReadError("is a feed that was cut off before its first entry", fault="cut-off")
    site = parsed.head.get("link", "")
    entries, unreadable = make_entries(
        source, parsed.entries, lambda item: _read_item(item, fetched.address, site)
    )
    unreadable += parsed.failed
    notes = [f"the feed is {parsed.note}"] if parsed.note else []
    if parsed.cut:
        name = f"entry {count + 1}"
        unreadable.append(Unreadable(name, f"{name} is half an entry: the feed was cut off"))
        notes.append(f"the feed was cut off after {count} entries")
    hub, topic = find_hub(fetched, parsed.head.get("links", []))
    pace = read_pace(parsed.head, fetched.body)
    return Listing(
        entries, tuple(unreadable), notes=tuple(notes), cut=parsed.cut, hub=hub, topic=topic, pace=pace
    )


def _read_item(item: Any, address: str, site: str) -> Item:
    """Read one of feedparser's entries, of a feed at ``address`` which says that its site is ``site``."""
    feed_base = resolve(address, site) or address
    link = resolve(feed_base, _link(item))
    base = _base(item, address, link or feed_base)
    content, summary = _texts(item)
    dates = _dates(item)
    attachments, media = read_files(item, base)
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
        link=link,
        content=content,
        summary=summary,
        published=next(iter(dates.values()), ""),
        updated=dates.get("updated", ""),
        author=_authors(item),
        origin=_label(item.get("source", {}).get("title", "")),
        comments=resolve(base, item.get("comments", "")),
        categories=_categories(item),
        attachments=attachments,
        media=media,
        picture=find_picture(item, base),
    )


def _base(item: Any, address: str, article: str) -> str:
    """Give the address that relative ones in an item's text count from.

    That is its ``xml:base``, else the article's own address: texts are taken from its page, footnotes too.
    """
    for detail in (*item.get("content", []), item.get("summary_detail", {}), item.get("title_detail", {})):
        if declared := detail.get("base"):
            return resolve(address, declared) or article
    return article


def _dates(item: Any) -> dict[str, str]:
    """Give an item's dates by their elements, the one of its publication first unless that is broken."""
    # feedparser answers `get` for a missing `updated` with `published`, but `in` with False.
    names = [name for name in ("published", "updated", "created") if name in item]
    dates = {name: item[name] for name in names if item[name]}
    return dict(sorted(dates.items(), key=lambda date: not is_moment(date[1])))


def _link(item: Any) -> str:
    """Give the link; a guid stands in for it (RSS 2.0, isPermaLink) only where it is an address.

    An Atom entry may name the address of its content in place of one (RFC 4287, section 4.1.3.2).
    """
    link: str = item.get("link", "")
    if link == item.get("id") and not link.startswith(("http://", "https://")):
        link = ""
    return link or next((part["src"] for part in item.get("content", []) if part.get("src")), "")


def _authors(item: Any) -> str:
    """Name the authors, a line each, without their e-mail addresses where they have names."""
    people = [person.get("name", "") for person in item.get("authors", [])]
    people = [
        one for person in people or [item.get("author", "")] for one in _NEXT_PERSON.split(_label(person))
    ]
    names = [name for person in people if (name := _author_name(person))]
    return "\n".join(dict.fromkeys(names))


def _author_name(text: str) -> str:
    """Take the e-mail address from an author as RSS has one: ``ed@paper.example (Ed Poe)``."""
    if "@" not in text:
        return fold(text)
    name = fold(_EMAIL.sub(" ", text)).replace("( )", "").replace("()", "").strip()
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1].strip()
    return name or fold(text)


def _title(item: Any) -> str:
    title = item.get("title", "")
    is_text = item.get("title_detail", {}).get("type") == "text/plain"
    return fold(title if is_text else plain(title))


def _categories(item: Any) -> tuple[str, ...]:
    labels = (_label(tag.get("label") or tag.get("term") or "") for tag in item.get("tags", []))
    return tuple(label for label in labels if label)


def _label(text: str) -> str:
    """Read a text that is no markup; programs, and feedparser outside of XML, escape it too often."""
    return fold(unescape(unescape(text)))


def _texts(item: Any) -> tuple[str, str]:
    """Give an item's content and its summary, as HTML; only a content may be the whole text.

    Of several contents HTML goes before plain text. Of several summaries the longest counts, since podcasts
    have their notes in one and a line in another. A summary that says much more than the content is the
    text, and the content only a line that goes with it. A picture's caption speaks where nothing else does.
    feedparser copies a content into a missing ``summary``, but not into ``summary_detail``.
    """
    parts = sorted(item.get("content", []), key=lambda part: bool(part.get("type") == "text/plain"))
    content, *others = [text for part in parts if (text := _html(part.get("value", "")))] or [""]
    names = ("second_description", "dc_description", "itunes_summary")
    summaries = [
        _html(item.get("summary_detail", {}).get("value", "")),
        *(_html(item.get(name, "")) for name in names),
        *others,
    ]
    summary = max(summaries, key=_length)
    if not (content or summary):
        return "", _html(item.get("media_description", ""))
    if summary and _says_more(summary, content):
        return "", summary
    return content, summaries[0] or next(iter(others), "")


def _says_more(summary: str, content: str) -> bool:
    """Tell whether a summary says much more than a content, of which the beginning is often enough."""
    size = _length(summary)
    beginning = content[: content.rfind("<", 0, MORE_TEXT * size + 500)]
    return size > MORE_TEXT * _length(beginning) and size > MORE_TEXT * _length(content)


def _length(markup: str) -> int:
    """Count the characters that HTML says; exactly enough to compare texts of one item."""
    return len(text_of(markup)) if markup else 0


def _html(value: str) -> str:
    """Give a text as HTML; one line without an angle bracket is HTML as it stands."""
    if not value:
        return ""
    one_line = "<" not in value and "\n" not in value.strip()
    return value if one_line and value.strip() else as_html(value)
