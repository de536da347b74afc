"""What goes along with requests, and to whom: headers, cookies, passwords, proxies."""

from __future__ import annotations

import base64
import importlib.util
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aggregator.fetch.addresses import read_address
from aggregator.fetch.session import Session
from aggregator.model import Request
from aggregator.settings import Source
from aggregator.settings.access import Access, Auth, Browser
from tests.support.fetching import failure, fetch_body, limited, raw_server, refusal, run, visit
from tests.support.loopback import Answer, Received, Site

OURS = ("127.0.0.1",)
EVERYTHING = Access(
    hosts=OURS,
    headers={"X-Key": "key-canary", "User-Agent": "reader/2", "Cookie": "pasted=cookie-canary"},
    cookies={"sid": "sid-canary"},
    auth=Auth(user="me", password="pass-canary"),
)


def elsewhere(address: str) -> str:
    """The same site under an address that is another host."""
    return address.replace("127.0.0.1", "127.0.0.2")


@contextmanager
def two_hosts(pages: dict[str, object]) -> Iterator[Site]:
    """A site that listens on every loopback address."""
    with Site(pages, host="0.0.0.0") as site:  # type: ignore[arg-type]
        yield site


def test_everything_goes_along_to_the_named_host() -> None:
    """Headers, also in place of our own, cookies of both kinds, and the password."""
    with Site({"/": b"x"}) as site:
        visit(site.url, EVERYTHING)
    sent = site.requests[0].headers
    assert (sent["x-key"], sent["user-agent"]) == ("key-canary", "reader/2")
    assert sent["cookie"] == "pasted=cookie-canary; sid=sid-canary"
    assert sent["authorization"] == "Basic " + base64.b64encode(b"me:pass-canary").decode()


def test_a_token_is_a_bearer() -> None:
    """RFC 6750."""
    with Site({"/": b"x"}) as site:
        visit(site.url, Access(hosts=OURS, auth=Auth(token="abc")))
    assert site.requests[0].headers["authorization"] == "Bearer abc"


def test_nothing_goes_along_to_another_host() -> None:
    """Neither at once nor after a redirect there; back at home it goes along again."""
    with two_hosts({"/end": b"x"}) as site:
        site.pages["/out"] = Answer(status=302, headers={"Location": f"{elsewhere(site.url)}/back"})
        site.pages["/back"] = Answer(status=302, headers={"Location": f"{site.url}/end"})
        visit(f"{site.url}/out", EVERYTHING)
        visit(f"{elsewhere(site.url)}/end", EVERYTHING)
    out, back, end, foreign = site.requests
    for request in (out, end):
        assert "authorization" in request.headers
        assert "sid-canary" in request.headers["cookie"]
    for request in (back, foreign):
        assert "canary" not in str(request.headers)
        assert "authorization" not in request.headers
        assert request.headers["user-agent"] == "aggregator-tests"


def test_nothing_goes_along_in_clear_after_https() -> None:
    """A redirect from https to http gets no header, no password and no cookie, not even one set on the way."""
    session = Session(
        Request("https://example.org/a"), EVERYTHING.model_copy(update={"hosts": ("example.org",)})
    )
    first = read_address("https://example.org/a")
    assert "authorization" in session.headers(first)
    second = session.redirect(first, 302, b"http://example.org/b")
    assert dict(session.headers(second)) == {}
    third = session.redirect(second, 302, b"https://example.org/c")
    assert "authorization" in session.headers(third)


def test_a_host_named_by_https_is_told_nothing_in_clear() -> None:
    """A list read by https may link to its articles by http: they are asked without the password."""
    source = Source(
        name="x",
        kind="feed",
        url="https://a.org/",
        article_url="http://b.org/{id}",
        auth=Auth(token="abcdef"),
    )
    assert (source.access.hosts, source.access.secure) == (("a.org", "b.org"), ("a.org",))
    for address, told in {
        "http://a.org/1": 0,
        "https://A.org./1": 1,
        "http://b.org/1": 1,
        "http://x.a.org/": 0,
    }.items():
        sent = Session(Request(address), source.access).headers(read_address(address))
        assert ("authorization" in sent) == bool(told), address


