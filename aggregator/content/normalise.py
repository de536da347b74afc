"""An entry made into an article: the last step before we keep it, and the one that cleans."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aggregator.content.addresses import fill, fill_all, resolve
from aggregator.content.clean import clean, find_attachments, says_something
from aggregator.content.dates import read_date
from aggregator.content.text import fold, paragraphs, plain, scrub
from aggregator.errors import IncompleteError, ReadError
from aggregator.model import Article, Attachment, Entry, Label
from aggregator.settings import Source


def normalise(entry: Entry, source: Source, now: datetime) -> Article:
    """Make an article of a complete entry; ``now`` is the time of the fetch.

    Raises IncompleteError without a title, and ReadError where a page was asked for and neither it
    nor the list gave any text.
    """
    title = scrub(entry.title).strip()
    if not title:
        raise IncompleteError("has no title yet")
    base = entry.base or source.url
    address = resolve(base, scrub(entry.address))
    summary = _summary(entry, title)
    content = clean(entry.content or "", base, source.article.remove)
    complete = says_something(content)
    if not complete:
        if source.article.body and not summary:
            raise ReadError("its page has no text yet")
        content = clean(paragraphs(summary), base)
    published = read_date(entry.published, now, source.timezone)
    updated = read_date(entry.updated, now, source.timezone)
    return Article(
        namespace=source.identity,
        key=entry.key,
        source=source.name,
        title=title,
        address=address,
        share_url=resolve(source.url, fill(source.share_url, entry.fields, quote=True)),
        content=content,
        summary=summary,
        author=fold(scrub(entry.author)),
        origin=fold(scrub(entry.origin)),
        language=source.language,
        published=published or now,
        dated=published is not None,
        updated=updated or published or now,
        labels=labels_of(entry, source),
        attachments=_attachments(entry, base, content),
        complete=complete or not source.article_url,
    )


def labels_of(entry: Entry, source: Source) -> tuple[Label, ...]:
    """File an entry under its categories; an empty one becomes the source's name."""
    labels = []
    for category in fill_all(source.category, entry.fields):
        # Where a category comes from a field of many values, the tag speaks of the same value.
        fields = {
            name: category if isinstance(value, list) and category in value else value
            for name, value in entry.fields.items()
        }
        tag = next(iter(fill_all(source.tag, fields)), "")
        labels.append(Label(fold(scrub(category)), fold(scrub(tag))))
    return tuple(label for label in labels if label.category) or (Label(source.name),)


def article_address(entry: Entry, source: Source) -> str:
    """Give the address of an entry's own page: ``article_url`` filled in, else what the entry names."""
    if source.article_url:
        return resolve(source.url, fill(source.article_url, entry.fields, quote=True))
    return resolve(entry.base or source.url, entry.address)


def _summary(entry: Entry, title: str) -> str:
    """Read the summary as text, without the title in brackets that Eastmoney puts before it."""
    return plain(scrub(entry.summary)).removeprefix(f"【{title}】").strip()


def _attachments(entry: Entry, base: str, content: str) -> tuple[Attachment, ...]:
    named = (
        replace(item, address=resolve(base, item.address), title=fold(scrub(item.title)))
        for item in entry.attachments
    )
    found = {item.address: item for item in (*find_attachments(content), *named) if item.address}
    return tuple(found.values())
