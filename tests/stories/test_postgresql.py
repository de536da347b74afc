"""A PostgreSQL that goes away, is replaced by its standby, or is put back: the daemon goes on by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.loopback import Site
from tests.support.postgresql import PostgreSQL, UnavailableError
from tests.support.running import daemon, free_port, get, logged_daemon, serving, stop, until
from tests.support.samples import feed, item
from tests.support.workplace import Workplace

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    """A server of this test's own, with an empty database ``news``."""
    try:
        started = PostgreSQL(synchronous_commit="remote_apply")
    except (UnavailableError, OSError) as exc:
        pytest.skip(f"no PostgreSQL can be started (Debian: apt install postgresql): {exc}")
    with started:
        started.create("news")
        yield started


def configure(workplace: Workplace, site: Site, database: str, port: int) -> None:
    """One source that is visited each second, and this database."""
    workplace.configure(serving(site, port))
    text = workplace.config.read_text("utf-8").replace("sqlite:///var/test.db", database)
    workplace.config.write_text(text, "utf-8")


def published(workplace: Workplace) -> list[str]:
    """The titles of the feed of everything, sorted."""
    try:
        document = json.loads((workplace.folder / "public/feeds/feed.json").read_text("utf-8"))
    except FileNotFoundError:
        return []
    return sorted(one["title"].removeprefix("Title ") for one in document["items"])


def is_right(workplace: Workplace, *numbers: int) -> bool:
    """Whether these are published, each once, and every file is as the store says."""
    workplace.run("publish", "--check")
    return published(workplace) == [str(number) for number in numbers]


