"""Listening, and a server that is a guest in its process."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from aggregator.errors import AggregatorError, BusyError
from aggregator.web import Server, bind, build_app
from aggregator.web.files import Files
from tests.support.website import WELL, serving, write_output


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An output folder to change."""
    return write_output(tmp_path / "public")


def test_a_taken_port_is_said_plainly() -> None:
    """Two programs on one port: the second hears which setting to change."""
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(BusyError) as caught:
            bind("127.0.0.1", port)
        wanted = f"127.0.0.1:{port} is in use by another program; end it, or change [server] listen"
        assert str(caught.value) == wanted


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "fe80::1%nosuch", "a..b"])
def test_an_address_that_is_not_ours_is_said_plainly(host: str) -> None:
    """An address of another machine, or what is no address at all, is refused in words."""
    with pytest.raises(AggregatorError, match=r"^cannot listen on .*:8080: .*; change \[server\] listen$"):
        bind(host, 8080)


def test_signals_are_left_to_the_daemon(root: Path) -> None:
    """While the server runs, SIGTERM still goes to whoever asked for it, and the server goes on."""
    heard: list[int] = []

    async def run() -> None:
        sock = bind("127.0.0.1", 0)
        address = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        app = build_app(Files(root), health=lambda: WELL)
        server = Server(lambda: app, sock)
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve())
            assert (await client.get(address)).status_code == 200
            os.kill(os.getpid(), signal.SIGTERM)
            assert (await client.get(address)).status_code == 200
            assert heard == [signal.SIGTERM]
            server.stop()

    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        asyncio.run(run())
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_stopped_server_frees_its_port(root: Path) -> None:
    """Stopping ends idle connections; the next server takes the same port at once."""
    with serving(root) as site:
        assert site.get("/").status_code == 200
        with socket.create_connection(("127.0.0.1", site.base_url.port or 0)):
            port = site.base_url.port or 0
            assert site.get("/").status_code == 200
    bind("127.0.0.1", port).close()


def test_a_server_stopped_before_it_began_ends(root: Path) -> None:
    """A stop that comes first is not forgotten, and the socket is closed."""
    sock = bind("127.0.0.1", 0)
    server = Server(lambda: build_app(Files(root), health=lambda: WELL), sock)
    server.stop()
    asyncio.run(server.serve())
    assert sock.fileno() == -1
