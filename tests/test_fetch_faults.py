"""Everything that goes wrong is a FetchError in plain words."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.fetching import failure, fetch_body, raw_server
from tests.loopback import Site


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
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]  # noqa: RUF005
        + ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
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
