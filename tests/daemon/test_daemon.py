"""The daemon as its users run it: a process that is started, asked, reloaded, stopped and killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest

from aggregator.store import Store
from tests.support.harbour import edited, notice
from tests.support.loopback import Answer, Received, Site
from tests.support.running import daemon, free_port, get, logged_daemon, serving, stop, until
from tests.support.samples import feed, feed_source, item
from tests.support.wedge import install
from tests.support.workplace import PATIENCE, Workplace


class Slow:
    """A page that answers with a feed once it is no longer stuck."""

    stuck = True

    def __call__(self, request: Received) -> Answer:
        """Keep the client waiting."""
        while self.stuck:
            time.sleep(0.05)
        return Answer(feed(item(1)))


def test_polls_publishes_serves_and_stops(workplace: Workplace) -> None:
    """It publishes what comes while it runs, serves it, and ends cleanly at SIGTERM."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(serving(site, port))
        with daemon(workplace, port) as process:
            rss = f"http://127.0.0.1:{port}/feeds/rss.xml"
            until(lambda: "Title 1" in get(rss).text)
            site.pages["/feed.xml"] = feed(item(1), item(2))
            until(lambda: "Title 2" in get(rss).text)
            again = get(rss, headers={"If-None-Match": get(rss).headers["etag"]})
            assert again.status_code == 304
            out, err = stop(process)
    assert f"http://127.0.0.1:{port}/" in out
    assert "https://news.example.org/feeds/rss.xml" in out
    assert "Traceback" not in err
    workplace.run("publish", "--check")


def test_looks_again_at_what_its_list_shows_unchanged(workplace: Workplace) -> None:
    """A quiet edit is published though the list, which is not due for a day, says nothing of it."""
    port = free_port()
    rows = b"<ul><li><a href='/n/1.html'>Notice 1</a></li></ul>"
    with Site({"/list": rows, "/n/1.html": notice(1)}) as site:
        looks = 'revisit = ["0.2s"]\nrevisits_per_day = 100000\nconfirm_after = "0.1s"\ninterval = "1d"\n'
        rules = '[source.list]\nentry = "li"\nlink = "a"\n[source.article]\nbody = "main"\n'
        table = f'[[source]]\nname = "harbour"\nkind = "listing"\nurl = "{site.url}/list"\n'
        workplace.configure(f'{table}{looks}{rules}[server]\nlisten = "127.0.0.1:{port}"\n')
        with daemon(workplace, port) as process:
            rss = f"http://127.0.0.1:{port}/feeds/rss.xml"
            until(lambda: "thirty crowns" in get(rss).text)
            site.pages["/n/1.html"] = edited(1)
            until(lambda: "sixty crowns" in get(rss).text)
            stop(process)
    assert site.paths().count("/list") == 1


@pytest.mark.slow
def test_goes_on_where_it_was(workplace: Workplace) -> None:
    """Started again it neither asks before the time nor publishes anything twice."""
    port = free_port()
    with Site({"/feed.xml": Answer(feed(item(1)), etag='"v1"')}) as site:
        workplace.configure(serving(site, port, interval="1h"))
        with daemon(workplace, port) as process:
            until(lambda: "Title 1" in get(f"http://127.0.0.1:{port}/feeds/rss.xml").text)
            # The feed is not written last; what stops the daemon earlier leaves work for the next start.
            until(lambda: not workplace.run("publish", "--check", expect=None).returncode)
            stop(process, signal.SIGINT)
        before, asked = workplace.files(), len(site.requests)
        with daemon(workplace, port) as process:
            time.sleep(2)
            stop(process)
        assert len(site.requests) == asked
    assert workplace.files() == before


