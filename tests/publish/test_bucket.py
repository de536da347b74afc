"""Publications to a bucket: complete, in order, and taken up again after whatever a store does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from aggregator.app import App
from aggregator.errors import PublishError
from aggregator.model import Document
from aggregator.publish.check import Difference
from aggregator.render import paths
from tests.support.bucket import BucketServer
from tests.support.posts import START, Press, a_press, an_item

SOME = [an_item(number) for number in range(5)]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketServer]:
    with BucketServer(monkeypatch) as server:
        yield server


@contextmanager
def a_press_at(server: BucketServer, folder: Path) -> Iterator[Press]:
    """Open a press whose site is in the bucket."""
    with a_press(folder) as press:
        output = press.app.config.output.model_copy(update={"site": server.address})
        with App(press.app.config.model_copy(update={"output": output}), press.store) as app:
            yield Press(folder, app)


def test_a_publication_is_what_a_folder_would_hold(server: BucketServer, tmp_path: Path) -> None:
    """The same documents are there, posts and private files stay on the disk, and a second time writes nothing."""
    with a_press(tmp_path / "a") as press:
        press.save(*SOME)
        press.publisher.publish()
        folder = {
            path: press.publisher.folders.read(path) for path in press.publisher.folders.inspect().files()
        }
    with a_press_at(server, tmp_path / "b") as press:
        press.save(*SOME)
        assert press.publisher.publish().written == len(folder)
        bucket = press.publisher.folders
        assert {path: bucket.read(path) for path in bucket.inspect().files()} == folder
        assert press.publisher.check() == []
        server.requests.clear()
        assert press.publisher.publish(everything=True).written == 0
        assert not server.written()


def test_no_feed_ever_names_a_page_that_is_not_there(server: BucketServer, tmp_path: Path) -> None:
    """Pages are there before lists and feeds; a page goes when nothing names it any more."""
    with a_press_at(server, tmp_path) as press:
        press.save(*SOME)
        press.publish()
        written = server.written()
        feed, page = "feeds/atom.xml", "share/item-000003.html"
        last = max(number for number, path in enumerate(written) if path.startswith("share/"))
        assert last < written.index("index.html") < written.index(feed)
        server.requests.clear()
        press.store.remove("item-000003", "a test", START)
        press.publish()
        assert server.requests.index(("PUT", f"/{server.name}/site/{feed}")) < [
            method for method, _ in server.requests
        ].index("POST")
        assert not press.publisher.folders.has(f"site/{page}")
        assert press.publisher.check() == []


def test_a_bad_store_gets_everything_in_the_end(server: BucketServer, tmp_path: Path) -> None:
    """It answers 503 at random, refuses some, loses every twentieth write: publications fail, go on, and are whole."""
    random, writes = Random(21), itertools.count(1)  # noqa: S311

    def fault(method: str, path: str) -> str:
        what = random.choices(["", "503 SlowDown", "403 ExpiredToken"], [85, 10, 5])[0]
        return what or ("lost" if method == "PUT" and next(writes) % 20 == 0 else "")

    with a_press_at(server, tmp_path) as press:
        press.save(*SOME)
        server.fault = fault
        failures: list[str] = []
        while not press.store.publication().done:
            try:
                press.publish()
            except PublishError as exc:
                failures.append(str(exc))
        assert failures
        assert all("403 Forbidden" in one or "ExpiredToken" in one for one in failures), failures
        server.fault = lambda method, path: ""
        assert press.publisher.check() == []
        assert press.publish().written == 0


def test_a_check_finds_what_somebody_else_did(server: BucketServer, tmp_path: Path) -> None:
    """An object that is gone, one that is another, one that nobody knows, and a mirrored file of other bytes."""
    with a_press_at(server, tmp_path) as press:
        press.save(*SOME)
        press.publish()
        folders = press.publisher.folders
        folders.remove(["site/share/item-000002.html"])
        folders.write([Document("site/index.html", b"other"), Document("site/stranger.html", b"")])
        assert press.publisher.check() == [
            Difference(f"{server.address}/index.html", "changed"),
            Difference(f"{server.address}/share/item-000002.html", "missing"),
            Difference(f"{server.address}/stranger.html", "unexpected"),
        ]
        press.publish(everything=True)
        assert [one.what for one in press.publisher.check()] == ["unexpected"]


def test_the_addresses_that_no_bucket_answers() -> None:
    """The page on buckets names what a CDN passes on to the daemon as the program calls it."""
    said = Path("docs/object-storage.md").read_text("utf-8")
    assert f"`/{paths.SEARCH}*`, `/{paths.PRIVATE}/*`" in said
