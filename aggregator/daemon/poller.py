"""What polls: claims the sources that are due, visits them, and says what is news of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import structlog

from aggregator.app import App
from aggregator.daemon.backoff import Setback
from aggregator.errors import AggregatorError
from aggregator.model import Outcome
from aggregator.poll import Lease, Tools, poll
from aggregator.settings import Source

# Polls that wait for their turn at a busy host count, too; the turns bound the requests.
AT_ONCE = 500
DRAIN_SECONDS = 6.0
# A machine without a battery wakes up in 1970: what it dates is wrong, and the next visits are years away.
SANE = datetime(2026, 1, 1, tzinfo=UTC)
# Reasons that are no fault: the user's own rules, and what the next visits bring.
QUIET = ("filtered", "full-text", "budget")

log = structlog.get_logger()


class Poller:
    """Polls what is due at each tick; ``on_articles`` is called where there is something to publish.

    ``app`` and ``tools`` may be exchanged while it runs: polls end with those they began with.
    """

    def __init__(
        self, app: App, tools: Tools, clock: Callable[[], datetime], on_articles: Callable[[], None]
    ) -> None:
        self.app = app
        self.tools = tools
        self._clock = clock
        self._on_articles = on_articles
        self._polls: dict[asyncio.Task[None], str] = {}
        self._errors: dict[str, str] = {}
        self._storage = Setback("cannot use the database")
        self._calendar = Setback("cannot poll")
        # Of its own: the tick waits for no poll that waits for the database.
        self._claims = ThreadPoolExecutor(1, thread_name_prefix="claim")

    @property
    def running(self) -> list[asyncio.Task[None]]:
        """The polls under way."""
        return list(self._polls)

    @property
    def failing(self) -> int:
        """How many sources failed at their last visit."""
        return len(self._errors)

    async def tick(self) -> None:
        """Claim what is due and start to poll it."""
        app, free = self.app, AT_ONCE - len(self._polls)
        if free <= 0 or self._storage.left:
            return
        for lease in await self._claim(app, free):
            name = lease.state.name
            if name in self._polls.values():
                continue  # still at it after its lease; claimed again, that goes on
            source = app.config.source(name)
            if source is None:
                continue  # not ours; the lease keeps it from coming back at every tick
            task = asyncio.create_task(self._poll(app, source, lease))
            self._polls[task] = name
            task.add_done_callback(self._polls.pop)
            # Hundreds that begin in one round of the event loop would keep everybody else from it.
            await asyncio.sleep(0)

    async def mend(self) -> None:
        """Take back what a `poll` beside us held when it was killed, or a clock that was ahead put off."""
        try:
            await asyncio.to_thread(self.app.leases.release_dead)
            if mended := await asyncio.to_thread(self.app.store.mend_times, self._clock()):
                log.warning("the clock was ahead; visited anew", sources=len(mended), first=mended[0])
        except AggregatorError as exc:
            self._storage.add(exc)

    def take(self, outcome: Outcome) -> None:
        """Say what came of a poll or a push, and have it published."""
        self._report(outcome)
        if outcome.new or outcome.changed or outcome.sightings:
            self._on_articles()

    def forget_strangers(self) -> None:
        """Forget the failures of sources that are configured no more."""
        self._errors = {name: error for name, error in self._errors.items() if self.app.config.source(name)}

    async def drain(self) -> None:
        """Let running polls finish for some seconds; cancelled ones are still due at the next start."""
        if self._polls:
            await asyncio.wait(self.running, timeout=DRAIN_SECONDS)
        left = self.running
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self._claims.shutdown(wait=False)

    async def _claim(self, app: App, free: int) -> list[Lease]:
        now, loop = self._clock(), asyncio.get_running_loop()
        if now < SANE:
            self._calendar.add(AggregatorError(f"the clock says {now:%Y-%m-%d}; it waits until that is set"))
            return []
        self._calendar.end()
        try:
            return await loop.run_in_executor(self._claims, app.leases.claim_due, now, free)
        except AggregatorError as exc:
            self._storage.add(exc)
            return []

    async def _poll(self, app: App, source: Source, lease: Lease) -> None:
        try:
            outcome = await poll(source, lease, self.tools)
        except Exception as exc:
            # It is still due. Nothing is asked for while it could not be kept: see the tick.
            await asyncio.sleep(self._storage.add(exc, source=source.name))
            await self._release(lease)
        else:
            self._storage.end()
            if outcome.state.moved and outcome.state.moved != lease.state.moved:
                log.info("moved", source=source.name, to=outcome.state.moved)
            self.take(outcome)

    async def _release(self, lease: Lease) -> None:
        """Give up a lease, however long the database cannot be written to."""
        while True:
            try:
                return await lease.release()
            except AggregatorError as exc:
                await asyncio.sleep(self._storage.add(exc))

    def _report(self, outcome: Outcome) -> None:
        """Say what is news: articles, a failure that was not there before, and its end."""
        name, error = outcome.source, outcome.state.error
        before = self._errors.pop(name, "")
        if error:
            self._errors[name] = error
            level = log.debug if error == before else log.warning
            level(
                outcome.state.status,
                source=name,
                reason=error,
                next=f"{outcome.state.due:%Y-%m-%d %H:%M:%S}Z",
            )
            return
        if before:
            log.info("recovered", source=name)
        for debt in outcome.owed:
            if debt.attempts == 1:
                level = log.debug if debt.reason in QUIET else log.warning
                level(debt.reason, source=name, key=debt.key, reason=debt.message)
        if outcome.new or outcome.changed:
            log.info("articles", source=name, new=len(outcome.new), changed=len(outcome.changed))