def test_cookies_last_for_one_fetch() -> None:
    """A redirect that sets a cookie and bounces back works; the next fetch knows nothing of it."""

    def page(request: Received) -> Answer:
        if "seen=1" in request.headers.get("cookie", ""):
            return Answer(b"in")
        return Answer(status=302, headers={"Location": "/", "Set-Cookie": "seen=1; Path=/"})

    with Site({"/": page}) as site:

        async def twice(fetcher: object) -> None:
            for _ in range(2):
                await fetcher.fetch(Request(site.url))  # type: ignore[attr-defined]

        run(twice)
    assert ["cookie" in request.headers for request in site.requests] == [False, True, False, True]


def test_cookies_that_are_set_stay_with_their_host() -> None:
    """What one host sets, another does not get."""
    with two_hosts({"/end": b"x"}) as site:
        site.pages["/"] = Answer(
            status=302, headers={"Location": f"{elsewhere(site.url)}/end", "Set-Cookie": "seen=1"}
        )
        visit(site.url)
    assert "cookie" not in site.requests[1].headers


@pytest.mark.parametrize("status", [403, 412, 521])
def test_a_refusal_that_sets_a_cookie_is_asked_once_more(status: int) -> None:
    """MIIT answers a bare request so; without a cookie, or with one that does not help, it stays refused."""

    def page(request: Received) -> Answer:
        if "pass=1" in request.headers.get("cookie", ""):
            return Answer(b"in")
        return Answer(status=status, headers={"Set-Cookie": "pass=1"})

    with Site({"/": page, "/no": Answer(status=status)}) as site:
        assert fetch_body(f"{site.url}/") == b"in"
        assert failure(f"{site.url}/no").status == status
        site.pages["/never"] = Answer(status=status, headers={"Set-Cookie": "other=1"})
        assert failure(f"{site.url}/never").status == status
    assert site.paths() == ["/", "/", "/no", "/never", "/never"]


def test_a_page_that_sets_a_cookie_and_reloads_is_asked_once_more() -> None:
    """A 200 that only wants its cookie back, too."""
    challenge = b"<html><script>document.cookie='a=1';location.reload();</script></html>"

    def page(request: Received) -> Answer:
        if "cookie" in request.headers:
            return Answer(b"<html>in</html>")
        return Answer(challenge, {"Set-Cookie": "pass=1", "Content-Type": "text/html"})

    with Site({"/": page}) as site:
        assert b"in" in fetch_body(site.url)


def test_a_plain_proxy_takes_everything() -> None:
    """Requests for the source's host and for others go through it, with its own password for it alone."""
    with two_hosts({"/": b"x"}) as site, Site() as proxy:
        proxy.pages[f"{site.url}/"] = b"by proxy"
        proxy.pages[f"{elsewhere(site.url)}/"] = b"by proxy"
        access = Access(hosts=OURS, proxy=proxy.url.replace("//", "//me:proxy-canary@"))
        assert visit(f"{site.url}/", access).body == b"by proxy"
        assert visit(f"{elsewhere(site.url)}/", access).body == b"by proxy"
        assert visit(f"{site.url}/").body == b"x"
    assert len(site.requests) == 1
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")


def test_a_proxy_opens_no_way_inside() -> None:
    """Its own address is the user's word; a host that a list names must be public all the same."""
    with Site() as proxy:
        access = Access(hosts=("example.org",), proxy=proxy.url)
        closed = limited(allow_private=())
        proxy.pages["http://example.org/"] = b"by proxy"
        assert visit("http://example.org/", access, closed).body == b"by proxy"
        error = refusal("http://127.0.0.9/", access, closed)
        assert error.reason == "refused: 127.0.0.9 is not a public address ([network] allow_private)" or (
            error.reason.endswith("refused: 127.0.0.9 is not a public address ([network] allow_private)")
        )
        assert len(proxy.requests) == 1


