"""Faults of the machine around a running daemon: it says plainly what is wrong, goes on with the rest, and recovers."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import os
import re
import resource
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.config import load
from aggregator.daemon.controls import DaemonHandle
from aggregator.daemon.live import bring_to_life
from aggregator.daemon.poller import Poller
from aggregator.daemon.report import Reporter
from aggregator.daemon.single import Parts, SingleProcess
from aggregator.web import Health
from aggregator.web.metrics import Metrics
from tests.support.loopback import Site
from tests.support.running import LoggedDaemon, free_port, get, healthy, logged_daemon, until
from tests.support.samples import item
from tests.support.workplace import PATIENCE, Workplace

pytestmark = pytest.mark.slow

FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"


def paper(*numbers: int) -> bytes:
    """A feed of some articles."""
    return (
        f"<rss version='2.0'><channel><title>t</title>{''.join(map(item, numbers))}</channel></rss>".encode()
    )


def tables(site: Site, port: int, *names: str, interval: str = "1s") -> str:
    """Sources of that site, and a server."""
    sources = "".join(
        f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "{site.url}/{name}.xml"\ninterval = "{interval}"\n'
        'full_text = "never"\n'
        for name in names
    )
    return f'{sources}[server]\nlisten = "127.0.0.1:{port}"\n'


def test_a_disk_that_takes_nothing_more(workplace: Workplace) -> None:
    """A file size limit of a byte, set from outside: said once, not at every visit; afterwards all is there."""
    port = free_port()
    with Site() as site:
        site.pages |= {"/a.xml": paper(1), "/b.xml": paper(101)}
        workplace.configure(tables(site, port, "a", "b"))
        with logged_daemon(workplace, port) as daemon:
            until(lambda: daemon.says("Title 1") and daemon.says("Title 101"))
            daemon.limit(resource.RLIMIT_FSIZE, 1)
            site.pages |= {"/a.xml": paper(1, 2), "/b.xml": paper(101, 102)}
            until(lambda: "cannot use the database" in daemon.log)
            asked = len(site.requests)
            assert healthy(port)
            assert daemon.says("Title 1")
            time.sleep(5)
            assert len(site.requests) - asked <= 2, "nothing is asked for while it cannot be kept"
            daemon.limit(resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)
            until(lambda: daemon.says("Title 2") and daemon.says("Title 102"))
            until(lambda: "recovered" in daemon.log)
            assert daemon.log.count("cannot use the database") <= 2
            assert "Traceback" not in daemon.log
        workplace.run("check", "--database")
        workplace.run("publish", "--check")


def test_no_more_descriptors(workplace: Workplace) -> None:
    """With every descriptor in use nothing is lost: sources fail in words, and recover by themselves."""
    port = free_port()
    with Site() as site:
        names = [f"s{number}" for number in range(6)]
        site.pages |= {f"/{name}.xml": paper(index * 10) for index, name in enumerate(names)}
        workplace.configure(tables(site, port, *names))
        with logged_daemon(workplace, port) as daemon:
            until(lambda: all(daemon.says(f"Title {index * 10}") for index in range(6)))
            began = time.monotonic()
            used = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
            daemon.limit(resource.RLIMIT_NOFILE, max(used - 4, 8))
            site.pages |= {
                f"/{name}.xml": paper(index * 10, index * 10 + 1) for index, name in enumerate(names)
            }
            # SQLite has words of its own for it, and may be the first to want one.
            said = ("Too many open files", "unable to open database file")
            until(lambda: any(words in daemon.log for words in said))
            daemon.limit(resource.RLIMIT_NOFILE, 1024)
            until(lambda: healthy(port))
            # A source that failed all the while waits for about as long again.
            seconds = PATIENCE + 2 * (time.monotonic() - began)
            until(lambda: all(daemon.says(f"Title {index * 10 + 1}") for index in range(6)), seconds)
            assert "broken" not in daemon.log, "the feeds are not to blame"
            assert "Traceback" not in daemon.log
            assert len([line for line in daemon.log.splitlines() if "[info]" not in line]) < 100


@pytest.mark.soak
def test_a_database_that_somebody_else_holds(workplace: Workplace) -> None:
    """Locked for longer than anybody waits, it stops neither the server nor the tick, and polls go on after."""
    port = free_port()
    with Site() as site:
        site.pages |= {"/a.xml": paper(1)}
        workplace.configure(tables(site, port, "a"))
        with logged_daemon(workplace, port) as daemon:
            until(lambda: daemon.says("Title 1"))
            other = sqlite3.connect(workplace.folder / "var" / "test.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            site.pages["/a.xml"] = paper(1, 2)
            until(lambda: "database is locked" in daemon.log)
            deadline = time.monotonic() + 70
            while time.monotonic() < deadline:
                assert healthy(port), "the tick does not wait for the database"
                time.sleep(1)
            other.execute("ROLLBACK")
            other.close()
            until(lambda: daemon.says("Title 2"))
            assert daemon.log.count("database is locked") <= 2
            assert "Traceback" not in daemon.log


def test_a_database_that_is_damaged(workplace: Workplace) -> None:
    """What SQLite says of it is passed on with what to do, and the pages are served all the same."""
    port = free_port()
    database = workplace.folder / "var" / "test.db"
    with Site() as site:
        site.pages |= {"/a.xml": paper(1)}
        workplace.configure(tables(site, port, "a"))
        with logged_daemon(workplace, port) as daemon:
            until(lambda: daemon.says("Title 1"))
            with sqlite3.connect(database) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            whole = database.read_bytes()
            with database.open("r+b") as file:  # every page but the first: the file is the same one
                file.seek(4096)
                file.write(os.urandom(len(whole) - 4096))
            until(lambda: "cannot use the database" in daemon.log)
            assert "aggregator check --database" in daemon.log
            until(lambda: get(f"http://127.0.0.1:{port}/healthz").status_code == 503)
            assert daemon.says("Title 1")
            time.sleep(3)
            assert "Traceback" not in daemon.log
        found = workplace.run("check", "--database", expect=None)
        assert found.returncode != 0
        assert "Traceback" not in found.stdout + found.stderr
        refused = workplace.run("poll", expect=None)
        assert refused.returncode != 0
        assert "aggregator restore" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_folder_that_may_not_be_written_to(workplace: Workplace) -> None:
    """Its permission lost, the output stays as it is while polls go on; given back, all of it is published."""
    port = free_port()
    # To root alone, permissions mean nothing.
    rights = "-dac_override,-dac_read_search"
    plain = ("setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}") if os.geteuid() == 0 else ()
    feeds = workplace.folder / "public" / "feeds"
    with Site() as site:
        site.pages |= {"/a.xml": paper(1)}
        workplace.configure(tables(site, port, "a"))
        with logged_daemon(workplace, port, *plain) as daemon:
            until(lambda: daemon.says("Title 1"))
            feeds.chmod(0o500)
            site.pages["/a.xml"] = paper(1, 2)
            until(lambda: "cannot publish" in daemon.log)
            assert daemon.says("Title 1")
            feeds.chmod(0o755)
            until(lambda: daemon.says("Title 2"))
            assert daemon.log.count("cannot publish") == 1 + daemon.log.count(
                "recovered what='cannot publish'"
            )
            assert "Permission denied" in daemon.log
            assert "public/feeds" in daemon.log
            assert "Traceback" not in daemon.log
            # The feed may be there before the documents behind it.
            until(lambda: workplace.run("publish", "--check", expect=None).returncode == 0)


@pytest.mark.soak
def test_a_network_that_comes_and_goes(workplace: Workplace, tmp_path: Path) -> None:
    """A machine with IPv6 alone; then its interface goes, and names that nobody knows: each comes back."""
    hosts, folder = tmp_path / "hosts", tmp_path / "site"
    hosts.write_text("")
    folder.mkdir()
    (folder / "a.xml").write_bytes(paper(1))
    if subprocess.run(["unshare", "--net", "--mount", "true"], check=False).returncode:
        pytest.skip("no namespaces here")
    with contextlib.ExitStack() as stack:
        holder = stack.enter_context(subprocess.Popen(["unshare", "--net", "--mount", "sleep", "600"]))
        stack.callback(holder.kill)
        inside = ("nsenter", f"--net=/proc/{holder.pid}/ns/net", f"--mount=/proc/{holder.pid}/ns/mnt")
        time.sleep(0.5)

        def change(*command: str) -> None:
            subprocess.run([*inside, *command], check=True)

        change("ip", "link", "set", "lo", "up")
        change("ip", "addr", "del", "127.0.0.1/8", "dev", "lo")
        change("mount", "--bind", str(hosts), "/etc/hosts")
        server = [sys.executable, "-m", "http.server", "8000", "--bind", "::1", "--directory", str(folder)]
        site = stack.enter_context(subprocess.Popen([*inside, *server], stderr=subprocess.DEVNULL))
        stack.callback(site.kill)
        sources = "".join(
            f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "http://{host}:8000/a.xml"\n'
            f'interval = "1s"\nfull_text = "never"\n'
            for name, host in (("number", "[::1]"), ("name", "paper.example"))
        )
        workplace.configure(sources + '[server]\nlisten = "[::1]:8001"\n')
        workplace.config.write_text(
            workplace.config.read_text().replace('["127.0.0.0/8"]', '["127.0.0.0/8", "::1"]')
        )
        daemon = LoggedDaemon(workplace, 8001, *inside, f"--wd={workplace.folder}")
        stack.callback(daemon.close)
        feed = workplace.folder / "public" / "feeds" / "rss.xml"

        def says(title: str) -> bool:
            return feed.exists() and f"<title>{title}</title>" in feed.read_text()

        until(lambda: says("Title 1"))
        until(lambda: "source=name" in daemon.log)
        until(lambda: "trouble=source-broken" in daemon.log)
        change("ip", "link", "set", "lo", "down")
        until(lambda: re.search("polled source=number.*result=failed", daemon.log))
        (folder / "a.xml").write_bytes(paper(1, 2))
        change("ip", "link", "set", "lo", "up")
        until(lambda: says("Title 2"))
        hosts.write_text("::1 paper.example\n")
        until(lambda: "recovered source=name" in daemon.log, 300)
        assert "Traceback" not in daemon.log


class FakeClock:
    """The clock of a process, moved from outside while it runs; its monotonic clock stays right."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.environment = {
            "LD_PRELOAD": next(glob.iglob(FAKETIME)),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
        self.move(0)

    def move(self, days: int) -> None:
        """Set it so many days off."""
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{days:+}d")
        beside.rename(self._file)


