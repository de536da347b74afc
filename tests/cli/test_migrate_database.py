"""The database is moved to PostgreSQL and back: what is published stays as it is, and polls go on as if nothing had happened."""

from __future__ import annotations

import json
import shlex
import shutil
import time
from collections.abc import Callable

import pytest

from aggregator.errors import StoreError
from aggregator.store import Store
from docs.site.blocks import block
from tests.support.loopback import Site
from tests.support.running import daemon, free_port, serving, until
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace

FILE = "sqlite:///var/test.db"


def use(workplace: Workplace, address: str, before: str = FILE) -> None:
    """Name another database in the configuration."""
    text = workplace.config.read_text("utf-8")
    assert before in text
    workplace.config.write_text(text.replace(f'"{before}"', f'"{address}"'), "utf-8")


def documented(address: str) -> list[list[str]]:
    """The commands of data.md, with the databases of a test."""
    lines = block("docs/data.md", "From SQLite to PostgreSQL, and back").splitlines()
    assert lines[0] == "sudo systemctl stop aggregator"
    moved = [line.replace("var/aggregator.db", "var/test.db") for line in lines[1:]]
    return [
        shlex.split(line.replace("postgresql:///aggregator", address), comments=True)[1:] for line in moved
    ]


def test_to_postgresql_and_back(workplace: Workplace, postgresql_server: Callable[[str], str]) -> None:
    """As the documentation says: nothing is published or taken twice, and the way back has what came meanwhile."""
    address = postgresql_server("moved")
    dry, whole = documented(address)
    with Site({"/feed.xml": feed(*(item(number) for number in range(1, 6)))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        key = workplace.folder / "var" / "test.db.key"
        key.write_bytes(b"k" * 32)
        before = published(workplace)
        said = workplace.run(*dry)
        assert "articles: 5 rows" in said.stdout
        assert "nothing was moved" in said.stderr
        said = workplace.run(*whole)
        assert "articles: 5 rows, sha256 " in said.stdout
        assert "All is there" in said.stderr
        assert (workplace.folder / "var" / "postgresql.key").read_bytes() == key.read_bytes()
        workplace.run("publish", "--check")
        use(workplace, address)
        workplace.run("publish", "--check")
        assert "0 files written, 0 removed" in workplace.run("publish").stdout
        assert "is sound: 5 articles" in workplace.run("check", "--database").stdout
        assert "paper: 0 new, 0 changed\n" in workplace.run("poll").stdout
        assert published(workplace) == before
        site.pages["/feed.xml"] = feed(*(item(number) for number in range(1, 9)))
        assert "3 new" in workplace.run("poll").stdout
        after = published(workplace)
        said = workplace.run("migrate-database", address, "sqlite:///var/back.db", "--json")
        tables = {one["table"]: one for one in json.loads(said.stdout)}
        assert tables["articles"]["rows"] == tables["articles"]["moved_rows"] == 8
        assert all(one["equal"] and one["digest"] == one["moved_digest"] for one in tables.values())
        use(workplace, "sqlite:///var/back.db", address)
        workplace.run("publish", "--check")
        assert "paper: 0 new, 0 changed\n" in workplace.run("poll").stdout
        assert published(workplace) == after
    said = workplace.run("migrate-database", FILE, "sqlite:///var/back.db", expect=1)
    assert "has to be empty" in said.stderr
    assert "looks like" in workplace.run("migrate-database", "var/test.db", FILE, expect=1).stderr


def published(workplace: Workplace) -> dict[str, bytes]:
    """What is published, without the note by which a database of PostgreSQL knows its folder."""
    return {path: body for path, body in workplace.files().items() if "/." not in path}


@pytest.mark.slow
def test_a_running_daemon_is_told_to_stop(workplace: Workplace) -> None:
    """While it runs, nothing is moved and nothing is left behind."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(serving(site, port))
        with daemon(workplace, port):
            for way in ((FILE, "sqlite:///var/other.db"), ("sqlite:///var/other.db", FILE)):
                said = workplace.run("migrate-database", *way, expect=1)
                assert "var/test.db is in use by another process: stop the daemon" in said.stderr
        assert not (workplace.folder / "var" / "other.db").exists()
        workplace.run("migrate-database", FILE, "sqlite:///var/other.db")


def is_half_moved(address: str) -> bool:
    """Whether the program refuses a database because a move to it is not done."""
    try:
        Store.open(address, read_only=True).close()
    except StoreError as exc:
        return "not all of it is here" in str(exc)
    return False


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_at_any_moment(workplace: Workplace, kind: str, request: pytest.FixtureRequest) -> None:
    """SIGKILL again and again: the database that is not whole is refused, and what comes out in the end is all of it."""
    address = "sqlite:///var/to.db"
    if kind == "postgresql":
        address = request.getfixturevalue("postgresql_server")("killed")
    with Site({"/feed.xml": feed(*(item(number % 60, str(number)) for number in range(900)))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
    seen = address.replace("sqlite:///", f"sqlite:///{workplace.folder}/")
    killed = 0
    for wait in range(6):
        process = workplace.start("migrate-database", FILE, address)
        until(lambda process=process: is_half_moved(seen) or process.poll() is not None)
        time.sleep(wait / 20)
        process.kill()
        process.communicate()
        if not is_half_moved(seen):
            break
        killed += 1
        use(workplace, address)
        assert "the same `aggregator migrate-database` goes on" in workplace.run("sources", expect=1).stderr
        if kind == "sqlite" or shutil.which("pg_dump"):
            said = workplace.run("backup", "var/copy", "--force", expect=1).stderr
            assert "not all of it is there" in said
        use(workplace, FILE, address)
    assert killed
    workplace.run("migrate-database", FILE, address, expect=None)
    use(workplace, address)
    workplace.run("publish", "--check")
    assert "is sound" in workplace.run("check", "--database").stdout
