"""What the tests of the room fetch share: a fetcher for loopback, and a server that misbehaves."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import pytest

from aggregator.errors import FetchError
from aggregator.fetch import Fetcher
from aggregator.model import Fetched, NotModified, Request
from aggregator.settings import Network
from aggregator.settings.access import Access

LOOPBACK = Network(allow_private=("127.0.0.0/8",), delay=timedelta(0), timeout=timedelta(seconds=60))
T = TypeVar("T")


def run(work: Callable[[Fetcher], Awaitable[T]], network: Network = LOOPBACK) -> T:
    """Do some work with a fetcher."""

    async def whole() -> T:
        async with Fetcher(network, user_agent="aggregator-tests") as fetcher:
            return await work(fetcher)

    return asyncio.run(whole())


def fetch(address: str, network: Network = LOOPBACK, **validators: str) -> Fetched | NotModified:
    """Fetch one address."""
    return run(lambda fetcher: fetcher.fetch(Request(address, **validators)), network)


def fetch_body(address: str, network: Network = LOOPBACK) -> bytes:
    """Fetch one address that must answer with a body."""
    fetched = fetch(address, network)
    assert isinstance(fetched, Fetched)
    return fetched.body


def failure(address: str, network: Network = LOOPBACK, **validators: str) -> FetchError:
    """The error that an address gives."""
    with pytest.raises(FetchError) as caught:
        fetch(address, network, **validators)
    return caught.value


def visit(request: Request | str, access: Access | None = None, network: Network = LOOPBACK) -> Fetched:
    """Fetch something that must answer with a body, with what goes along."""
    asked = Request(request) if isinstance(request, str) else request
    fetched = run(lambda fetcher: fetcher.fetch(asked, access), network)
    assert isinstance(fetched, Fetched)
    return fetched


def refusal(request: Request | str, access: Access | None = None, network: Network = LOOPBACK) -> FetchError:
    """The error that a request gives, with what goes along."""
    with pytest.raises(FetchError) as caught:
        visit(request, access, network)
    return caught.value


def limited(**changes: object) -> Network:
    """The loopback settings with some changed."""
    return LOOPBACK.model_copy(update=changes)


@contextmanager
def raw_server(
    *scripts: bytes, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[tuple[str, list[int]]]:
    """A server that says one script for each connection (the last one ever after) and hangs up."""
    connections: list[int] = []
    listener = socket.create_server((host, 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                script = scripts[min(len(connections), len(scripts) - 1)]
                connections.append(1)
                try:
                    stream = tls.wrap_socket(connection, server_side=True) if tls else connection
                except OSError:
                    continue
                with stream:
                    stream.recv(65536)
                    stream.sendall(script)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"{host}:{listener.getsockname()[1]}", connections
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
