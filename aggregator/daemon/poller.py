"""The poller: claims the sources that are due, and visits each in a task."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import structlog

from aggregator.app import App
from aggregator.daemon.backoff import Backoff
from aggregator.daemon.live import Live
from aggregator.daemon.report import Reporter
from aggregator.errors import AggregatorError, LeaseLostError
from aggregator.poll import Lease, look_again, poll
from aggregator.poll.sweep import visit_all
from aggregator.settings import Source

MAX_POLLS = 500
"""Polls under way. Those that wait for their turn at a busy host count too; the turns bound the requests."""
AHEAD = timedelta(seconds=1)
"""What becomes due until the next tick is claimed with what is due, and polled at its time."""
DRAIN_SECONDS = 6.0
EARLIEST_TIME = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows less is wrong: a machine without a battery wakes up in 1970."""

log = structlog.get_logger()


class Poller:
    """Polls what is due, claimed at each tick; ``reporter`` gets the outcomes.

    A poll ends with the parts that it began with; ``live`` may give others in the meantime.
    """

    def __init__(self, live: Callable[[], Live], clock: Callable[[], datetime], reporter: Reporter) -> None:
        self._live = live
        self._clock = clock
        self._reporter = reporter
        self._polls: dict[asyncio.Task[None], str] = {}
        self._asked: set[str] = set()
        self._database = Backoff("cannot use the database")
        self._wrong_clock = Backoff("cannot poll")
        # With a thread of its own, a tick does not queue behind polls that wait for the database.
        self._claims = ThreadPoolExecutor(1, thread_name_prefix="claim")

    @property
    def running(self) -> list[asyncio.Task[None]]:
        """The polls under way."""
        return list(self._polls)

    async def tick(self) -> None:
        """Claim what is due by the next tick, and poll each at its time."""
        free = MAX_POLLS - len(self._polls)
        if free <= 0 or self._database.remaining:
            return
        for lease in await self._claim(self._live().app, free):
            name = lease.state.name
            if before := [task for task, other in self._polls.items() if other == name]:
                self._begin(name, self._give_back(lease, before))
                continue
            # Asked for each: a reload meanwhile closes the parts that no running poll has.
            live = self._live()
            source = live.app.config.source(name)
            if source is None:
                continue  # configured no more; the lease keeps it from coming back at every tick
            self._begin(name, self._poll(live, source, lease))
            # Hundreds of polls that begin in one round of the event loop would stall it.
            await asyncio.sleep(0)

    async def visit_due(self, name: str) -> None:
        """Visit a source, if it is still due and nobody else does, in the task that calls this."""
        live, task = self._live(), asyncio.current_task()
        source = live.app.config.source(name)
        if source is None or task is None or name in self._polls.values():
            return
        self._polls[task] = name
        try:
            if lease := await live.app.leases.claim_if_due(name, self._clock()):
                await self._poll_or_release(live, source, lease)
        except AggregatorError as exc:
            self._database.failed(exc)
        finally:
            self._polls.pop(task)

    def visit(self, source: Source) -> bool:
        """Begin to visit a source now, as `aggregator poll NAME` does; False where that was begun before."""
        if source.name in self._asked:
            return False
        task = asyncio.create_task(self._visit(self._live(), source))
        self._asked.add(source.name)
        self._polls[task] = ""  # a tick may claim it before this visit does, and then polls it
        task.add_done_callback(self._polls.pop)
        task.add_done_callback(lambda task: self._asked.discard(source.name))
        return True

    async def mend(self) -> None:
        """Take back leases of a killed `poll`, and due times set while the clock was ahead."""
        live, now = self._live(), self._clock()
        app = live.app
        try:
            await asyncio.to_thread(app.leases.release_dead)
            await asyncio.to_thread(app.store.believed_time, now, live.tools.fetcher.confirms(now))
            if mended := await asyncio.to_thread(app.store.mend_times, now):
                log.info("the clock was ahead; visited anew", sources=len(mended), first=mended[0])
        except AggregatorError as exc:
            self._database.failed(exc)

    async def drain(self) -> None:
        """Let running polls finish for some seconds; cancelled ones are still due at the next start."""
        if self._polls:
            await asyncio.wait(self.running, timeout=DRAIN_SECONDS)
        while left := self.running:  # what is cancelled may begin to give back its source
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        self._claims.shutdown(wait=False)

    async def _claim(self, app: App, free: int) -> list[Lease]:
        now, loop = self._clock(), asyncio.get_running_loop()
        if now < EARLIEST_TIME:
            wrong = AggregatorError(f"the clock says {now:%Y-%m-%d}; it waits until that is set")
            self._wrong_clock.failed(wrong)
            return []
        self._wrong_clock.succeeded()
        try:
            return await loop.run_in_executor(self._claims, app.leases.claim_due, now + AHEAD, free)
        except AggregatorError as exc:
            self._database.failed(exc)
            return []

    def _begin(self, name: str, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._polls[task] = name
        task.add_done_callback(self._polls.pop)

    async def _give_back(self, lease: Lease, polls: list[asyncio.Task[None]]) -> None:
        """Release a source after polls of it: a tick may claim one whose poll has saved, and is not through.

        Where its lease ran out while it is polled, that poll ends the new one.
        """
        await asyncio.wait(polls)
        await self._release(lease)

    async def _poll_or_release(self, live: Live, source: Source, lease: Lease) -> None:
        """Poll in a task that others may cancel, who do not wait for a database that is away."""
        try:
            await self._poll(live, source, lease)
        except asyncio.CancelledError:
            self._begin(source.name, self._release(lease))
            raise

    async def _poll(self, live: Live, source: Source, lease: Lease) -> None:
        state, now = lease.state, self._clock()
        # Where the list is not due, articles are due to be looked at again, once the server allows.
        looks = max(filter(None, (state.revisit_at, state.wait_until)), default=now)
        visit, at = (poll, state.due) if state.due <= now + AHEAD else (look_again, looks)
        await asyncio.sleep((at - now).total_seconds())
        self._reporter.begin("list" if visit is poll else "articles", state, now - at)
        try:
            outcome = await visit(source, lease, live.tools)
        except LeaseLostError as exc:
            log.warning("this poll came too late and is not kept", source=source.name, reason=str(exc))
        except Exception as exc:
            # The source is still due. The tick polls nothing while the database cannot keep it.
            await asyncio.sleep(self._database.failed(exc, source=source.name))
            await self._release(lease)
        else:
            self._database.succeeded()
            self._reporter.take(outcome, self._clock())

    async def _visit(self, live: Live, source: Source) -> None:
        try:
            before = await asyncio.to_thread(live.app.store.state, source.name)
            self._reporter.begin("list", before, timedelta())
            [visited] = await visit_all(
                [source],
                live.app.leases,
                live.tools,
                again=True,
                on_visited=lambda visited: None,
                on_wait=lambda said: None,
            )
        except Exception as exc:
            self._database.failed(exc, source=source.name)
            return
        for outcome in filter(None, (visited.outcome, visited.looked)):
            self._reporter.take(outcome, self._clock())
        if visited.left:
            log.info("left alone", source=source.name, reason=visited.left)

    async def _release(self, lease: Lease) -> None:
        """Give up a lease, however long the database cannot be written to."""
        while True:
            try:
                return await lease.release()
            except AggregatorError as exc:
                await asyncio.sleep(self._database.failed(exc))
