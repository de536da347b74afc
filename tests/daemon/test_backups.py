"""Copies of the database that the daemon makes by itself."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.daemon.backups import RETRY, Backups
from aggregator.errors import ConfigError
from aggregator.model import Occurrence
from aggregator.settings import Backup, Config
from aggregator.store import Store
from tests.support.loopback import Site
from tests.support.posts import START, a_press, an_item
from tests.support.running import daemon, free_port, until
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace

DAY = timedelta(days=1)


class Machine:
    """A database with an article, and a clock that the test sets."""

    def __init__(self, folder: Path, **keys: object) -> None:
        self.folder = folder
        self.now = START
        site = {"url": "https://news.example.org", "timezone": "UTC"}
        database = f"sqlite:///{folder}/var/test.db"
        settings = Backup(folder=f"{folder}/copies", **keys)  # type: ignore[arg-type]
        self.config = Config.model_validate(
            {"site": site, "storage": {"database": database}, "backup": settings}
        )
        self.backups = Backups(lambda: self.now)
        with a_press(folder) as press:
            press.save(an_item(1))

    def make(self, after: timedelta = timedelta(0)) -> Occurrence | None:
        """Look after the copies some time later."""
        self.now += after
        return self.backups.make(self.config, lambda: False)

    @property
    def copies(self) -> list[str]:
        """The files in the folder."""
        return sorted(path.name for path in self.folder.glob("copies/*"))


def test_copies_come_and_go(tmp_path: Path) -> None:
    """One at once, then one a day; the newest of each day and week stay, each can be opened, and others' files stay."""
    machine = Machine(tmp_path, daily=3, weekly=2)
    assert machine.make() == Occurrence("backup")
    assert machine.make(DAY / 2) is None
    for name in (
        "notes.txt", "other-20200101T000000Z.db", "test-20201399T000000Z.db", "test-20990101T000000Z.db"
    ):  # fmt: skip
        (tmp_path / "copies" / name).write_text("theirs")
    os.mkfifo(tmp_path / "copies" / "test-20200101T000000Z.db.part")
    (tmp_path / "copies" / "test-20200101T000000Z.db").mkdir()
    for _ in range(30):
        machine.make(DAY / 2)
    assert machine.now == START + 15 * DAY + DAY / 2
    assert machine.copies == [
        "notes.txt",
        "other-20200101T000000Z.db",
        "test-20200101T000000Z.db",
        "test-20200101T000000Z.db.part",
        "test-20201399T000000Z.db",
        *(f"test-202603{day}T020000Z.db" for day in (15, 18, 19, 20)),
        "test-20990101T000000Z.db",
    ]
    with Store.open(f"sqlite:///{tmp_path}/copies/test-20260320T020000Z.db") as store:
        assert store.article_count() == 1


def test_a_start_makes_no_copy_before_its_time(tmp_path: Path) -> None:
    """The files say when the last one was made; a clock that was ahead does not put the next one off."""
    machine = Machine(tmp_path)
    machine.make()
    machine.backups = Backups(lambda: machine.now)
    assert machine.make(DAY / 2) is None
    assert machine.make(1000 * DAY) is not None
    machine.now = START
    assert machine.make(DAY) is not None
    assert "test-20260306T020000Z.db" in machine.copies


@pytest.mark.parametrize("wrong", ["folder", "damage", "count"])
def test_what_fails_is_said(tmp_path: Path, wrong: str) -> None:
    """Without paths, which the log has; it is tried again in an hour, and over once a copy is made."""
    machine = Machine(tmp_path)
    database, saved = tmp_path / "var" / "test.db", tmp_path / "var" / "saved"
    saved.write_bytes(database.read_bytes())
    if wrong == "folder":
        (tmp_path / "copies").touch()
        reason = "File exists"
    elif wrong == "damage":
        content = database.read_bytes()
        database.write_bytes(content[:8192] + os.urandom(len(content) - 8192))
        reason = "database disk image is malformed"
    else:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("DELETE FROM articles")
            connection.commit()
        reason = "it has 0 articles, and says that it has 1"
    failed = machine.make()
    assert failed is not None
    assert (failed.about, failed.kind) == ("backup", "backup-failed")
    assert reason in failed.detail or failed.detail == "it is damaged"
    assert machine.copies == []
    assert machine.make(RETRY / 2) is None
    assert machine.make(RETRY / 2) == failed
    if wrong == "folder":
        (tmp_path / "copies").unlink()
    saved.replace(database)
    assert machine.make(RETRY) == Occurrence("backup")
    assert len(machine.copies) == 1


