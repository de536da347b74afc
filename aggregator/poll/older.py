"""One older page of a source's list, for a backfill: what is not known of it, and where the list goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.decide import choose, decide
from aggregator.model import Backfill, Entry, Known, Outcome, PollState
from aggregator.poll.entries import Reader
from aggregator.poll.list import Page, first_request, open_page
from aggregator.poll.tools import Tools
from aggregator.settings import Source
from aggregator.sources.jobs import ask
from aggregator.text.dates import read_date


@dataclass(frozen=True, slots=True)
class Step:
    """What one page of the list gave: the outcome to be saved with ``progress``, and where it goes on.

    ``progress`` is None at the end, of which ``end`` says why.
    """

    page: Page
    outcome: Outcome
    progress: Backfill | None
    end: str = ""


def begin(source: Source) -> Backfill:
    """Begin at the first page of a source's list. Raises ReadError where its kind has none."""
    return Backfill(source.name, source.fingerprint, number=1, request=first_request(source))


async def step(
    source: Source,
    state: PollState,
    progress: Backfill,
    tools: Tools,
    *,
    since: datetime | None,
    seen: frozenset[str],
    progress_of: Callable[[int, int, int], None],
) -> Step:
    """Read one page of the list and the articles on it that are not known. Raises FetchError or ReadError.

    ``since`` leaves out what is older and ends where a page has nothing younger; ``seen`` are the keys of the
    page before: some sites show their last page again and again. ``progress_of`` is told the page, how many
    of its articles are read, and how many there are to read.
    """
    store, clock = tools.store, tools.clock
    now = clock()
    page = await open_page(source, progress.number, progress.request, tools, now)
    entries = [entry for entry in page.listing.entries if not _older(entry, source, since, now)]
    known = await asyncio.to_thread(store.known, source.name, source.identity, [one.key for one in entries])
    owed = {debt.key: debt for debt in await asyncio.to_thread(store.owed, source.name)}
    if state.wait_until and state.wait_until <= now:
        state = replace(state, wait_until=None)
    same = replace(state, fingerprint=source.fingerprint)
    work = choose(source, same, entries, None, known, owed, now)

    async def look_up(keys: Sequence[str]) -> Mapping[str, Known]:
        return await asyncio.to_thread(store.known, source.name, source.identity, keys)

    wanted = [entry for entry in work.entries if entry in entries]
    patient = source.model_copy(update={"budget": max(len(wanted), 1)})
    keys = frozenset(entry.key for entry in page.listing.entries)
    reader = Reader(patient, state, known, owed, tools, look_up, keys)
    for number, entry in enumerate(wanted):
        progress_of(page.number, number, len(wanted))
        await reader.read(entry)
    end = clock()
    outcome = decide(source, state, reader.reads, reader.put_off, (), (), reader.known, owed, end, state.due)
    # The regular visits keep their time and their validators; only what a server asked of us counts.
    outcome = replace(outcome, state=replace(state, wait_until=reader.state.wait_until))
    done = replace(progress, pages=progress.pages + 1, articles=progress.articles + len(outcome.new))
    if not keys or keys <= seen:
        return Step(page, outcome, None, "the list ends here")
    if since and (not entries or _all_older(outcome, since)):
        return Step(page, outcome, None, f"what follows is older than {since:%Y-%m-%d}")
    following = await tools.workers.run(ask, source, page.number + 1, page.answer)
    if following is None or following == page.request:
        unknown = "the list names no older page; [source.paging] says where it goes on"
        return Step(page, outcome, None, "the list ends here" if page.number > 1 else unknown)
    return Step(page, outcome, replace(done, number=page.number + 1, request=following))


def _all_older(outcome: Outcome, since: datetime) -> bool:
    """Tell whether everything that came is older: a list without dates ends so."""
    return bool(outcome.new) and all(one.dated and one.published < since for one in outcome.new)


def _older(entry: Entry, source: Source, since: datetime | None, now: datetime) -> bool:
    """Tell whether a list dates an entry before a time; one that it does not date may be younger."""
    date = read_date(entry.published, now, source.timezone) if since else None
    return bool(since and date and date < since)
