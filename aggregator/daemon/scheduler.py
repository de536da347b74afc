"""APScheduler as the daemon needs it: intervals that hold although somebody sets the machine's clock."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

CLOCK_CHECK_SECONDS = 1


class Scheduler:
    """Calls work at intervals. A call that is still running is not begun again."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        # Jobs stay in memory, since due times live in our database.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._clock_check: asyncio.Task[None] | None = None

    def every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Add work to be called at the start and then at each interval."""

        async def call() -> None:
            # APScheduler would log as an error that a call was ended by ``stop``.
            with suppress(asyncio.CancelledError):
                await work()

        name = getattr(work, "__qualname__", "")
        self._scheduler.add_job(call, _Interval(seconds), name=name, next_run_time=self._clock())

    def start(self) -> None:
        """Begin to call what was added."""
        self._scheduler.start()
        self._clock_check = asyncio.create_task(self._check_clock())

    def stop(self) -> None:
        """Call nothing any more, and end the calls that are under way."""
        if self._clock_check:
            self._clock_check.cancel()
        self._scheduler.shutdown(wait=False)

    async def _check_clock(self) -> None:
        """Call everything at once after the clock was set back; APScheduler would wait for the old time."""
        while True:
            before = self._clock()
            await asyncio.sleep(CLOCK_CHECK_SECONDS)
            if self._clock() < before:
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=self._clock())


class _Interval(BaseTrigger):  # type: ignore[misc]
    """Fires every so many seconds; APScheduler's own trigger counts all that a clock set ahead has missed."""

    def __init__(self, seconds: float) -> None:
        self._every = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Give the next time after ``previous``, or ``now`` where that has passed."""
        return max(previous + self._every, now) if previous and previous < now else now + self._every
