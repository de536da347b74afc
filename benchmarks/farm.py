"""A thousand hosts on loopback in one process of its own: every address 127.0.x.y answers with feeds."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

HOSTS = 1000
ENTRIES = 20
SYLLABLES = "ba co di fe gu har la mi no pe ro su ta ve wi zo".split()
WORDS = 300
"""Words of an entry: two kilobytes, forty a feed. Entries with one text would be taken for copies of each other."""


def feed(number: int, entries: int) -> bytes:
    """The feed of that number."""
    items = "".join(
        f"<item><guid>urn:{number}:{index}</guid><title>Notice {index} of office {number}</title>"
        f"<link>http://feed-{number}.example/{index}</link><pubDate>Thu, 05 Mar 2026 10:{index:02}:00 GMT</pubDate>"
        f"<content:encoded><![CDATA[{_text(random.Random(f'{number} {index}'))}]]></content:encoded></item>"
        for index in range(entries)
    )
    return (
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        f"<channel><title>Feed {number}</title>{items}</channel></rss>"
    ).encode()


def _text(chance: random.Random) -> str:
    words = ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(WORDS)]
    return "".join(f"<p>{' '.join(words[at : at + 30])}.</p>" for at in range(0, WORDS, 30))


def address(number: int, port: int) -> str:
    """Where the feed of that number is: its host is one of a thousand."""
    host = number % HOSTS
    return f"http://127.0.{host // 250 + 1}.{host % 250 + 1}:{port}/feed/{number}.xml"


def source_table(number: int, port: int) -> str:
    """The table of a source that reads the feed of that number."""
    return (
        f'[[source]]\nname = "feed-{number}"\nkind = "feed"\nurl = "{address(number, port)}"\n'
        f'category = "Category {number % 20}"\ninterval = "1d"\nrobots = "ignore"\n'
    )


class _Host(asyncio.Protocol):
    """One connection: a feed, or 304 to whoever has it."""

    def __init__(self, wait: float, entries: int) -> None:
        self._wait = wait
        self._entries = entries
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._head += data
        if b"\r\n\r\n" in self._head:
            head, self._head = self._head, b""
            if self._wait:
                asyncio.get_running_loop().call_later(self._wait, self._answer, head)
            else:
                self._answer(head)

    def _answer(self, head: bytes) -> None:
        number = head.partition(b"/feed/")[2].partition(b".")[0]
        if not number.isdigit():
            self._transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        elif b"if-none-match" in head.lower():
            self._transport.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
        else:
            body = feed(int(number), self._entries)
            self._transport.write(
                b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Type: application/rss+xml\r\n'
                b"Content-Length: %d\r\n\r\n" % len(body) + body
            )


async def _serve(pipe: Connection, wait: float, entries: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Host(wait, entries), "0.0.0.0", 0, backlog=2048)  # noqa: S104
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _main(pipe: Connection, wait: float, entries: int) -> None:
    asyncio.run(_serve(pipe, wait, entries))


@contextmanager
def farming(wait: float = 0.0, entries: int = ENTRIES) -> Iterator[int]:
    """The port on which every host answers, after ``wait`` seconds each time, while they run."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_main, args=(theirs, wait, entries), daemon=True
    )
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()
