"""The database as such: copies of it, whether it is sound, and what it lets go."""

from __future__ import annotations

import sqlite3
import subprocess
import xml.etree.ElementTree as ET
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import BusyError, StoreError
from aggregator.model import EVERYTHING, Label, Outcome, PollState, Sighting
from aggregator.publish.retention import expire, list_expired
from aggregator.settings import Source
from aggregator.store import Store
from aggregator.store.upkeep.backup import backup, restore
from tests.support.loopback import Site
from tests.support.postgresql import PostgreSQL
from tests.support.posts import START, Press, a_press, an_item
from tests.support.releases import release
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace

DAY = timedelta(days=1)
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://www.w3.org/2005/Atom}link[@rel='prev-archive']"


def walk(press: Press) -> list[str]:
    """The titles of every entry of the feed of everything, archives included, the newest first."""
    titles, path = [], "feeds/atom.xml"
    while path:
        root = ET.fromstring(press.files(path)[path])  # noqa: S314 - our own
        titles += [entry.findtext(f"{ATOM}title") or "" for entry in root.iter(f"{ATOM}entry")]
        link = root.find(HISTORY)
        path = link.attrib["href"].removeprefix("https://news.example.org/") if link is not None else ""
    return titles


def test_a_backup_is_restored(workplace: Workplace) -> None:
    """What was in it is there again, what came since comes in again, and the output follows."""
    copy = workplace.folder / "copy.db"
    with Site({"/feed.xml": feed(*(item(number) for number in range(1, 6)))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        assert "Wrote" in workplace.run("backup", str(copy)).stdout
        before = workplace.files()
        assert "exists; --force overwrites it" in workplace.run("backup", str(copy), expect=2).stderr
        workplace.run("backup", str(copy), "--force")
        site.pages["/feed.xml"] = feed(*(item(number) for number in range(1, 9)))
        workplace.run("poll")
        after = workplace.files()
        said = workplace.run("restore", str(copy))
        assert "Restored 5 articles" in said.stdout
        assert "test.db.before" in said.stderr
        workplace.run("publish")
        assert workplace.files().keys() == before.keys(), (
            "what came after the copy is gone from the output, too"
        )
        workplace.run("publish", "--check")
        # The list is what it was at the last visit: without a new look, its validators would hide the rest.
        assert "3 new" in workplace.run("poll").stdout
        assert workplace.files().keys() == after.keys()
        workplace.run("publish", "--check")
        assert "is sound: 8 articles" in workplace.run("check", "--database").stdout
    with sqlite3.connect(workplace.folder / "var" / "test.db.before") as earlier:
        assert earlier.execute("SELECT count(*) FROM articles").fetchone() == (8,)


@pytest.mark.slow
def test_restoring_leaves_files_of_others(workplace: Workplace) -> None:
    """Archives and lists of what came since the copy go; what we have not written stays."""
    copy, theirs = workplace.folder / "copy.db", workplace.folder / "public" / "share" / "theirs.html"
    with Site({"/feed.xml": feed(*(item(number) for number in range(3)))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        workplace.run("backup", str(copy))
        before = workplace.files()
        site.pages["/feed.xml"] = feed(*(item(number) for number in range(220)))
        workplace.run("poll")
        assert any("/archive" in path for path in workplace.files().keys() - before.keys())
        theirs.write_text("theirs")
        workplace.run("restore", str(copy))
        workplace.run("publish")
    assert workplace.files().keys() == before.keys() | {"public/share/theirs.html"}


def test_a_backup_while_others_write(workplace: Workplace) -> None:
    """It is one state of the database, whatever is saved meanwhile, and sound."""
    with a_press(workplace.folder) as press:
        press.save(*(an_item(number) for number in range(200)))
        workplace.configure('[[source]]\nname = "paper"\nkind = "feed"\nurl = "http://x.example/"\n')
        running = workplace.start("backup", "copy.db")
        for number in range(200, 260):
            press.save(an_item(number))
        assert running.wait(60) == 0
        running.communicate()
    with Store.open(f"sqlite:///{workplace.folder}/copy.db") as store:
        assert store.find_faults() == []
        assert 200 <= store.article_count() <= 260


def test_restoring_refuses_what_is_no_copy(workplace: Workplace) -> None:
    """Half a file, another database, a newer one, none: each is named, and the database stays."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
    folder = workplace.folder
    workplace.run("backup", "whole.db")
    whole = (folder / "whole.db").read_bytes()
    (folder / "half.db").write_bytes(whole[: len(whole) // 2])
    (folder / "text.db").write_text("no database at all " * 999)
    with sqlite3.connect(folder / "other.db") as other:
        other.execute("CREATE TABLE notes (text)")
    (folder / "newer.db").write_bytes(whole)
    with sqlite3.connect(folder / "newer.db") as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    for name, reason in {
        "half.db": "it is damaged",
        "text.db": "file is not a database",
        "other.db": "not one of aggregator",
        "newer.db": "newer version of aggregator",
        "none.db": "there is no such file",
    }.items():
        said = workplace.run("restore", name, expect=1).stderr
        assert f"cannot restore {name}: " in said
        assert reason in said or "damaged" in said or "malformed" in said
        assert "Traceback" not in said
    assert "is sound: 1 article" in workplace.run("check", "--database").stdout


def test_a_restore_that_is_stopped_leaves_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever it ends, there is the old database or the new one in its place: a daemon begins no empty one."""
    with a_press(tmp_path) as press:
        press.save(an_item(1))
    address, copy = f"sqlite:///{tmp_path}/var/test.db", tmp_path / "copy.db"
    backup(address, copy)
    with monkeypatch.context() as patched:
        # The last step before the new one is in place cannot be done.
        patched.setattr(
            Path, "replace", lambda self, target: (_ for _ in ()).throw(OSError(28, "No space left"))
        )
        with pytest.raises(StoreError, match="No space left"):
            restore(address, copy)
    with Store.open(address) as store:
        assert store.article_count() == 1


def test_nothing_is_restored_under_a_daemon(workplace: Workplace) -> None:
    """As long as another process has the database open, it is refused and stays as it is."""
    with a_press(workplace.folder) as press:
        press.save(an_item(1))
        workplace.configure('[[source]]\nname = "paper"\nkind = "feed"\nurl = "http://x.example/"\n')
        workplace.run("backup", "copy.db")
        press.save(an_item(2))
        assert "is in use" in workplace.run("restore", "copy.db", expect=1).stderr
        assert press.store.article_count() == 2
        press.save(an_item(3))
    assert not list(workplace.folder.glob("var/*.before*"))
    assert "Restored 1 article " in workplace.run("restore", "copy.db").stdout


def test_a_damaged_database_is_told(workplace: Workplace) -> None:
    """`check --database` names the file, what is wrong with it, and what mends it."""
    with a_press(workplace.folder) as press:
        press.save(*(an_item(number) for number in range(300)))
    workplace.configure('[[source]]\nname = "paper"\nkind = "feed"\nurl = "http://x.example/"\n')
    workplace.run("backup", "copy.db")
    file = workplace.folder / "var" / "test.db"
    body = bytearray(file.read_bytes())
    middle = len(body) // 2 // 4096 * 4096
    body[middle : middle + 3 * 4096] = b"\xa5" * (3 * 4096)
    file.write_bytes(body)
    said = workplace.run("check", "--database", expect=1).stderr
    assert "var/test.db" in said
    assert "damaged" in said or "malformed" in said or "cannot be read" in said
    assert "Traceback" not in said
    assert "Restored 300 articles" in workplace.run("restore", "copy.db").stdout
    workplace.run("check", "--database")


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE totals SET articles = 99", "there are 9 articles, and it says 99"),
        ("DELETE FROM texts WHERE article = (SELECT number FROM articles WHERE id = 'item-000003')", "article item-000003 has no text to search"),
        ("DELETE FROM sightings", "article item-000000 was shown by no source"),
        ("UPDATE topics SET articles = 7 WHERE kind = 'all'", "all  has 9 articles, and it says 7"),
        ("UPDATE totals SET sequence = 3", "was never given out (the last one is 3)"),
        ("DELETE FROM articles WHERE id = 'item-000003'", "belongs to something in articles that is not there"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(tmp_path: Path, statement: str, fault: str) -> None:
    """Beyond SQLite's own checks, what we know of our tables."""
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(9)))
        press.publish()
        assert press.store.find_faults() == []
        with sqlite3.connect(tmp_path / "var" / "test.db") as past:
            past.execute(statement)
        assert fault in "\n".join(press.store.find_faults())


def test_a_sound_database_on_both(store: Store) -> None:
    """SQLite and PostgreSQL find nothing wrong with what polls wrote."""
    store.sync_sources(["paper"], START)
    one = an_item(1)
    seen = (Sighting(one.key, one.digest, one.labels),)
    store.save(Outcome("paper", "paper", PollState("paper", due=START), (one,), (), seen), START)
    assert store.find_faults() == []


def keep(press: Press, **limits: object) -> list[Source]:
    """The source of a press with such limits."""
    return [press.app.config.sources[0].model_copy(update=limits)]


@pytest.mark.slow
def test_what_is_kept_no_longer_is_nowhere(tmp_path: Path) -> None:
    """Old articles go from pages, posts, feeds, archives and search; the chain of archives stays whole, and silent."""
    with a_press(tmp_path) as press:
        for number in range(230):
            press.save(an_item(number), hour=24 * number)
        press.publish()
        assert len(walk(press)) == 230
        now = START + 230 * DAY
        sources = keep(press, keep_for=100 * DAY)
        [found] = list_expired(press.store, sources, now)
        assert (found.source, found.articles) == ("paper", 130)
        assert (found.first, found.last) == (START, START + 129 * DAY)
        assert expire(press.store, sources, now, confirmed=True) == 130
        press.publish()
        assert walk(press) == [f"Title {number}" for number in range(229, 129, -1)]
        said = {path for path, body in press.files().items() if b"Text of number 42." in body}
        assert said == set()
        assert b"deleted-entry" not in press.files("feeds/atom.xml")["feeds/atom.xml"]
        assert len(list((tmp_path / "_posts").glob("*"))) == 100
        assert press.publisher.check() == []
        assert press.store.find_faults() == []
        assert press.store.topic(EVERYTHING).articles == 100
        assert list_expired(press.store, sources, now) == []
        # The list still shows an old one: it does not come in again.
        press.save(an_item(42), hour=24 * 231)
        assert press.store.article_count() == 100


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    """With keep_items the oldest go, however young they are; stopped in the middle, the rest goes later."""
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(90)))
        press.save(*(an_item(number) for number in range(90, 120)), hour=1)
        sources = keep(press, keep_items=50)
        counts: list[int] = []
        expire(press.store, sources, START, lambda: bool(counts), counts.append, confirmed=True)
        assert counts == [20]
        assert expire(press.store, sources, START, confirmed=True) == 50
        press.publish()
        assert sorted(walk(press)) == sorted(f"Title {number}" for number in range(70, 120))
        assert list_expired(press.store, keep(press), START) == []


def test_what_another_source_shows_stays(store: Store) -> None:
    """An article of two sources is kept as long as one of them keeps everything."""
    store.sync_sources(["paper", "second"], START)
    new = tuple(an_item(number) for number in range(4))
    seen = tuple(Sighting(one.key, one.digest, one.labels) for one in new)
    store.save(Outcome("paper", "paper", PollState("paper", due=START), new, (), seen), START)
    state = PollState("second", due=START)
    store.save(Outcome("second", "paper", state, (), (), seen[:1]), START)
    assert store.count_expired("paper", START + DAY, None).articles == 3
    assert store.expire("paper", START + DAY, None, "test", START, 10) == 3
    assert [kept.id for kept in store.every()] == ["item-000000"]
    store.sync_sources(["paper"], START)
    assert store.expire("paper", START + DAY, None, "test", START, 10) == 1


def test_the_command(workplace: Workplace) -> None:
    """A dry run counts and touches nothing; a run takes out; without limits it says so."""
    with Site({"/feed.xml": feed(*(item(number) for number in range(1, 9)))}) as site:
        table = feed_source(site)
        workplace.configure(table)
        workplace.run("poll")
        assert "everything is kept" in workplace.run("prune").stderr
        workplace.configure(table.replace('kind = "feed"', 'kind = "feed"\nkeep_items = 3'))
        before = workplace.files()
        said = workplace.run("prune", "--dry-run")
        assert ": 5 articles that came from " in said.stdout
        assert "Nothing was taken out" in said.stderr
        assert workplace.files() == before
        assert "Took out 5 articles." in workplace.run("prune").stdout
        assert len(workplace.posts()) == 3
        workplace.run("publish", "--check")
        assert "0 new" in workplace.run("poll", expect=None).stdout
        workplace.configure(table.replace('kind = "feed"', 'kind = "feed"\nkeep = "90d"'))
        assert 'keep_for = "90d"' in workplace.run("check", expect=2).stderr


def test_labels_of_nothing_stay(tmp_path: Path) -> None:
    """A category of which nothing is left has an empty page, and its feeds stay to be read."""
    with a_press(tmp_path) as press:
        press.save(an_item(1, labels=(Label("Alone"),)), an_item(2, labels=(Label("Other"),)))
        press.publish()
        expire(press.store, keep(press, keep_for=DAY), START + 2 * DAY, confirmed=True)
        press.publish()
        assert press.publisher.check() == []
        assert any("alone" in path for path in press.files("category/*"))


def test_a_backup_of_postgresql(
    postgresql: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's own programs make the copy and put it back; without them that is said."""
    address, copy = postgresql.create("copied"), tmp_path / "copy.dump"
    monkeypatch.setenv("PATH", "")
    with Store.open(address) as store:
        store.sync_sources(["paper"], START)
        store.save(Outcome("paper", "paper", PollState("paper", due=START), (an_item(1),)), START)
        with pytest.raises(StoreError, match="pg_dump is not installed"):
            backup(address, copy)
    monkeypatch.setenv("PATH", f"{postgresql.programs}")
    assert backup(address, copy) == 1
    with Store.open(address) as store:
        store.save(Outcome("paper", "paper", PollState("paper", due=START), (an_item(2),)), START)
        assert store.article_count() == 2
        monkeypatch.setattr("aggregator.store.upkeep.usage.PATIENCE", 0)
        with pytest.raises(BusyError, match="is in use by "):
            restore(address, copy)
    assert restore(address, copy) is None
    with Store.open(address) as store:
        assert [kept.id for kept in store.every()] == ["item-000001"]


def test_what_is_no_copy_of_postgresql_is_refused(
    postgresql: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a dump, another database's, a newer one, half a move, none, and one that is cut off: the database stays."""
    address, copy = postgresql.create("kept"), tmp_path / "copy.dump"
    monkeypatch.setenv("PATH", f"{postgresql.programs}")
    with Store.open(address) as store:
        store.sync_sources(["paper"], START)
        store.save(Outcome("paper", "paper", PollState("paper", due=START), (an_item(1),)), START)
    backup(address, copy)
    (tmp_path / "half.dump").write_bytes(copy.read_bytes()[:-400])
    other = postgresql.create("strange", "kept")
    for name, statement in {
        "newer": "UPDATE alembic_version SET version_num = '9999'",
        "moving": "UPDATE alembic_version SET version_num = 'moving'",
        "other": "DROP TABLE alembic_version",
    }.items():
        postgresql.execute(statement, "strange")
        with pytest.raises(StoreError, match="cannot write "):
            backup(other, tmp_path / "never.dump")
        dumped = subprocess.run(["pg_dump", "-Fc", other], capture_output=True, check=True).stdout
        (tmp_path / f"{name}.dump").write_bytes(dumped)
    for name, reason in {
        "half": "it is damaged: ",
        "other": "not one of aggregator",
        "newer": "newer version of aggregator",
        "moving": "not all of it is there",
        "none": "there is no such file",
    }.items():
        with pytest.raises(StoreError, match=f"cannot restore .*{name}.dump: .*{reason}"):
            restore(address, tmp_path / f"{name}.dump")
    cut = tmp_path / "pg_restore"
    cut.write_text(
        f'#!/bin/sh\n[ "$2" = --clean ] || exec {postgresql.programs}/pg_restore "$@"\n'
        f'{postgresql.programs}/pg_restore "$@" | /usr/bin/head -n 900\nexit 1\n'
    )
    cut.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{postgresql.programs}")
    with pytest.raises(StoreError, match="it is damaged"):
        restore(address, copy)
    with Store.open(address) as store:
        assert store.article_count() == 1


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_a_copy_of_an_earlier_version_is_restored(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over what a later version made of it, with tables that were not there then."""
    if database_url.startswith("postgresql:"):
        monkeypatch.setenv("PATH", f"{request.getfixturevalue('postgresql').programs}")
    release(database_url, "0015")
    assert backup(database_url, tmp_path / "copy") == 1
    Store.open(database_url).close()
    restore(database_url, tmp_path / "copy")
    with Store.open(database_url) as store:
        assert [kept.id for kept in store.every()] == ["first-key"]
        assert store.find_faults() == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["sources"],
        ["sources", "--json"],
        ["search", "word"],
        ["check"],
        ["check", "--database"],
        ["export"],
        ["publish", "--check"],
        ["prune", "--dry-run"],
        ["remove", "abc", "--reason", "x", "--dry-run"],
        ["forget", "old", "--dry-run"],
        ["preview", "paper", "--filters"],
        ["backup", "copy.db"],
    ],
    ids=" ".join,
)
def test_what_only_reads_makes_no_database(workplace: Workplace, arguments: list[str]) -> None:
    """Nor the folder that it would lie in, nor that of the output."""
    workplace.configure(
        '[[source]]\nname = "paper"\nkind = "feed"\nurl = "http://x.example/"\nkeep_for = "9d"\n'
    )
    before = set(workplace.folder.rglob("*"))
    done = workplace.run(*arguments, expect=None)
    assert "Traceback" not in done.stderr
    assert set(workplace.folder.rglob("*")) == before