def test_a_proxy_that_fails_is_named(tmp_path: Path) -> None:
    """It is not the site that is to blame; nor does the error tell the proxy's password."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    access = Access(hosts=OURS, proxy=f"http://me:proxy-canary@127.0.0.1:{port}")
    error = refusal("http://127.0.0.1/", access)
    assert error.reason == "through the proxy: connection refused"
    with raw_server(b"HTTP/1.1 407 proxy-canary says no\r\nContent-Length: 0\r\n\r\n") as (at, _):
        error = refusal("https://127.0.0.1/", Access(hosts=OURS, proxy=f"http://me:proxy-canary@{at}"))
    assert error.reason == "through the proxy: the proxy answered 407"


def test_many_proxies_share_the_clients() -> None:
    """More proxies than clients: old ones make room, and straight requests go on."""
    with Site({"/": b"x"}) as site, Site() as proxy:
        proxy.pages[f"{site.url}/"] = b"by proxy"

        async def ask(fetcher: object) -> None:
            for number in range(25):
                access = Access(hosts=OURS, proxy=proxy.url.replace("//", f"//user{number}:x@"))
                fetched = await fetcher.fetch(Request(f"{site.url}/"), access)  # type: ignore[attr-defined]
                assert fetched.body == b"by proxy"
            assert (await fetcher.fetch(Request(f"{site.url}/"))).body == b"x"  # type: ignore[attr-defined]

        run(ask)


def test_socks_is_spoken_or_its_library_named() -> None:
    """With the extra, a SOCKS proxy is spoken to as one; without, the error says what to install."""
    with socks_server() as (at, asked):
        access = Access(hosts=OURS, proxy=f"socks5://{at}")
        if importlib.util.find_spec("socksio"):
            assert visit("http://127.0.0.1:81/", access).body == b"by socks"
            assert asked == [b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x51"]
        else:
            error = refusal("http://127.0.0.1:81/", access)
            assert error.reason == "[source] proxy: socks5 needs `pip install aggregator[socks]`"


@contextmanager
def socks_server() -> Iterator[tuple[str, list[bytes]]]:
    """A SOCKS server (RFC 1928) that answers in place of everybody."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(100)
                connection.sendall(b"\x05\x00")
                asked.append(connection.recv(100))
                connection.sendall(b"\x05\x00\x00\x01" + bytes(6))
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nby socks")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"headers": {"Host": "x"}}, "Host is set by the program itself"),
        ({"headers": {"Content-Length": "1"}}, "Content-Length is set by the program itself"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, "is set by the program itself"),
        ({"headers": {"a b": "1"}}, '"a b" is not the name of a header'),
        ({"headers": {"X": "canary\r\nY: 1"}}, "X holds characters that no header can carry"),
        ({"cookies": {"a": "canary; b=2"}}, "a has a semicolon in it"),
        ({"cookies": {"a=b": "1"}}, '"a=b" is not the name of a cookie'),
        ({"proxy": "canary:8080"}, "a proxy looks like"),
        ({"proxy": "ftp://canary"}, "a proxy looks like"),
    ],
)
def test_what_cannot_go_along_is_refused(changes: dict[str, object], said: str) -> None:
    """At the start, in words, without the value."""
    with pytest.raises(ValueError, match="validation error") as caught:
        Access(hosts=OURS, **changes)  # type: ignore[arg-type]
    message = caught.value.errors()[0]["msg"]  # type: ignore[attr-defined]
    assert said in message
    assert "canary" not in message


def test_nothing_secret_is_shown() -> None:
    """The repr of what a source sends holds no value of it."""
    access = EVERYTHING.model_copy(
        update={"proxy": "http://me:proxy-canary@proxy.example", "browser": Browser()}
    )
    assert "canary" not in repr(access)
    assert "canary" not in repr(Source(name="x", kind="feed", url="http://x.org/", cookies={"a": "canary"}))
