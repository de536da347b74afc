"""Readers of a running daemon: let in and out by a reload, and named in no line of its log."""

from __future__ import annotations

import signal

import pytest

from tests.support.loopback import Site
from tests.support.running import free_port, get, healthy, stop, until
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace

TOKEN = "0123456789abcdef" * 3


@pytest.mark.slow
def test_a_reload_lets_readers_in_and_out(workplace: Workplace) -> None:
    """An address works from a reload on, and no longer after the next; the log never has a token."""
    port = free_port()
    server = f'[server]\nlisten = "127.0.0.1:{port}"\n'
    table = '[[reader]]\nname = "desk"\ntoken = { file = "desk.token" }\n'
    token = workplace.folder / "desk.token"
    with Site({"/feed.xml": feed(*map(item, range(1, 4)))}) as site:

        def configure(tables: str) -> None:
            workplace.configure(server + tables + feed_source(site, publish="link"))

        configure("")
        process = workplace.start("-v", "run")
        try:
            until(lambda: healthy(port))
            address = f"http://127.0.0.1:{port}/r/{TOKEN}"
            until(lambda: b"Title 3" in get(f"http://127.0.0.1:{port}/feeds/rss.xml").content)
            assert get(f"{address}/").status_code == 404
            token.write_text(TOKEN)
            configure(table)
            process.send_signal(signal.SIGHUP)
            until(lambda: get(f"{address}/").status_code == 200)
            for path in ("feeds/rss.xml", "share/no-such.html", "search?q=Title", "category/x/rss.xml"):
                get(f"{address}/{path}")
            token.write_text("too-short")
            process.send_signal(signal.SIGHUP)
            until(lambda: get(f"{address}/feeds/rss.xml").status_code == 404)
            token.write_text(TOKEN)
            process.send_signal(signal.SIGHUP)
            until(lambda: get(f"{address}/feeds/rss.xml").status_code == 200)
            configure("")
            process.send_signal(signal.SIGHUP)
            until(lambda: get(f"{address}/feeds/rss.xml").status_code == 404)
            out, err = stop(process)
        finally:
            process.kill()
    assert "a reader is shown nothing" in err
    assert TOKEN not in out + err
    assert "too-short" not in out + err
    assert [
        path for path, body in workplace.files("public", "_posts", "var").items() if TOKEN.encode() in body
    ] == []