def test_a_server_that_is_away(workplace: Workplace, server: PostgreSQL) -> None:
    """It is said once that it is, and once that it is back; what came meanwhile comes in, and nothing twice."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        configure(workplace, site, server.address("news"), port := free_port())
        with daemon(workplace, port) as process:
            until(lambda: published(workplace) == ["1"])
            server.stop("immediate")
            site.pages["/feed.xml"] = feed(item(1), item(2))
            seen = len(site.requests)
            until(lambda: not healthy_database(port))
            server.start()
            until(lambda: published(workplace) == ["1", "2"])
            assert len(site.requests) > seen
            log = "".join(stop(process))
        assert is_right(workplace, 1, 2)
    lines = [line for line in log.splitlines() if "connection" in line]
    assert len(lines) <= 3, log
    assert "Traceback" not in log


def test_a_standby_that_takes_over(workplace: Workplace, server: PostgreSQL) -> None:
    """The daemon finds the server that can be written by itself, and goes on where the other one was."""
    with PostgreSQL(server) as standby, Site({"/feed.xml": feed(item(1))}) as site:
        change(server, "SET synchronous_standby_names = '*'")
        configure(workplace, site, either(server, standby), port := free_port())
        with daemon(workplace, port) as process:
            until(lambda: published(workplace) == ["1"])
            server.stop("immediate")
            site.pages["/feed.xml"] = feed(item(1), item(2))
            standby.promote()
            change(standby, "RESET synchronous_standby_names")
            until(lambda: published(workplace) == ["1", "2"])
            log = "".join(stop(process))
        assert is_right(workplace, 1, 2)
        assert standby.execute("SELECT count(*) FROM articles", "news") == [(2,)]
    assert "Traceback" not in log


def test_a_standby_that_lacks_the_last_commits(workplace: Workplace, server: PostgreSQL) -> None:
    """The daemon goes on with it and says so once: what the source shows comes again, other articles go."""
    with PostgreSQL(server) as standby, Site({"/feed.xml": feed(item(1))}) as site:
        configure(workplace, site, either(server, standby), port := free_port())
        with logged_daemon(workplace, port) as running:
            until(lambda: published(workplace) == ["1"])
            until(lambda: standby.execute("SELECT count(*) FROM articles", "news") == [(1,)])
            change(standby, "SET primary_conninfo = ''")
            until(lambda: not server.execute("SELECT 1 FROM pg_stat_replication"))
            site.pages["/feed.xml"] = feed(item(1), item(2), item(3))
            until(lambda: published(workplace) == ["1", "2", "3"])
            site.pages["/feed.xml"] = feed(item(1), item(3))
            server.stop("immediate")
            assert standby.execute("SELECT count(*) FROM articles", "news") == [(1,)]
            standby.promote()
            until(lambda: published(workplace) == ["1", "3"])
            running.process.terminate()
            assert running.process.wait() == 0
        assert is_right(workplace, 1, 3)
    assert running.log.count("in an earlier state than what was published") == 1
    assert "Traceback" not in running.log


def test_a_database_that_is_put_back(workplace: Workplace, server: PostgreSQL) -> None:
    """An older one behind our output is noticed: what the source shows comes again, other articles go."""
    copy = server.folder / "copy"
    with Site({"/feed.xml": feed(item(1))}) as site:
        configure(workplace, site, server.address("news"), port := free_port())
        with daemon(workplace, port) as process:
            until(lambda: published(workplace) == ["1"])
            server.run("pg_dump", "-Fc", "-U", "postgres", "-h", server.folder, "-f", copy, "news")
            site.pages["/feed.xml"] = feed(item(1), item(2), item(3))
            until(lambda: published(workplace) == ["1", "2", "3"])
            stop(process)
            site.pages["/feed.xml"] = feed(item(1), item(3))
            put_back(server, copy)
        with daemon(workplace, port) as process:
            until(lambda: published(workplace) == ["1", "3"])
            log = "".join(stop(process))
        assert is_right(workplace, 1, 3)
    assert log.count("in an earlier state than what was published") == 1
    assert "Traceback" not in log


def test_a_database_that_is_put_back_under_a_daemon(workplace: Workplace, server: PostgreSQL) -> None:
    """The daemon goes on with it by itself, and mixes nothing up with what it knew of the other one."""
    copy = server.folder / "copy"
    with Site({"/feed.xml": feed(item(1))}) as site:
        configure(workplace, site, server.address("news"), port := free_port())
        with logged_daemon(workplace, port) as running:
            until(lambda: published(workplace) == ["1"])
            server.run("pg_dump", "-Fc", "-U", "postgres", "-h", server.folder, "-f", copy, "news")
            site.pages["/feed.xml"] = feed(item(1), item(2), item(3), item(4))
            until(lambda: published(workplace) == ["1", "2", "3", "4"])
            site.pages["/feed.xml"] = feed(item(1), item(5), item(4))
            until(lambda: published(workplace) == ["1", "2", "3", "4", "5"])
            server.create("older")
            put_back(server, copy, "older")
            server.execute("DROP DATABASE news WITH (FORCE)")
            server.execute("ALTER DATABASE older RENAME TO news")
            until(lambda: published(workplace) == ["1", "4", "5"])
            running.process.terminate()
            assert running.process.wait() == 0
        assert is_right(workplace, 1, 4, 5)
    assert running.log.count("in an earlier state than what was published") == 1
    assert "A value is required" not in running.log
    assert "Traceback" not in running.log


def either(*servers: PostgreSQL) -> str:
    """The address of the database on whichever of them can be written."""
    hosts = ",".join(str(server.folder) for server in servers)
    return f"postgresql://postgres@/news?host={hosts}&target_session_attrs=read-write"


def change(server: PostgreSQL, setting: str) -> None:
    """Change a setting of a server that runs."""
    server.execute(f"ALTER SYSTEM {setting}")
    server.execute("SELECT pg_reload_conf()")


def put_back(server: PostgreSQL, copy: Path, database: str = "news") -> None:
    """Put the database in the place of what is there."""
    server.run(
        "pg_restore",
        "--clean",
        "--if-exists",
        "-1",
        "-U",
        "postgres",
        "-h",
        server.folder,
        "-d",
        database,
        copy,
    )


def healthy_database(port: int) -> bool:
    """Whether the daemon says that all is well."""
    return get(f"http://127.0.0.1:{port}/healthz").status_code == 200
