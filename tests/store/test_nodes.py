"""The nodes of a cluster, who of them dispatches, and what there is to hand out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text

from aggregator.errors import StoreError
from aggregator.model import Node
from aggregator.store import Store
from aggregator.store.machines.dispatch import due_sources, waiting_locks
from aggregator.store.schema import REVISION
from tests.support.database import NOW
from tests.support.running import until

TEN_MINUTES = timedelta(minutes=10)
SECOND = timedelta(seconds=1)

_numbers = count(1)


@pytest.fixture
def shared(postgresql_server: Callable[..., str], postgresql_template: str) -> Iterator[Store]:
    """A store on PostgreSQL, which several machines may use."""
    with Store.open(postgresql_server(f"nodes{next(_numbers)}", postgresql_template)) as opened:
        yield opened


def a_node(name: str, **said: Any) -> Node:
    """A node of one cluster."""
    usual: dict[str, Any] = {"host": "one", "pid": 1, "kind": "run", "version": "1", "configuration": "c"}
    return Node(id=name, **{**usual, "site": "https://news.example", "browser": False, **said})


def test_a_node_that_is_silent_is_buried_with_its_leases(shared: Store) -> None:
    """Those of others stay, and it learns that it is known no more."""
    shared.add_node(a_node("living"))
    shared.add_node(a_node("silent", pid=2))
    shared.claim(["one"], NOW, "living", SECOND)
    shared.claim(["two"], NOW, "silent", SECOND)
    assert shared.bury_nodes() == []
    with shared._write() as connection:
        silence = text("UPDATE nodes SET seen = seen - interval '31 seconds' WHERE id = 'silent'")
        connection.execute(silence)
    assert [one.id for one in shared.living_nodes()] == ["living"]
    assert [(one.id, one.pid) for one in shared.bury_nodes()] == [("silent", 2)]
    assert shared.lease_owners() == {"living"}
    assert shared.beat(a_node("silent"))[0] is False
    assert shared.beat(a_node("living", jobs=3)) == (True, REVISION)
    [living] = shared.living_nodes()
    assert living.jobs == 3
    assert living.seen
    assert living.started
    assert living.seen > living.started


def test_a_robots_txt_is_read_by_another_once_its_reader_is_gone(shared: Store) -> None:
    """Nobody waits until the time is over that it had; what others read stays theirs."""
    for name in ("living", "dead", "ended"):
        shared.add_node(a_node(name))
        assert shared.claim_robots(name, f"http://{name}/robots.txt").ours
    with shared._write() as connection:
        connection.execute(text("UPDATE nodes SET seen = seen - interval '31 seconds' WHERE id = 'dead'"))
    assert not shared.claim_robots("other", "http://dead/robots.txt").ours
    shared.bury_nodes()
    shared.remove_nodes(["ended"])
    ours = {
        name: shared.claim_robots("other", f"http://{name}/robots.txt").ours for name in ("dead", "ended")
    }
    assert ours == {"dead": True, "ended": True}
    assert not shared.claim_robots("other", "http://living/robots.txt").ours


def test_one_node_is_known_to_dispatch(shared: Store) -> None:
    """Also where the one before was killed, and could not say that it does no more."""
    for name in ("first", "second"):
        shared.add_node(a_node(name))
        shared.beat(a_node(name, dispatches=True))
    assert [(one.id, one.dispatches) for one in shared.living_nodes()] == [("first", False), ("second", True)]


def test_two_clusters_on_one_database_are_refused(shared: Store) -> None:
    """As long as nodes of the other live; the message names both."""
    shared.add_node(a_node("ours"))
    with pytest.raises(StoreError, match=r"cluster of https://news\.example .* url is https://b\.example"):
        shared.add_node(a_node("theirs", site="https://b.example"))
    shared.remove_nodes(["ours"])
    shared.add_node(a_node("theirs", site="https://b.example"))


def test_one_session_dispatches_until_it_ends(shared: Store) -> None:
    """Then the next one that asks."""
    first, second = shared.dispatch_session(), shared.dispatch_session()
    assert [first.take(), second.take()] == [True, False]
    first.close()
    until(second.take)
    assert first.take() is False
    second.close()
    first.close()


def test_what_is_due_is_free_and_not_in_the_queue(shared: Store) -> None:
    """Lists first, then looks; nothing that is leased, paused or waits as a job already."""
    with shared._write() as connection:
        connection.execute(
            text("CREATE TABLE procrastinate_jobs (queueing_lock text, lock text, status text)")
        )
    shared.sync_sources(["one", "two", "three", "four", "five"], NOW)
    shared.claim(["three"], NOW, "me", SECOND)
    shared.pause(["four"], NOW)
    session = shared.dispatch_session()
    with session.transaction() as connection:
        assert due_sources(connection, NOW + TEN_MINUTES, 10) == ["five", "one", "three", "two"]
        assert due_sources(connection, NOW, 1) == ["five"]
        connection.execute(text("INSERT INTO procrastinate_jobs VALUES ('one', 'host', 'todo')"))
        assert due_sources(connection, NOW, 10) == ["five", "two"]
        assert waiting_locks(connection) == ["host"]
    session.close()
