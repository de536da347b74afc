"""Files of ``sources.d`` that are added, changed, broken, replaced and removed while the daemon runs."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.loopback import Site
from tests.support.running import LoggedDaemon, free_port, logged_daemon, serving, until
from tests.support.samples import feed, item
from tests.support.workplace import Workplace


def table(site: Site, name: str, *keys: str) -> str:
    """A feed source that is hardly ever due."""
    more = "".join(f"{key}\n" for key in keys)
    return f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "{site.url}/{name}.xml"\nfull_text = "never"\ninterval = "1h"\n{more}'


class Newsroom:
    """A daemon that watches ``sources.d``, in which a file has one source."""

    def __init__(self, workplace: Workplace, site: Site, running: LoggedDaemon) -> None:
        self.workplace, self.site, self.running = workplace, site, running
        self.folder = workplace.config.parent / "sources.d"

    def write(self, name: str, *names: str, after: str = "", keys: tuple[str, ...] = ()) -> None:
        """Write a file as an editor does: beside, then in its place."""
        for number, one in enumerate(names):
            self.site.pages.setdefault(f"/{one}.xml", feed(item(hash(one) % 1000 + number)))
        beside = self.folder / f".{name}.swp"
        beside.write_text("".join(table(self.site, one, *keys) for one in names) + after)
        beside.replace(self.folder / name)

    def says(self, *words: str) -> None:
        """Wait for a line of the log with these words."""
        until(lambda: any(all(word in line for word in words) for line in self.lines()))

    def lines(self) -> list[str]:
        """The log so far."""
        return self.running.log.splitlines()


@contextmanager
def newsroom(workplace: Workplace, before: str = "") -> Iterator[Newsroom]:
    """It runs, with a source in ``first.toml``."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1)), "/first.xml": feed(item(2))}) as site:
        workplace.configure(serving(site, port, interval="1h") + before)
        (workplace.config.parent / "sources.d").mkdir(exist_ok=True)
        (workplace.config.parent / "sources.d" / "first.toml").write_text(table(site, "first"))
        with logged_daemon(workplace, port) as running:
            yield Newsroom(workplace, site, running)


def test_files_that_come_change_and_go(workplace: Workplace) -> None:
    """Each counts by itself, and the log says what differs, without a value."""
    with newsroom(workplace) as room:
        room.write("more.toml", "second", "third")
        room.says("source added", "source=third")
        until(lambda: "/third.xml" in room.site.paths())
        room.write("more.toml", "second", keys=("headers = { X-Key = 'secret-word' }", "keep.title = ['.']"))
        room.says("source changed", "source=second", "headers keep.title")
        room.says("source removed", "source=third")
        (room.folder / "more.toml").unlink()
        room.says("configuration reloaded", "sources=2 added=0 changed=0 removed=1")
        assert "secret-word" not in room.running.log
        until(lambda: workplace.sources().keys() == {"paper", "first"})


@pytest.mark.slow
def test_a_broken_file_is_refused_and_the_rest_counts(workplace: Workplace) -> None:
    """What it said goes on, after a restart, too, which reads its last good state; mended, it counts."""
    with newsroom(workplace) as room:
        room.write("first.toml", "first", after='[[source]]\nname = "ha')  # half of it is written
        room.says("[error", "first.toml: is not TOML", "is refused")
        room.write("second.toml", "second")
        room.says("source added", "source=second")
        room.write("first.toml", "first", after="intervall = '1m'\n")
        room.says("[error", "first.toml", "intervall")
        room.write("new.toml", "third", after="intervall = '1m'\n")
        room.says("[error", "new.toml", "intervall")
        assert not [line for line in room.lines() if "source removed" in line or "source=third" in line]
        assert "first.toml" in workplace.run("check", expect=2).stderr
    kept = workplace.folder / "var" / "test.db.sources"
    assert kept.stat().st_mode & 0o777 == 0o600
    with logged_daemon(workplace, room.running.port) as room.running:
        room.says("first.toml", "is refused")
        room.write("first.toml", "first")
        room.write("new.toml", "third")
        room.says("recovered", "sources.d")
    workplace.run("check")
    assert workplace.sources().keys() == {"paper", "first", "second", "third"}


