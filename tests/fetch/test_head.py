"""Heads of answers: what browsers and curl bear, we bear."""

from __future__ import annotations

import pytest

from tests.support.fetching import failure, fetch, fetch_body, raw_server

REST = b"Content-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize(
    "line",
    [
        b"Server : nginx\r\n",
        b"X Powered By: PHP\r\n",
        b"Cache/Control: none\r\n",
        b"this line has no colon\r\n",
        b": no name\r\n",
        b"X-Note: bell \x07 and null \x00\r\n",
        b"X-Folded: one\r\n two\r\n",
        b"Caf\xe9: yes\r\n",
    ],
)
def test_an_odd_header_line_costs_itself_alone(line: bytes) -> None:
    """The body comes, and so do the lines around the odd one."""
    head = b'HTTP/1.1 200 OK\r\nETag: "a"\r\n' + line + b"Last-Modified: Mon, 02 Mar 2026 10:00:00 GMT\r\n"
    with raw_server(head + REST) as (at, _):
        answer = fetch(f"http://{at}/")
    assert answer.headers["etag"] == '"a"'
    assert answer.headers["last-modified"] == "Mon, 02 Mar 2026 10:00:00 GMT"


def test_a_blank_before_the_colon_is_taken_away() -> None:
    """Such a line means what it would mean without (RFC 9112, section 5.1)."""
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello") as (at, _):
        assert fetch_body(f"http://{at}/") == b"hello"


def test_interim_answers_are_mended_too() -> None:
    """An odd line may stand in an interim answer (RFC 9110, section 15.2), and in the one after it."""
    with raw_server(b"HTTP/1.1 103 Early Hints\r\nno colon\r\n\r\nHTTP/1.1 200 OK\nno colon\n" + REST) as (
        at,
        _,
    ):
        assert fetch_body(f"http://{at}/") == b"hello"


def test_a_body_is_left_alone() -> None:
    """What looks like a header in a body is body."""
    body = b"no colon here\r\n\r\nX Y: z\r\n"
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as (at, _):
        assert fetch_body(f"http://{at}/") == body


def test_what_is_no_http_is_no_answer() -> None:
    """Leniency ends where nothing says that it is HTTP."""
    with raw_server(b"220 mail.example ESMTP\r\n\r\n") as (at, _):
        assert failure(f"http://{at}/").reason == "sent an answer that is not HTTP"
