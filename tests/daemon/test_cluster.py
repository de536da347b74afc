"""A cluster of processes on one PostgreSQL: who visits, who publishes, and who is left alone."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, count, repeat
from pathlib import Path
from typing import Any

import psycopg
import pytest

from docs.site.blocks import block
from tests.support.forkserver import Forked
from tests.support.loopback import Answer, Site
from tests.support.postgresql import PostgreSQL
from tests.support.running import free_port, stop, until
from tests.support.samples import feed, item
from tests.support.workplace import PATIENCE, Workplace

SOURCES = 6
URL = "https://news.example.org"
_numbers = count(1)

Process = subprocess.Popen[str] | Forked


@dataclass
class Place:
    """A database, a site with sources, and the nodes that were started on them."""

    folder: Path
    database: str
    site: Site
    stack: ExitStack
    folders: list[Workplace] = field(default_factory=list)

    def settings(self, *, url: str = URL, title: str = "News", port: int = 0, tables: str = "") -> str:
        """A configuration; nodes of one cluster may differ in the port alone."""
        address = self.site.url.rpartition(":")[2]
        sources = "".join(
            f'[[source]]\nname = "s{number}"\nkind = "feed"\nurl = "http://127.0.1.{number + 1}:{address}/s{number}"\n'
            'full_text = "never"\ninterval = "1s"\nrobots = "ignore"\n'
            for number in range(SOURCES)
        )
        return (
            f'[site]\nurl = "{url}"\ntitle = "{title}"\n[storage]\ndatabase = "{self.database}"\n'
            '[cluster]\nengine = "procrastinate"\n[network]\nallow_private = ["127.0.0.0/8"]\ndelay = "0s"\n'
            f'[server]\nlisten = "127.0.0.1:{port or free_port()}"\n{tables}{sources}'
        )

    def start(self, command: str, settings: str) -> Process:
        """Start a node, which is killed at the end."""
        workplace = Workplace(self.folder / f"node{next(_numbers)}")
        workplace.config.parent.mkdir(parents=True)
        workplace.config.write_text(settings, "utf-8")
        self.folders.append(workplace)
        process = workplace.start(*command.split())
        self.stack.callback(process.communicate)
        self.stack.callback(process.kill)
        return process

    def rows(self, statement: str) -> list[Any]:
        """Ask the database; nothing while it has no such table."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            try:
                return connection.execute(statement).fetchall()  # type: ignore[call-overload]
            except psycopg.errors.UndefinedTable:
                return []

    def published(self) -> bool:
        """Whether every source has its articles, and all of them are published."""
        counts = "SELECT count(*), count(*) FILTER (WHERE version = published_version) FROM articles"
        return self.rows(counts) == [(2 * SOURCES, 2 * SOURCES)]

    def wait_for_visits(self, times: int) -> None:
        """Wait until the sources were visited so many times more, as many as there are each time."""
        wanted = len(self.site.requests) + times * SOURCES
        until(lambda: len(self.site.requests) >= wanted)


@pytest.fixture
def place(tmp_path: Path, postgresql_server: Callable[[str], str]) -> Iterator[Place]:
    """A new database and a site of several hosts."""
    with Site(host="0.0.0.0") as site, ExitStack() as stack:
        for number in range(SOURCES):
            items = item(number), item(number + 20)
            site.pages[f"/s{number}"] = Answer(feed(*items), etag='"1"')
        yield Place(tmp_path, postgresql_server(f"cluster{next(_numbers)}"), site, stack)


def test_nodes_share_the_work(place: Place) -> None:
    """Each source is visited by one at a time, each article is there once, and nothing is left behind at the end."""
    process = place.start("run", place.settings())
    until(lambda: place.rows("SELECT 1 FROM nodes WHERE dispatches"))
    typed = block("docs/cluster.md", "Setting it up").replace("/etc/aggregator/", "config/")
    worker = place.start(typed.removeprefix("aggregator "), place.settings())
    until(place.published)
    until(lambda: len(place.rows("SELECT 1 FROM nodes")) == 2)
    place.wait_for_visits(3)
    out, log = stop(worker)
    assert "Taking work" in out
    assert log.count("[info] polled source=s") > 0
    assert "dispatches" not in log
    assert place.rows("SELECT kind, dispatches FROM nodes") == [("run", True)]
    _, log = stop(process)
    assert "this node dispatches" in log
    for what in ("nodes", "sources WHERE owner IS NOT NULL", "procrastinate_jobs WHERE status = 'doing'"):
        assert place.rows(f"SELECT count(*) FROM {what}") == [(0,)]  # noqa: S608
    assert "[error]" not in log


