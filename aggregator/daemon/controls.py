"""What the operator does by the pages: visits, pauses, accepted doubts, previews and new sources."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from cachetools import TTLCache

from aggregator.app import App
from aggregator.errors import BusyError
from aggregator.model import PollState
from aggregator.poll.sweep import accept
from aggregator.render.status import Match
from aggregator.settings import Source, check_address
from aggregator.web.status import Planned, StaleError, state_seen

if TYPE_CHECKING:
    from aggregator.discover.addition import Addition
    from aggregator.discover.preview import Preview

MAX_MATCHES = 20
"""Entries of a preview that are shown."""
MAX_PENDING, PENDING_SECONDS = 20, 1800
"""Found sources that wait for the operator's word, and for how long."""

log = structlog.get_logger()


async def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class DaemonHandle:
    """What the pages ask of the daemon."""

    config_file: Path = Path()
    polling: Callable[[], int] = lambda: 0
    """How many polls are under way."""
    visit: Callable[[Source], bool] = lambda source: False
    """Begins to visit a source now; False where it was asked for already."""
    reload: Callable[[], Awaitable[None]] = _nothing
    """Reads the configuration again."""


class OperatorControls:
    """Does what the operator asks for, by the functions of the commands."""

    def __init__(self, app: App, clock: Callable[[], datetime], daemon: DaemonHandle) -> None:
        self._config = app.config
        self._leases = app.leases
        self._store = app.store
        self._workers = app.workers
        self._clock = clock
        self._daemon = daemon
        self._looking = asyncio.Lock()
        self._pending: TTLCache[str, Addition] = TTLCache(MAX_PENDING, PENDING_SECONDS)

    async def poll(self, source: Source, seen: str) -> str:
        """Begin to visit a source, due or not, paused or not."""
        log.info("asked by the operator", action="poll", source=source.name)
        return "poll" if self._daemon.visit(source) else "polling"

    async def pause(self, source: Source, seen: str) -> str:
        """Visit a source no more. Raises StoreError, StaleError."""
        await self._compare(source, seen)
        await asyncio.to_thread(self._store.pause, [source.name], self._clock())
        log.info("asked by the operator", action="pause", source=source.name)
        return "pause"

    async def resume(self, source: Source, seen: str) -> str:
        """Visit a paused source again. Raises StoreError, StaleError."""
        await self._compare(source, seen)
        await asyncio.to_thread(self._store.resume, [source.name])
        log.info("asked by the operator", action="resume", source=source.name)
        return "resume"

    async def accept(self, source: Source, seen: str) -> str:
        """Trust what a suspect source shows. Raises StoreError, StaleError, BusyError."""
        if (await self._compare(source, seen)).status != "suspect":
            raise StaleError
        states = await asyncio.to_thread(self._store.source_states, [source.name])
        if states[source.name].leased:
            raise BusyError(f"{source.name} is being visited")
        await accept(source, self._leases, self._clock, lambda said: None)
        log.info("asked by the operator", action="accept", source=source.name)
        return "accept"

    async def preview(self, source: Source) -> tuple[Sequence[Match], Sequence[str]]:
        """Return what a source gives right now, and notes on it. Raises FetchError, ReadError."""
        from aggregator.discover.preview import preview_source  # few ask for it

        async with self._looking:
            seen = await preview_source(self._config, source, self._clock, workers=self._workers)
        unreadable = (f"{one.key}: {one.message}" for one in seen.unreadable)
        return _matches(seen), [*seen.notes, *unreadable]

    async def find(self, address: str) -> Planned:
        """Find out what an address would be as a source; nothing is written.

        Raises FetchError, ReadError, ConfigError, and ValueError for what is no address.
        """
        from aggregator.config import source_reader
        from aggregator.discover.addition import plan_addition, refuse_known
        from aggregator.discover.address import possible_addresses
        from aggregator.discover.preview import preview_source
        from aggregator.discover.probe import discover

        path, said = self._daemon.config_file, list[str]()
        if not (addresses := possible_addresses(address)):
            check_address(address)
        refuse_known(path, self._config, addresses, pages=True)
        async with self._looking:
            found = await discover(
                self._config,
                source_reader(path),
                addresses,
                self._clock(),
                kind="",
                select="",
                say=said.append,
                workers=self._workers,
            )
            addition = plan_addition(path, self._config, found, address, name="", category="")
            seen = await preview_source(self._config, addition.source, self._clock, workers=self._workers)
        said += [found.explanation, *addition.guesses, *filter(None, [found.advice])]
        key = secrets.token_urlsafe(16)
        self._pending[key] = addition
        return Planned(key, addition.toml, said, _matches(seen))

    async def add(self, key: str) -> str:
        """Write a source as it was shown, and have it taken up; return its name.

        Raises StaleError where it was shown too long ago, or is added already; ConfigError.
        """
        addition = self._pending.pop(key, None)
        if addition is None:
            raise StaleError
        await asyncio.to_thread(addition.write)
        log.info("asked by the operator", action="add", source=addition.source.name)
        await self._daemon.reload()
        return addition.source.name

    async def _compare(self, source: Source, seen: str) -> PollState:
        """Return the state of a source. Raises StaleError where ``seen`` is of another one, and not empty."""
        state = await asyncio.to_thread(self._store.state, source.name)
        if seen and seen != state_seen(state):
            raise StaleError
        return state


def _matches(seen: Preview) -> list[Match]:
    return [
        Match(item.entry.title, item.entry.address, item.reason, tuple(item.matches))
        for item in seen.items[:MAX_MATCHES]
    ]
