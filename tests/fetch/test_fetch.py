"""What the room fetch asks, and what it makes of answers and redirects."""

from __future__ import annotations

import asyncio
import threading

import pytest

from aggregator.fetch import Fetcher
from aggregator.model import Fetched, NotModified, Request
from tests.support.badserver import BadServer, Connection, with_length
from tests.support.fetching import LOOPBACK, failure, fetch, fetch_body, run
from tests.support.loopback import Answer, Site
from tests.support.workplace import PATIENCE


def test_an_answer_is_given_as_it_came() -> None:
    """Address, status, lower-case header names and bytes reach the caller."""
    with Site(
        {"/a": Answer("京".encode("gbk"), {"X-Thing": "1", "Content-Type": "text/html; charset=gbk"})}
    ) as site:
        fetched = fetch(f"{site.url}/a")
    assert isinstance(fetched, Fetched)
    assert (fetched.address, fetched.status, fetched.body) == (f"{site.url}/a", 200, "京".encode("gbk"))
    assert fetched.headers["x-thing"] == "1"
    assert fetched.content_type == "text/html; charset=gbk"


def test_the_request_is_honest_and_plain() -> None:
    """The caller's User-Agent goes out, gzip is all we unpack, and no validator is invented."""
    with Site({"/": b"x"}) as site:
        fetch(site.url)
    sent = site.requests[0].headers
    assert sent["user-agent"] == "aggregator-tests"
    assert sent["accept-encoding"] == "gzip"
    assert "application/rss+xml" in sent["accept"]
    assert not {"if-none-match", "if-modified-since", "cookie"} & set(sent)


def test_both_validators_are_sent_and_304_is_not_modified() -> None:
    """A request with the last answer's validators gets NotModified."""
    with Site({"/f": Answer(b"x", etag='"1"')}) as site:
        assert fetch(
            f"{site.url}/f", etag='"1"', last_modified="Sun, 01 Nov 2026 00:00:00 GMT"
        ) == NotModified(f"{site.url}/f")
        assert isinstance(fetch(f"{site.url}/f", etag='"0"'), Fetched)
    sent = site.requests[0].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('"1"', "Sun, 01 Nov 2026 00:00:00 GMT")


def test_a_304_nobody_asked_for_is_an_error() -> None:
    """Without validators in the request, 304 says nothing."""
    with Site({"/f": Answer(status=304)}) as site:
        error = failure(f"{site.url}/f")
    assert (error.reason, error.status) == ("answered 304 Not Modified", 304)


@pytest.mark.parametrize("tag", [b'"caf\xe9"', '"京"'.encode(), '"京"'.encode("gbk")])
def test_a_validator_goes_back_as_it_came(tag: bytes) -> None:
    """An ETag outside ASCII is sent back byte for byte."""
    with Site({"/f": Answer(b"x", etag=tag.decode("latin-1"))}) as site:
        first = fetch(f"{site.url}/f")
        assert isinstance(first, Fetched)
        assert isinstance(fetch(f"{site.url}/f", etag=first.headers["etag"]), NotModified)


@pytest.mark.parametrize("status", [200, 204])
def test_an_empty_answer_is_an_answer(status: int) -> None:
    """No body is a body of no bytes, even where the server says that it is packed."""
    with Site({"/": Answer(status=status, headers={"Content-Encoding": "gzip"})}) as site:
        assert fetch_body(site.url) == b""


def test_a_fetcher_may_be_made_before_there_is_a_loop() -> None:
    """The parts of the program are built once, and used in the loop that runs later."""
    fetcher = Fetcher(LOOPBACK, user_agent="aggregator-tests")

    async def use(address: str) -> Fetched | NotModified:
        async with fetcher:
            return await fetcher.fetch(Request(address))

    with Site({"/": b"x"}) as site:
        assert isinstance(asyncio.run(use(site.url)), Fetched)


def test_cookies_are_not_kept() -> None:
    """What one answer sets is not sent with the next request."""
    with Site({"/": Answer(b"x", {"Set-Cookie": "seen=1; Path=/"})}) as site:

        async def twice(fetcher: Fetcher) -> None:
            await fetcher.fetch(Request(site.url))
            await fetcher.fetch(Request(site.url))

        run(twice)
    assert all("cookie" not in request.headers for request in site.requests)


