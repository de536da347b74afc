"""The program with its site in a bucket: killed at any write, with a store that is away for a while, and served."""

from __future__ import annotations

import itertools
import os
import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from aggregator.model.digest import hexdigest
from aggregator.output.bucket import MAX_REQUESTS
from tests.support.bucket import BucketServer
from tests.support.loopback import Site
from tests.support.running import daemon, free_port, get, serving, stop, until
from tests.support.samples import PNG, feed, feed_source, item
from tests.support.workplace import Workplace

pytestmark = pytest.mark.slow


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketServer]:
    with BucketServer(monkeypatch) as server:
        yield server


def configure(workplace: Workplace, server: BucketServer, sources: str) -> None:
    """Write the configuration of a workplace whose site is in the bucket."""
    workplace.configure(sources)
    text = workplace.config.read_text("utf-8").replace('site = "public"', f'site = "{server.address}"')
    workplace.config.write_text(text, "utf-8")


def test_killed_again_and_again(workplace: Workplace, server: BucketServer) -> None:
    """SIGKILL in the middle of a write, at a later one of the next process and so on: it goes on, and is whole."""
    with Site({"/feed.xml": feed(*(item(number) for number in range(1, 9)))}) as site:
        configure(workplace, server, feed_source(site))
        kills = 0
        for distance in (1, 3, 9, 4, 2, 7):
            process = workplace.start("publish" if kills else "poll")
            server.fault = Killer(process.pid, distance)
            process.communicate()
            kills += process.returncode == -signal.SIGKILL
        assert kills > 2
        server.fault = lambda method, path: ""
        workplace.run("publish")
        workplace.run("publish", "--check")
        assert "0 files written" in workplace.run("publish").stdout
        # What a killed process had put is there, and only what it had under way is put again.
        written = Counter(server.written())
        assert sum(count - 1 for count in written.values()) <= kills * MAX_REQUESTS
        assert len([key for key in written if key.startswith("share/")]) == 8


class Killer:
    """A fault of a store: it kills who writes to it, at a write of that number."""

    def __init__(self, pid: int, number: int) -> None:
        self._pid = pid
        self._number = number
        self._seen = itertools.count(1)

    def __call__(self, method: str, path: str) -> str:
        """Do nothing to the request itself."""
        if method == "PUT" and next(self._seen) == self._number:
            os.kill(self._pid, signal.SIGKILL)
        return ""


def test_a_store_that_is_away_for_a_while(workplace: Workplace, server: BucketServer) -> None:
    """The daemon says so, in one line without a key, publishes when it is back, and serves what is there."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        port = free_port()
        configure(workplace, server, serving(site, port))
        refusals: list[str] = []

        def away(method: str, path: str) -> str:
            if method == "PUT" and not refusals:
                refusals.append(path)
                return "403 ExpiredToken"
            return ""

        server.fault = away
        with daemon(workplace, port) as process:
            address = f"http://127.0.0.1:{port}"
            until(lambda: "Title 1" in get(f"{address}/feeds/rss.xml").text)
            assert refusals
            page = get(f"{address}/feeds/rss.xml", headers={"Accept-Encoding": "gzip"})
            assert page.headers["content-encoding"] == "gzip"
            assert get(address, headers={"If-None-Match": get(address).headers["etag"]}).status_code == 304
            assert get(f"{address}/nothing.html").status_code == 404
            assert "</mark> 1" in get(f"{address}/search?q=Title").text
            server.fault = lambda method, path: "503 SlowDown"
            until(lambda: get(f"{address}/feeds/rss.xml").status_code == 503)
            assert get(f"{address}/search?q=Title").status_code == 200
            server.fault = lambda method, path: ""
            until(lambda: get(f"{address}/feeds/rss.xml").status_code == 200)
            _, log = stop(process)
        line = next(one for one in log.splitlines() if "cannot publish" in one)
        assert f"cannot write {server.address}/" in line
        assert "([output] site): ExpiredToken, The store says ExpiredToken." in line
        assert "key-of-tests" not in log
        assert "secret-of-tests" not in log
        workplace.run("publish", "--check")


def test_mirrored_files_and_what_readers_alone_are_shown(workplace: Workplace, server: BucketServer) -> None:
    """Files are objects named after their bytes; those of a source that is not shown whole go to a bucket of their own."""
    other = f"{server.name}-private"
    server.make(other)
    shown, hidden = PNG, PNG + b"another"
    with Site({"/shown.png": shown, "/hidden.png": hidden}) as site:
        for name, picture in (("shown", "shown.png"), ("hidden", "hidden.png")):
            text = f'<![CDATA[<p>Text.</p><img src="{site.url}/{picture}">]]>'
            entry = f"<item><guid>urn:x:{name}</guid><title>{name}</title><description>{text}</description></item>"
            site.pages[f"/{name}.xml"] = feed(entry)
        sources = "".join(
            f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "{site.url}/{name}.xml"\nfull_text = "never"\n'
            f'mirror = ["images"]\npublish = "{publish}"\n'
            for name, publish in (("shown", "full"), ("hidden", "summary"))
        )
        configure(workplace, server, sources)
        text = workplace.config.read_text("utf-8")
        workplace.config.write_text(
            text.replace('posts = "_posts"', f'posts = "_posts"\nprivate = "s3://{other}"'), "utf-8"
        )
        assert "Mirrored 2 files" in workplace.run("poll").stdout
        workplace.run("publish", "--check")
        place = "media/{0:.2}/{0}.png".format(hexdigest(shown))
        body, headers = server.get(f"site/{place}")
        assert body == shown
        assert headers["content-type"] == "image/png"
        assert "immutable" in headers["cache-control"]
        assert [path for path in server.written() if path.startswith("media/")] == [place]
        # Shown whole from now on, the other one moves to where all see it.
        workplace.config.write_text(
            workplace.config.read_text("utf-8").replace('"summary"', '"full"'), "utf-8"
        )
        workplace.run("poll")
        assert server.get("site/media/{0:.2}/{0}.png".format(hexdigest(hidden)))[0] == hidden
        workplace.run("publish", "--check")
