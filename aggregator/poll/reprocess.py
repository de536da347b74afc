"""A source's articles made again from its archived answers, after a selector or a rule was mended."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.content.normalise import article_address
from aggregator.decide.finding import Finding
from aggregator.decide.outcome import decide
from aggregator.decide.visit import Visit
from aggregator.errors import ReadError
from aggregator.fetch.archive import Archive
from aggregator.model import Article, Entry, Outcome, PollState, Receipt
from aggregator.poll.entries import ArticleMaker
from aggregator.poll.leases import Leases
from aggregator.poll.list import first_request
from aggregator.poll.replay import Replay
from aggregator.poll.tools import Tools
from aggregator.settings import Source
from aggregator.sources.jobs import read_list
from aggregator.store import Store

BATCH_SIZE = 100
"""Articles of a commit."""


@dataclass(frozen=True, slots=True)
class Remade:
    """What came of some entries."""

    outcome: Outcome
    before: Mapping[str, Article]
    """The articles that are held, by key, where what was made differs from them."""
    unread: tuple[tuple[Entry, str], ...]
    """Entries that could not be made again, and why."""


async def reprocess(
    source: Source,
    leases: Leases,
    tools: Tools,
    archive: Archive,
    *,
    apply: bool,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> AsyncIterator[Remade]:
    """Make articles again of every archived answer; with ``apply``, each batch is a commit.

    An article is made of the answers that its newest state was made of, or else of the last ones. What the
    list showed, but was never read, comes in as new. Raises ArchiveError, BusyError and ReadError.
    """
    receipts, listed = await asyncio.to_thread(_receipts, tools.store, source)
    replay = Replay(archive, (source.name, *source.was), receipts)
    offline = replace(tools, fetcher=replay)
    entries = list((await _entries(source, replay, offline, listed)).values())
    for start in range(0, len(entries), BATCH_SIZE):
        progress(start, len(entries))
        batch = entries[start : start + BATCH_SIZE]
        if not apply:
            yield await _remake(source, PollState(source.name, tools.clock()), batch, replay, offline)
            continue
        async with leases.hold(source, tools.clock) as lease:
            remade = await _remake(source, lease.state, batch, replay, offline)
            await lease.save(remade.outcome, tools.clock(), confirmed=True)
        yield remade


def _receipts(store: Store, source: Source) -> tuple[dict[str, Receipt], dict[str, Receipt]]:
    """Return the receipts of a source's articles by the address asked, and those of their lists by hash."""
    pages: dict[str, Receipt] = {}
    lists: dict[str, Receipt] = {}
    after = 0
    while rows := store.articles_of(source.name, after, BATCH_SIZE):
        after = rows[-1][0]
        for kept in store.find_all([article_id for _, article_id in rows]):
            for number, receipt in enumerate(kept.provenance.receipts if kept.provenance else ()):
                if number == 0:
                    lists[receipt.digest] = receipt
                elif receipt.asked not in pages or pages[receipt.asked].time < receipt.time:
                    pages[receipt.asked] = receipt
    return pages, lists


async def _entries(
    source: Source, replay: Replay, tools: Tools, listed: Mapping[str, Receipt]
) -> dict[str, Entry]:
    """Read every archived answer of the source's lists; of what several show, the newest word counts."""
    addresses = dict.fromkeys([first_request(source).address, *(one.asked for one in listed.values())])
    answers = replay.answers(addresses, listed)
    entries: dict[str, Entry] = {}
    while (answer := await asyncio.to_thread(next, answers, None)) is not None:
        taken = answer.taken or tools.clock()
        try:
            listing = await tools.workers.run(read_list, source, answer, taken)
        except ReadError:
            continue  # robots.txt, or a page that was no list
        receipt = Receipt.of(answer, answer.address, taken)
        receipts = (listed.get(receipt.digest, receipt),)
        entries |= {entry.key: replace(entry, receipts=receipts) for entry in listing.entries}
    return entries


async def _remake(
    source: Source, state: PollState, entries: list[Entry], replay: Replay, tools: Tools
) -> Remade:
    keys = [entry.key for entry in entries]
    records = tools.records(source)
    known = await records.known(keys)
    patient = source.model_copy(update={"budget": BATCH_SIZE})
    owed = {debt.key: debt for debt in await asyncio.to_thread(tools.store.owed, source.name)}
    # Whatever the articles were made by before, it is the configuration that is another now.
    read_otherwise = replace(state, fingerprint="", wait_until=None)
    visit = Visit(patient, read_otherwise, owed, known, tools.clock())
    findings: list[Finding] = []
    unread: list[tuple[Entry, str]] = []
    for entry in entries:
        time = replay.time_of(article_address(entry, source), entry.receipts[0].time)
        maker = ArticleMaker(visit, read_otherwise, replace(tools, clock=_standing(time)), records, keys)
        finding = await maker.make(entry)
        visit = replace(visit, known=maker.known, before={**visit.before, **maker.before})
        if finding.debt:
            unread.append((entry, f"{finding.debt.reason}: {finding.debt.message}"))
        else:
            findings.append(finding)
    outcome = replace(decide(visit, state, findings, state.due), state=state)
    return Remade(outcome, visit.before, tuple(unread))


def _standing(time: datetime) -> Callable[[], datetime]:
    """Give a clock that stands: what a page says of "today" is of the day on which it was fetched."""
    return lambda: time