def test_a_node_of_another_configuration_gets_nothing_until_it_is_brought_up_to_date(place: Place) -> None:
    """It says so, once; a reload of its files is enough."""
    place.start("run", place.settings())
    until(lambda: place.rows("SELECT 1 FROM nodes WHERE dispatches"))
    settings = place.settings(title="Other")
    other = place.start("worker", settings)
    until(lambda: place.rows("SELECT 1 FROM nodes WHERE kind = 'worker' AND seen > started"))
    place.wait_for_visits(2)
    place.folders[-1].config.write_text(settings.replace("Other", "News"), "utf-8")
    other.send_signal(signal.SIGHUP)
    until(lambda: place.rows("SELECT count(DISTINCT configuration) FROM nodes") == [(1,)])
    place.wait_for_visits(5)
    _, log = stop(other)
    before, _, after = log.partition("configuration reloaded")
    assert before.count("this node gets no work") == 1
    assert "has another configuration" in before
    assert "polled" not in before
    assert "polled source=s" in after
    assert "recovered what='this node gets no work'" in after


def test_another_site_is_refused(place: Place) -> None:
    """Two clusters on one database would mix; the message names both."""
    place.start("run", place.settings())
    until(lambda: place.rows("SELECT 1 FROM nodes"))
    other = place.start("worker", place.settings(url="https://other.example.net/news"))
    _, log = other.communicate(timeout=PATIENCE)
    assert other.returncode == 1
    assert f"belongs to the cluster of {URL} " in log
    assert "[site] url is https://other.example.net/news" in log


def test_a_worker_needs_a_cluster(place: Place) -> None:
    """It says which table is missing."""
    worker = place.start("worker", place.settings().replace('[cluster]\nengine = "procrastinate"\n', ""))
    _, log = worker.communicate(timeout=PATIENCE)
    assert worker.returncode == 2
    assert "[cluster]: is missing; a worker takes the work of a cluster" in log