def test_connections_are_kept_alive() -> None:
    """Requests to one origin share a connection, after 304 too, with other origins in between."""
    with Site({"/": Answer(b"1", etag='"1"')}) as one, Site({"/": Answer(b"2", etag='"1"')}) as two:

        async def visit(fetcher: Fetcher) -> None:
            for _ in range(3):
                for site in (one, two):
                    await fetcher.fetch(Request(site.url))
                    await fetcher.fetch(Request(site.url, etag='"1"'))

        run(visit)
        assert (one.connections, two.connections) == (1, 1)


@pytest.mark.parametrize("busy", [False, True])
def test_what_a_server_says_unasked_is_no_answer(busy: bool) -> None:
    """What comes on an idle connection is not the answer to the next request, even while the loop is busy."""
    answered, unasked = threading.Event(), threading.Event()

    def speak(connection: Connection) -> None:
        connection.say(with_length(connection.path().encode()))
        if not unasked.is_set():
            answered.wait(PATIENCE)
            connection.say(with_length(b"forged"))
            unasked.set()
            connection.wait()

    with BadServer(speak) as server:

        async def visit(fetcher: Fetcher) -> list[bytes]:
            first = await fetcher.fetch(Request(f"{server.url}/1"))
            answered.set()
            if busy:
                unasked.wait(PATIENCE)
            else:
                await asyncio.to_thread(unasked.wait, PATIENCE)
            second = await fetcher.fetch(Request(f"{server.url}/2"))
            return [one.body for one in (first, second) if isinstance(one, Fetched)]

        assert run(visit) == [b"/1", b"/2"]


def test_redirects_are_followed_to_the_final_address() -> None:
    """Relative and absolute ones, with the validators on every hop."""
    with Site({"/c/d": Answer(b"there", etag='"1"')}) as site:
        site.pages["/a"] = Answer(status=301, headers={"Location": "/b?q=1"})
        site.pages["/b?q=1"] = Answer(status=302, headers={"Location": f"{site.url}/c/"})
        site.pages["/c/"] = Answer(status=308, headers={"Location": "d"})
        fetched = fetch(f"{site.url}/a", etag='"0"')
        assert isinstance(fetched, Fetched)
        assert (fetched.address, fetched.body) == (f"{site.url}/c/d", b"there")
        assert fetch(f"{site.url}/a", etag='"1"') == NotModified(f"{site.url}/c/d", moved=f"{site.url}/b?q=1")
    assert {request.headers["if-none-match"] for request in site.requests[:4]} == {'"0"'}


def test_a_redirect_loop_ends() -> None:
    """Five redirects are followed, the sixth is one too many."""
    with Site({"/a": Answer(status=302, headers={"Location": "/a"})}) as site:
        assert failure(f"{site.url}/a").reason == "redirected more than 5 times"
        assert len(site.requests) == 6


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("javascript:alert(1)", "refused: not an http or https address"),
        ("file:///etc/passwd", "refused: not an http or https address"),
        ("http://[", "not an address"),
        ("http://example.org:99999/", "not an address"),
        ("http://example.org:x/", "redirected to something that is not an address"),
        ("//me:secret@127.0.0.1/", "refused: a user name or password in the address"),
        ("http://10.0.0.5/", "refused: 10.0.0.5 is not a public address ([network] allow_private)"),
        ("http://[::ffff:169.254.169.254]/", "not a public address"),
        ("", "redirected without saying where"),
    ],
)
def test_a_redirect_to_nowhere_good_is_an_error(location: str, said: str) -> None:
    """Weird and private targets are refused in words, and nothing secret is repeated."""
    with Site({"/a": Answer(status=302, headers={"Location": location})}) as site:
        error = failure(f"{site.url}/a")
    assert said in error.reason
    assert "secret" not in str(error)
    assert len(site.requests) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_location_outside_ascii_is_asked_for_with_its_own_bytes(encoding: str) -> None:
    """The target's bytes are percent-encoded as the server sent them."""
    path = "/新闻".encode(encoding)
    quoted = "/" + "".join(f"%{byte:02X}" for byte in path[1:])
    with Site({"/a": Answer(status=302, headers={"Location": path.decode("latin-1")}), quoted: b"x"}) as site:
        assert fetch_body(f"{site.url}/a") == b"x"
