"""A simulation of a million sources: polls a second against nodes, with the delays of hosts; seeded, in virtual time."""

from __future__ import annotations

import heapq
import random
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from aggregator.daemon.cluster.node import MAX_JOBS
from aggregator.settings import Network

SOURCES = 1_000_000
HOSTS = 100_000
INTERVAL = 900.0
"""Seconds from one visit of a source to the next."""
LATENCY = 0.4, 0.7
"""An answer takes so many seconds in the median, and that is the spread of its logarithm: assumed."""
ON_TIME = 60.0
"""Seconds behind its due time after which a visit is late."""
CASES = ((1, None), (2, None), (4, None), (8, None), (8, 100.0))
"""Nodes, and the jobs a second that the queue hands out in all: None for as many as are wanted."""
EXPONENTS = {"ten sources a host": 0.0, "few hosts have most (Zipf)": 1.0}
DELAY = Network().delay.total_seconds()

DUE, END, FREE, WAKE = range(4)


@dataclass
class World:
    """What is under way."""

    slots: int
    rate: float | None
    events: list[tuple[float, int, int]] = field(default_factory=list)
    ready: deque[int] = field(default_factory=deque)
    waiting: dict[int, deque[float]] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)
    next_start: float = 0.0
    is_waking: bool = False
    late: list[float] = field(default_factory=list)


def measure() -> Iterator[dict[str, Any]]:
    """Yield what so many nodes reach in one interval."""
    for name, exponent in EXPONENTS.items():
        for nodes, rate in CASES:
            late = simulate(exponent, nodes * MAX_JOBS, rate)
            figures = {
                "hosts": name,
                "queue": rate,
                "nodes": nodes,
                "polls": len(late) / INTERVAL,
                "on_time": sum(one <= ON_TIME for one in late) / SOURCES,
            }
            print(figures, file=sys.stderr, flush=True)
            yield figures


def simulate(exponent: float, slots: int, rate: float | None) -> list[float]:
    """Return how late each visit began that began within one interval, in seconds."""
    chance = random.Random(7)
    weights = list(accumulate((rank + 1) ** -exponent for rank in range(HOSTS)))
    hosts = chance.choices(range(HOSTS), cum_weights=weights, k=SOURCES)
    world = World(slots, rate)
    world.events = [(chance.uniform(0, INTERVAL), DUE, host) for host in hosts]
    heapq.heapify(world.events)
    while world.events and world.events[0][0] < INTERVAL:
        now, kind, host = heapq.heappop(world.events)
        if kind == DUE:
            world.waiting.setdefault(host, deque()).append(now)
            if host not in world.busy:
                world.busy.add(host)
                world.ready.append(host)
        elif kind == END:
            world.slots += 1
        elif kind == FREE:
            if world.waiting.get(host):
                world.ready.append(host)
            else:
                world.busy.discard(host)
        elif kind == WAKE:
            world.is_waking = False
        _start(world, now, chance)
    return world.late


def _start(world: World, now: float, chance: random.Random) -> None:
    """Begin visits as far as there are slots, and the queue hands them out."""
    while world.ready and world.slots:
        if world.rate and world.next_start > now:
            if not world.is_waking:
                heapq.heappush(world.events, (world.next_start, WAKE, -1))
            world.is_waking = True
            return
        host = world.ready.popleft()
        world.late.append(now - world.waiting[host].popleft())
        world.slots -= 1
        if world.rate:
            world.next_start = max(now, world.next_start) + 1 / world.rate
        ends = now + chance.lognormvariate(0, LATENCY[1]) * LATENCY[0]
        heapq.heappush(world.events, (ends, END, host))
        heapq.heappush(world.events, (max(ends, now + DELAY), FREE, host))