needs_faketime = pytest.mark.skipif(
    not glob.glob(FAKETIME), reason="libfaketime is missing (on Debian: apt install faketime)"
)


@needs_faketime
def test_a_clock_that_was_years_ahead(workplace: Workplace) -> None:
    """What it put off for years is visited once it is right; what it would have let go stays."""
    port = free_port()
    clock = FakeClock(workplace.folder / "clock")
    clock.move(5000)
    with Site() as site:
        site.pages |= {"/a.xml": paper(1)}
        workplace.configure(tables(site, port, "a", interval="1h"))
        with logged_daemon(workplace, port, **clock.environment) as daemon:
            until(lambda: daemon.says("Title 1"))
            clock.move(0)
            site.pages["/a.xml"] = paper(1, 2)
            until(lambda: daemon.says("Title 2"))
            assert "the clock was ahead" in daemon.log
            time.sleep(4)
            assert len(site.requests) == 2, "and from then on as ever"
            assert "Traceback" not in daemon.log


@needs_faketime
def test_a_clock_that_is_ahead_dates_nothing(workplace: Workplace) -> None:
    """What comes in meanwhile without a date has that of the time which servers and the database say."""
    clock = FakeClock(workplace.folder / "clock")
    clock.move(1000)
    with Site() as site:
        undated = paper(2).replace(b"pubDate", b"other")
        site.pages |= {"/a.xml": paper(1)}
        workplace.configure(tables(site, free_port(), "a"))
        workplace.run("poll")
        site.pages["/a.xml"] = undated
        process = workplace.start("poll", **clock.environment)
        _, said = process.communicate()
        assert process.returncode == 0, said
    with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
        times = connection.execute("SELECT published, updated, first_seen FROM articles").fetchall()
    assert len(times) == 2
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    assert all(time <= tomorrow for row in times for time in row)


