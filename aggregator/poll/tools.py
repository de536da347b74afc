"""What polls work with: the fetcher, the workers, the clock and the store."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Self

from aggregator.fetch import Asks, Services, SessionRecords, SharedHosts, make_fetcher
from aggregator.model import Article, Backfill, Entry, FileText, Known, Outcome
from aggregator.poll.leases import Lease, machine_name
from aggregator.settings import Config, Source
from aggregator.store import Store
from aggregator.worker.pool import Pool


@dataclass(frozen=True, slots=True)
class Records:
    """What the store knows, as one source sees it; nothing where there is no store. All raise StoreError."""

    source: Source
    store: Store | None = None

    async def known(self, keys: Collection[str]) -> Mapping[str, Known]:
        """Look up what is known of keys."""
        if not keys or not self.store:
            return {}
        source = self.source
        return await asyncio.to_thread(self.store.known, source.name, source.identity, list(set(keys)))

    async def held(self, keys: Collection[str]) -> Mapping[str, Article]:
        """Look up the articles that are held under their own keys."""
        if not keys or not self.store:
            return {}
        return await asyncio.to_thread(self.store.held, self.source.identity, list(set(keys)))

    async def titled(self, titles: Collection[str]) -> Mapping[str, Sequence[Known]]:
        """Look up by title which of the last articles that the source showed have it."""
        if not titles or not self.store:
            return {}
        return await asyncio.to_thread(self.store.titled, self.source.name, set(titles))

    async def with_heading(self, entry: Entry, key: str) -> Entry:
        """Give an entry what its page called the article before, unless the list names it anew."""
        if not self.store:
            return entry
        before = (await asyncio.to_thread(self.store.listed_entries, self.source.name, [key])).get(key)
        same = before is not None and before.title == entry.title
        return replace(entry, heading=before.heading) if before and same else entry


@dataclass(frozen=True, slots=True)
class WebTools:
    """What fetches and parses pages; close it in its event loop, or use it with ``async with``.

    The workers stay open; ``clock`` gives aware times in UTC.
    """

    fetcher: Asks
    workers: Pool
    clock: Callable[[], datetime]

    async def file_text(self, digest: str) -> FileText | None:
        """Look up what is in the file whose bytes have this hash; None where nobody has read it."""
        return None

    async def aclose(self) -> None:
        """Close every connection; no fetch may be under way."""
        await self.fetcher.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()


@dataclass(frozen=True, slots=True)
class Tools(WebTools):
    """What polls work with; the store and the workers stay open."""

    store: Store
    tells: bool = False
    """Whether rules may tell of everything that is new, even of what a first poll finds."""

    async def file_text(self, digest: str) -> FileText | None:
        """Look it up in the store. Raises StoreError."""
        return await asyncio.to_thread(self.store.file_text, digest) if digest else None

    async def save(
        self, lease: Lease, source: Source, outcome: Outcome, now: datetime, progress: Backfill | None = None
    ) -> None:
        """Commit what came of a source that is claimed, its session too. Raises StoreError."""
        session = self.fetcher.session_change(source.access)
        if session:
            outcome = replace(outcome, session=session)
        await lease.save(outcome, now, progress, self.fetcher.confirms(now))
        if session:
            self.fetcher.note_kept(session)

    def records(self, source: Source) -> Records:
        """Give what the store knows of a source."""
        return Records(source, self.store)


@asynccontextmanager
async def web_tools(
    config: Config, clock: Callable[[], datetime], workers: Pool | None
) -> AsyncIterator[WebTools]:
    """Make what looks at pages without keeping anything, with workers of its own where there are none."""
    with nullcontext(workers) if workers else Pool() as pool:
        async with WebTools(make_fetcher(config, Services(pool.keep_up)), pool, clock) as tools:
            yield tools


def session_records(config: Config, store: Store, clock: Callable[[], datetime]) -> SessionRecords:
    """Keep sessions in the database, sealed with the key that lies beside it."""
    key = partial(store.key, config.storage.key, shared=config.cluster is not None)
    return SessionRecords(key, store.session, store.note_login, store.save_session, clock)


def shared_hosts(store: Store) -> SharedHosts:
    """Share hosts with the other machines of a cluster, in a name of this fetcher's own."""
    name = f"{machine_name()}/{os.getpid()}/{secrets.token_hex(4)}"
    return SharedHosts(
        partial(store.take_host, name),
        partial(store.renew_hosts, name),
        partial(store.give_back_host, name),
        partial(store.claim_robots, name),
        store.keep_robots,
    )
