"""POST: what is sent, and what redirects make of it."""

from __future__ import annotations

import httpx
import pytest

from aggregator.errors import FetchError
from aggregator.fetch.session import NOWHERE, Session
from aggregator.model import Request
from aggregator.settings.access import Access
from tests.support.fetching import visit
from tests.support.loopback import Answer, Site

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [('{"page": 1}', "application/json"), (" [1]", "application/json"), ("page=1&q=新闻", FORM), ("", FORM)],
)
def test_a_body_is_sent_as_what_it_looks_like(body: str, content_type: str) -> None:
    """JSON or a form, in UTF-8, without validators: those are for GET."""
    with Site({"/": b"x"}) as site:
        visit(Request(site.url, etag='"1"', last_modified="x", method="POST", body=body))
    received = site.requests[0]
    assert (received.method, received.body) == ("POST", body.encode())
    assert received.headers["content-type"] == content_type
    assert not {"if-none-match", "if-modified-since"} & set(received.headers)


def test_the_content_type_may_be_configured() -> None:
    """The user knows better than the first character."""
    with Site({"/": b"x"}) as site:
        access = Access(hosts=("127.0.0.1",), headers={"Content-Type": "text/plain"})
        visit(Request(site.url, method="POST", body="{}"), access)
    assert site.requests[0].headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(301, "GET", b""), (302, "GET", b""), (303, "GET", b""), (307, "POST", b"q=1"), (308, "POST", b"q=1")],
)
def test_redirects_after_a_post(status: int, method: str, body: bytes) -> None:
    """RFC 9110, section 15.4: the old ones become GET, 307 and 308 are the same request elsewhere."""
    with Site({"/there": b"x"}) as site:
        site.pages["/"] = Answer(status=status, headers={"Location": "/there"})
        visit(Request(f"{site.url}/", etag='"1"', method="POST", body="q=1"))
    assert (site.requests[1].method, site.requests[1].body) == (method, body)
    assert ("content-type" in site.requests[1].headers) == bool(body)
    assert "if-none-match" not in site.requests[1].headers


def test_a_broken_post_is_sent_again() -> None:
    """A query changes nothing at its server."""
    with Site({"/": Answer(status=503)}) as site:
        failed = [Answer(status=503), Answer(b"x")]
        site.pages["/"] = lambda _: failed.pop(0)
        assert visit(Request(f"{site.url}/", method="POST", body="q=1")).body == b"x"
    assert [request.body for request in site.requests] == [b"q=1", b"q=1"]


@pytest.mark.parametrize("status", [307, 308])
def test_what_was_posted_by_https_is_never_told_in_clear(status: int) -> None:
    """Neither at once nor by a detour; where the redirect makes a GET of it, nothing is told."""
    session = Session(Request("https://a.example/", method="POST", body="secret"), NOWHERE)
    onward = session.redirect(httpx.URL("https://a.example/"), status, b"https://b.example/")
    with pytest.raises(FetchError, match="redirected from https to http with what was posted"):
        session.redirect(onward, status, b"http://a.example/")
    session = Session(Request("https://a.example/", method="POST", body="secret"), NOWHERE)
    session.redirect(httpx.URL("https://a.example/"), 303, b"http://a.example/")
    assert session.method == "GET"
    session = Session(Request("http://a.example/", method="POST", body="open"), NOWHERE)
    session.redirect(httpx.URL("http://a.example/"), status, b"http://b.example/")
