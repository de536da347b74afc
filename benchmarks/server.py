"""A fast web server in a process of its own: what the benchmarks poll."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

ARTICLES = 300
BODY = "<p>" + "The harbour board met on Tuesday and agreed on the new timetable. " * 30 + "</p>"


def feed(number: int) -> bytes:
    """A feed of 30 entries of 2 KB."""
    items = "".join(
        f"<item><guid>urn:{number}:{index}</guid><title>Entry {index}</title><link>http://x.example/{index}</link>"
        f"<description><![CDATA[{BODY}]]></description><pubDate>Thu, 05 Mar 2026 10:{index:02}:00 GMT</pubDate></item>"
        for index in range(30)
    )
    return f"<rss version='2.0'><channel><title>{number}</title>{items}</channel></rss>".encode()


def listing() -> bytes:
    """A list of articles, each with a page of its own."""
    items = "".join(f"<li><a href='/art/{index}.html'>Article {index}</a></li>" for index in range(ARTICLES))
    return f"<html><body><ul>{items}</ul></body></html>".encode()


def page(number: int) -> bytes:
    """An article's page of 4 KB."""
    return f"<html><body><h1>Article {number}</h1><div id='body'>{BODY}{BODY}</div></body></html>".encode()


async def _serve(pipe: Connection, host: str) -> None:
    cache: dict[str, bytes] = {}

    def body(path: str) -> bytes:
        if path not in cache:
            name = path.rsplit("/", 1)[-1].partition(".")[0]
            kind = {"feed": lambda: feed(int(name)), "art": lambda: page(int(name))}
            cache[path] = kind.get(path.split("/")[1], listing)()
        return cache[path]

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if b"if-none-match" in head.lower():
                    writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
                else:
                    content = body(head.split(b" ", 2)[1].decode())
                    writer.write(
                        b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n' % len(content) + content
                    )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connection, host, 0, backlog=512)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _main(pipe: Connection, host: str) -> None:
    asyncio.run(_serve(pipe, host))


@contextmanager
def serving(host: str = "127.0.0.1") -> Iterator[str]:
    """The server's address, while it runs."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_main, args=(theirs, host), daemon=True)
    process.start()
    try:
        yield f"http://{host}:{ours.recv()}"
    finally:
        process.terminate()
        process.join()
