"""Bodies: unpacked, limited, and whole or not at all."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from aggregator.errors import FetchError
from aggregator.fetch import Fetcher
from aggregator.model import Fetched, NotModified, Request
from tests.support.fetching import failure, fetch_body, limited, raw_server, run
from tests.support.loopback import Answer, Site

# Without a time of day, so that a test is called the same in every worker.
NINE = gzip.compress(b"hello " * 9, mtime=0)
FOUR, FIVE = (gzip.compress(b"hello " * number, mtime=0) for number in (4, 5))


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", NINE),
        ("X-GZIP", NINE),
        ("gzip", FOUR + FIVE + b"\0\0"),
        ("deflate", zlib.compress(b"hello " * 9)),
        ("deflate", zlib.compress(b"hello " * 9)[2:-4]),
        ("identity", b"hello " * 9),
        *((name, b"hello " * 9) for name in ("UTF-8", "none", "binary", "8bit", "aws-chunked", "text/xml")),
        ("gzip, utf-8", NINE),
    ],
)
def test_bodies_are_unpacked(coding: str, packed: bytes) -> None:
    """That is gzip with one or two members, deflate with and without its frame; what names no packing is none."""
    with Site({"/": Answer(packed, {"Content-Encoding": coding})}) as site:
        assert fetch_body(site.url) == b"hello " * 9
        site.pages["/"] = Answer(
            headers={"Content-Encoding": coding}, stream=[bytes([byte]) for byte in packed]
        )
        assert fetch_body(site.url) == b"hello " * 9


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "zstd"])
def test_an_unknown_packing_is_an_error(coding: str) -> None:
    """What we did not ask for we do not guess at."""
    with Site({"/": Answer(b"x", {"Content-Encoding": coding})}) as site:
        assert failure(site.url).reason == f"packed in an unknown way: {coding}"


def test_a_gzip_bomb_is_not_unpacked() -> None:
    """100 MB in 100 KB stop at the limit."""
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1024**2)) for _ in range(100)) + packer.flush()
    with Site({"/": Answer(bomb, {"Content-Encoding": "gzip"})}) as site:
        error = failure(site.url)
    assert error.reason == "larger than 10 MB ([network] max_size)"


def test_the_limit_counts_packed_and_unpacked_bytes() -> None:
    """Exactly max_size is fine; one byte more is not, packed or plain, with a length or without."""
    small = limited(max_size=1000)
    with Site() as site:
        for body in (b"x" * 1000, b"x" * 1001):
            site.pages["/plain"] = body
            site.pages["/gzip"] = Answer(gzip.compress(body, mtime=0), {"Content-Encoding": "gzip"})
            site.pages["/stream"] = Answer(stream=[body[:500], body[500:]])
            for path in ("/plain", "/gzip", "/stream"):
                if len(body) == 1000:
                    assert fetch_body(site.url + path, small) == body
                else:
                    assert failure(site.url + path, small).reason == "larger than 1000 B ([network] max_size)"
        site.pages["/padded"] = Answer(
            gzip.compress(b"x", mtime=0) + bytes(1000), {"Content-Encoding": "gzip"}
        )
        assert "larger than" in failure(f"{site.url}/padded", small).reason


def test_half_an_answer_is_an_error() -> None:
    """A body shorter than its length or its gzip is never passed on."""
    packed = gzip.compress(b"whole" * 99, mtime=0)[:-9]
    halves = {
        "/length": Answer(b"half", {"Content-Length": "8"}),
        "/gzip": Answer(packed, {"Content-Encoding": "gzip"}),
        "/stream": Answer(stream=[packed], headers={"Content-Encoding": "gzip"}),
    }
    with Site(halves) as site:

        async def ask_all(fetcher: Fetcher) -> list[Fetched | NotModified | BaseException]:
            requests = (Request(site.url + path) for path in halves)
            return await asyncio.gather(*map(fetcher.fetch, requests), return_exceptions=True)

        errors = run(ask_all, limited(per_host=3))
    reasons = [error.reason for error in errors if isinstance(error, FetchError)]
    assert reasons == ["closed the connection in the middle"] * 3


def test_half_of_a_chunked_answer_is_an_error() -> None:
    """The last chunk tells the end; without it there is none."""
    with raw_server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n") as (at, _):
        assert failure(f"http://{at}/").reason == "closed the connection in the middle"


def test_damaged_packing_is_an_error_at_once() -> None:
    """Bytes that are not gzip stay so, however often one asks."""
    with Site({"/": Answer(b"plain text", {"Content-Encoding": "gzip"})}) as site:
        assert failure(site.url).reason == "sent data that cannot be unpacked"
        assert len(site.requests) == 1
