"""The jobs of a worker process: it makes entries of bytes, and articles of entries."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.content.filter import refuse_article
from aggregator.content.normalise import normalise
from aggregator.errors import ReadError
from aggregator.model import Article, Entry, Fetched, Listing, Receipt, Request
from aggregator.settings import Source
from aggregator.sources import Kind, find_kind
from aggregator.text.dates import day_in, is_moment, settle_date, settle_order
from aggregator.text.text import scrub

MAX_BATCH = 50  # entries that one job makes articles of


def ask(source: Source, number: int, before: Fetched | None) -> Request | None:
    """Give the request for page ``number`` of a list, from 1; None where the list ends. Raises ReadError."""
    return _kind(source).ask(source, number, before)


def read_list(source: Source, answer: Fetched, now: datetime) -> Listing:
    """Read a list. Raises ReadError.

    Its relative dates become dates as of ``now``, for an entry may wait, and so do those that only the others
    of this list make clear.
    """
    listing = _kind(source).read_list(source, answer)
    entries = listing.entries
    dates = settle_order([entry.published for entry in entries], [entry.address for entry in entries])
    return replace(
        listing,
        entries=tuple(_dated(entry, date, source, now) for entry, date in zip(entries, dates, strict=True)),
    )


def read_answer(source: Source, answer: Fetched, now: datetime, asked: str) -> Listing:
    """Read a list as ``read_list`` does; its entries have the receipt of the answer to what was ``asked``."""
    listing = read_list(source, answer, now)
    receipts = (Receipt.of(answer, asked, now),)
    return replace(listing, entries=tuple(replace(entry, receipts=receipts) for entry in listing.entries))


def read_article(source: Source, entry: Entry, answer: Fetched) -> Entry:
    """Return an entry with what its own page adds. Raises ReadError where that has no body."""
    return _with_good_date(_kind(source).read_article(source, entry, answer))


def make_article(entry: Entry, source: Source, now: datetime) -> tuple[Article, str]:
    """Make an article of a complete entry, and say which rule leaves it out, if one does.

    Raises IncompleteError or ReadError.
    """
    article = normalise(_with_good_date(entry), source, now)
    return article, refuse_article(source, entry, article)


def make_articles(
    entries: Sequence[Entry], source: Source, now: datetime
) -> list[tuple[Article, str] | None]:
    """Make articles of many complete entries, as ``make_article`` does; None of those for which it raises."""
    made: list[tuple[Article, str] | None] = []
    for entry in entries:
        try:
            made.append(make_article(entry, source, now))
        except Exception:
            made.append(None)
    return made


def _kind(source: Source) -> Kind:
    kind = find_kind(source.kind)
    if kind is None:
        raise ReadError(f'there is no kind "{source.kind}" (any more)')
    return kind


def _dated(entry: Entry, published: str, source: Source, now: datetime) -> Entry:
    """Make the date ``published`` of an entry absolute, also where a field for templates repeats it."""
    # Keys go into the database and into ids, neither of which can hold every character.
    if (key := scrub(entry.key)) != entry.key:
        entry = replace(entry, key=key)
    if published == entry.published and entry.content is not None:
        entry = _with_good_date(entry)
        published = entry.published
    date, drifts = settle_date(published, now, source.timezone)
    if date == entry.published:
        return entry
    fields = {name: date if value == entry.published else value for name, value in entry.fields.items()}
    return replace(entry, published=date, drifts=drifts, fields=fields)


def _with_good_date(entry: Entry) -> Entry:
    """Date an entry whose date is broken, or the zero of clocks, by its update or the day in its address."""
    if not entry.published or is_moment(entry.published):
        return entry
    others = {"its update": entry.updated, "day in the address": day_in(entry.address)}
    for rule, date in others.items():
        if is_moment(date):
            return replace(entry, published=date, rules={**entry.rules, "published": rule})
    return entry
