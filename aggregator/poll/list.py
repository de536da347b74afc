"""A source's list: its first page with the stored validators, what belongs to it, and the pages behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from aggregator.decide.learning import learn_first
from aggregator.decide.validators import fresh_for, validators_to_send, with_validators
from aggregator.errors import AggregatorError, FetchError, ReadError
from aggregator.fetch import Asks
from aggregator.model import Baseline, Entry, Fetched, Listing, NotModified, PollState, Request
from aggregator.model.digest import hexdigest
from aggregator.poll.tools import WebTools
from aggregator.settings import Access, Source
from aggregator.sources.first import FirstReading, Lesson, Made, read_first
from aggregator.sources.jobs import ask, read_answer

MAX_LIST_PARTS = 10  # answers of which one page of a list may consist: the sitemaps of an index, say
FOR_PROGRAMS = ("feed", "api", "sitemap")
"""Kinds whose lists are made for programs; robots.txt is about web pages."""
REDIRECT_TRIAL = timedelta(days=7)  # time for which a permanent redirect has to stand before it is believed


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a source's list, read."""

    number: int
    """Its number, from 1."""
    request: Request
    answer: Fetched
    """The answer that began it; others may be parts of it."""
    listing: Listing
    digest: str
    """The digest of all its answers; empty where one of them could not be had."""
    first: FirstReading | None = None
    """What was made of ``answer`` with the list, where nothing was known of the source."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a source's list gave."""

    state: PollState
    page: ListPage | None
    """The list's first page, or what was pushed of it; None where nothing changed."""
    fresh: timedelta = timedelta(0)
    """How long the answer holds by its own word."""
    answer: Fetched | NotModified | None = None
    """The answer that began it."""
    pushed: bool = False
    """Whether a hub brought it. It says nothing of what else the list holds then."""

    @property
    def listing(self) -> Listing:
        """What is listed; nothing where nothing changed."""
        return self.page.listing if self.page else Listing(())

    def with_entries(self, entries: tuple[Entry, ...], baseline: Baseline) -> Self:
        """Give the look with its entries under other keys, and with what that taught."""
        page = self.page and replace(self.page, listing=replace(self.page.listing, entries=entries))
        return replace(self, page=page, state=replace(self.state, baseline=baseline))

    @property
    def made(self) -> tuple[Made, ...]:
        """What was made with the list."""
        return self.page.first.made if self.page and self.page.first else ()

    @property
    def lesson(self) -> Lesson | None:
        """What was learnt with the list."""
        return self.page.first.lesson if self.page and self.page.first else None

    @property
    def shown(self) -> Listing | None:
        """The list as it stands; None where it was not read."""
        return self.page.listing if self.page and not self.pushed else None


async def look(source: Source, state: PollState, tools: WebTools, now: datetime) -> Look:
    """Fetch and read the first page of a source's list. Raises FetchError or ReadError."""
    known = state if state.fingerprint == source.fingerprint else _forgotten(state)
    request = first_request(source)
    answer, known = await _ask(source, request, known, tools, now)
    unchanged = _answered(known, answer, now)
    fresh = fresh_for(answer.headers, now)
    if isinstance(answer, NotModified):
        kept = {"etag": known.etag, "last-modified": known.last_modified}
        return Look(with_validators(unchanged, kept | dict(answer.headers), now), None, fresh, answer)
    digest = answer.digest
    if digest == known.body_digest:
        if known.etag or known.last_modified:
            unchanged = with_validators(unchanged, answer.headers, now)
        return Look(unchanged, None, fresh, answer)
    first = None if state.succeeded else await _read_first(source, request, answer, tools, now)
    page = await _read_page(source, 1, request, answer, tools, now, first)
    if page.digest and page.digest == known.body_digest:
        return Look(unchanged, None, fresh, answer)
    # The validators of an answer say nothing of its parts, nor of what was cut off.
    own = page.digest == digest and not page.listing.cut
    lists = page.listing.entries or page.listing.unreadable
    state = replace(
        unchanged,
        status="ok" if lists else "empty",
        error="" if lists else "its list has no entries",
        fingerprint=source.fingerprint,
        body_digest=page.digest,
        pace=page.listing.pace,
    )
    return Look(with_validators(state, answer.headers if own else {}, now), page, fresh, answer)


def _answered(state: PollState, answer: Fetched | NotModified, now: datetime) -> PollState:
    """Return the state of a source that answers; a list that was empty stays so until it changes."""
    seen = replace(
        state, polled=now, succeeded=now, failures=0, wait_until=None, robots=answer.robots or state.robots
    )
    return seen if state.status == "empty" else replace(seen, status="ok", error="")


def moved_for_good(source: Source, state: PollState, now: datetime) -> bool:
    """Tell whether the permanent redirects of a source's list are to be believed (RFC 9110, section 15.4.2).

    Sites err, so only after days; and https is not given up for http.
    """
    settled = state.moved_since is not None and now - state.moved_since >= REDIRECT_TRIAL
    safe = state.moved.startswith("https:") or not source.url.startswith("https:")
    return bool(state.moved) and settled and safe and source.method == "GET"