def test_what_a_killed_process_leaves_looks_like_nothing(tmp_path: Path) -> None:
    """It is no backup, and goes with the next one; what another process is writing stays."""
    machine = Machine(tmp_path)
    with a_press(tmp_path) as press:  # more than SQLite keeps in memory before it writes
        press.save(*(an_item(number, content=f"<p>{os.urandom(10**6).hex()}</p>") for number in (2, 3)))
    folder = tmp_path / "copies"
    folder.mkdir()
    code = """
import os, sys
from pathlib import Path
from aggregator.store.upkeep import backup
backup.PAGES_PER_STEP = 1
backup.backup(sys.argv[1], Path(sys.argv[2]), lambda done, total: done < total / 2 or os.kill(os.getpid(), 9))
"""
    address, file = machine.config.storage.database, folder / "test-20260301T000000Z.db"
    done = subprocess.run([sys.executable, "-c", code, address, str(file)], check=False)
    assert done.returncode == -signal.SIGKILL
    half = folder / f"{file.name}.part"
    assert machine.copies == [half.name]
    assert half.stat().st_size > 0
    written = folder / "test-20260302T000000Z.db.part"
    with written.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        machine.make()
        assert machine.copies == [written.name, "test-20260305T020000Z.db"]


def test_no_room(workplace: Workplace) -> None:
    """A copy that does not fit leaves nothing behind, and the message says why."""
    with a_press(workplace.folder) as press:
        press.save(*(an_item(number) for number in range(100)))
    workplace.configure("")
    running = workplace.start("backup", "copy.db", before=("prlimit", "--fsize=100000"))
    _, said = running.communicate()
    assert running.returncode == 1
    assert "cannot write copy.db: " in said
    assert "Traceback" not in said
    assert not list(workplace.folder.glob("copy.db*"))


def test_the_daemon_makes_them_and_tells_where_it_cannot(workplace: Workplace) -> None:
    """By itself, from its start on; a rule tells of the failure."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1)), "/hook": b"ok"}) as site:
        told = (
            f'[[receiver]]\nname = "desk"\nurl = "{site.url}/hook"\n'
            '[[rule]]\nname = "trouble"\non = ["backup-failed"]\ntell = ["desk"]\n'
        )
        server = f'[server]\nlisten = "127.0.0.1:{port}"\n'
        workplace.configure(f'{server}[backup]\nfolder = "copies"\n{told}{feed_source(site)}')
        with daemon(workplace, port):
            until(lambda: list(workplace.folder.glob("copies/test-*.db")))
        [copy] = workplace.folder.glob("copies/*")
        copy.unlink()
        (workplace.folder / "copies").rmdir()
        (workplace.folder / "copies").touch()
        with daemon(workplace, port):
            until(lambda: any(one.path == "/hook" for one in site.requests))
        [hit] = json.loads(next(one.body for one in site.requests if one.path == "/hook"))["hits"]
    assert hit["kind"] == "backup-failed"
    assert "What to do" in hit["excerpt"] or "处理" in hit["excerpt"]
    assert str(workplace.folder) not in hit["excerpt"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('interval = "1d"', "folder"),
        ('folder = "copies"\ncron = "99 * * * *"', "cron"),
        ('folder = "copies"\ndaily = 0', "daily"),
        ('folder = "copies"\ninterval = "0s"', "longer than zero"),
        ('folder = "copies"\nkeep = 3', "keep"),
        ('folder = "public/copies"', '"public" must be a folder of its own'),
    ],
)
def test_a_table_that_is_wrong_is_refused(workplace: Workplace, table: str, said: str) -> None:
    """A folder that is published is no place for the database."""
    workplace.configure(f"[backup]\n{table}\n")
    with pytest.raises(ConfigError) as caught:
        load(workplace.config)
    assert said in str(caught.value)
