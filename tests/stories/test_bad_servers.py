"""One bad server of many: its source says what is wrong with it, and costs the others nothing."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from aggregator.fetch import Fetcher
from aggregator.model import Fetched, Request
from tests.support.badserver import BEHAVIOURS, CHUNKED, FEED, BadServer, Connection, chunk, with_length
from tests.support.certificate import a_certificate
from tests.support.fetching import limited, run
from tests.support.loopback import Site
from tests.support.samples import feed, item
from tests.support.workplace import Workplace, environment

pytestmark = pytest.mark.slow

HEALTHY = 20
MOST_MEMORY = 300  # MB
# Runs the program and says at its end how much memory it had at most, in MB.
MEASURED = """
import atexit, sys
from aggregator.cli import main

def tell():
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print("peak", int(peak.split()[1]) // 1024, file=sys.stderr)

atexit.register(tell)
sys.argv[0] = "aggregator"
main()
"""

TIMED_OUT = ("failed", "timed out after 10 s")
CUT_OFF = ("cut-off", "closed the connection in the middle")
CLOSED = ("failed", "closed the connection in the middle")
NOT_HTTP = ("failed", "sent an answer that is not HTTP")
TOO_LARGE = ("too-large", "larger than 10 MB ([network] max_size)")
TOO_MANY_REDIRECTS = ("failed", "redirected more than 5 times")
NO_SUCH_SCHEME = ("failed", "refused: not an http or https address")
NOT_PACKED = ("failed", "sent data that cannot be unpacked")
MANY_HEADERS = ("failed", "sent more than 500 headers")

# What the source says afterwards: its status, and words of its error.
SAYS = {
    "silent": TIMED_OUT,
    "drips its status": TIMED_OUT,
    "drips its headers": TIMED_OUT,
    "drips its body": TIMED_OUT,
    "says more than comes, and waits": TIMED_OUT,
    "never ends, in chunks": TOO_LARGE,
    "never ends, without a length": TOO_LARGE,
    "says more than comes": CUT_OFF,
    "says less than comes": ("cut-off", "is a feed that was cut off before its first entry"),
    "says two lengths": NOT_HTTP,
    "says a length below zero": NOT_HTTP,
    "says a length of 10^30": NOT_HTTP,
    "ends in the middle of its chunks": CUT_OFF,
    "ends within a chunk": CUT_OFF,
    "ends within its headers": CLOSED,
    "resets at once": CLOSED,
    "resets before its headers": CLOSED,
    "resets within its headers": CLOSED,
    "resets within its body": CUT_OFF,
    "redirects a hundred times": TOO_MANY_REDIRECTS,
    "redirects in a circle": TOO_MANY_REDIRECTS,
    "redirects to ftp": NO_SUCH_SCHEME,
    "redirects to a file": NO_SUCH_SCHEME,
    "redirects to a script": NO_SUCH_SCHEME,
    "redirects to data": NO_SUCH_SCHEME,
    "redirects to garbage": ("failed", "not an address"),
    "redirects with a long address": (
        "failed",
        "redirected to something that is not an address: URL too long",
    ),
    "redirects without saying where": ("failed", "redirected without saying where"),
    "answers with an error page": ("wrong-type", "is not a feed, but an HTML page"),
    "answers with a login page": ("gated", "a challenge stands before it: a login page (200)"),
    "answers with nothing": ("empty", "is not a feed, but an empty answer"),
    "says not modified, unasked": ("failed", "answered 304 Not Modified"),
    "gzip bomb": TOO_LARGE,
    "gzip bomb on an error": ("failed", "answered 403 Forbidden"),
    "gzip of empty members": TIMED_OUT,
    "gzip in gzip": ("failed", "packed in an unknown way: gzip, gzip"),
    "broken gzip": NOT_PACKED,
    "gzip that is none": NOT_PACKED,
    "deflate that is none": NOT_PACKED,
    "br that is none": ("failed", "packed in an unknown way: br"),
    "chunk bomb": TIMED_OUT,
    "chunks with long extensions": TIMED_OUT,
    "a chunk with an extension without end": NOT_HTTP,
    "a chunk of 2^80 bytes": NOT_HTTP,
    "a chunk of nonsense": NOT_HTTP,
    "10,000 headers": MANY_HEADERS,
    "10,000 names of headers": MANY_HEADERS,
    "5,000 cookies": MANY_HEADERS,
    "a header of 1 MB": NOT_HTTP,
    "headers without end": NOT_HTTP,
    "a header without end": NOT_HTTP,
    "trailers without end": NOT_HTTP,
    "1xx without end": TIMED_OUT,
    "switches protocols": NOT_HTTP,
    "garbage": NOT_HTTP,
    "garbage without end": NOT_HTTP,
    "HTTP/0.9": CLOSED,
}
TLS_SAYS = {
    "a certificate of its own": ("failed", "certificate: self-signed certificate"),
    "no TLS at all": ("failed", "TLS: "),
    "a handshake without end": TIMED_OUT,
    "a redirect to a certificate of its own": ("failed", "certificate: self-signed certificate"),
}


class Round:
    """What one `aggregator poll` made of every bad server and some healthy ones beside."""

    def __init__(self, workplace: Workplace, servers: dict[str, str], site: Site) -> None:
        tables = [
            f'[[source]]\nname = "{name}"\nkind = "feed"\nfull_text = "never"\nurl = "{url}"\n'
            for name, url in servers.items()
        ]
        for number in range(HEALTHY):
            url = site.url.replace("127.0.0.1", f"127.0.2.{number + 1}")
            site.pages[f"/{number}.xml"] = feed(item(number))
            tables.append(
                f'[[source]]\nname = "healthy-{number}"\nkind = "feed"\nfull_text = "never"\nurl = "{url}/{number}.xml"\n'
            )
        workplace.configure("".join(tables))
        workplace.config.write_text(workplace.config.read_text("utf-8").replace('"60s"', '"10s"'), "utf-8")
        self.done = subprocess.run(
            [sys.executable, "-c", MEASURED, "poll"],
            cwd=workplace.folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self.peak = int(self.done.stderr.rpartition("peak ")[2])
        self.states: dict[str, Any] = workplace.sources()
        self.posts = len(workplace.posts())


def named(behaviour: str) -> str:
    """A behaviour as the name of a source."""
    return "".join(letter if letter.isalnum() else "-" for letter in behaviour.lower()).strip("-")


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    """Every bad server and the healthy ones, polled in one round, each on a host of its own."""
    folder = tmp_path_factory.mktemp("round")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*a_certificate(folder))
    servers: dict[str, str] = {}
    with ExitStack() as stack:
        for number, name in enumerate(BEHAVIOURS):
            server = stack.enter_context(BadServer(name, host=f"127.0.1.{number + 1}"))
            servers[named(name)] = f"{server.url}/"

        def speaks(connection: Connection) -> None:
            connection.hear()
            connection.say(with_length(FEED))

        own = stack.enter_context(BadServer(speaks, host="127.0.3.1", tls=tls)).url.replace("http", "https")
        plain = stack.enter_context(BadServer(lambda speaks: speaks.say(FEED), host="127.0.3.2")).url.replace(
            "http", "https"
        )
        deaf = stack.enter_context(BadServer("silent", host="127.0.3.3")).url.replace("http", "https")

        def leads(connection: Connection) -> None:
            connection.hear()
            connection.say(f"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: {own}/\r\n\r\n".encode())

        to_own = stack.enter_context(BadServer(leads, host="127.0.3.4")).url
        for name, url in zip(TLS_SAYS, (own, plain, deaf, to_own), strict=True):
            servers[named(name)] = f"{url}/"
        site = stack.enter_context(Site(host="0.0.0.0"))
        yield Round(Workplace(folder), servers, site)


def test_every_behaviour_has_its_words() -> None:
    """Nobody adds a way to be bad without saying what comes of it."""
    assert SAYS.keys() == BEHAVIOURS.keys()


@pytest.mark.parametrize("behaviour", [*SAYS, *TLS_SAYS])
def test_a_bad_server_is_a_plain_state_of_its_source(polled: Round, behaviour: str) -> None:
    """Its status and a reason in words; it is a failure that is waited out like any other."""
    status, words = (SAYS | TLS_SAYS)[behaviour]
    state = polled.states[named(behaviour)]
    assert (state["status"], words in state["error"]) == (status, True), state["error"]
    assert state["failures"] == 1


def test_the_others_come_all_the_same(polled: Round) -> None:
    """In the very round: every healthy source is read and published, and nothing was unforeseen."""
    assert polled.done.returncode == 1
    assert {polled.states[f"healthy-{number}"]["status"] for number in range(HEALTHY)} == {"ok"}
    assert polled.posts == HEALTHY
    assert "Traceback" not in polled.done.stderr
    assert "unforeseen" not in polled.done.stdout + polled.done.stderr


def test_memory_stays_bounded(polled: Round) -> None:
    """With every bomb and everything endless at the same time."""
    assert polled.peak < MOST_MEMORY


def test_a_server_that_is_well_again_recovers_at_once(workplace: Workplace) -> None:
    """Nothing of a bad visit stays: not its connection, its validators or its cookies."""
    answers = iter([chunk(FEED[:90]), chunk(FEED[:90]), chunk(FEED[:90]), chunk(FEED) + b"0\r\n\r\n"])

    def mends(connection: Connection) -> None:
        connection.hear()
        connection.say(CHUNKED, next(answers))

    with BadServer(mends) as server:
        workplace.configure(
            f'[[source]]\nname = "paper"\nkind = "feed"\nfull_text = "never"\nurl = "{server.url}/"\n'
        )
        workplace.run("poll", expect=1)
        assert workplace.sources()["paper"]["status"] == "cut-off"
        workplace.run("poll", "paper")
        assert workplace.sources()["paper"]["status"] == "ok"


def bodies(server: BadServer, times: int) -> list[bytes]:
    """What a server answers to a fetcher that asks again and again."""

    async def ask(fetcher: Fetcher) -> list[bytes]:
        answers = [await fetcher.fetch(Request(f"{server.url}/{number}")) for number in range(times)]
        return [answer.body for answer in answers if isinstance(answer, Fetched)]

    return run(ask)


@pytest.mark.parametrize("more", [with_length(b"planted"), b"garbage\r\n", b"\r\n\0"])
def test_what_comes_behind_an_answer_is_no_answer(more: bytes) -> None:
    """What a server says beyond its length is never read as the answer to the next request."""

    def goes_on(connection: Connection) -> None:
        while connection.hear():
            connection.say(with_length(b"whole"), more)

    with BadServer(goes_on) as server:
        assert bodies(server, 4) == [b"whole"] * 4


def test_a_connection_closed_under_us_is_another_one() -> None:
    """A server may hang up between two requests, without a word, when the second is on its way."""

    def hangs_up(connection: Connection) -> None:
        connection.hear()
        connection.say(with_length(b"whole"))
        connection.hear()

    with BadServer(hangs_up) as server:
        assert bodies(server, 4) == [b"whole"] * 4
        assert server.connections == 4


@pytest.mark.parametrize("behaviour", ["chunk bomb", "chunks with long extensions", "1xx without end"])
def test_a_costly_answer_leaves_the_loop_to_the_others(behaviour: str) -> None:
    """While it comes as fast as it can, most of the loop's time is everybody's."""

    async def beside(fetcher: Fetcher) -> float:
        costly = asyncio.create_task(fetcher.fetch(Request(server.url)))
        began, used = time.monotonic(), time.thread_time()
        await asyncio.wait([costly], timeout=3)
        share = (time.thread_time() - used) / (time.monotonic() - began)
        costly.cancel()
        return share

    with BadServer(behaviour) as server:
        assert run(beside) < 0.3


def test_a_large_body_in_ordinary_pieces_is_not_made_to_wait() -> None:
    """A list of some megabytes in chunks of some kilobytes comes within a short deadline."""
    body = FEED + b" " * 8 * 1024**2

    def serves(connection: Connection) -> None:
        connection.hear()
        pieces = (chunk(body[at : at + 4096]) for at in range(0, len(body), 4096))
        connection.say(CHUNKED, *pieces, b"0\r\n\r\n")

    async def ask(fetcher: Fetcher) -> bytes:
        answer = await fetcher.fetch(Request(server.url))
        assert isinstance(answer, Fetched)
        return answer.body

    with BadServer(serves) as server:
        assert run(ask, limited(timeout=timedelta(seconds=60))) == body
