"""A small output and a server of it, for the tests of the server."""

import asyncio
import gzip
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from aggregator.web import Health, Limits, Server, WebApp, bind, build_app
from aggregator.web.files import Files

FEED = b'<?xml version="1.0" encoding="utf-8"?><rss version="2.0">' + "消息".encode() * 500 + b"</rss>"
WRITTEN = 1_700_000_000  # when the files of these tests were last changed
WELL = Health(live=True, ready=True)


def write(path: Path, body: bytes, modified: int = WRITTEN) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    os.utime(path, (modified, modified))
    if path.suffix in (".xml", ".html") and len(body) >= 512:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(body, 6, mtime=0))


def write_output(root: Path) -> Path:
    """A page, feeds, a share page and assets below ``root``, and a secret beside it."""
    for path, body in {
        "../secret.txt": b"a secret",
        "index.html": b"<!doctype html><title>Home</title>",
        "feeds/rss.xml": FEED,
        "feeds/atom.xml": b"<feed/>",
        "feeds/feed.json": b"{}",
        "feeds.opml": b"<opml/>",
        "category/公告.html": b"<p>notices",
        "guide/index.html": b"<p>guide",
        "share/NW202204242354992724.html": b"<p>share",
        "assets/style.css": b"p{}",
        "feeds/archive-1.atom": b"<feed/>",
        **{f"media/ab/abc.{ending}": b"PK" for ending in ("docx", "ofd", "xls", "unheard")},
        "assets/logo.png": b"\x89PNG" + bytes(2000),
        ".hidden/key.txt": b"a secret",
        ".env": b"a secret",
        "folder/page.html": b"<p>page",
    }.items():
        write(root / path, body)
    return root


def serving(
    root: Path, health: Callable[[], Health] = lambda: WELL, limits: Limits | None = None, **more: Any
) -> AbstractContextManager[httpx.Client]:
    """A client of a server of a folder."""
    return serving_app(build_app(Files(root), health=health, **more), limits)


@contextmanager
def serving_app(app: WebApp, limits: Limits | None = None) -> Iterator[httpx.Client]:
    """A client of a real server that runs in a thread of its own."""
    sock = bind("127.0.0.1", 0)
    address = f"http://127.0.0.1:{sock.getsockname()[1]}"
    server = Server(lambda: app, sock, limits)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        plain = {"Accept-Encoding": "identity"}
        with httpx.Client(base_url=address, trust_env=False, headers=plain) as client:
            yield client
    finally:
        server.stop()
        thread.join()
