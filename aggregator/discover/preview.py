"""Preview of a source: what it gives right now, read as a poll reads it, with nothing stored."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aggregator.decide.finding import Finding
from aggregator.decide.visit import Visit
from aggregator.errors import FAULTS
from aggregator.model import Article, Entry, PollState, Unreadable
from aggregator.poll import ArticleMaker, Records, look, web_tools
from aggregator.settings import Config, Source
from aggregator.worker.pool import Pool

MAX_PAGES = 5
"""Pages of entries that are fetched for a preview."""
NOT_FETCHED = "(not fetched for this preview)"


@dataclass(frozen=True, slots=True)
class PreviewItem:
    """An entry as it came, with its page where that was fetched, and the article made of it."""

    entry: Entry
    article: Article | None = None
    reason: str = ""
    """Why there is no article, or only its summary."""
    failed: bool = False
    """Whether the reason is a fault."""
    rule: str = ""
    """The user's rule that leaves it out."""

    @property
    def matches(self) -> list[tuple[str, str, str]]:
        """What gave each field of the entry: the field, its selector or rule, and what that gave."""
        given = ((name, rule, getattr(self.entry, name, "")) for name, rule in self.entry.rules.items())
        return [(name, rule, str(value or "")) for name, rule, value in given]


@dataclass(frozen=True, slots=True)
class Preview:
    """The entries of a source's list, those that could not be read, and notes on what was odd."""

    items: tuple[PreviewItem, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    notes: tuple[str, ...] = ()
    published: frozenset[str] = frozenset()
    """The keys of entries that are articles already, where that was looked up."""


async def preview_source(
    config: Config,
    source: Source,
    clock: Callable[[], datetime],
    number: int | None = None,
    *,
    workers: Pool | None = None,
) -> Preview:
    """Fetch and read a source's list, and the pages of its first entries, or that of the ``number``-th.

    Raises FetchError or ReadError.
    """
    async with web_tools(config, clock, workers) as tools:
        seen = await look(source, PollState(source.name, clock()), tools, clock())
        if seen.page is None:
            return Preview()
        listing = seen.page.listing
        visit = Visit(source, seen.state, {}, {}, clock())
        maker = ArticleMaker(visit, seen.state, tools, Records(source), listing.keys)
        items, pages = [], MAX_PAGES
        for position, entry in enumerate(listing.entries, 1):
            pages -= entry.content is None
            wanted = position == number if number else pages >= 0
            items.append(await _item(maker, entry, fetch=wanted or entry.content is not None))
        return Preview(tuple(items), listing.unreadable, (*listing.notes, *maker.notes))


async def _item(maker: ArticleMaker, entry: Entry, *, fetch: bool) -> PreviewItem:
    # Of a page that is not fetched, a rule may still say that it never is.
    finding = await maker.make(entry) if fetch else Finding(entry, debt=maker.refuse(entry))
    debt = finding.debt
    if not (fetch or debt):
        return PreviewItem(entry, reason=NOT_FETCHED)
    return PreviewItem(
        finding.whole or entry,
        article=finding.article,
        reason=f"{debt.reason}: {debt.message}" if debt else "",
        failed=debt is not None and debt.reason in FAULTS,
        rule=debt.message if debt and debt.reason == "filtered" else "",
    )
