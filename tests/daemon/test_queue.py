"""The queue of a cluster: procrastinate's tables, the names of queues, and what goes into them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from aggregator.daemon.cluster.dispatcher import MAX_OF_LOCK, MAX_WAITING, choose, visit_job
from aggregator.daemon.cluster.names import lock_of, queue_names
from aggregator.daemon.cluster.queue import VISIT, Queue
from aggregator.errors import StoreError
from aggregator.settings import Config, Source
from tests.support.workplace import PATIENCE

FUNCTIONS = "SELECT proname FROM pg_proc WHERE proname LIKE 'procrastinate%' ORDER BY 1"
_numbers = count(1)


@pytest.fixture
def database(postgresql_server: Callable[[str], str]) -> str:
    """An empty database."""
    return postgresql_server(f"queue{next(_numbers)}")


def run(database: str, *statements: str) -> list[object]:
    """Run statements, and return the rows of the last one."""
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return list(cursor.fetchall()) if cursor.description else []


def a_source(number: int, host: str = "", **said: object) -> Source:
    """A source of a host of its own, or of that one."""
    address = f"https://{host or f'h{number}.example'}/feed.xml"
    return Source.model_validate({"name": f"s{number}", "kind": "feed", "url": address, **said})


def a_config(**tables: object) -> Config:
    """A configuration with these tables."""
    site = {"url": "https://news.example.org"}
    return Config.model_validate({"site": site, **tables})


def test_its_tables_are_made_once(database: str) -> None:
    """A second node finds them."""
    Queue(database).prepare()
    made = run(database, FUNCTIONS)
    assert made
    Queue(database).prepare()
    assert run(database, FUNCTIONS) == made


def test_tables_of_an_earlier_procrastinate_are_brought_up_to_date(database: str, tmp_path: Path) -> None:
    """By the migrations that procrastinate brings along; then they are those that it makes anew."""
    migrations = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    until = next(number for number, one in enumerate(migrations) if one.name.startswith("03.02"))
    run(database, *(one.read_text("utf-8") for one in migrations[:until]))
    mark = f"made for aggregator by {migrations[until - 1].name}"
    run(database, f"COMMENT ON TABLE procrastinate_jobs IS '{mark}'")
    before = run(database, FUNCTIONS)
    Queue(database).prepare()
    assert run(database, FUNCTIONS) != before
    [(comment,)] = run(database, "SELECT obj_description('procrastinate_jobs'::regclass)")  # type: ignore[misc]
    assert comment == f"made for aggregator by {migrations[-1].name}"


@pytest.mark.parametrize(
    ("comment", "said"),
    [("made for aggregator by 99.00.00_01.sql", "of a newer version"), ("theirs", "another program")],
)
def test_tables_that_are_not_ours_are_refused(database: str, comment: str, said: str) -> None:
    """Those of a newer procrastinate, and those of another program."""
    Queue(database).prepare()
    run(database, f"COMMENT ON TABLE procrastinate_jobs IS '{comment}'")
    with pytest.raises(StoreError, match=said):
        Queue(database).prepare()


def test_jobs_of_a_dead_worker_come_first(database: str) -> None:
    """They wait again, in front of what waited behind them; one that waits already is ended."""
    queue = Queue(database)
    queue.prepare()
    queues, jobs = (
        queue_names(a_config(), "0028"),
        "SELECT id, queueing_lock FROM procrastinate_jobs ORDER BY 1",
    )
    sources = [a_source(number, "h") for number in (1, 2, 3)]
    take = "SELECT id FROM procrastinate_fetch_job_v2(NULL, (SELECT max(id) FROM procrastinate_workers))"
    worker = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES "

    async def bury() -> None:
        opened = Queue(database)
        await opened.open()
        await opened.bury(30)
        await opened.close()

    with psycopg.connect(database) as connection:
        queue.put([visit_job(one, one.name, queues, browsers=False) for one in sources[:2]], connection)
    run(database, f"{worker} (now() - interval '31 seconds')", take, take, f"{worker} (now())")
    with psycopg.connect(database) as connection:
        queue.put([visit_job(one, one.name, queues, browsers=False) for one in sources[1:]], connection)
    assert run(database, jobs) == [(1, "s1"), (2, "s2"), (3, "s2"), (4, "s3")]
    asyncio.run(bury())
    assert run(database, jobs) == [(1, "s1"), (3, "s2"), (4, "s3")]
    assert run(database, take) == [(1,)]
    asyncio.run(bury())
    assert run(database, jobs) == [(1, "s1"), (3, "s2"), (4, "s3")]


def test_a_job_whose_end_could_not_be_told_runs_no_longer(database: str) -> None:
    """Its worker ends, so that it is made again, and no other job waits for it for ever."""
    Queue(database).prepare()
    queues, end = queue_names(a_config(), "0028"), "procrastinate_finish_job_v1"
    with psycopg.connect(database) as connection:
        Queue(database).put([visit_job(a_source(1), "h", queues, browsers=False)], connection)

    async def visit(source: str) -> None:
        run(database, f"ALTER FUNCTION {end} RENAME TO away")

    async def work() -> None:
        queue = Queue(database)
        queue.add_task(VISIT, visit)
        await queue.open()
        with pytest.raises(StoreError, match="was lost"):
            await asyncio.wait_for(queue.work([queues.general], 1, 0.1), PATIENCE)
        run(database, f"ALTER FUNCTION away RENAME TO {end}")
        await queue.bury(30)
        await queue.close()

    asyncio.run(work())
    assert run(database, "SELECT status FROM procrastinate_jobs") == [("todo",)]


def test_a_queue_is_named_by_all_that_machines_share() -> None:
    """What is of one machine makes no other queue; nodes of another site, source or revision have their own."""
    ours = queue_names(a_config(), "0028")
    own = a_config(
        server={"listen": "127.0.0.1:1"}, daemon={"log_format": "json"}, network={"browser": "/run/b.sock"}
    )
    assert queue_names(own, "0028") == ours
    others = [a_config(network={"per_host": 2}), a_config(sources=(a_source(1),))]
    assert len({queue_names(one, "0028").general for one in others} | {ours.general}) == 3
    assert queue_names(a_config(), "0029").general != ours.general
    assert len(f"procrastinate_queue_v1#{ours.own('0123456789abcdef')}") < 64
    assert len(f"procrastinate_queue_v1#{ours.browser}") < 64


def test_a_busy_host_leaves_room_for_others() -> None:
    """Few of its sources wait at a time, and not too many in all."""
    sources = [*(a_source(number, "busy.example") for number in range(20)), a_source(20), a_source(21)]
    waiting = ["h20.example"] * MAX_OF_LOCK
    chosen = [source.name for source, _ in choose(sources, waiting, 1)]
    assert chosen == [*(f"s{number}" for number in range(MAX_OF_LOCK)), "s21"]
    many = [a_source(number) for number in range(MAX_WAITING + 5)]
    assert len(list(choose(many, waiting, 1))) == MAX_WAITING - MAX_OF_LOCK


def test_a_host_that_may_be_asked_by_several_has_as_many_locks() -> None:
    """As `[network] per_host` says."""
    sources = [a_source(number, "busy.example") for number in range(50)]
    assert {lock_of(one, 1) for one in sources} == {"busy.example"}
    assert {lock_of(one, 3) for one in sources} == {f"busy.example {number}" for number in range(3)}


def test_pages_that_are_rendered_are_visited_by_nodes_that_can() -> None:
    """Where there is none, any visits them, and their source says what is missing."""
    queues, source = queue_names(a_config(), "0028"), a_source(1, browser={})
    assert visit_job(source, "h", queues, browsers=True).queue == queues.browser
    assert visit_job(source, "h", queues, browsers=False).queue == queues.general
    assert visit_job(a_source(2), "h", queues, browsers=True).queue == queues.general
