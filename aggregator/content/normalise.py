"""The step that makes an article of an entry: it reads dates, files labels, and cleans the content."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aggregator.content.attachments import find_attachments
from aggregator.content.clean import clean, says_something
from aggregator.content.files.excerpt import beginnings_of
from aggregator.content.metadata.fields import name_fields
from aggregator.content.metadata.origin import find_origin
from aggregator.content.metadata.value import letters
from aggregator.errors import IncompleteError, ReadError
from aggregator.model import Article, Attachment, Entry, Label
from aggregator.settings import Replacement, Source
from aggregator.text.addresses import resolve, untracked
from aggregator.text.dates import is_moment, read_date, read_day
from aggregator.text.patterns import substitute
from aggregator.text.templates import fill, fill_all
from aggregator.text.text import MARKUP, fold, lines_of, paragraphs, plain, scrub, text_of

EARLY = timedelta(hours=1)
"""Clocks differ by less; a date further ahead is that of an event, not of publication."""

_FIRST_HEADING = re.compile(
    r"((?:\s*<(?:div|section|article|header|main)\b[^<>]*>){0,9}\s*)<(h[1-6]|p)\b[^<>]*>"
)
_HEADING_TAG = re.compile(r"</?(h[1-6]|p)\b[^<>]*>?")
_MAX_HEADING = 2000
"""Characters of a heading, its tags included."""


def normalise(entry: Entry, source: Source, now: datetime) -> Article:
    """Return the article that a complete entry makes; ``now`` is the time of the fetch.

    An entry that still asks for its page is made of what its list says of it. Raises IncompleteError without
    a title, and ReadError where a page was asked for and neither it nor the list gave any text.
    """
    entry = rewrite(entry, source.article.replace)
    title = scrub(entry.title).strip()
    if not title:
        raise IncompleteError("has no title yet")
    base = entry.base or source.url
    summary = _summary(entry, title)
    content, complete = _content(entry, source, base, title, summary)
    attachments = _attachments(entry, base, content)
    if beginnings := beginnings_of(content, attachments, entry.files, base):
        content += clean(beginnings, base, source.article.remove, source.article.unwrap)
    published, future = _published(entry, source, now)
    return Article(
        namespace=source.identity,
        key=entry.key,
        source=source.name,
        title=title,
        address=entry.link or own_address(entry, source),
        share_url=shared_at(entry, source),
        content=content,
        summary=summary,
        author="\n".join(dict.fromkeys(filter(None, map(fold, scrub(entry.author).split("\n"))))),
        origin=fold(scrub(entry.origin)) or find_origin("\n".join(lines_of(content))),
        language=source.language,
        published=published or now,
        dated=published is not None,
        future=future,
        day=None if future or not published else read_day(entry.published, now, source.timezone),
        updated=min(_updated(entry, source, now) or future or published or now, now),
        labels=labels_of(entry, source),
        attachments=attachments,
        complete=complete or (entry.content is not None and not source.article_url),
        fields=name_fields(source.fields, entry, content, now, source.timezone),
    )


def _updated(entry: Entry, source: Source, now: datetime) -> datetime | None:
    return read_date(entry.updated, now, source.timezone) if is_moment(entry.updated) else None


def own_address(entry: Entry, source: Source) -> str:
    """Return the address that a list gave an entry, absolute and without tracking parameters."""
    return untracked(resolve(entry.base or source.url, scrub(entry.address)))


def shared_at(entry: Entry, source: Source) -> str:
    """Return the page that the configuration names for an entry."""
    return resolve(source.url, fill(source.share_url, entry.fields, quote=True))


def rewrite(entry: Entry, rules: Sequence[Replacement]) -> Entry:
    """Return an entry with the user's patterns applied to its fields. Raises ReadError for a slow one."""
    for rule in rules:
        text = getattr(entry, rule.field)
        if text:
            # Each author has a line.
            parts = text.split("\n") if rule.field == "author" else [text]
            changed = "\n".join(substitute(rule.pattern, rule.with_, part) for part in parts)
            changes: dict[str, Any] = {rule.field: changed}
            entry = replace(entry, **changes)
    return entry


def labels_of(entry: Entry, source: Source) -> tuple[Label, ...]:
    """Return the labels of an entry's categories; one without any is filed under the source's name."""
    labels = []
    for category in fill_all(source.category, entry.fields):
        # Where a category is one of several values of a field, the tag is made of the same value.
        fields = {
            name: category if isinstance(value, list) and category in value else value
            for name, value in entry.fields.items()
        }
        tag = next(iter(fill_all(source.tag, fields)), "")
        labels.append(Label(fold(scrub(category)), fold(scrub(tag))))
    return tuple(label for label in labels if label.category) or (Label(source.shown_as),)


def article_address(entry: Entry, source: Source) -> str:
    """Return the address of an entry's own page: ``article_url`` filled in, else what the entry names."""
    if source.article_url:
        return resolve(source.url, fill(source.article_url, entry.fields, quote=True))
    return resolve(entry.base or source.url, entry.address)


def without_title(content: str, title: str) -> str:
    """Return clean HTML without a heading at its head that repeats the title."""
    heading = _FIRST_HEADING.match(content)
    end = _HEADING_TAG.search(content, heading.end()) if heading else None
    if heading is None or end is None or end[0] != f"</{heading[2]}>":
        return content
    inside = content[heading.end() : end.start()]
    if not 0 < len(inside) <= _MAX_HEADING or letters(text_of(inside)) != letters(title):
        return content
    rest = heading[1] + content[end.end() :].lstrip()
    return rest if heading[2] != "p" or says_something(rest) else content


def _published(entry: Entry, source: Source, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return when an entry was published, and the date that it gives instead if that lies ahead."""
    date = read_date(entry.published, now, source.timezone) if is_moment(entry.published) else None
    return (None, date) if date and date > now + EARLY else (date, None)


def _summary(entry: Entry, title: str) -> str:
    """Return the summary as text, without the title in brackets that Eastmoney puts before it."""
    return plain(scrub(entry.summary)).removeprefix(f"【{title}】").strip()


def _content(entry: Entry, source: Source, base: str, title: str, summary: str) -> tuple[str, bool]:
    """Return the text of an entry without its title, or what stands in for it; and whether it is its text."""
    content = clean(entry.content or "", base, source.article.remove, source.article.unwrap)
    content = without_title(content, title)
    if says_something(content):
        return content, True
    return clean(_stand_in(entry, source, summary), base), False


def _stand_in(entry: Entry, source: Source, summary: str) -> str:
    """Return the summary as HTML. Raises ReadError where a page was asked for and there is no summary."""
    if source.article.body and source.full_text != "never" and not summary:
        raise ReadError("its page has no text yet", fault="no-body")
    return entry.summary if MARKUP.search(entry.summary) else paragraphs(summary)


def _attachments(entry: Entry, base: str, content: str) -> tuple[Attachment, ...]:
    named = (
        replace(item, address=resolve(base, item.address), title=fold(scrub(item.title)))
        for item in entry.attachments
    )
    found: dict[str, Attachment] = {}
    for item in (*find_attachments(content), *named):
        known = found.get(item.address, item)
        found[item.address] = replace(
            item,
            title=item.title or known.title,
            media_type=item.media_type or known.media_type,
            length=item.length or known.length,
            episode=item.episode or known.episode,
        )
    for address, file in entry.files.items():
        if address in found:
            found[address] = replace(found[address], text=file.digest, fault=file.fault)
    return tuple(item for address, item in found.items() if address)