@pytest.mark.slow
def test_killed_polls_and_publishes_again(workplace: Workplace) -> None:
    """Killed with a poll under way, the next start takes the source up at once."""
    port = free_port()
    slow = Slow()
    with Site({"/feed.xml": slow}) as site:
        workplace.configure(serving(site, port, interval="1h"))
        with daemon(workplace, port) as process:
            until(lambda: bool(site.requests))
            process.kill()
            process.wait()
        slow.stuck = False
        with daemon(workplace, port) as process:
            until(lambda: len(workplace.posts()) == 1)
            stop(process)


def test_drains_within_ten_seconds(workplace: Workplace) -> None:
    """SIGTERM ends the daemon while a server still keeps it waiting, long before that request times out."""
    port = free_port()
    slow = Slow()
    with Site({"/feed.xml": slow}) as site:
        workplace.configure(serving(site, port, interval="1h"))
        text = workplace.config.read_text().replace('timeout = "60s"', 'timeout = "1h"')
        workplace.config.write_text(text)
        with daemon(workplace, port) as process:
            until(lambda: bool(site.requests))
            stop(process)
        slow.stuck = False


def test_reload(workplace: Workplace) -> None:
    """SIGHUP takes up a new configuration; a broken one is refused with its faults and the old one stays."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1)), "/more.xml": feed(item(2))}) as site:
        workplace.configure(serving(site, port))
        with logged_daemon(workplace, port) as reloaded:
            until(lambda: len(workplace.posts()) == 1)
            good = workplace.config.read_text()
            workplace.config.write_text(good + '[[source]]\nname = "more"\nkind = "fed"\nurl = "x"\n')
            reloaded.process.send_signal(signal.SIGHUP)
            until(lambda: 'source "more" kind' in reloaded.log.replace('\\"', '"'))
            until(lambda: events(workplace) == ["configuration-loaded", "configuration-refused"])
            operations = f"http://127.0.0.1:{port}/feeds/operations.atom.xml"
            until(lambda: "<title>配置被拒绝</title>" in get(operations).text)
            asked = len(site.requests)
            until(lambda: len(site.requests) > asked + 1)
            more = f'[[source]]\nname = "more"\nkind = "feed"\nurl = "{site.url}/more.xml"\nfull_text = "never"\n'
            workplace.config.write_text(good + more)
            reloaded.process.send_signal(signal.SIGHUP)
            until(lambda: len(workplace.posts()) == 2)
            until(lambda: "reloaded" in reloaded.log)
            until(lambda: events(workplace) == ["configuration-loaded"] * 2)


def events(workplace: Workplace) -> list[str]:
    """How the events stand, in their order."""
    with Store.open(f"sqlite:///{workplace.folder}/var/test.db") as store:
        return [event.kind for event in store.events()][::-1]


def test_says_ready_and_stopping(workplace: Workplace, tmp_path: Path) -> None:
    """Under systemd it says when it is ready, gives signs of life, and says that it stops."""
    port = free_port()
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
        Site({"/feed.xml": feed(item(1))}) as site,
    ):
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE)
        workplace.configure(serving(site, port))
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}
        with daemon(workplace, port, **environ) as process:
            assert b"READY=1" in manager.recv(4096)
            assert b"WATCHDOG=1" in manager.recv(4096)
            process.send_signal(signal.SIGHUP)
            said = b""
            while b"RELOADING=1" not in said:
                said = manager.recv(4096)
            while b"READY=1" not in said:
                said = manager.recv(4096)
            stop(process)
            while b"STOPPING=1" not in said:
                said = manager.recv(4096)


@pytest.mark.slow
def test_a_wedged_loop_gives_no_sign_of_life(workplace: Workplace, tmp_path: Path) -> None:
    """Whatever keeps the event loop from going round is seen by the service manager, which ends it."""
    port = free_port()
    told, begun = tmp_path / "told", tmp_path / "begun"
    found = install(tmp_path / "kinds", told, begun)
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
        Site({"/feed.xml": feed(item(1))}) as site,
    ):
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE)
        workplace.configure(serving(site, port).replace('kind = "feed"', 'kind = "wedge"'))
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}
        with daemon(workplace, port, **environ, PYTHONPATH=found):
            while b"WATCHDOG=1" not in manager.recv(4096):
                pass
            until(lambda: len(workplace.posts()) == 1)
            told.touch()
            until(begun.exists)
            manager.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                while manager.recv(4096):
                    pass
            manager.settimeout(4)  # systemd would have ended it after one second
            with pytest.raises(TimeoutError):
                manager.recv(4096)


@pytest.mark.slow
def test_nobody_reads_the_log(workplace: Workplace) -> None:
    """A log whose reader has gone away stops neither polls nor publications nor the end."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(serving(site, port))
        with daemon(workplace, port) as process:
            until(lambda: len(workplace.posts()) == 1)
            assert process.stderr
            process.stderr.close()
            site.pages["/feed.xml"] = feed(item(1), item(2))
            until(lambda: len(workplace.posts()) == 2)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=PATIENCE) == 0
            process.stderr = None


