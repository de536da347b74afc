"""What machines that share a database agree on: the time, hosts, a key, and who publishes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aggregator.errors import StoreError
from aggregator.model import HostTurn, KeptRobots
from aggregator.store import DatabaseClock, Store
from tests.support.database import NOW
from tests.support.postgresql import PostgreSQL
from tests.support.running import until

TEN_MINUTES = timedelta(minutes=10)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)

_numbers = count(1)


@pytest.fixture
def address(postgresql_server: Callable[..., str], postgresql_template: str) -> str:
    """A new database on PostgreSQL."""
    return postgresql_server(f"shared{next(_numbers)}", postgresql_template)


@pytest.fixture
def shared(address: str) -> Iterator[Store]:
    """The store on it, which several machines may use."""
    with Store.open(address) as opened:
        yield opened


def test_machines_ten_minutes_apart_have_one_time(shared: Store) -> None:
    """The database's, whatever their own clocks say; each that is off is warned of once."""
    with capture_logs() as logs:
        ahead = DatabaseClock(shared, lambda: datetime.now(UTC) + TEN_MINUTES)
        behind = DatabaseClock(shared, lambda: datetime.now(UTC) - TEN_MINUTES)
        right = DatabaseClock(shared, lambda: datetime.now(UTC))
        for clock in (ahead, behind, right):
            clock.measure()
    assert abs(ahead() - behind()) < SECOND
    assert abs(ahead() - right()) < SECOND
    assert ahead().tzinfo is UTC
    assert [(one["log_level"], one["ahead"]) for one in logs] == [
        ("warning", "+600 s"),
        ("warning", "-600 s"),
    ]
    assert abs(ahead.offset - TEN_MINUTES) < SECOND


def test_a_clock_that_goes_wrong_again_is_warned_of_again(shared: Store) -> None:
    """Once each time."""
    off: list[timedelta] = [timedelta()]
    with capture_logs() as logs:
        clock = DatabaseClock(shared, lambda: datetime.now(UTC) + off[0])
        for off[0] in (TEN_MINUTES, TEN_MINUTES, timedelta(), TEN_MINUTES):
            clock.measure()
    assert len(logs) == 2
    assert abs(clock() - datetime.now(UTC)) < SECOND


def test_a_lock_is_one_session_at_a_time(shared: Store) -> None:
    """And free once its holder has given it up."""
    with shared.publishing_lock() as ours, shared.publishing_lock() as other:
        assert ours.take()
        assert not ours.is_lost()
        assert not other.take()
    with shared.publishing_lock() as other:
        until(other.take)


def test_a_lock_whose_session_has_ended_is_lost(shared: Store, postgresql: PostgreSQL) -> None:
    """Who holds it hears of that soon, and another may have it."""
    with shared.publishing_lock() as ours, shared.publishing_lock() as other:
        assert ours.take()
        end = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        postgresql.execute(end)
        until(other.take)
        until(ours.is_lost)
        assert not other.is_lost()


def test_the_next_machine_keeps_the_delay_of_a_host(shared: Store) -> None:
    """What the last one has left of it, and all of it after the end of one that died."""
    assert shared.take_host("one", "given.example", 20, 1) == HostTurn(granted=True, wait=0, delay=0)
    assert not shared.take_host("two", "given.example", 20, 1).granted
    shared.give_back_host("one", "given.example", 100)
    given = shared.take_host("two", "given.example", 20, 1)
    assert given.granted
    assert 90 < given.wait <= 100
    shared.keep_robots("http://dead.example/robots.txt", "dead.example", KeptRobots(HOUR, ""), 50)
    assert shared.take_host("dead", "dead.example", 0, 1).delay == 50
    taken = shared.take_host("two", "dead.example", 20, 100)
    assert taken.granted
    assert 90 < taken.wait <= 100


def test_who_waits_for_a_host_is_the_next(shared: Store) -> None:
    """In the order in which they came; its owner hears of them, and gets it back behind them."""
    assert shared.take_host("busy", "host", 20, 0).granted
    assert shared.renew_hosts("busy", ["host", "other"], 20) == {"host": False}
    assert not shared.take_host("next", "host", 20, 0).granted
    assert not shared.take_host("last", "host", 20, 0).granted
    assert shared.renew_hosts("busy", ["host"], 20) == {"host": True}
    for owner, following in (("busy", "next"), ("next", "last"), ("last", "busy")):
        shared.give_back_host(owner, "host", 0)
        assert not shared.take_host(owner, "host", 20, 0).granted
        assert shared.take_host(following, "host", 20, 0).granted


def test_who_waits_no_more_loses_its_place(shared: Store, address: str, postgresql: PostgreSQL) -> None:
    """The one behind it is the next, which does not keep it waiting by asking; and its owner need not hurry."""
    database = address.partition("?")[0].rpartition("/")[2]
    assert shared.take_host("busy", "host", 20, 0).granted
    for owner in ("gone", "next"):
        assert not shared.take_host(owner, "host", 20, 0).granted
    shared.give_back_host("busy", "host", 0)
    kept = postgresql.execute("SELECT wanted_until FROM hosts", database)
    assert not shared.take_host("next", "host", 20, 0).granted
    assert postgresql.execute("SELECT wanted_until FROM hosts", database) == kept
    postgresql.execute("UPDATE hosts SET wanted_until = now()", database)
    assert shared.take_host("next", "host", 20, 0).granted
    assert not shared.take_host("gone", "host", 20, 0).granted
    postgresql.execute("UPDATE hosts SET wanted_until = now()", database)
    assert shared.renew_hosts("next", ["host"], 20) == {"host": False}


def test_hosts_that_nobody_asks_are_forgotten(shared: Store, address: str, postgresql: PostgreSQL) -> None:
    """After a day, and a robots.txt once it counts no more."""
    database = address.partition("?")[0].rpartition("/")[2]
    shared.take_host("one", "asked", 20, 0)
    shared.take_host("one", "idle", 20, 0)
    for file in ("http://asked/robots.txt", "http://idle/robots.txt"):
        assert shared.claim_robots("one", file).ours
        shared.keep_robots(file, "asked", KeptRobots(HOUR), 0)
    for statement in (
        "UPDATE hosts SET ends = now() - interval '25 hours' WHERE name = 'idle'",
        "UPDATE hosts SET starts = ends WHERE name = 'idle'",
        "UPDATE robots SET ends = now(), reading_until = now() WHERE file LIKE '%idle%'",
    ):
        postgresql.execute(statement, database)
    shared.forget_idle_hosts()
    assert postgresql.execute("SELECT name FROM hosts", database) == [("asked",)]
    assert postgresql.execute("SELECT file FROM robots", database) == [("http://asked/robots.txt",)]


def test_machines_have_one_key(shared: Store, tmp_path: Path) -> None:
    """One that lacks it, or has another, is told to copy it, and makes none of its own."""
    first, second = (str(tmp_path / f"{name}.key") for name in ("first", "second"))
    key = shared.key(first, NOW, shared=True)
    assert shared.key(first, NOW, shared=True) == key
    with pytest.raises(
        StoreError, match=r"lacks the key of the cluster: copy .*second\.key from another one"
    ):
        shared.key(second, NOW, shared=True)
    Path(second).write_bytes(b"k" * 32)
    with pytest.raises(StoreError, match="is not the key of the cluster"):
        shared.key(second, NOW, shared=True)
    shutil.copy(first, second)
    assert shared.key(second, NOW, shared=True) == key
