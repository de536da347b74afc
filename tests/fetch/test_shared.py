"""Hosts that machines share: one request at a time and its delay across all of them, by the host's own log."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from aggregator.fetch import Fetcher, Services
from aggregator.model import Fetched, Request
from aggregator.poll import shared_hosts
from aggregator.settings import Access
from aggregator.store import Store
from tests.support.fetching import limited
from tests.support.host import Host
from tests.support.postgresql import PostgreSQL
from tests.support.running import until
from tests.support.workplace import PATIENCE

MACHINES = 3
PAGES = 4
DELAY = 0.1
_numbers = count(1)

Machine = Callable[[], Fetcher]


@pytest.fixture
def address(postgresql_server: Callable[..., str], postgresql_template: str) -> str:
    """A database that machines share."""
    return postgresql_server(f"hosts{next(_numbers)}", postgresql_template)


@asynccontextmanager
async def machines(
    address: str, number: int = MACHINES, lease: float = 20, **network: object
) -> AsyncIterator[list[Fetcher]]:
    """Fetchers that share nothing but the database."""
    async with AsyncExitStack() as open_ones:
        fetchers = []
        for _ in range(number):
            store = open_ones.enter_context(Store.open(address))
            hosts = replace(shared_hosts(store), lease=lease)
            fetcher = Fetcher(limited(**network), user_agent="tests", services=Services(hosts=hosts))
            fetchers.append(await open_ones.enter_async_context(fetcher))
        yield fetchers


async def fetch_pages(
    fetcher: Fetcher, host: Host, name: str, access: Access | None = None, number: int = PAGES
) -> None:
    """Fetch some pages, all asked for at once."""
    pages = [f"{host.url}/{name}/{page}" for page in range(number)]
    fetched = await asyncio.gather(*(fetcher.fetch(Request(page), access) for page in pages))
    assert all(isinstance(one, Fetched) for one in fetched)


def assert_apart(host: Host, delay: float) -> None:
    """All requests came a delay apart, but for the moments that the first and the last one were under way."""
    assert sum(apart for _, apart in host.gaps()) > delay * (len(host.visits) - 2)


@pytest.mark.parametrize(("delay", "per_host"), [(0.0, 1), (DELAY, 1), (DELAY, 3)])
def test_a_host_is_asked_by_one_machine_at_a_time(address: str, delay: float, per_host: int) -> None:
    """However many want it: no request begins before another machine's is over, or within the delay."""

    async def whole(host: Host) -> None:
        wanted = {"delay": timedelta(seconds=delay), "per_host": per_host}
        async with machines(address, **wanted) as fetchers:
            await asyncio.gather(*(fetch_pages(one, host, str(at)) for at, one in enumerate(fetchers)))

    with Host() as host:
        asyncio.run(whole(host))
    assert len(host.visits) == MACHINES * PAGES
    ordered = host.paths()
    for (pause, _), one, two in zip(host.gaps(), ordered, ordered[1:], strict=False):
        same = one.split("/")[1] == two.split("/")[1]
        assert pause > 0 or (same and per_host > 1)
    assert_apart(host, delay)


def test_machines_take_turns(address: str) -> None:
    """Who has much to ask of a host does not keep another from it."""

    async def whole(host: Host) -> None:
        async with machines(address, 2, lease=1) as (busy, other):
            many = [asyncio.create_task(fetch_pages(busy, host, "busy")) for _ in range(12)]
            await asyncio.to_thread(host.asked.wait)
            await other.fetch(Request(f"{host.url}/other"))
            assert not all(task.done() for task in many)
            await asyncio.gather(*many)

    with Host(hold=0.05) as host:
        asyncio.run(whole(host))


def test_robots_are_fetched_once_for_all(address: str) -> None:
    """By whichever machine comes first; another that comes later knows them, and their delay, too."""
    asks = Access(hosts=(), robots="obey")

    async def whole(host: Host) -> None:
        async with machines(address) as fetchers:
            await asyncio.gather(*(fetch_pages(one, host, "first", asks, 1) for one in fetchers[:-1]))
            # This one never asks for the file, and still keeps the delay that it wants.
            await fetch_pages(fetchers[-1], host, "later", number=3)
        async with machines(address, 1) as [late]:
            await fetch_pages(late, host, "last", asks, 1)

    with Host(robots=b"User-agent: *\nCrawl-delay: 0.4\n") as host:
        asyncio.run(whole(host))
    assert host.paths().count("/robots.txt") == 1
    first, *_, third = sorted(visit.began for visit in host.visits if "later" in visit.path)
    assert third - first > 0.4  # of the two delays, one is more than a slow machine makes of nothing