async def _ask(
    source: Source, request: Request, known: PollState, tools: WebTools, now: datetime
) -> tuple[Fetched | NotModified, PollState]:
    """Ask for the list, first where it has moved to, and note where permanent redirects lead."""
    etag, last_modified = validators_to_send(source, known, now)
    request = replace(request, etag=etag, last_modified=last_modified)
    access = list_access(source)
    if moved_for_good(source, known, now):
        try:
            answer = await tools.fetcher.fetch(replace(request, address=known.moved), access)
        except FetchError:
            # Perhaps it moved back, so the configured address decides.
            known = replace(known, moved="", moved_since=None)
        else:
            return answer, replace(known, moved=answer.moved or known.moved)
    answer = await tools.fetcher.fetch(request, access)
    if answer.moved != known.moved:
        known = replace(known, moved=answer.moved, moved_since=now if answer.moved else None)
    return answer, known


def _forgotten(state: PollState) -> PollState:
    """Give the state without what was learnt under another configuration."""
    return replace(
        state,
        etag="",
        last_modified="",
        body_digest="",
        moved="",
        moved_since=None,
        baseline=Baseline(shared=state.baseline.shared),
    )


async def read_push(
    source: Source, state: PollState, answer: Fetched, tools: WebTools, now: datetime
) -> Look:
    """Read an answer that a hub pushed to us. Raises ReadError."""
    page = await _read_page(source, 1, first_request(source), answer, tools, now)
    return Look(
        replace(state, status="ok", error="", failures=0, pushed=now), page, answer=answer, pushed=True
    )


async def next_page(source: Source, page: ListPage, tools: WebTools, now: datetime) -> ListPage | None:
    """Fetch and read the page behind one; None where the list ends. Raises FetchError or ReadError."""
    number = page.number + 1
    request = await tools.workers.run(ask, source, number, page.answer)
    if request is None or request == page.request:
        return None
    return await open_page(source, number, request, tools, now)


async def open_page(
    source: Source, number: int, request: Request, tools: WebTools, now: datetime
) -> ListPage:
    """Fetch and read a page of a list whose request is known. Raises FetchError or ReadError."""
    answer = await open_whole(request, list_access(source), tools)
    return await _read_page(source, number, request, answer, tools, now)


def is_end(error: AggregatorError) -> bool:
    """Tell whether an error of a further page only says that the list ended before it."""
    return isinstance(error, ReadError) and error.fault == "empty"


def first_request(source: Source) -> Request:
    """Give the request for the first page of a source's list. Raises ReadError."""
    request = ask(source, 1, None)
    if request is None:
        raise ReadError("its kind asks for nothing")
    return request


async def _read_first(
    source: Source, request: Request, answer: Fetched, tools: WebTools, now: datetime
) -> FirstReading | None:
    """Read a first list with all that it has; None where that cannot be done at once."""
    try:
        return await tools.workers.run(read_first, source, answer, now, request.address, learn_first)
    except ReadError:
        return None  # one of its entries costs the worker, or the list cannot be read and says so again


async def _read_page(
    source: Source,
    number: int,
    request: Request,
    answer: Fetched,
    tools: WebTools,
    now: datetime,
    first: FirstReading | None = None,
) -> ListPage:
    """Read an answer and whatever it says is part of it; one part that fails costs none of the others."""
    begun = (
        first.listing if first else await tools.workers.run(read_answer, source, answer, now, request.address)
    )
    lists, digests = [begun], [answer.digest]
    wanted, asked, failure = list(begun.more), {request}, None
    while wanted and len(asked) < MAX_LIST_PARTS:
        following = wanted.pop(0)
        if following in asked:
            continue
        asked.add(following)
        try:
            part = await open_whole(following, list_access(source), tools)
            listing = await tools.workers.run(read_answer, source, part, now, following.address)
        except AggregatorError as exc:
            failure = exc
            continue
        wanted += listing.more
        lists.append(listing)
        digests.append(part.digest)
    if failure and len(lists) == 1:
        raise failure
    notes = [f"a part of the list is missing: {failure}"] if failure else []
    digest = "" if failure else _joined(digests)
    return ListPage(number, request, answer, _merged(source, lists, notes), digest, first)


async def ask_for_list(source: Source, fetcher: Asks) -> Fetched | NotModified:
    """Ask for the first page of a source's list, to see whether it can be had.

    Raises FetchError or ReadError.
    """
    return await fetcher.fetch(first_request(source), list_access(source))


def list_access(source: Source) -> Access:
    """Say how a source's list is asked for: by a page's access, unless it is made for programs."""
    return source.access if source.kind in FOR_PROGRAMS else page_access(source)


def page_access(source: Source) -> Access:
    """Say how a source's web pages are asked for: as robots.txt says, unless the source ignores it."""
    return source.access.model_copy(update={"robots": source.robots})


async def open_whole(request: Request, access: Access | None, tools: WebTools) -> Fetched:
    """Fetch what must come whole, since no validators go with the request. Raises FetchError or ReadError."""
    answer = await tools.fetcher.fetch(request, access)
    if not isinstance(answer, Fetched):
        raise ReadError(f"said that nothing changed, though nothing was known of it ({request.address})")
    return answer


def _merged(source: Source, lists: Sequence[Listing], notes: Sequence[str]) -> Listing:
    entries: dict[str, Entry] = {}
    for listing in lists:
        for entry in listing.entries:
            entries.setdefault(entry.key, entry)
    return Listing(
        entries=tuple(entries.values())[: source.limit],
        unreadable=tuple(item for listing in lists for item in listing.unreadable),
        notes=tuple(dict.fromkeys([*(note for listing in lists for note in listing.notes), *notes])),
        cut=any(listing.cut for listing in lists),
        hub=lists[0].hub,
        topic=lists[0].topic,
        pace=lists[0].pace,
    )


def _joined(digests: Sequence[str]) -> str:
    if len(digests) == 1:
        return digests[0]
    return hexdigest("".join(digests))