def test_a_newer_database_ends_a_node(place: Place) -> None:
    """Somebody brought it up to date by a newer version: the older one stops, with a plain message."""
    process = place.start("worker", place.settings())
    until(lambda: place.rows("SELECT 1 FROM nodes"))
    with psycopg.connect(place.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    _, log = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "taken over by another version of aggregator (its revision is 9999" in log


@pytest.mark.slow
def test_work_of_those_who_die_hang_or_leave_is_taken_over(place: Place) -> None:
    """Within a minute, a dispatcher's within seconds; what comes from the hanging one later is not kept."""
    dispatching = "SELECT pid FROM nodes WHERE dispatches ORDER BY seen DESC LIMIT 1"
    polling = "SELECT pid, name FROM sources JOIN nodes ON owner = id WHERE name = 's0'"
    place.site.pages["/s0"] = lambda request: (time.sleep(3), Answer(feed(item(0), item(20)), etag='"1"'))[1]
    first = place.start("run", place.settings())
    until(lambda: place.rows(dispatching))
    second = place.start("run", place.settings())
    until(lambda: len(place.rows("SELECT 1 FROM nodes")) == 2)
    first.kill()
    until(lambda: place.rows(dispatching) == [(second.pid,)])
    worker = place.start("worker", place.settings())
    until(lambda: place.rows(polling) == [(worker.pid, "s0")])
    worker.send_signal(signal.SIGSTOP)
    until(lambda: place.rows(polling) == [(second.pid, "s0")])
    worker.send_signal(signal.SIGCONT)
    until(lambda: place.rows("SELECT 1 FROM nodes WHERE kind = 'worker'"))
    until(lambda: place.rows(polling) == [(worker.pid, "s0")])
    _, log = stop(worker)
    assert "this node was taken for dead" in log
    assert "this poll came too late and is not kept source=s0" in log
    assert "Traceback" not in log
    until(place.published)
    _, log = stop(second)
    assert log.count("a node is dead; others take over its work") == 2
    assert place.rows("SELECT 1 FROM sources WHERE owner IS NOT NULL") == []


@pytest.mark.slow
def test_a_task_that_failed_is_done_again(place: Place) -> None:
    """A cache that could not be told is told once it can be, though nothing is published after that."""
    answers = chain([Answer(status=500)], repeat(Answer()))
    place.site.pages["/cache"] = lambda request: next(answers)
    receiver = f'[output]\npurge = "cdn"\n[[receiver]]\nname = "cdn"\nurl = "{place.site.url}/cache"\n'
    process = place.start("run", place.settings(tables=receiver))
    until(lambda: place.site.paths().count("/cache") >= 2)
    until(lambda: place.published() and not place.rows("SELECT 1 FROM purges"))
    _, log = stop(process)
    assert log.count("recovered what='cannot have caches purged'") == 1


@pytest.mark.slow
def test_a_node_that_is_stopped_gives_back_what_it_cannot_finish(place: Place) -> None:
    """It is gone within ten seconds; the source is still due, and nobody's, and no job ends after its queue."""
    asked, told = threading.Event(), threading.Event()
    place.site.pages["/s0"] = lambda request: (asked.set(), time.sleep(20), Answer(feed(item(0))))[2]
    place.site.pages["/cache"] = lambda request: (told.set(), time.sleep(20), Answer())[2]
    receiver = f'[output]\npurge = "cdn"\n[[receiver]]\nname = "cdn"\nurl = "{place.site.url}/cache"\n'
    process = place.start("run", place.settings(tables=receiver))
    assert asked.wait(PATIENCE)
    assert told.wait(PATIENCE)
    began = time.monotonic()
    _, log = stop(process)
    assert time.monotonic() - began < 15
    assert "Traceback" not in log
    [(owner, status)] = place.rows("SELECT owner, status FROM sources WHERE name = 's0'")
    assert (owner, status) == (None, "new")
    assert place.rows("SELECT 1 FROM nodes") == []
    assert place.rows("SELECT 1 FROM procrastinate_jobs WHERE status = 'doing'") == []


@pytest.mark.slow
def test_a_long_visit_keeps_no_other_waiting_where_the_queue_was_lost(place: Place) -> None:
    """Within the time after which a silent node counts as dead, others are made again, and that one anew."""
    asked, waits = threading.Event(), threading.Event()
    place.site.pages["/s0"] = lambda request: (asked.set(), waits.wait(), Answer(feed(item(0))))[2]
    place.stack.callback(waits.set)
    process = place.start("run", place.settings().replace("delay", 'timeout = "1h"\ndelay'))
    assert asked.wait(PATIENCE)
    until(lambda: place.site.paths().count("/s1") >= 2)
    with psycopg.connect(place.database, autocommit=True) as connection:
        connection.execute("ALTER TABLE procrastinate_jobs RENAME TO away")
        time.sleep(4)
        connection.execute("ALTER TABLE away RENAME TO procrastinate_jobs")
    seen = place.site.paths().count("/s1")
    until(lambda: place.site.paths().count("/s1") >= seen + 2 and place.site.paths().count("/s0") == 2)
    waits.set()
    _, log = stop(process)
    assert log.count("cannot take work from the queue") == 2  # once when it was lost, once when it was back
    assert "Traceback" not in log


@pytest.mark.slow
def test_nodes_go_on_after_their_database_was_away(tmp_path: Path) -> None:
    """They say so, and take up work by themselves; nothing is lost and nothing there twice."""
    with PostgreSQL() as server, Site(host="0.0.0.0") as site, ExitStack() as stack:
        for number in range(SOURCES):
            site.pages[f"/s{number}"] = Answer(feed(item(number), item(number + 20)), etag='"1"')
        place = Place(tmp_path, server.address(), site, stack)
        nodes = [place.start(command, place.settings()) for command in ("run", "worker")]
        until(lambda: place.rows("SELECT 1 FROM nodes WHERE dispatches"))
        server.stop("immediate")
        time.sleep(3)
        server.start()
        until(place.published)
        place.wait_for_visits(3)
        logs = [stop(node)[1] for node in nodes]
        assert place.rows("SELECT 1 FROM sources WHERE owner IS NOT NULL") == []
    for log in logs:
        assert "recovered" in log
        assert "Traceback" not in log
