"""Deadlines, turns and slots."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest

from aggregator.fetch import Fetcher
from aggregator.fetch.throttle import Turns
from aggregator.model import Fetched, NotModified, Request
from tests.support.fetching import failure, fetch_body, limited, run
from tests.support.leaping import run_leaping
from tests.support.loopback import Answer, Received, Site
from tests.support.workplace import PATIENCE


def test_a_server_that_drips_hits_the_deadline() -> None:
    """The deadline is for the whole exchange, and each attempt has its own."""

    def drip() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.05)
            yield b"x"

    with Site({"/": lambda _: Answer(stream=drip())}) as site:
        assert failure(site.url, limited(timeout=timedelta(seconds=1))).reason == "timed out after 1 s"
        assert len(site.requests) == 3


def test_the_deadline_covers_all_redirects() -> None:
    """Hops that are quick enough one by one are too slow together."""

    def slow(request: Received) -> Answer:
        time.sleep(0.25)
        return Answer(status=302, headers={"Location": request.path + "x"})

    with Site({f"/{'x' * number}": slow for number in range(9)}) as site:
        assert (
            failure(f"{site.url}/", limited(timeout=timedelta(seconds=0.6))).reason == "timed out after 0.6 s"
        )


def test_waiting_for_a_turn_does_not_count() -> None:
    """Requests queue for one host longer than the timeout, and none of them fails."""
    with Site({"/": b"x"}) as site:

        async def many(fetcher: Fetcher) -> list[Fetched | NotModified]:
            return await asyncio.gather(*(fetcher.fetch(Request(site.url)) for _ in range(8)))

        # The last one's turn comes after 3.5 seconds.
        patient = limited(timeout=timedelta(seconds=2.5), delay=timedelta(seconds=0.5))
        assert len(run(many, patient)) == 8
        assert len(site.requests) == 8


def test_cancelling_passes_and_leaves_a_fetcher_that_works() -> None:
    """CancelledError is not turned into an error of ours, and every slot is usable afterwards."""
    entered = threading.Event()

    def hang(_: Received) -> bytes:
        entered.set()
        time.sleep(0.3)
        return b"late"

    with Site({"/slow": hang, "/": b"x"}) as site:

        async def work(fetcher: Fetcher) -> None:
            tasks = [asyncio.create_task(fetcher.fetch(Request(f"{site.url}/slow"))) for _ in range(30)]
            await asyncio.to_thread(entered.wait)
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(end, asyncio.CancelledError) for end in ended)
            again = await asyncio.gather(*(fetcher.fetch(Request(site.url)) for _ in range(30)))
            assert all(isinstance(fetched, Fetched) for fetched in again)

        run(work, limited(per_host=64))


class Counter:
    """A page that counts how many requests it serves at a time, and answers once it served so many."""

    def __init__(self, enough: int) -> None:
        self.now = self.most = 0
        self._enough = enough
        self._changed = threading.Condition()

    def serve(self, _: Received) -> bytes:
        """Wait for the others, and for those who should not come."""
        with self._changed:
            self.now += 1
            self.most = max(self.most, self.now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= self._enough, PATIENCE)
        time.sleep(0.05)
        with self._changed:
            self.now -= 1
        return b"x"


@pytest.mark.parametrize("per_host", [1, 3])
def test_one_host_is_asked_so_many_things_at_a_time(per_host: int) -> None:
    """However many fetches are under way, the server sees per_host of them."""
    counter = Counter(per_host)
    with Site({"/": counter.serve}) as site:

        async def many(fetcher: Fetcher) -> None:
            await asyncio.gather(*(fetcher.fetch(Request(site.url)) for _ in range(12)))

        run(many, limited(per_host=per_host))
    assert counter.most == per_host


def test_a_slow_host_holds_up_no_other() -> None:
    """Forty requests wait for one host; another host answers meanwhile."""
    entered, release = threading.Event(), threading.Event()

    def stuck(_: Received) -> bytes:
        entered.set()
        release.wait(PATIENCE)
        return b"late"

    with Site({"/slow": stuck, "/quick": b"quick"}) as site:

        async def work(fetcher: Fetcher) -> None:
            waiting = [asyncio.create_task(fetcher.fetch(Request(f"{site.url}/slow"))) for _ in range(40)]
            await asyncio.to_thread(entered.wait)
            other = site.url.replace("127.0.0.1", "localhost")
            assert isinstance(await fetcher.fetch(Request(f"{other}/quick")), Fetched)
            assert site.paths() == ["/slow", "/quick"]
            release.set()
            await asyncio.gather(*waiting)

        run(work, limited(allow_private=("127.0.0.0/8", "::1/128")))


def starts(turns: Turns, asked: list[tuple[str, float, float]]) -> list[tuple[str, float]]:
    """Which host's turn began when, on the loop's clock.

    ``asked`` are a host, the seconds until somebody asks for a turn, and those for which it is held.
    """
    begun: list[tuple[str, float]] = []

    async def ask(host: str, after: float, hold: float) -> None:
        await asyncio.sleep(after)
        async with turns.turn(host):
            begun.append((host, asyncio.get_running_loop().time()))
            await asyncio.sleep(hold)

    async def whole() -> None:
        await asyncio.gather(*(ask(*one) for one in asked))

    run_leaping(whole())
    return begun


@pytest.mark.parametrize(
    ("slots", "asked"),
    [
        (20, [("a", 0, 0), ("b", 0, 0)] * 4),
        (20, [("a", 0, 0.15), ("b", 0, 0.15)] * 4),
        (1, [("b", 0, 0.35)] + [("a", 0, 0.01)] * 4),
    ],
)
def test_turns_for_one_host_begin_a_delay_apart(slots: int, asked: list[tuple[str, float, float]]) -> None:
    """Also with several at a time, and after all of them waited for a slot."""
    begun = starts(Turns(slots, per_host=2, delay=timedelta(seconds=0.1)), asked)
    assert len(begun) == len(asked)
    for host in ("a", "b"):
        times = [at for name, at in begun if name == host]
        assert all(after - before >= 0.099 for before, after in pairwise(times))


def test_who_waits_for_a_host_holds_no_slot() -> None:
    """With a single slot, another host's turn comes while the second one for the first host waits."""
    turns = Turns(1, per_host=2, delay=timedelta(seconds=0.2))
    begun = starts(turns, [("busy", 0, 0.5), ("a", 0, 0.01), ("a", 0, 0.01), ("b", 0.3, 0.01)])
    assert [host for host, _ in begun] == ["busy", "a", "b", "a"]


def test_redirects_wait_their_turn_too() -> None:
    """Each hop is a request to its host and keeps the delay."""
    arrived: list[float] = []

    def note(answer: Answer, _: Received) -> Answer:
        arrived.append(time.monotonic())
        return answer

    with Site() as site:
        site.pages["/a"] = partial(note, Answer(status=302, headers={"Location": "/b"}))
        site.pages["/b"] = partial(note, Answer(status=302, headers={"Location": "/c"}))
        site.pages["/c"] = partial(note, Answer(b"x"))
        assert fetch_body(f"{site.url}/a", limited(delay=timedelta(seconds=0.5))) == b"x"
    # Half the delay is far more than a request takes, and far less than three turns.
    assert arrived[2] - arrived[0] > 0.5


def test_hosts_are_forgotten_when_their_delay_is_over() -> None:
    """A program that runs for months does not remember every host it met."""
    turns = Turns(20, per_host=1, delay=timedelta(seconds=0.05))

    async def whole() -> tuple[int, int]:
        for number in range(20):
            async with turns.turn(f"host{number}"):
                pass
        remembered = len(turns)
        await asyncio.sleep(0.3)
        return remembered, len(turns)

    remembered, left = run_leaping(whole())
    assert remembered > 0
    assert left == 0
