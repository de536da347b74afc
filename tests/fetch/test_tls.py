"""TLS with a server that is trusted, straight and by proxies."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from aggregator.errors import FetchError
from aggregator.fetch import Fetcher
from aggregator.model import Request
from aggregator.settings.access import Access
from tests.support.badserver import BadServer, Connection, with_length
from tests.support.certificate import a_certificate
from tests.support.fetching import raw_server, refusal, run, visit

OURS = ("127.0.0.1",)


def test_a_proxy_cannot_answer_for_a_site_behind_tls(trusted: ssl.SSLContext) -> None:
    """What it adds to its own answer, before TLS begins, is no answer of the site."""

    def connect(connection: Connection) -> None:
        connection.hear()
        connection.say(b"HTTP/1.1 200 OK\r\n\r\n", with_length(b"forged") * 200)
        with trusted.wrap_socket(connection.sock, server_side=True) as site:
            site.recv(65536)
            site.sendall(with_length(b"true"))

    with BadServer(connect) as proxy:
        assert visit("https://127.0.0.1/", Access(hosts=OURS, proxy=proxy.url)).body == b"true"


def test_a_site_that_hangs_up_behind_a_proxy_with_tls_is_a_failure(trusted: ssl.SSLContext) -> None:
    """TLS ends inside of TLS."""
    with raw_server(b"HTTP/1.1 200 OK\r\n\r\n", tls=trusted) as (at, _):
        post = Request("https://127.0.0.1/", method="POST", body="x", once=True)
        error = refusal(post, Access(hosts=OURS, proxy=f"https://{at}"))
        assert error.reason == "through the proxy: closed the connection in the middle"


def test_a_site_that_also_speaks_http_2_is_asked_in_the_words_that_we_know(trusted: ssl.SSLContext) -> None:
    """It takes what it likes best of what a client names (RFC 7301)."""
    trusted.set_alpn_protocols(["h2", "http/1.1"])
    spoken: list[str | None] = []

    def answer(connection: Connection) -> None:
        with trusted.wrap_socket(connection.sock, server_side=True) as site:
            spoken.append(site.selected_alpn_protocol())
            site.recv(65536)
            site.sendall(with_length(b"true"))

    with BadServer(answer) as server:
        assert visit(server.url.replace("http:", "https:")).body == b"true"
    assert spoken == ["http/1.1"]


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The TLS of a server of 127.0.0.1 whose certificate is the only one that is trusted."""
    certificate, key = a_certificate(tmp_path)
    monkeypatch.setattr(certifi, "where", lambda: str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
@pytest.mark.parametrize("script", [with_length(b"x"), with_length(b"x", 9), b""])
def test_a_connection_that_is_closed_leaves_no_memory_to_collect(
    script: bytes, host: str, trusted: ssl.SSLContext, no_collector: None
) -> None:
    """Each has a buffer of 256 KB, and the collector comes seldom; the certificate is of one host alone."""
    with raw_server(script, tls=trusted, host=host) as (at, _):

        async def ask(fetcher: Fetcher) -> None:
            with contextlib.suppress(FetchError):
                await fetcher.fetch(Request(f"https://{at}/", method="POST", body="x", once=True))
            await fetcher.aclose()
            await asyncio.sleep(0)
            assert not [one for one in gc.get_objects() if isinstance(one, SSLProtocol)]

        run(ask)


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Collect the garbage of other tests, and then none."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
