"""Connections to PostgreSQL: how many, to which server, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Barrier

import psycopg
import pytest

from aggregator.errors import StoreError
from aggregator.store import Search, Store
from aggregator.store.engines import MAX_KEPT
from aggregator.text.query import parse_query
from tests.support.database import NOW, an_article, an_outcome
from tests.support.postgresql import PostgreSQL, UnavailableError

THREADS = 16


@pytest.fixture
def small() -> Iterator[PostgreSQL]:
    """A server that takes few connections."""
    try:
        server = PostgreSQL(max_connections="8", superuser_reserved_connections="0")
    except (UnavailableError, OSError) as exc:
        pytest.skip(f"no PostgreSQL can be started (Debian: apt install postgresql): {exc}")
    with server:
        yield server


def connections(server: PostgreSQL, database: str) -> int:
    """How many connections to a database are open."""
    [[number]] = server.execute(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'")  # noqa: S608
    return int(number)


def test_no_more_connections_than_are_used(postgresql: PostgreSQL) -> None:
    """One thread needs one; of many at once, those for the daemon's threads stay open."""
    with Store.open(postgresql.create("pooled")) as store:
        for _ in range(5):
            store.position()
        assert connections(postgresql, "pooled") == 1
        together = Barrier(THREADS)

        def read() -> None:
            with store.snapshot():
                store.position()
                together.wait()

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda _: read(), range(THREADS)))
        assert connections(postgresql, "pooled") <= MAX_KEPT
    assert connections(postgresql, "pooled") == 0


def test_a_server_without_a_free_connection(small: PostgreSQL) -> None:
    """It is said what is missing and what helps, on one line; afterwards all goes on."""
    address = small.create("crowded")
    with Store.open(address) as store:
        store._engine.dispose()
        with ExitStack() as stack:
            for _ in range(8):
                stack.enter_context(psycopg.connect(address))
            with pytest.raises(StoreError, match="raise max_connections") as caught:
                store.position()
            assert "\n" not in str(caught.value)
        assert store.position().sequence == 0


def test_a_server_that_restarts(small: PostgreSQL) -> None:
    """Connections that it closed are not used again."""
    with Store.open(small.create("restarted")) as store:
        store.position()
        small.stop("immediate")
        with pytest.raises(StoreError, match="connection"):
            store.position()
        small.start()
        assert store.position().sequence == 0


@pytest.mark.parametrize("is_known", [False, True])
def test_a_database_that_is_put_back(postgresql: PostgreSQL, is_known: bool) -> None:
    """Numbers that it gives out again are of other articles than those that were read before."""
    lost, earlier = f"lost-{is_known}", f"earlier-{is_known}"
    with Store.open(postgresql.create(lost)) as store:
        store.sync_sources(["one"], NOW)
        store._engine.dispose()
        postgresql.create(earlier, template=lost)
        store.save(an_outcome(new=(an_article("lost-one"),)), NOW)
        assert store.find("lost-one")
        store._engine.dispose()
        postgresql.execute(f'DROP DATABASE "{lost}" WITH (FORCE)')
        postgresql.execute(f'ALTER DATABASE "{earlier}" RENAME TO "{lost}"')
        if is_known:
            store.begin_anew(NOW)
        store.save(an_outcome(new=(an_article("another"),)), NOW if is_known else NOW + timedelta(seconds=1))
        assert [one.id for one in store.find_all(["another"])] == ["another"]


@pytest.mark.slow
def test_a_follower_takes_over(postgresql: PostgreSQL) -> None:
    """Of several hosts the one that can be written is taken, before and after a failover; it has the index, too."""
    with PostgreSQL(synchronous_commit="remote_apply") as first:
        address = first.create("news")
        Store.open(address).close()
        with PostgreSQL(first) as second:
            first.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            first.execute("SELECT pg_reload_conf()")
            hosts = f"{second.folder},{first.folder}"
            both = f"postgresql://postgres@/news?host={hosts}&target_session_attrs=read-write"
            with Store.open(both) as store:
                store.sync_sources(["one"], NOW)
                store.save(an_outcome(new=(an_article("before", title="召回汽车"),)), NOW)
                first.stop("immediate")
                with pytest.raises(StoreError):
                    store.position()
                second.promote()
                second.execute("ALTER SYSTEM RESET synchronous_standby_names")
                second.execute("SELECT pg_reload_conf()")
                store.save(an_outcome(new=(an_article("after-it", title="又召回"),)), NOW)
                found = store.search(Search(parse_query("召回"), order="best"))
                assert {one.id for one in found} == {"before", "after-it"}


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("postgresql://me@one:5433,two/news?target_session_attrs=read-write", "one,two", "5433,"),
        ("postgresql://[::1]:1,[::2]:2/news", "::1,::2", "1,2"),
    ],
)
def test_several_hosts_as_libpq_writes_them(address: str, host: str, port: str) -> None:
    """They are tried in turn."""
    from aggregator.store.engines import read_url

    query = read_url(address).query
    assert (query["host"], query["port"]) == (host, port)
