"""Whose lease it is: a process of this machine, by a name that no other machine has."""

from __future__ import annotations

import asyncio
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from aggregator.errors import StoreError
from aggregator.model import Outcome, PollRecord
from aggregator.poll import Leases
from aggregator.poll.leases import LEASE_TIME, Lease
from aggregator.settings import Source
from aggregator.store import Store
from tests.support.database import NOW
from tests.support.workplace import PATIENCE


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        return process.pid


def a_machine(store: Store, monkeypatch: pytest.MonkeyPatch, number: bytes) -> Leases:
    """The leases of a machine with that number, whatever its host name."""
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", lambda path: number)
        return Leases(store)


def test_machines_of_one_host_name_end_only_their_own_leases(
    store: Store, monkeypatch: pytest.MonkeyPatch, dead: int
) -> None:
    """A process that has ended on one may run on another; what tells them apart tells nobody their numbers."""
    ours, other = (a_machine(store, monkeypatch, number) for number in (b"8f2e41", b"c0ffee"))
    machine, _, process = ours.owner.partition("/")
    assert int(process) == os.getpid()
    assert "8f2e41" not in machine
    store.claim(["one"], NOW, f"{machine}/{dead}", LEASE_TIME)
    store.claim(["two"], NOW, ours.owner, LEASE_TIME)
    other.release_ours()
    other.release_dead()
    assert store.lease_owners() == {f"{machine}/{dead}", ours.owner}
    ours.release_dead()
    assert store.lease_owners() == {ours.owner}
    ours.release_ours()
    assert store.lease_owners() == set()


def test_what_is_claimed_as_the_database_fails_is_claimed_again(store: Store) -> None:
    """Nobody got it, so nobody has to wait until its lease is over."""
    store.sync_sources(["one"], NOW)
    leases = Leases(store)
    rename(store, "owed", "away")
    with pytest.raises(StoreError):
        leases.claim_due(NOW, 1)
    assert store.lease_owners() == {leases.owner}
    with pytest.raises(StoreError):
        asyncio.run(leases.claim_if_due("one", NOW))
    rename(store, "away", "owed")
    assert [lease.state.name for lease in leases.claim_due(NOW, 1)] == ["one"]
    assert leases.claim_due(NOW, 1) == []


def test_who_found_nothing_waits_for_nobody_where_all_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end of a round there is nobody to share a transaction with, whatever the pause; before it, there is."""
    monkeypatch.setattr("aggregator.poll.leases.SAVE_PAUSE", 1000)
    store.sync_sources(["one", "two", "three"], NOW)
    leases, ended = Leases(store), list[str]()

    async def visit(name: str, others: asyncio.Barrier, *, finds: bool = False) -> None:
        async with leases.hold(source(name), lambda: NOW) as lease:
            await others.wait()
            state = replace(lease.state, polled=NOW)
            if finds:
                await asyncio.sleep(0.1)
            record = PollRecord(NOW, "poll") if finds else None
            await lease.save(Outcome(name, name, state, record=record), NOW)
            ended.append(name)

    async def visit_all() -> None:
        three, alone = asyncio.Barrier(3), asyncio.Barrier(1)
        await asyncio.gather(visit("one", three), visit("two", three), visit("three", three, finds=True))
        await visit("two", alone)

    for _ in range(2):  # each with an event loop of its own
        asyncio.run(asyncio.wait_for(visit_all(), PATIENCE))
    assert ended == ["three", "one", "two", "two"] * 2
    assert store.lease_owners() == set()


def source(name: str) -> Source:
    """Make a source."""
    return Source(name=name, kind="feed", url="https://example.org/")


def test_what_came_of_polls_waits_for_those_beside_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until all wait or enough; what came of a poll at its due time waits for nobody."""
    monkeypatch.setattr("aggregator.poll.leases.SAVE_PAUSE", 1000)
    monkeypatch.setattr("aggregator.poll.leases.MAX_RESULTS", 2)
    store.sync_sources(["one", "two", "three"], NOW)
    leases, seen = Leases(store), list[str]()

    async def save(lease: Lease) -> None:
        record = PollRecord(NOW, "poll")
        await lease.save(Outcome(lease.state.name, "", replace(lease.state, polled=NOW), record=record), NOW)

    async def visit(name: str, others: asyncio.Barrier, after: asyncio.Event | None = None) -> None:
        async with leases.hold(source(name), lambda: NOW) as lease:
            await others.wait()
            if after:
                await (after.wait() if name == "three" else asyncio.sleep(0.1))
            seen.append(f"{name} comes")
            await save(lease)
            seen.append(f"{name} is saved")

    async def visit_all() -> None:
        two, three, saved = asyncio.Barrier(2), asyncio.Barrier(3), asyncio.Event()
        await asyncio.gather(visit("one", two), visit("two", two, saved))
        last = asyncio.create_task(visit("three", three, saved))
        await asyncio.gather(visit("one", three), visit("two", three))
        saved.set()
        await last
        [due] = await asyncio.to_thread(leases.claim_due, NOW, 1)
        await save(due)

    asyncio.run(asyncio.wait_for(visit_all(), PATIENCE))
    coming, going = {"one comes", "two comes"}, {"one is saved", "two is saved"}
    assert [set(seen[start : start + 2]) for start in (0, 2, 4, 6)] == [coming, going] * 2
    assert seen[8:] == ["three comes", "three is saved"]


def rename(store: Store, table: str, name: str) -> None:
    """Let a table be found no more, or again."""
    with store._write() as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))
