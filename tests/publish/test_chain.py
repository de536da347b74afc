"""The chain of days: one hash a day over all that was kept, and what tells when something is not as it was."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.fetch.archive import Archive, Exchange
from aggregator.publish.chain import ChainReport, check_chain, seal_days
from aggregator.settings import Source
from aggregator.store import Store
from tests.support.database import NOW, an_article, an_outcome
from tests.support.loopback import Site
from tests.support.posts import START, Press, a_press, an_item
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace

DAYS = [date(2026, 3, day) for day in (5, 6, 8)]


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    """A press that kept articles on three days, the first of which was edited on the last; all are sealed."""
    with a_press(tmp_path) as press:
        press.save(an_item(1), an_item(2))
        press.save(an_item(3), hour=24)
        press.save(an_item(4), changed=[an_item(1, content="<p>Quite another text.</p>")], hour=72)
        press.store.seal_days(date(2026, 3, 9))
        yield press


def look(press: Press, archive: Archive | None = None) -> ChainReport:
    """Look at the whole chain."""
    folders = press.publisher.folders
    return check_chain(
        press.store, folders, archive or press.app.archive, lambda day: "", lambda done, total: None
    )


def tamper(press: Press, statement: str) -> None:
    """Change the database behind the program's back."""
    with sqlite3.connect(press.folder / "var" / "test.db") as connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()


def test_everything_that_was_kept_fits(press: Press) -> None:
    """Every state counts, the earlier one of an edited article, too; each hash is of the day and the hash before."""
    assert look(press) == ChainReport(3, DAYS[0], DAYS[2], compared=6)
    before = b""
    for day in press.store.seals():
        lines = "".join(f"{line.name} {line.digest.hex()}\n" for line in press.store.lines(day.day))
        before = hashlib.sha256(before + f"{day.day}\n{lines}".encode()).digest()
        assert day.digest == before
    assert press.store.seal_days(date(2026, 3, 9)) == []


@pytest.mark.parametrize(
    ("statement", "day", "why"),
    [
        ("UPDATE articles SET title = 'Nothing of that' WHERE id = 'item-000003'", 6, "article item-000003"),
        ("UPDATE articles SET published = '2026-03-01 00:00:00' WHERE id = 'item-000001'", 8, "(version 2)"),
        ("UPDATE changes SET at = '2026-03-07 00:00:00'", 8, "article item-000001 (what happened)"),
        ("DELETE FROM ledger WHERE name LIKE '3/%'", 6, "its lines are not those"),
        ("UPDATE ledger SET day = '2026-03-08' WHERE name LIKE '3/%'", 6, "its lines are not those"),
        ("DELETE FROM seals WHERE day = '2026-03-06'", 6, "its hash is missing"),
        ("UPDATE seals SET digest = x'00' WHERE day = '2026-03-05'", 5, "its lines are not those"),
    ],
)
def test_the_first_day_that_does_not_fit_is_told(press: Press, statement: str, day: int, why: str) -> None:
    """Whatever is changed behind the program's back."""
    if "3/" in statement:
        with sqlite3.connect(press.folder / "var" / "test.db") as connection:
            (number,) = connection.execute("SELECT number FROM articles WHERE id = 'item-000003'").fetchone()
        connection.close()
        statement = statement.replace("3/%", f"{number}/%")
    tamper(press, statement)
    found = look(press)
    assert found.broken == date(2026, 3, day)
    assert why in found.why


def test_a_removed_article_breaks_nothing(press: Press) -> None:
    """Its line stays, and says nothing of it; what is gone is counted."""
    press.store.remove("item-000001", "asked for", START)
    found = look(press)
    assert (found.broken, found.compared, found.gone) == (None, 3, 3)


def test_a_clock_that_is_set_back_opens_no_day_again(press: Press) -> None:
    """What comes then belongs to the first day that is not sealed."""
    press.save(an_item(5), hour=2)
    assert look(press).broken is None
    assert press.store.days()[-1] == date(2026, 3, 9)


def test_files_are_compared_too(press: Press, tmp_path: Path) -> None:
    """A mirrored file and one of raw answers that is changed on the disk; one that is gone is counted."""
    archive, sources = (
        Archive(tmp_path / "evidence"),
        [Source(name="paper", kind="feed", url="https://paper.example/feed", archive="warc")],
    )
    time = datetime(2026, 3, 9, 10, tzinfo=UTC)
    archive.keep(
        "paper", Exchange("https://paper.example/", time, 200, (), b"raw", request=b"GET / HTTP/1.1\r\n\r\n")
    )
    media = press.folder / "public" / "media" / "ab" / "abcd.pdf"
    media.parent.mkdir(parents=True)
    media.write_bytes(b"%PDF")
    press.store.note_files({"media/ab/abcd.pdf": hashlib.sha256(b"%PDF").digest()}, time)
    assert seal_days(press.store, archive, sources, time + timedelta(days=1)) == 1
    press.store.note_files({"media/ab/abcd.pdf": b"another time"}, time)
    assert seal_days(press.store, archive, sources, time + timedelta(days=2)) == 1
    assert (look(press, archive).broken, look(press, archive).compared) == (None, 8)
    media.write_bytes(b"%PDF, another")
    assert look(press, archive).why == "media/ab/abcd.pdf is not what was kept"
    media.unlink()
    assert (look(press, archive).broken, look(press, archive).gone) == (None, 1)
    file = next((tmp_path / "evidence").rglob("*.warc.gz"))
    file.write_bytes(file.read_bytes() + b"more")
    found = look(press, Archive(tmp_path / "evidence"))
    assert (found.broken, found.why) == (date(2026, 3, 10), f"{file} is not what was kept")


def test_both_databases_keep_the_ledger(store: Store) -> None:
    """A poll that is saved twice is kept once."""
    outcome = an_outcome(new=(an_article("one"), an_article("two")))
    for _ in range(2):
        store.save(outcome, NOW)
    (sealed,) = store.seal_days(NOW.date() + timedelta(days=1))
    assert sealed.lines == 2
    lines = {line.name: line.digest for line in store.lines(NOW.date())}
    assert {name: digest for name, _, digest in store.states(list(lines))} == lines


def test_the_command(workplace: Workplace) -> None:
    """It says that all fits, or what does not; a poll seals the days that are over."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        assert "fits: 0 days sealed" in workplace.run("check", "--chain").stdout
        with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
            connection.execute("UPDATE ledger SET day = '2026-03-05'")
        connection.close()
        workplace.run("poll")
        assert "from 2026-03-05 to 2026-03-05 fits: 1 day sealed" in workplace.run("check", "--chain").stdout
        with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
            connection.execute("UPDATE articles SET content = '<p>never</p>'")
        connection.close()
        assert "2026-03-05 does not fit: article" in workplace.run("check", "--chain", expect=1).stderr
