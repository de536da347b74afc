"""A source's list walked back through its pages: one commit a page, and on from there after a stop."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.decide.outcome import decide
from aggregator.decide.selection import choose
from aggregator.decide.visit import Visit
from aggregator.errors import ReadError
from aggregator.model import Backfill, Entry, Outcome, PollState
from aggregator.poll.entries import ArticleMaker
from aggregator.poll.leases import Leases
from aggregator.poll.list import ListPage, first_request, is_end, open_page
from aggregator.poll.recognition import recognise, tell_apart
from aggregator.poll.tools import Tools
from aggregator.settings import Source
from aggregator.sources.jobs import ask
from aggregator.text.dates import read_date


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a backfill came: pages of the list, new articles, and why it ended there."""

    pages: int
    articles: int
    end: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a backfill shall go: so many pages, back to a day, or through the whole list."""

    pages: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """What one page of the list gave: an outcome, which is saved with ``progress``."""

    page: ListPage
    outcome: Outcome
    progress: Backfill | None
    """Where the walk goes on; None at its end, of which ``end`` says why."""
    end: str = ""


async def walk_back(
    source: Source,
    leases: Leases,
    tools: Tools,
    limits: Limits,
    *,
    progress_of: Callable[[int, int, int], None],
    on_wait: Callable[[str], None],
) -> Walked:
    """Read further pages of a list; each one is a commit, which also says where to go on.

    ``progress_of`` is told the page's number, how many of its articles are read, and how many there are to
    read; ``on_wait`` that another process polls the source. Raises FetchError, ReadError, BusyError.
    """
    store, clock = tools.store, tools.clock
    held = await asyncio.to_thread(store.backfill, source.name)
    progress = held if held and held.fingerprint == source.fingerprint else _begin(source)
    walk = _Walk(source, tools, limits.since, progress_of)
    walked = Walked(0, 0, f"{limits.pages} pages read" if limits.pages else "")
    seen: frozenset[str] = frozenset()
    while limits.pages is None or walked.pages < limits.pages:
        try:
            async with leases.hold(source, clock, on_wait) as lease:
                wait_until = lease.state.wait_until
                if wait_until and wait_until > clock():
                    return replace(walked, end=f"the server asked us to wait until {wait_until:%H:%M} UTC")
                step = await walk.step(lease.state, progress, seen)
                now = clock()
                await tools.save(lease, source, step.outcome, now, step.progress)
        except ReadError as exc:
            if progress.number == 1 or not is_end(exc):
                raise
            await asyncio.to_thread(store.end_backfill, source.name)
            return replace(walked, end="the list ends here")
        walked = Walked(walked.pages + 1, walked.articles + len(step.outcome.new), walked.end)
        if step.progress is None:
            await asyncio.to_thread(store.end_backfill, source.name)
            return replace(walked, end=step.end)
        progress = step.progress
        seen |= step.page.listing.keys
    return walked


def _begin(source: Source) -> Backfill:
    """Begin at the first page of a source's list. Raises ReadError where its kind has none."""
    return Backfill(source.name, source.fingerprint, number=1, request=first_request(source))


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk back through a source's list."""

    source: Source
    tools: Tools
    since: datetime | None
    """What is older is left out, and a page with nothing younger is the last one."""
    progress_of: Callable[[int, int, int], None]

    async def step(self, state: PollState, progress: Backfill, seen: frozenset[str]) -> _Step:
        """Read one page of the list, and the articles on it that are not known.

        ``seen`` are the keys of the pages before, since some sites show their last page again and again.
        Raises FetchError or ReadError.
        """
        source, tools, now = self.source, self.tools, self.tools.clock()
        page = await open_page(source, progress.number, progress.request, tools, now)
        entries = tuple(entry for entry in page.listing.entries if not self._is_older(entry, now))
        known = await tools.records(source).known([entry.key for entry in entries])
        met = Visit(source, state, {}, known, now)
        keys = await asyncio.to_thread(tell_apart, met, entries, state.baseline, tools.store)
        owed = {debt.key: debt for debt in await asyncio.to_thread(tools.store.owed, source.name)}
        if state.wait_until and state.wait_until <= now:
            state = replace(state, wait_until=None)
        visit = Visit(source, state, owed, keys.known, now, telling=tools.tells)
        outcome = await self._read(visit, keys.entries, page)
        if page.listing.keys <= seen:
            return _Step(page, outcome, None, "the list ends here")
        if self.since and (not keys.entries or _all_older(outcome, self.since)):
            return _Step(page, outcome, None, f"what follows is older than {self.since:%Y-%m-%d}")
        return await self._onward(page, outcome, progress)

    async def _read(self, visit: Visit, entries: Sequence[Entry], page: ListPage) -> Outcome:
        """Read the entries that are not known, whatever the budget of a poll is."""
        source, state, tools = visit.source, visit.state, self.tools
        # Validators of another configuration are no reason to read again what is known.
        visit = replace(visit, state=replace(state, fingerprint=source.fingerprint))
        visit = await asyncio.to_thread(recognise, visit, entries, tools.store)
        wanted = [entry for entry in choose(visit, entries, None).entries if entry in entries]
        patient = source.model_copy(update={"budget": max(len(wanted), 1)})
        patiently = replace(visit, source=patient)
        maker = ArticleMaker(patiently, state, tools, tools.records(source), page.listing.keys)
        await maker.prepare(wanted)
        findings = []
        for number, entry in enumerate(wanted):
            self.progress_of(page.number, number, len(wanted))
            findings.append(await maker.make(entry))
        done = replace(visit, known=maker.known, before=maker.before, now=tools.clock())
        outcome = decide(done, state, findings, state.due)
        # The regular visits keep their time and their validators; only what a server asked of us counts.
        return replace(outcome, state=replace(state, wait_until=maker.state.wait_until))

    async def _onward(self, page: ListPage, outcome: Outcome, progress: Backfill) -> _Step:
        """Give the step to the page behind one; its end, where the list names none."""
        following = await self.tools.workers.run(ask, self.source, page.number + 1, page.answer)
        if following is None or following == page.request:
            unknown = "the list names no older page; [source.paging] says where it goes on"
            return _Step(page, outcome, None, "the list ends here" if page.number > 1 else unknown)
        pages, articles = progress.pages + 1, progress.articles + len(outcome.new)
        onward = replace(progress, number=page.number + 1, request=following, pages=pages, articles=articles)
        return _Step(page, outcome, onward)

    def _is_older(self, entry: Entry, now: datetime) -> bool:
        """Tell whether a list dates an entry before ``since``; one that it does not date may be younger."""
        date = read_date(entry.published, now, self.source.timezone) if self.since else None
        return bool(self.since and date and date < self.since)


def _all_older(outcome: Outcome, since: datetime) -> bool:
    """Tell whether everything that came is older: a list without dates ends so."""
    return bool(outcome.new) and all(one.dated and one.published < since for one in outcome.new)
