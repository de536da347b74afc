"""What an item of any feed becomes as an entry: its key, its title, and whether its page is asked for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from aggregator.model import Attachment, Entry
from aggregator.model.digest import hexdigest
from aggregator.settings import Source
from aggregator.sources.full_text import is_whole, leads_to_article
from aggregator.text.addresses import resolve
from aggregator.text.text import fold, plain

TITLE_LENGTH = 60
FIELDS = frozenset({"title", "link", "id", "author", "category"})


@dataclass(frozen=True, slots=True)
class Item:
    """An item as a feed gives it: addresses absolute, ``content`` and ``digest`` in HTML, the rest plain.

    ``rules`` name the feed's elements for what is filled.
    """

    base: str
    id: str = ""
    title: str = ""
    link: str = ""
    content: str = ""
    digest: str = ""
    published: str = ""
    updated: str = ""
    author: str = ""
    origin: str = ""
    comments: str = ""
    categories: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()


def make_entry(source: Source, item: Item) -> Entry | None:
    """Make an entry of an item; None where it says nothing at all."""
    rules = {name: rule for name, rule in item.rules if rule}
    text = item.content or item.digest
    title = item.title
    if not title and (words := fold(plain(text))):
        title = words[:TITLE_LENGTH]
        rules["title"] = f"first {TITLE_LENGTH} characters of the text"
    if not (title or item.link or text):
        return None
    if not title and item.link:
        title = item.link
        rules["title"] = "link"
    rules.setdefault("key", "link" if item.link else "hash of title and text")
    key = item.id or item.link
    key = key or hexdigest(f"{title}\n{text}")
    page = wants_page(source, item)
    if page:
        rules.pop("content", None)
    return Entry(
        key=key,
        title=title,
        address=item.link,
        published=item.published,
        updated=item.updated,
        author=item.author,
        origin=item.origin,
        # Where its page is asked for, the feed's own text stands by.
        # Where the page is asked for, this stands in for it as it came.
        summary=plain(item.digest) if item.content and item.digest else text if page else "",
        content=None if page else text,
        base=item.base,
        attachments=item.attachments,
        fields={
            "title": title,
            "link": item.link,
            "id": key,
            "author": item.author,
            "category": list(item.categories),
        },
        rules=rules,
    )


def wants_page(source: Source, item: Item) -> bool:
    """Decide by ``full_text`` whether an entry's page is asked for; one without an address has none."""
    if source.full_text == "never" or not (item.link or source.article_url):
        return False
    if source.full_text == "always" or source.article.body:
        return True
    return leads_to_article(item.link, item.comments, item.attachments) and not is_whole(
        item.content, item.digest
    )


def absolute(base: str, attachments: list[Attachment]) -> tuple[Attachment, ...]:
    """Give the attachments that have an address, made absolute."""
    found = (replace(item, address=resolve(base, item.address)) for item in attachments)
    return tuple(item for item in found if item.address)


def unique(entries: list[Entry]) -> tuple[Entry, ...]:
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
            rules = {**entry.rules, "key": "hash of id and title, since others have its id"}
            entry = replace(entry, key=hexdigest(f"{entry.key}\n{entry.title}"), rules=rules)
        kept.setdefault(entry.key, entry)
    return tuple(kept.values())