@needs_faketime
def test_a_clock_that_jumps_ahead(workplace: Workplace) -> None:
    """Years ahead at once, it goes on as before; and so it does when it is set back."""
    port = free_port()
    clock = FakeClock(workplace.folder / "clock")
    with Site() as site:
        site.pages |= {"/a.xml": paper(1)}
        workplace.configure(tables(site, port, "a"))
        with logged_daemon(workplace, port, **clock.environment) as daemon:
            until(lambda: daemon.says("Title 1"))
            for number, days in ((2, 20_000), (3, 0)):
                clock.move(days)
                site.pages["/a.xml"] = paper(1, number)
                until(lambda number=number: daemon.says(f"Title {number}"))  # type: ignore[misc]
            assert "Traceback" not in daemon.log


def test_a_clock_that_jumps_ahead_lets_nothing_go(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten years ahead, before a start or after it: articles stay until the owner says that the clock is right."""
    monkeypatch.setattr("aggregator.daemon.tasks.EXPIRE_SECONDS", 0.05)
    ahead = timedelta(0)

    async def run(app: App) -> tuple[int, int, int]:
        nonlocal ahead

        def clock() -> datetime:
            return datetime.now(UTC) + ahead

        reporter, fail = Reporter(lambda: None, Metrics()), pytest.fail
        live = bring_to_life(app, clock, reporter, lambda: Health(live=True, ready=True), DaemonHandle())
        parts = Parts(lambda: live, clock, Poller(lambda: live, clock, reporter), Metrics())
        tasks = SingleProcess(parts)
        tasks.start(fail)
        ahead = timedelta(days=3650)
        await asyncio.sleep(1)
        kept = app.store.article_count()
        await tasks.stop()
        again = SingleProcess(parts)
        again.start(fail)
        await asyncio.sleep(1)
        kept_at_start = app.store.article_count()
        await again.stop()
        app.store.trust_clock(clock())
        last = SingleProcess(parts)
        last.start(fail)
        await asyncio.to_thread(until, lambda: not app.store.article_count())
        await last.stop()
        await live.aclose()
        return kept, kept_at_start, app.store.article_count()

    with Site() as site:
        site.pages |= {"/a.xml": paper(1, 2)}
        workplace.configure(tables(site, 1, "a").replace("interval", 'keep_for = "1d"\ninterval'))
        workplace.run("poll")
        monkeypatch.chdir(workplace.folder)
        app = App(load(workplace.config))
        try:
            assert asyncio.run(run(app)) == (2, 2, 0)
        finally:
            app.close()


@needs_faketime
def test_a_clock_that_nobody_has_set_yet(workplace: Workplace) -> None:
    """In 1970 nothing is polled, and it says so once; set right, it begins."""
    port = free_port()
    clock = FakeClock(workplace.folder / "clock")
    clock.move(-(time.time_ns() // 86_400_000_000_000) + 1)
    with Site() as site:
        site.pages |= {"/a.xml": paper(1)}
        workplace.configure(tables(site, port, "a"))
        daemon = LoggedDaemon(workplace, port, **clock.environment)
        try:
            until(lambda: "the clock says 1970-01-0" in daemon.log)
            time.sleep(3)
            assert not site.requests
            clock.move(0)
            until(lambda: healthy(port) and daemon.says("Title 1"))
            assert daemon.log.count("the clock says") == 1
            assert "Traceback" not in daemon.log
        finally:
            daemon.close()
