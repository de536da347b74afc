"""Everything that goes wrong is a FetchError in plain words."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from tests.support.certificate import a_certificate
from tests.support.fetching import failure, fetch_body, limited, raw_server
from tests.support.loopback import Answer, Site


def test_broken_connections_are_tried_again() -> None:
    """A server that hangs up before or within its answer may do better next time."""
    with raw_server(
        b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha", b"HTTP/1.0 200 OK\r\n\r\nwhole"
    ) as (at, _):
        assert fetch_body(f"http://{at}/") == b"whole"


def test_a_closed_port_is_a_refused_connection() -> None:
    """Said in words after the last attempt."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(f"http://127.0.0.1:{port}/").reason == "connection refused"


def test_an_answer_that_is_not_http_is_asked_for_once() -> None:
    """Another protocol stays another protocol."""
    with raw_server(b"220 ready\r\n\r\n") as (at, connections):
        assert failure(f"http://{at}/").reason.startswith("sent an answer that is not HTTP")
        assert len(connections) == 1


def test_tls_spoken_to_a_plain_server_is_an_error() -> None:
    """The failed handshake is named as such."""
    with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (at, connections):
        assert failure(f"https://{at}/").reason.startswith("TLS: ")
        assert len(connections) == 1


def test_a_certificate_that_cannot_be_trusted_is_an_error(tmp_path: Path) -> None:
    """Nothing is read from a server that nobody vouches for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*a_certificate(tmp_path))
    with raw_server(b"HTTP/1.1 200 OK\r\n\r\nsecret", tls=context) as (at, connections):
        assert failure(f"https://{at}/").reason == "certificate: self-signed certificate"
        assert len(connections) == 1


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://[", "not an address"),
        ("", "refused: not an http or https address"),
        ("ftp://example.org/", "refused: not an http or https address"),
        ("http://exa mple.org/", "not an address"),
        ("http://example.org/\n", "not an address"),
        ("http://:80/", "not an address"),
        ("http://127.0.0.1:0/", "not an address"),
        ("http://127.0.0.1:65536/", "not an address"),
        ("http://xn--a/", "not an address"),
        ("http://" + "a" * 64 + ".invalid/", "cannot resolve " + "a" * 64 + ".invalid"),
        ("http://..invalid/", "cannot resolve ..invalid"),
        ("//me:secret@//", "refused: a user name or password in the address"),
        ("http://me:secret@[/", "refused: a user name or password in the address"),
        ("http://me:secret@127.0.0.1:x/", "not an address"),
        ("http://me:secret@127.0.0.1/", "refused: a user name or password in the address"),
    ],
)
def test_a_bad_address_is_an_error_in_words(address: str, said: str) -> None:
    """Nothing that one can write as an address raises anything but FetchError."""
    error = failure(address)
    assert said in error.reason
    assert "secret" not in str(error)


@pytest.mark.parametrize("etag", ['"京"', '"a\r\nX-Smuggled: 1"'])
def test_a_validator_that_cannot_be_sent_is_an_error(etag: str) -> None:
    """It never came from a server; it never reaches one."""
    with Site({"/": b"x"}) as site:
        assert failure(site.url, etag=etag).reason.startswith("cannot be asked: ")
        assert not site.requests


@pytest.mark.parametrize(
    "script",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
        b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<!DOCTYPE html><HTML><body><p>Half an art",
        b"HTTP/1.0 200 OK\r\n\r\n<html><body><p>Half an art",
    ],
    ids=["length", "chunks", "gzip", "html", "html without a type"],
)
def test_half_an_answer_is_cut_off(script: bytes) -> None:
    """Named as such after the last attempt, also where only the HTML itself shows it."""
    with raw_server(script) as (at, connections):
        error = failure(f"http://{at}/")
        assert (error.reason, error.fault) == ("closed the connection in the middle", "cut-off")
        assert len(connections) == 3


@pytest.mark.parametrize(
    "script",
    [
        b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>whole</BODY>",
        b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>a piece that was never a page",
        b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n<html> is a tag",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<html><p>whole",
    ],
    ids=["ends", "piece", "text", "length"],
)
def test_an_answer_that_ends_with_its_connection_may_be_whole(script: bytes) -> None:
    """HTTP/1.0 knows no other end; a length says more than tags that HTML lets one leave out."""
    with raw_server(script) as (at, _):
        assert fetch_body(f"http://{at}/")


def test_faults_have_names() -> None:
    """Too large, gated, or just failed; a gate is not asked again, be its status ever so passing."""
    gate = b"<html><title>Just a moment...</title><script>_cf_chl_opt={}</script></html>"
    login = "<html><title>登录</title><form><input type=password></form></html>".encode()
    with Site(
        {"/large": bytes(1001), "/none": Answer(status=404), "/gate": Answer(gate, status=503)}
    ) as site:
        site.pages["/quiet"] = Answer(gate, {"Content-Type": "text/html"})
        site.pages["/moved"] = Answer(status=302, headers={"Location": "/login"})
        site.pages["/login"] = Answer(login, {"Content-Type": "text/html"})
        small = limited(max_size=1000)
        found = {
            path: failure(site.url + path, small) for path in ("/large", "/none", "/gate", "/quiet", "/moved")
        }
        assert [error.fault for error in found.values()] == ["too-large", "failed", "gated", "gated", "gated"]
        assert found["/gate"].reason == "a challenge stands before it: Cloudflare (503)"
        assert found["/quiet"].reason == "a challenge stands before it: Cloudflare (200)"
        assert found["/moved"].reason == "a challenge stands before it: a login page (200)"
        assert site.paths().count("/gate") == 1


def test_of_an_errors_body_the_beginning_is_read() -> None:
    """Enough to know a gate; what goes on for ever, is packed badly or breaks off is an error all the same."""
    with Site() as site:
        site.pages["/endless"] = Answer(status=403, stream=(b"x" * 65536 for _ in range(10000)))
        site.pages["/odd"] = Answer(b"x", {"Content-Encoding": "gzip"}, status=403)
        site.pages["/half"] = Answer(b"x", {"Content-Length": "9"}, status=403)
        assert {failure(site.url + path).reason for path in site.pages} == {"answered 403 Forbidden"}