def test_mended_source_is_visited_at_once(workplace: Workplace) -> None:
    """A reload lets the sources whose tables changed be visited now, not after their interval."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(serving(site, port, interval="1h").replace("/feed.xml", "/wrong.xml"))
        with daemon(workplace, port) as process:
            until(lambda: "/wrong.xml" in site.paths())
            until(lambda: workplace.sources()["paper"]["status"] == "failed")
            workplace.configure(serving(site, port, interval="1h"))
            process.send_signal(signal.SIGHUP)
            until(lambda: len(workplace.posts()) == 1)
            stop(process)


def test_a_reload_during_a_poll_is_not_lost(workplace: Workplace) -> None:
    """The source that is being polled is visited anew as its new table says, once that poll is through."""
    port, slow = free_port(), Slow()
    with Site({"/wrong.xml": slow, "/feed.xml": feed(item(2))}) as site:
        workplace.configure(serving(site, port, interval="1h").replace("/feed.xml", "/wrong.xml"))
        with daemon(workplace, port) as process:
            until(lambda: "/wrong.xml" in site.paths())
            workplace.configure(serving(site, port, interval="1h"))
            process.send_signal(signal.SIGHUP)
            time.sleep(2)  # for the reload
            slow.stuck = False
            until(lambda: "/feed.xml" in site.paths())
            stop(process)


@pytest.mark.parametrize("replaced", [False, True], ids=["removed", "replaced"])
def test_a_database_that_is_taken_away_is_noticed(workplace: Workplace, replaced: bool) -> None:
    """Nothing is kept in a file that has no name any more; where it comes back, the daemon goes on."""
    port, var = free_port(), workplace.folder / "var"
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(serving(site, port))
        with logged_daemon(workplace, port) as running:
            until(lambda: len(workplace.posts()) == 1)
            var.rename(workplace.folder / "aside")
            if replaced:
                shutil.copytree(workplace.folder / "aside", var)
            site.pages["/feed.xml"] = feed(item(1), item(2))
            address = f"http://127.0.0.1:{port}/healthz"
            until(lambda: get(address).status_code == 503)
            happened = "was replaced by another file" if replaced else "was removed"
            assert happened in get(address).json()["problem"]
            # Not at once: a file that is being replaced is missing for a moment.
            until(lambda: "while it was in use" in running.log)
            shutil.rmtree(var, ignore_errors=True)
            (workplace.folder / "aside").rename(var)
            until(lambda: get(address).status_code == 200)
            until(lambda: len(workplace.posts()) == 2)


@pytest.mark.slow
def test_a_database_that_is_overwritten_is_noticed(workplace: Workplace) -> None:
    """What is written over its file does not stay unseen, though the file is the same by its number."""
    port, file = free_port(), workplace.folder / "var" / "test.db"
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(serving(site, port))
        workplace.run("poll")
        before = file.read_bytes()
        with logged_daemon(workplace, port) as running:
            address = f"http://127.0.0.1:{port}/healthz"
            assert get(address).status_code == 200
            file.write_bytes(before)
            # While it is written, other words may be said of it.
            until(lambda: "was overwritten" in get(address).json().get("problem", ""))
            until(lambda: "was overwritten while it was in use" in running.log)


def test_health_counts_failures_of_other_processes(workplace: Workplace) -> None:
    """They are counted in the database, not in the memory of the daemon."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(serving(site, port, interval="1h"))
        with daemon(workplace, port) as process:
            until(lambda: len(workplace.posts()) == 1)
            address = f"http://127.0.0.1:{port}/healthz"
            assert get(address).json()["failing"] == 0
            del site.pages["/feed.xml"]
            workplace.run("poll", expect=1)
            assert get(address).json()["failing"] == 1
            stop(process)


