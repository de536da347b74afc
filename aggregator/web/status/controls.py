"""What the operator may do: what the commands of the same names do, by the same functions."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from cachetools import TTLCache
from starlette.concurrency import run_in_threadpool

from aggregator.errors import AggregatorError, BusyError
from aggregator.model import PollState
from aggregator.model.digest import hexdigest
from aggregator.poll import Leases
from aggregator.poll.sweep import accept
from aggregator.settings import Config, Source
from aggregator.store import Store

if TYPE_CHECKING:
    from aggregator.discover.addition import Addition
    from aggregator.discover.preview import Preview

MAX_PENDING, PENDING_SECONDS = 20, 1800
"""Found sources that wait for the operator's word, and for how long."""

log = structlog.get_logger()


class StaleError(AggregatorError):
    """Something stands otherwise than on the page by which it was to be changed."""


@dataclass(frozen=True, slots=True)
class DaemonHandle:
    """What the pages ask of the daemon."""

    config_file: Path = Path()
    polling: Callable[[], int] = lambda: 0
    """How many polls are under way."""
    visit: Callable[[Source], bool] = lambda source: False
    """Begins to visit a source now; False where it was asked for already."""
    reload: Callable[[], None] = lambda: None
    """Begins to read the configuration again."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A source that an address was found to be, as it would be written, and what it gives."""

    key: str
    addition: "Addition"
    preview: "Preview"
    said: tuple[str, ...]
    """How it was found out, step by step."""
    sure: bool


class Controls:
    """Changes what the operator asks for. Each action returns the name of what was done."""

    def __init__(
        self, config: Config, leases: Leases, clock: Callable[[], datetime], daemon: DaemonHandle
    ) -> None:
        self._config = config
        self._leases = leases
        self._store: Store = leases.store
        self._clock = clock
        self._daemon = daemon
        self._pending: TTLCache[str, Planned] = TTLCache(MAX_PENDING, PENDING_SECONDS)

    async def poll(self, source: Source, seen: str) -> str:
        """Begin to visit a source, due or not, paused or not."""
        log.info("asked by the operator", action="poll", source=source.name)
        return "poll" if self._daemon.visit(source) else "polling"

    async def pause(self, source: Source, seen: str) -> str:
        """Visit a source no more. Raises StoreError, StaleError."""
        await self._compare(source, seen)
        await run_in_threadpool(self._store.pause, [source.name], self._clock())
        log.info("asked by the operator", action="pause", source=source.name)
        return "pause"

    async def resume(self, source: Source, seen: str) -> str:
        """Visit a paused source again. Raises StoreError, StaleError."""
        await self._compare(source, seen)
        await run_in_threadpool(self._store.resume, [source.name])
        log.info("asked by the operator", action="resume", source=source.name)
        return "resume"

    async def accept(self, source: Source, seen: str) -> str:
        """Trust what a suspect source shows. Raises StoreError, StaleError, BusyError."""
        if (await self._compare(source, seen)).status != "suspect":
            raise StaleError
        states = await run_in_threadpool(self._store.source_states, [source.name])
        if states[source.name].leased:
            raise BusyError(f"{source.name} is being visited")
        await accept(source, self._leases, self._clock, lambda said: None)
        log.info("asked by the operator", action="accept", source=source.name)
        return "accept"

    async def preview(self, source: Source) -> "Preview":
        """Show what a source gives right now. Raises FetchError, ReadError."""
        from aggregator.discover.preview import preview_source  # few ask for it

        return await preview_source(self._config, source, self._clock, apart=True)

    async def find(self, address: str) -> Planned:
        """Find out what an address is, and what it would give as a source; nothing is written.

        Raises FetchError, ReadError, ConfigError.
        """
        from aggregator.config import source_reader
        from aggregator.discover.addition import plan_addition, refuse_known
        from aggregator.discover.address import possible_addresses
        from aggregator.discover.preview import preview_source
        from aggregator.discover.probe import discover
        from aggregator.settings import check_address

        path, said = self._daemon.config_file, list[str]()
        if not (addresses := possible_addresses(address)):
            check_address(address)
        refuse_known(path, self._config, addresses, pages=True)
        found = await discover(
            self._config,
            source_reader(path),
            addresses,
            self._clock(),
            kind="",
            select="",
            say=said.append,
            apart=True,
        )
        addition = plan_addition(path, self._config, found, address, name="", category="")
        preview = await preview_source(self._config, addition.source, self._clock, apart=True)
        said += [found.explanation, *addition.guesses, *filter(None, [found.advice])]
        planned = Planned(secrets.token_urlsafe(16), addition, preview, tuple(said), found.sure)
        self._pending[planned.key] = planned
        return planned

    async def add(self, key: str) -> str:
        """Write a source as it was shown, and have it taken up; return its name.

        Raises StaleError where it was shown too long ago, or is added already; ConfigError.
        """
        planned = self._pending.pop(key, None)
        if planned is None:
            raise StaleError
        await run_in_threadpool(planned.addition.write)
        log.info("asked by the operator", action="add", source=planned.addition.source.name)
        self._daemon.reload()
        return planned.addition.source.name

    async def _compare(self, source: Source, seen: str) -> PollState:
        """Return the state of a source. Raises StaleError where ``seen`` is of another one, and not empty."""
        state = await run_in_threadpool(self._store.state, source.name)
        if seen and seen != state_seen(state):
            raise StaleError
        return state


def state_seen(state: PollState) -> str:
    """Return what tells the state that a page showed from a later one, as far as somebody decides by it."""
    return hexdigest(f"{state.status}\n{state.error}\n{state.paused}")[:16]
