"""The doctor: what it finds, and how each is mended."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from aggregator.cli.checks import machine, stored
from aggregator.config import load
from aggregator.model import Node
from aggregator.store import Store
from tests.support.loopback import Answer, Site
from tests.support.postgresql import PostgreSQL
from tests.support.posts import a_press, an_item
from tests.support.running import daemon, free_port, serving
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import PATIENCE, Workplace

SOURCE = '[[source]]\nname = "paper"\nkind = "feed"\nurl = "https://paper.example/feed"\n'
LOGIN = '[source.session.login]\nurl = "https://paper.example/in"\nuser = "me"\npassword = { env = "X" }\n'
MAIL = '[mail]\nhost = "mail.example"\nsender = "a@mail.example"\nuser = "me"\n'
PAGE_SIZE = 8192  # of SQLite
SYSTEMCTL = "#!/bin/sh\necho LoadState=loaded\necho ActiveState=$ACTIVE\necho UnitFileState=enabled\n"


def diagnose(workplace: Workplace, active: str) -> tuple[int | None, dict[str, Any]]:
    """What the doctor says, where systemd says that the service is in a state; with its exit code."""
    tools = workplace.folder / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "systemctl").write_text(SYSTEMCTL)
    (tools / "systemctl").chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    process = workplace.start("doctor", "--json", PATH=path, ACTIVE=active)
    out, err = process.communicate(timeout=PATIENCE)
    assert err == ""
    return process.returncode, {one["what"]: one for one in json.loads(out)}


def test_all_is_well(workplace: Workplace) -> None:
    """Nothing is to be mended, and what is not there is not looked at; no list is asked for."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        asked = len(site.paths())
        code, checks = diagnose(workplace, "active")
        assert len(site.paths()) == asked
    assert code == 0
    assert checks["configuration"]["found"] == "config/aggregator.toml: 1 source"
    assert {name: one["ok"] for name, one in checks.items()} == {
        "configuration": True,
        "secrets": None,
        "libraries": None,
        "database folder": True,
        "output folder": True,
        "posts folder": True,
        "TLS": True,
        "DNS": None,
        "hosts": True,
        "clock": True,
        "database": True,
        "sources": True,
        "output": True,
        "daemon": None,
        "unit": True,
    }


def test_what_is_wrong_is_named_with_its_mend(workplace: Workplace) -> None:
    """Each by itself, whatever else is wrong; a name that is not known here asks nobody outside."""
    auth = '[source.auth]\nuser = "me"\npassword = { env = "NOT_SET" }\n'
    closed = '[[source]]\nname = "closed"\nkind = "feed"\nurl = "http://127.0.0.1:1/feed"\n'
    workplace.configure(closed + closed.replace("closed", "members").replace("0.1", "0.2") + auth)
    (workplace.folder / "public").write_text("a file in the place of a folder")
    (workplace.folder / "var").mkdir()
    (workplace.folder / "var" / "test.db").write_bytes(b"no database" * 100)
    code, checks = diagnose(workplace, "failed")
    assert code == 1
    wrong = {name for name, one in checks.items() if one["ok"] is False}
    assert wrong == {"secrets", "127.0.0.1", "127.0.0.2", "hosts", "output folder", "database", "unit"}
    assert "NOT_SET is not set" in checks["secrets"]["found"]
    assert "connection refused (closed)" in checks["127.0.0.1"]["found"]
    assert checks["127.0.0.1"]["mend"] == "see whether a browser opens it"
    assert "aggregator restore" in checks["database"]["mend"]
    assert "journalctl" in checks["unit"]["mend"]
    workplace.config.write_text("[site", "utf-8")
    said = workplace.run("doctor", expect=1).stdout
    assert said.startswith("✗ configuration: config/aggregator.toml: is not TOML")
    assert "\n  → mend it in config/aggregator.toml\n" in said


