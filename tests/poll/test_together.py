"""Calls made together: each gets its own answer, and what one of them is refused for harms no other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from aggregator.errors import StoreError
from aggregator.poll.together import Together


class Calls:
    """Squares numbers, and remembers how it was asked; refuses 13, cannot do 7, breaks at 99."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        """Answer once it may go on."""
        self.asked.append(list(numbers))
        self.begun.set()
        self.go_on.wait(10)
        if 13 in numbers:
            raise StoreError("13 is refused", refused=True)
        if 7 in numbers:
            raise KeyError(7)
        if 99 in numbers:
            raise StoreError("broken")
        return [number**2 for number in numbers]


def test_what_comes_side_by_side_is_one_call() -> None:
    """And what comes while that one runs is the next one."""
    calls = Calls()

    async def ask() -> list[int]:
        square = Together(calls)
        calls.go_on.clear()
        first = [asyncio.create_task(square(number)) for number in (1, 2, 3)]
        await asyncio.to_thread(calls.begun.wait, 10)
        second = [asyncio.create_task(square(number)) for number in (4, 5)]
        await asyncio.sleep(0)
        calls.go_on.set()
        return await asyncio.gather(*first, *second)

    assert asyncio.run(ask()) == [1, 4, 9, 16, 25]
    assert calls.asked == [[1, 2, 3], [4, 5]]


def test_what_comes_within_the_pause_is_one_call() -> None:
    """A call waits for what comes a little later."""
    calls = Calls()

    async def ask() -> list[int]:
        square = Together(calls, pause=0.2)
        first = asyncio.create_task(square(1))
        for _ in range(20):
            await asyncio.sleep(0)
        return await asyncio.gather(first, square(2))

    assert asyncio.run(ask()) == [1, 4]
    assert calls.asked == [[1, 2]]


def test_what_is_refused_is_refused_alone() -> None:
    """The others of the same call are asked for alone; one who gave up meanwhile gets nothing."""
    calls = Calls()

    async def ask() -> list[object]:
        square = Together(calls)
        tasks = [asyncio.create_task(square(number)) for number in (3, 1, 13, 2)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        return [*found, await square(4)]

    cancelled, one, refused, two, four = asyncio.run(ask())
    assert (one, two, four) == (1, 4, 16)
    assert isinstance(refused, StoreError)
    assert isinstance(cancelled, asyncio.CancelledError)
    assert calls.asked[:3] == [[3, 1, 13, 2], [3], [1]]


def test_what_nobody_foresaw_fails_alone() -> None:
    """One poll that cannot be saved costs no other."""
    calls = Calls()

    async def ask() -> list[object]:
        square = Together(calls)
        return await asyncio.gather(*map(square, (1, 7, 2)), return_exceptions=True)

    one, unforeseen, two = asyncio.run(ask())
    assert (one, two) == (1, 4)
    assert isinstance(unforeseen, KeyError)


def test_only_so_many_are_asked_for_together() -> None:
    """The rest is asked for next, in order."""
    calls = Calls()

    async def ask() -> list[int]:
        square = Together(calls, most=2)
        return await asyncio.gather(*map(square, (1, 2, 3, 4, 5)))

    assert asyncio.run(ask()) == [1, 4, 9, 16, 25]
    assert calls.asked == [[1, 2], [3, 4], [5]]


def test_a_database_that_fails_fails_all_at_once() -> None:
    """Nobody waits for it a hundred times."""
    calls = Calls()

    async def ask() -> list[object]:
        square = Together(calls)
        return await asyncio.gather(*map(square, (1, 99, 2)), return_exceptions=True)

    assert all(isinstance(one, StoreError) for one in asyncio.run(ask()))
    assert calls.asked == [[1, 99, 2]]


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_it_works_in_the_next_event_loop(end: type[BaseException]) -> None:
    """Also where the last one ended in the middle of a call."""
    calls = Calls()
    square = Together(calls)

    async def interrupted() -> None:
        task = asyncio.create_task(square(1))
        await asyncio.sleep(0.001)
        task.cancel()
        raise end

    with pytest.raises(end):
        asyncio.run(interrupted())
    assert asyncio.run(square(5)) == 25