def test_a_paused_source_is_left_alone(workplace: Workplace) -> None:
    """A running daemon obeys, as does a poll of everything; resumed, it is visited at once, and nothing is lost."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(serving(site, port, interval="1s"))
        with daemon(workplace, port) as process:
            until(lambda: len(workplace.posts()) == 1)
            assert "paper: paused" in workplace.run("pause", "paper").stdout
            assert "paused before" in workplace.run("pause", "paper").stdout
            until(lambda: workplace.sources()["paper"]["status"] == "ok")
            time.sleep(3)  # a visit that was claimed before comes to its end
            asked = len(site.paths())
            site.pages["/feed.xml"] = feed(item(1), item(2))
            assert "paper: is paused since" in workplace.run("poll").stdout
            time.sleep(3)  # two ticks of the daemon
            assert len(site.paths()) == asked
            assert workplace.sources()["paper"]["paused"]
            assert "paper: resumed" in workplace.run("resume", "paper").stdout
            until(lambda: len(workplace.posts()) == 2)
            stop(process)
    assert "was not paused" in workplace.run("resume", "paper").stdout
    assert "there is no source" in workplace.run("pause", "nobody", expect=2).stderr


def test_busy_port(workplace: Workplace) -> None:
    """A second daemon on the same address refuses with a plain message."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(serving(site, port))
        with daemon(workplace, port):
            assert "in use" in workplace.run("run", expect=1).stderr


@pytest.mark.slow
def test_beside_each_other(workplace: Workplace) -> None:
    """``poll`` and ``publish`` beside a busy daemon wait their turn, and nothing is lost or doubled."""
    port = free_port()
    number = 0

    def growing(request: Received) -> Answer:
        nonlocal number
        number += 1
        return Answer(feed(*(item(index) for index in range(1, min(number, 30) + 1))))

    with Site({"/feed.xml": growing}) as site:
        workplace.configure(serving(site, port))
        with daemon(workplace, port) as process:
            others = [workplace.start(*command) for command in (["poll"], ["publish"], ["poll", "paper"]) * 2]
            for other in others:
                _, err = other.communicate(timeout=PATIENCE)
                assert other.returncode == 0, err
            stop(process)
        workplace.run("poll")
    assert len(workplace.posts()) == min(number, 30)
    workplace.run("publish", "--check")


@pytest.mark.slow
def test_address_with_a_path(workplace: Workplace) -> None:
    """Where [site] url has a path, what is printed and published can be asked for as it stands."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(serving(site, port), url=f"http://127.0.0.1:{port}/news/")
        with daemon(workplace, port) as process:
            until(lambda: "Title 1" in get(f"http://127.0.0.1:{port}/news/feeds/rss.xml").text)
            share = get(f"http://127.0.0.1:{port}/feeds/feed.json").json()["items"][0]["url"]
            assert get(share).status_code == 200
            stop(process)


def test_without_server(workplace: Workplace) -> None:
    """Without [server] it polls and publishes all the same."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        process = workplace.start("run")
        try:
            until(lambda: len(workplace.posts()) == 1)
            stop(process)
        finally:
            process.kill()
            process.communicate()
    assert os.listdir(workplace.folder / "_posts")