def test_a_damaged_page_is_found(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Although the database opens and counts its articles."""
    workplace.configure("")
    with a_press(workplace.folder) as press:
        press.save(*map(an_item, range(30)))
    monkeypatch.chdir(workplace.folder)
    config = load(workplace.config)
    assert next(stored.check_database(config)).ok
    with open(config.storage.file, "r+b") as file:
        file.seek(-PAGE_SIZE, os.SEEK_END)
        file.write(b"\xff" * PAGE_SIZE)
    [check] = stored.check_database(config)
    assert "is damaged" in check.found
    assert "aggregator restore" in check.mend


def test_what_a_cluster_lacks(workplace: Workplace, postgresql: PostgreSQL) -> None:
    """Each lack by its node, and all is well where nothing is lacking."""
    workplace.configure("")
    database = postgresql.create("doctor")
    text = workplace.config.read_text().replace("sqlite:///var/test.db", database)
    workplace.config.write_text(f'{text}\n[cluster]\nengine = "procrastinate"\n')
    config = load(workplace.config)

    def check() -> list[tuple[bool | None, str]]:
        return [(one.ok, one.found) for one in stored.check_database(config) if one.what == "cluster"]

    assert check() == [(False, "no node runs")]
    node = Node("a", "one", 7, "run", "1.0", "m", config.site.root, browser=False, dispatches=True)
    with Store.open(database) as store:
        store.add_node(node)
        assert check() == [(True, "processes: 1; one hands out the work")]
        store.add_node(replace(node, id="b", host="two", version="0.9", dispatches=False))
    assert check() == [(False, "two (run 7): its version is 0.9, and 1.0 hands out the work")]


def test_a_server_that_refuses(workplace: Workplace, postgresql: PostgreSQL) -> None:
    """Its name is mended in the configuration; no backup has to be taken."""
    workplace.configure("")
    text = workplace.config.read_text().replace("sqlite:///var/test.db", postgresql.address("misspelt"))
    workplace.config.write_text(text)
    [check] = stored.check_database(load(workplace.config))
    assert 'database "misspelt" does not exist' in check.found
    assert check.mend == "mend [storage] database, or start its server"


def test_the_daemon_is_that_of_the_configuration(workplace: Workplace) -> None:
    """One that was started with another file, and another server, are not taken for it."""
    port = free_port()
    with Site({"/healthz": b"<p>fine</p>"}) as site:
        workplace.configure(serving(site, port))
        other = workplace.folder / "other.toml"
        other.write_text(workplace.config.read_text())
        with daemon(workplace, port):
            config = load(workplace.config)
            assert stored.check_daemon(config, workplace.config).ok is True
            assert stored.check_daemon(config, other).ok is False
        assert stored.check_daemon(config, workplace.config).ok is None
        for there in ("/healthz", "/nothing"):
            site.pages["/healthz"] = site.pages.pop(there, Answer(b"gone", status=404))
            workplace.configure(f'[server]\nlisten = "{urlsplit(site.url).netloc}"\n')
            assert stored.check_daemon(load(workplace.config), workplace.config).ok is False


def test_sessions_need_a_library(workplace: Workplace) -> None:
    """What their source needs is looked for by its name."""
    workplace.configure(f"{SOURCE}{LOGIN}")
    [check] = machine.check_libraries(load(workplace.config))
    assert check.found == "cryptography: installed"


def test_a_cluster_needs_libraries(workplace: Workplace) -> None:
    """A machine that takes work has to have its queue, too."""
    workplace.configure(f'{SOURCE}[cluster]\nengine = "procrastinate"\n')
    text = workplace.config.read_text().replace("sqlite:///var/test.db", "postgresql://db.example.org/news")
    workplace.config.write_text(text)
    [check] = machine.check_libraries(load(workplace.config))
    assert check.found == "psycopg, procrastinate: installed"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f'{SOURCE}[source.auth]\ntoken = "canary"\n', 'source "paper" auth token'),
        (f'{SOURCE}cookies = {{ sid = "canary" }}\n', 'source "paper" cookies sid'),
        (f'{SOURCE}headers = {{ X-Key = "canary" }}\n', 'source "paper" headers X-Key'),
        (f'{SOURCE}proxy = "http://me:canary@proxy.example:1"\n', 'source "paper" proxy'),
        (f'{SOURCE}{LOGIN}fields = {{ pin = "canary" }}\n', 'source "paper" session login fields pin'),
        (f'{MAIL}password = "canary"\n', "mail password"),
        ('[storage]\ndatabase = "postgresql://me:canary@base.example/x"\n', "storage database"),
        (
            f'{SOURCE}headers = {{ User-Agent = "me" }}\nproxy = "http://proxy.example:1"\n{LOGIN}{MAIL}'
            '[[receiver]]\nname = "desk"\nurl = "mailto:a@mail.example"\n',
            "",
        ),
    ],
)
def test_a_secret_in_what_everybody_can_read(tmp_path: Path, text: str, where: str) -> None:
    """Its key is named, never what it says; what only might be one is let be."""
    file = tmp_path / "aggregator.toml"
    site = '[site]\ntitle = "Test"\nurl = "https://news.example.org/"\nlanguage = "en"\ntimezone = "UTC"\n'
    file.write_text(f"{site}{text}")
    file.chmod(0o644)
    found = [check.found for check in machine.check_secrets(load(file), file) if check.what == "permissions"]
    assert found == ([f"everybody can read {file} with the secret of {where}"] if where else [])
    file.chmod(0o640)
    assert "permissions" not in {check.what for check in machine.check_secrets(load(file), file)}


@pytest.mark.parametrize(
    ("year", "confirmed", "well"),
    [(2026, True, True), (2026, None, True), (1999, None, False), (2030, False, False)],
)
def test_the_clock(year: int, confirmed: bool | None, well: bool) -> None:
    """It is right unless servers contradict it, or it was never set."""
    check = machine.check_clock(datetime(year, 11, 1, tzinfo=UTC), confirmed)
    assert (check.ok, bool(check.mend)) == (well, not well)