def test_a_host_in_trouble_is_known_to_all(address: str) -> None:
    """What keeps one machine from its robots.txt keeps the others from it, with the same words."""
    asks = Access(hosts=(), robots="obey")

    async def whole(page: str) -> list[BaseException | object]:
        async with machines(address) as fetchers:
            return await asyncio.gather(
                *(one.fetch(Request(page), asks) for one in fetchers), return_exceptions=True
            )

    failures = asyncio.run(whole("http://127.0.0.1:1/page"))
    assert len({str(one) for one in failures}) == 1
    assert "robots.txt cannot be had" in str(failures[0])


def test_a_host_of_a_dead_machine_is_free_when_its_lease_is_over(address: str) -> None:
    """And its last request may have begun just before."""

    async def whole(host: Host) -> None:
        async with machines(address, 1, delay=timedelta(seconds=DELAY)) as [alive]:
            await alive.fetch(Request(host.url))

    with Store.open(address) as store, Host() as host:
        assert store.take_host("dead", "127.0.0.1", 0.5, 1.0).granted
        begun = store.read_clock()
        asyncio.run(whole(host))
        assert (store.read_clock().time - begun.time) > timedelta(seconds=0.5)


def test_a_request_outlasts_its_lease(address: str) -> None:
    """As long as the machine lives, which renews it, nobody else asks."""

    async def whole(host: Host) -> None:
        async with machines(address, 2, lease=0.4) as (slow, other):
            first = asyncio.create_task(slow.fetch(Request(f"{host.url}/slow")))
            await asyncio.to_thread(host.asked.wait)
            await other.fetch(Request(f"{host.url}/other"))
            await first

    with Host(hold=1.5) as host:
        asyncio.run(whole(host))
    assert host.paths() == ["/slow", "/other"]
    assert all(pause > 0 for pause, _ in host.gaps())


@pytest.mark.slow
def test_a_database_that_is_away_lets_nobody_through() -> None:
    """A request that goes on without its lease is given up, others wait, and all is fetched in the end."""

    async def whole(server: PostgreSQL, host: Host) -> None:
        async with machines(server.create("away"), 2, lease=2) as (one, other):
            fetching = [asyncio.create_task(one.fetch(Request(f"{host.url}/held")))]
            await asyncio.to_thread(host.asked.wait)
            await asyncio.to_thread(server.stop, "immediate")
            fetching.append(asyncio.create_task(other.fetch(Request(f"{host.url}/other"))))
            await asyncio.to_thread(until, lambda: host.visits)
            host.hold = 0.02
            await asyncio.to_thread(server.start)
            assert all(isinstance(one, Fetched) for one in await asyncio.gather(*fetching))

    with PostgreSQL() as server, Host(hold=600) as host:
        asyncio.run(whole(server, host))
    assert sorted(host.paths()) == ["/held", "/held", "/other"]
    assert all(pause > 0 for pause, _ in host.gaps())


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("faketime"), reason="faketime is missing (Debian: apt install faketime)")
def test_processes_of_which_one_is_killed(address: str) -> None:
    """None of their requests overlap, although their clocks are ten minutes apart and one dies while it asks."""
    run = [sys.executable, "-m", "tests.support.machine", address]
    with ExitStack() as stack, Host(hold=0.05) as host:

        def start(name: str, pages: int, *before: str) -> subprocess.Popen[str]:
            command = [*before, *run, f"{host.url}/{name}", str(pages), "2"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            return stack.enter_context(process)

        killed = start("killed", 10_000)
        until(lambda: any("killed" in path for path in host.paths()))
        others = [start("ahead", 20, "faketime", "-f", "+5m"), start("behind", 20, "faketime", "-f", "-5m")]
        until(lambda: len(host.visits) > 30)
        killed.kill()
        said = [process.communicate(timeout=PATIENCE)[0].splitlines()[-1] for process in others]
        assert [process.returncode for process in others] == [0, 0]
        assert said == ["300", "-300"]
    paths = host.paths()
    assert paths.count("/robots.txt") == 1
    assert sum("ahead" in path for path in paths) == sum("behind" in path for path in paths) == 20
    assert all(pause > 0 for pause, _ in host.gaps())
