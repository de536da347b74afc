"""Caddy with the block of docs/install.md: it says what the daemon says, and shows nobody what is the operator's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from docs.site.blocks import block
from tests.support.proxied import READER, Proxied, answers, served
from tests.support.running import free_port, get, until

pytestmark = pytest.mark.slow


@contextmanager
def caddy(folder: Path, upstream: str) -> Iterator[str]:
    """The address of a Caddy with the block of the page, without TLS and on a port of its own; its log is a file."""
    program = shutil.which("caddy")
    if not program:
        pytest.skip("caddy is not installed (on Debian: apt install caddy)")
    address = f"http://127.0.0.1:{free_port()}"
    text = block("docs/install.md", "Behind Caddy")
    for name, here in (
        ("127.0.0.1:8080", upstream),
        ("news.example.org", address),
        ("{\n", "{\n\tadmin off\n"),
    ):
        assert name in text
        text = text.replace(name, here, 1)
    config = folder / "Caddyfile"
    config.write_text(text)
    env = os.environ | {name: str(folder) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "HOME")}
    command = [program, "run", "--adapter", "caddyfile", "--config", str(config)]
    with (folder / "caddy.log").open("w") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        until(lambda: answers(address))
        yield address
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of Caddy and of the daemon behind it."""
    with (
        served(tmp_path_factory.mktemp("served")) as (workplace, ours),
        caddy(workplace.folder, ours) as address,
    ):
        yield address, f"http://{ours}"


class TestCaddy(Proxied):
    """It says what the daemon says, and shows nobody what is the operator's."""


def test_no_log_has_the_address_of_a_reader(tmp_path: Path) -> None:
    """Not even that of errors, where the daemon is away; others are there."""
    with caddy(tmp_path, f"127.0.0.1:{free_port()}") as address:
        for path in ("/search?q=Title", f"/r/{READER}/feeds/rss.xml", f"/r/{READER}"):
            headers = {"Referer": f"https://news.example.org/r/{READER}/"}
            assert get(f"{address}{path}", headers=headers).status_code == 502
    log = (tmp_path / "caddy.log").read_text("utf-8")
    assert "/search?q=Title" in log
    assert READER not in log
