"""What a source gives right now, exactly as it would be kept, writing nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.app import make_fetcher
from aggregator.content.normalise import normalise
from aggregator.errors import AggregatorError, IncompleteError
from aggregator.fetch import Fetcher
from aggregator.model import Article, Entry, PollState, Unreadable
from aggregator.poll import complete, look
from aggregator.settings import Config, Source

PAGES = 5


@dataclass(frozen=True, slots=True)
class Previewed:
    """An entry as it came (its page included where it was fetched), and the article it would be.

    ``reason`` says why there is none; ``failed`` whether that is a fault.
    """

    entry: Entry
    article: Article | None = None
    reason: str = ""
    failed: bool = False


async def look_at(
    config: Config, source: Source, now: datetime
) -> tuple[list[Previewed], Sequence[Unreadable]]:
    """Fetch and read a source's list, and the pages of its first entries. Raises FetchError, ReadError."""
    async with make_fetcher(config) as fetcher:
        visit = await look(source, PollState(source.name, now), fetcher, now)
        if visit.listing is None:
            return [], ()
        items = []
        pages = 0
        for entry in visit.listing.entries:
            pages += entry.content is None
            items.append(await _item(source, entry, fetcher, now, fetch=pages <= PAGES))
        return items, visit.listing.unreadable


async def _item(source: Source, entry: Entry, fetcher: Fetcher, now: datetime, *, fetch: bool) -> Previewed:
    if entry.content is None and not fetch:
        return Previewed(entry, reason="its page was not fetched for this preview")
    try:
        whole = await complete(source, entry, fetcher)
    except IncompleteError as exc:
        return Previewed(entry, reason=str(exc))
    except AggregatorError as exc:
        return Previewed(entry, reason=str(exc), failed=True)
    try:
        return Previewed(whole, normalise(whole, source, now))
    except IncompleteError as exc:
        return Previewed(whole, reason=str(exc))
    except AggregatorError as exc:
        return Previewed(whole, reason=str(exc), failed=True)
