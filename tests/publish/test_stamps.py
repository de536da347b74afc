"""Stamps of a timestamp authority on the hashes of days, asked for on loopback and verified offline."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import FetchError
from aggregator.fetch import make_fetcher
from aggregator.publish.chain import check_chain
from aggregator.publish.stamps import ask_stamps, stamp_fault
from aggregator.settings import Network
from tests.support.loopback import Answer, Site
from tests.support.posts import START, Press, a_press, an_item
from tests.support.running import daemon, free_port, get, serving, stop, until
from tests.support.samples import feed, item
from tests.support.timestamping import Authority
from tests.support.workplace import Workplace

LOOPBACK = Network(allow_private=("127.0.0.0/8",), delay=timedelta(0))


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    """A press that kept something on two days, which are over and sealed."""
    with a_press(tmp_path, network=LOOPBACK) as press:
        press.save(an_item(1))
        press.save(an_item(2), hour=24)
        press.store.seal_days((START + timedelta(days=2)).date())
        yield press


def ask(press: Press, site: Site) -> int:
    """Ask the authority of a site."""

    async def run() -> int:
        async with make_fetcher(press.app.config) as fetcher:
            return await ask_stamps(press.store, fetcher, f"{site.url}/tsa")

    return asyncio.run(run())


def broken(press: Press, roots: Path) -> str:
    """What the whole chain says of its stamps."""
    folders, archive = press.publisher.folders, press.app.archive
    found = check_chain(
        press.store, folders, archive, lambda day: stamp_fault(day, str(roots)), lambda done, total: None
    )
    return f"{found.broken} {found.why}" if found.broken else f"{found.stamped} stamped"


def test_days_are_stamped_and_verified_offline(press: Press, tmp_path: Path) -> None:
    """Each day once; openssl itself says the same of it, and of another root's certificate the contrary."""
    authority = Authority(tmp_path / "authority")
    with Site({"/tsa": authority.answer}) as site:
        assert ask(press, site) == 2
        assert ask(press, site) == 0
    assert authority.asked == 2
    assert broken(press, authority.roots) == "2 stamped"
    day = press.store.seals()[1]
    assert day.stamp
    (authority.folder / "day").write_bytes(day.digest)
    (authority.folder / "stamp.tsr").write_bytes(day.stamp)
    files = ("-data", "day", "-in", "stamp.tsr", "-CAfile", "root.pem")
    assert "Verification: OK" in authority.run("ts", "-verify", *files)
    other = Authority(tmp_path / "other")
    assert "2026-03-05 its stamp is not of an authority in" in broken(press, other.roots)


def test_a_silent_authority_is_asked_later(press: Press, tmp_path: Path) -> None:
    """Nothing is lost and nothing changes until it answers; then the days that are over are stamped at once."""
    authority = Authority(tmp_path / "authority")
    with Site({"/tsa": Answer(b"out of order", status=503)}) as site:
        with pytest.raises(FetchError, match="503"):
            ask(press, site)
        press.save(an_item(3), hour=48)
        press.store.seal_days((START + timedelta(days=3)).date())
        assert [day.stamp for day in press.store.seals()] == [None] * 3
        assert broken(press, authority.roots) == "0 stamped"
        site.pages["/tsa"] = authority.answer
        assert ask(press, site) == 3
    assert broken(press, authority.roots) == "3 stamped"


@pytest.mark.parametrize("answer", ["of another day", "a page"])
def test_what_is_no_stamp_of_the_day_is_not_kept(press: Press, tmp_path: Path, answer: str) -> None:
    """It counts as no answer."""
    authority = Authority(tmp_path / "authority")
    with Site({"/tsa": authority.answer}) as site:
        ask(press, site)
        first = press.store.seals()[0].stamp or b""
        press.save(an_item(3), hour=48)
        press.store.seal_days((START + timedelta(days=3)).date())
        site.pages["/tsa"] = first if answer == "of another day" else b"<html>Welcome</html>"
        with pytest.raises(FetchError, match="its stamp is"):
            ask(press, site)
    assert press.store.seals()[2].stamp is None


@pytest.mark.slow
def test_the_daemon_seals_and_stamps_by_itself(workplace: Workplace, tmp_path: Path) -> None:
    """A day that is over is sealed and stamped; while the authority is silent, everything else goes on."""
    authority, path = Authority(tmp_path / "authority"), workplace.folder / "var" / "test.db"

    def seals() -> list[tuple[str, bytes | None]]:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("SELECT day, stamp FROM seals").fetchall()

    with Site({"/feed.xml": feed(item(1))}) as site:
        site.pages["/tsa"] = Answer(b"out of order", status=404)
        table = f'[evidence]\ntimestamp = "{site.url}/tsa"\ntimestamp_roots = "{authority.roots}"\n'
        port = free_port()
        workplace.configure(table + serving(site, port))
        workplace.run("poll")
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE ledger SET day = '2026-03-05'")
        site.pages["/feed.xml"] = feed(item(1), item(2))
        with daemon(workplace, port) as process:
            until(lambda: seals() == [("2026-03-05", None)] and "/tsa" in site.paths())
            until(lambda: "Title 2" in get(f"http://127.0.0.1:{port}/feeds/rss.xml").text)
            _, err = stop(process)
        assert "cannot have days stamped" in err
        site.pages["/tsa"] = authority.answer
        with daemon(workplace, port):
            until(lambda: seals()[0][1] is not None)
    assert "1 day stamped: verified" in workplace.run("check", "--chain").stdout
