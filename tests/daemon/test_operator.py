"""The operator's own listener of a running daemon: a Unix socket, on which alone something is changed."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
from pathlib import Path

import httpx
import pytest

from aggregator.app import App
from aggregator.config import load
from aggregator.errors import AggregatorError, BusyError, ConfigError
from aggregator.settings.access import Secret
from aggregator.web import bind_file
from docs.site.blocks import block
from tests.support.loopback import Site
from tests.support.running import free_port, get, logged_daemon, until
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import PATIENCE, Workplace

TOKEN = "a1" * 20
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def operator(folder: Path) -> httpx.Client:
    """A client of the socket, with the token."""
    transport = httpx.HTTPTransport(uds=str(folder / "var" / "operator.sock"))
    return httpx.Client(transport=transport, base_url="http://operator", headers=BEARER, timeout=PATIENCE)


def configure(workplace: Workplace, site: Site, port: int, listen: str = "var/operator.sock") -> None:
    """A source that is due once a day, and the operator."""
    (workplace.folder / "token").write_text(TOKEN)
    tables = f'[server]\nlisten = "127.0.0.1:{port}"\n[operator]\ntoken = {{ file = "token" }}\nlisten = "{listen}"\n'
    workplace.configure(tables + feed_source(site, interval="1d"))


@pytest.mark.slow
def test_what_is_asked_for_is_done(workplace: Workplace) -> None:
    """A visit now, while the public listener only reads; the token stands in no log."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1)), "/more.xml": feed(item(3))}) as site:
        configure(workplace, site, port)
        with logged_daemon(workplace, port) as running, operator(workplace.folder) as client:
            until(lambda: client.get("/status/paper.json").json()["status"] == "ok")
            site.pages["/feed.xml"] = feed(item(1), item(2))
            # As docs/status.md says it.
            command = block("docs/status.md", "Changing something", 2).removeprefix("$ ")
            command = command.replace("var/operator", f"{workplace.folder}/var/operator").replace(
                "$TOKEN", TOKEN
            )
            subprocess.run(["sh", "-c", f"{command.strip()} --fail --silent --show-error"], check=True)
            until(lambda: client.get("/status/paper.json").json()["records"][0]["new"] == 1)
            until(lambda: len(client.get("/status/paper.json").json()["records"]) == 2)
            public = f"http://127.0.0.1:{port}"
            for action in ("poll", "pause", "accept", "preview"):
                answer = httpx.post(f"{public}/status/paper/{action}", headers=BEARER, trust_env=False)
                assert answer.status_code in (404, 405)
            page = get(f"{public}/status/paper", headers=BEARER).text
            assert "<form" not in page
            assert get(f"{public}/status/paper").status_code == 401
            mode = os.stat(workplace.folder / "var" / "operator.sock").st_mode
            assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o660)
            assert client.post("/status/paper/pause").status_code == 303
            assert client.get("/status.json").json()["sources"][0]["state"] == "is paused"
            found = client.post("/status/-/add", data={"address": f"{site.url}/more.xml"})
            key = found.text.partition('name="key" value="')[2].partition('"')[0]
            assert client.post("/status/-/write", data={"key": key}).status_code == 303
            until(lambda: len(client.get("/status.json").json()["sources"]) == 2)
        assert TOKEN not in running.log
        assert "asked by the operator" in running.log
        assert "Change     var/operator.sock (the state, with buttons; it asks for the token)" in running.log


def test_a_socket_that_was_left_behind(tmp_path: Path) -> None:
    """It is replaced; one on which somebody listens is not, nor is a file that is no socket."""
    path, key = tmp_path / "operator.sock", "[operator] listen"
    with (
        bind_file(str(path), key),
        pytest.raises(BusyError, match="in use by another program; end it, or change"),
    ):
        bind_file(str(path), key)
    assert path.exists()
    with bind_file(str(path), key), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    path.unlink()
    path.write_text("a file")
    with pytest.raises(BusyError):
        bind_file(str(path), key)
    with pytest.raises(AggregatorError, match=r"No such file or directory; change \[operator\] listen"):
        bind_file(str(tmp_path / "nowhere" / "x.sock"), key)


def test_only_the_token_changes_at_a_reload(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The listener stays where it is, so another address is refused."""
    monkeypatch.chdir(workplace.folder)  # the database lies where the program runs
    with Site() as site:
        configure(workplace, site, free_port())
        before = load(workplace.config)
        other = before.operator.model_copy(update={"token": Secret(env="OTHER")})
        with App(before) as app:
            moved = before.operator.model_copy(update={"listen": "127.0.0.1:1"})
            with pytest.raises(ConfigError, match=r"\[operator\] listen: cannot change without a restart"):
                app.reconfigured(before.model_copy(update={"operator": moved}))
            changed = app.reconfigured(before.model_copy(update={"operator": other}))
            assert changed.config.operator == other
