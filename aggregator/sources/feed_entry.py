"""Items of feeds of any format as entries: their keys and titles, and whether their pages are asked for."""

import html
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from aggregator.content.metadata.value import Finding
from aggregator.errors import ReadError
from aggregator.model import Attachment, Entry, Unreadable
from aggregator.model.digest import hexdigest
from aggregator.settings import Source
from aggregator.sources.full_text import is_whole, leads_to_article
from aggregator.sources.provenance import rules_of
from aggregator.text.addresses import canonical, resolve
from aggregator.text.text import fold, plain

TITLE_LENGTH = 60
"""Characters of the text that stand in for a missing title."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a feed: addresses are absolute, ``content`` and ``summary`` are HTML, the rest is text."""

    base: str
    rules: Mapping[str, str]
    """The element of the feed for each attribute of an entry; those of empty attributes do not count."""
    id: str = ""
    title: str = ""
    link: str = ""
    content: str = ""
    summary: str = ""
    published: str = ""
    updated: str = ""
    author: str = ""
    origin: str = ""
    comments: str = ""
    categories: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    media: tuple[Attachment, ...] = ()
    """Files that accompany the item without being what it is about (Media RSS)."""
    picture: str = ""
    """The address of the picture that stands for the item."""


def make_entries(
    source: Source, items: Iterable[T], read_item: Callable[[T], Item]
) -> tuple[tuple[Entry, ...], list[Unreadable]]:
    """Make an entry of each item, each key once. An item that cannot be read costs only itself.

    ``read_item`` may raise ReadError with the reason, or whatever malformed data raises.
    """
    entries: list[Entry] = []
    unreadable: list[Unreadable] = []
    for position, item in enumerate(items, 1):
        name = f"entry {position}"
        try:
            entries.append(make_entry(source, read_item(item)))
        except ReadError as exc:
            unreadable.append(Unreadable(name, f"{name} {exc}"))
        except OSError:
            raise  # This machine is at fault, not the entry.
        except Exception as exc:
            # Nobody foresees what odd markup makes libraries raise; it may cost this entry only.
            unreadable.append(Unreadable(name, f"{name} cannot be read: {type(exc).__name__}: {exc}"))
    return _unique(entries), unreadable


def make_entry(source: Source, item: Item) -> Entry:
    """Make an entry of an item. Raises ReadError where it says nothing at all."""
    asks = wants_page(source, item)
    text = item.content or item.summary
    if not asks:
        text = _with_picture(text, item.picture)
    title = _title(item, text)
    if not (title.value or text):
        raise ReadError("has no title, no link and no content")
    key = _key(item, title.value, text)
    summary = ""
    if item.content and item.summary:
        summary = plain(item.summary)
    elif asks:
        # The feed's text stands in until the page is read.
        summary = text
    found = {
        "key": key,
        "title": title,
        "address": Finding(item.link, item.rules["address"]),
        "published": Finding(item.published, item.rules["published"]),
        "content": Finding("" if asks else text, item.rules["content"]),
        "summary": Finding(item.summary, item.rules["summary"]),
    }
    return Entry(
        key=key.value,
        title=title.value,
        address=item.link,
        published=item.published,
        updated=item.updated,
        author=item.author,
        origin=item.origin,
        summary=summary,
        content=None if asks else text,
        base=item.base,
        attachments=tuple({one.address: one for one in (*item.media, *item.attachments)}.values()),
        fields={
            "title": title.value,
            "link": item.link,
            "id": key.value,
            "author": item.author.replace("\n", ", "),
            "category": list(item.categories),
        },
        rules=rules_of(found),
        also=_special_key(key.value, item.link, title.value),
    )


def wants_page(source: Source, item: Item) -> bool:
    """Decide by ``full_text`` whether an entry's page is asked for; one without an address has none."""
    if source.full_text == "never" or not (item.link or source.article_url):
        return False
    if source.full_text == "always" or source.article.body:
        return True
    return leads_to_article(item.link, item.comments, item.attachments) and not is_whole(
        item.content, item.summary
    )


def absolute(base: str, attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """Give the attachments that have an address, made absolute."""
    found = (replace(item, address=resolve(base, item.address)) for item in attachments)
    return tuple(item for item in found if item.address)


def _title(item: Item, text: str) -> Finding:
    """Give the item's own title, else its first words, else its link."""
    if item.title:
        return Finding(item.title, item.rules["title"])
    if words := fold(plain(text)):
        return Finding(words[:TITLE_LENGTH], f"first {TITLE_LENGTH} characters of the text")
    if item.link:
        return Finding(item.link, "link")
    file = next(iter((*item.attachments, *item.media)), Attachment(item.picture))
    name = unquote(urlsplit(file.address).path.rpartition("/")[2])
    return Finding(file.title or name, "name of its file")


def _with_picture(text: str, picture: str) -> str:
    """Put the picture that stands for an item before a text that has none."""
    if not picture or "<img" in text:
        return text
    return f'<p><img src="{html.escape(picture)}" alt=""></p>{text}'


def _key(item: Item, title: str, text: str) -> Finding:
    """Give the item's own id, else its link, else a hash of what it says."""
    if item.id:
        return Finding(item.id, item.rules["key"])
    if item.link:
        return Finding(canonical(item.link), "canonical address")
    return Finding(hexdigest(f"{title}\n{text}"), "hash of title and text")


def _unique(entries: list[Entry]) -> tuple[Entry, ...]:
    """Keep one entry a key, and tell apart those to which a feed gives one id, by their addresses or titles.

    An id that stands twice with one address, each time with the time of an update, is one entry in two states
    (RFC 4287, section 4.1.1): the newest counts.
    """
    alike: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        alike[entry.key].append(entry)
    kept: dict[str, Entry] = {}
    for entry in entries:
        others = alike[entry.key]
        if len(others) == 1:
            kept.setdefault(entry.key, entry)
            continue
        addresses, titles = {one.address for one in others}, {one.title for one in others}
        if len(addresses) == 1 and all(one.updated for one in others):
            kept.setdefault(entry.key, max(others, key=lambda one: one.updated))
            continue
        by_title = len(addresses) == 1 < len(titles)
        special = _special_key(entry.key, "" if by_title else entry.address, entry.title)
        if len(addresses) > 1 or len(titles) > 1:
            rule = (
                f"{'link' if special == entry.address else 'hash of id and title'}, since others have its id"
            )
            entry = replace(
                entry, key=special, also=entry.key, shared=True, rules={**entry.rules, "key": rule}
            )
        kept.setdefault(entry.key, entry)
    return tuple(kept.values())


def _special_key(key: str, address: str, title: str) -> str:
    """Give the key of an entry whose id is not its own: its address, else a hash of id and title."""
    return address or hexdigest(f"{key}\n{title}")