def test_a_broken_file_of_which_nothing_was_accepted(workplace: Workplace) -> None:
    """At a start, nobody knows what it would have said."""
    workplace.configure("")
    (workplace.config.parent / "sources.d").mkdir()
    (workplace.config.parent / "sources.d" / "first.toml").write_text("[[source]")
    assert "first.toml: is not TOML" in workplace.run("run", expect=2).stderr


@pytest.mark.slow
def test_a_source_that_stands_twice(workplace: Workplace) -> None:
    """The file that came last is refused, whichever it is by its name."""
    with newsroom(workplace) as room:
        room.write("copy.toml", "first", "second")
        room.says("[error", "copy.toml", "counts as it was")
        room.write("copy.toml", "second")
        room.says("source added", "source=second")


@pytest.mark.slow
def test_a_folder_that_goes_and_comes_back(workplace: Workplace) -> None:
    """A folder that is gone is a mishap, and its sources go on; one in its place counts, an empty one, too."""
    with newsroom(workplace) as room:
        aside = room.folder.rename(room.folder.with_name("aside"))
        room.says("[error", "sources.d: is gone")
        (aside / "second.toml").write_text(table(room.site, "second"))
        aside.rename(room.folder)
        room.says("source added", "source=second")
        shutil.rmtree(room.folder)
        room.says("[error", "sources.d: is gone")
        room.folder.mkdir()
        room.says("configuration reloaded", "sources=1 added=0 changed=0 removed=2")
        room.write("third.toml", "third")
        room.says("source added", "source=third")


@pytest.mark.slow
def test_a_thousand_files_at_once(workplace: Workplace) -> None:
    """They count, in few reloads and lines."""
    with newsroom(workplace) as room:
        for number in range(1000):
            text = table(room.site, f"many-{number}").replace("/many-", "/first.xml?")
            (room.folder / f"many-{number}.toml").write_text(text)
        until(lambda: "sources=1002" in room.running.log)
        assert room.running.log.count("configuration reloaded") < 6
        assert room.running.log.count("source added") <= 300


@pytest.mark.slow
def test_only_a_signal_counts_where_that_is_wanted(workplace: Workplace) -> None:
    """With `reload = "signal"` nothing is watched; until another configuration wants it."""
    with newsroom(workplace, '[daemon]\nreload = "signal"\n') as room:
        room.write("second.toml", "second")
        room.running.process.send_signal(signal.SIGHUP)
        room.says("source added", "source=second")
        room.write("third.toml", "third")
        time.sleep(2)
        assert "source=third" not in room.running.log
        text = workplace.config.read_text()
        workplace.config.write_text(text.replace('"signal"', '"watch"'))
        room.running.process.send_signal(signal.SIGHUP)
        room.says("configuration reloaded", "keys=daemon.reload")
        room.write("fourth.toml", "fourth")
        room.says("source added", "source=fourth")


@pytest.mark.slow
def test_the_main_file_counts_at_a_signal_alone(workplace: Workplace) -> None:
    """While it is being edited, files of sources count by the main file as it was."""
    with newsroom(workplace) as room:
        good = workplace.config.read_text()
        workplace.config.write_text(good + "[site")
        room.write("second.toml", "second")
        room.says("source added", "source=second")
        room.running.process.send_signal(signal.SIGHUP)
        room.says("configuration refused", "aggregator.toml: is not TOML")
        room.write("third.toml", "third")
        room.says("source added", "source=third")
        workplace.config.write_text(good.replace('title = "Test"', 'title = "Best"'))
        room.running.process.send_signal(signal.SIGHUP)
        room.says("configuration reloaded", "keys=site.title")
