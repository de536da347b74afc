"""Documents in a bucket: what is written and how, in which order, and what a store does that fails."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator

import obstore
import pytest
from obstore.store import S3Store

from aggregator.errors import PublishError
from aggregator.model import Document
from aggregator.model.digest import hexdigest
from aggregator.output import Destination, open_destination
from aggregator.publish.media_types import headers_in_bucket
from tests.support.bucket import PAGE_SIZE, BucketServer

PAGE = Document("site/share/a.html", b"<p>A page.</p>" * 100)
LIST = Document("site/index.html", b"short")
FEED = Document("site/feeds/atom.xml", b"<feed/>" * 100)
PICTURE = Document("site/media/ab/abc.svg", b"<svg/>")
ALL = [FEED, LIST, PAGE, PICTURE]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketServer]:
    with BucketServer(monkeypatch) as server:
        yield server


def output(server: BucketServer) -> Destination:
    return open_destination({"site": server.address}, headers_in_bucket)


def test_documents_have_types_caching_and_packing(server: BucketServer) -> None:
    """Each object is stored with what our server would say of it; texts are packed, and read back unpacked."""
    bucket = output(server)
    bucket.write(ALL)
    body, headers = server.get("site/share/a.html")
    assert gzip.decompress(body) == PAGE.body
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-cache"
    assert server.get("site/feeds/atom.xml")[1]["content-type"] == "application/atom+xml; charset=utf-8"
    body, headers = server.get("site/media/ab/abc.svg")
    assert body == PICTURE.body
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-disposition"] == "attachment"
    assert [bucket.read(one.path) for one in ALL] == [one.body for one in ALL]
    assert "content-encoding" not in server.get("site/index.html")[1]


def test_pages_come_before_lists_and_feeds(server: BucketServer) -> None:
    """A feed is written when the pages that it names are there."""
    output(server).write(ALL)
    written = server.written()
    assert set(written[:2]) == {"share/a.html", "media/ab/abc.svg"}
    assert written[2:] == ["index.html", "feeds/atom.xml"]


def test_only_what_changed_is_written_and_noted_before(server: BucketServer) -> None:
    """What is there with the same bytes and headers is left alone; who is noting hears of the rest first."""
    bucket, noted = output(server), []
    assert sorted(bucket.write(ALL)) == sorted(one.path for one in ALL)
    server.requests.clear()

    def noting(paths: object) -> None:
        noted.append(paths)
        assert not server.written()

    other = Document(LIST.path, b"other")
    assert bucket.write([FEED, other, PAGE], noting) == [LIST.path]
    assert (server.written(), noted) == (["index.html"], [[LIST.path]])
    assert bucket.write([FEED, other, PAGE], noting) == []


def test_removing_and_listing_more_than_a_page(server: BucketServer) -> None:
    """A list has so many objects a page, and is read to its end."""
    bucket = output(server)
    many = [Document(f"site/share/{number}.html", b"x") for number in range(PAGE_SIZE * 3 + 1)]
    bucket.write(many)
    server.requests.clear()
    assert sorted(bucket.inspect().files()) == sorted(one.path for one in many)
    assert len(server.requests) == 4
    assert bucket.missing([many[0].path, "site/not-there.html", many[1].path]) == ["site/not-there.html"]
    bucket.remove([*(one.path for one in many[1:]), "site/not-there.html"])
    assert [*bucket.inspect().files()] == [many[0].path]
    assert (bucket.has(many[0].path), bucket.has(many[1].path)) == (True, False)


def test_comparison_reads_no_body(server: BucketServer) -> None:
    """An ETag is compared with the MD5 of what would be stored, else the metadata say it; no object is read."""
    bucket = output(server)
    bucket.write(ALL)
    server.requests.clear()
    look = bucket.inspect()
    assert [look.fault(one.path, one.body) for one in ALL] == [None] * 4
    assert [method for method, _ in server.requests] == ["GET"]
    assert look.fault(PAGE.path, hexdigest(PAGE.body)) is None
    assert look.fault(PAGE.path, b"other") == (PAGE.path, "changed")
    assert look.fault("site/none.html", b"") == ("site/none.html", "missing")
    assert [method for method, _ in server.requests] == ["GET", "HEAD", "HEAD"]


@pytest.mark.parametrize("fault", ["503 SlowDown", "lost", "cut"])
def test_a_store_that_fails_now_and_then_gets_everything(server: BucketServer, fault: str) -> None:
    """Every third write is refused, lost or cut off, and each is made up for; a removal that is lost, too."""
    tries = iter(range(1000))
    server.fault = lambda method, path: fault if method in ("PUT", "POST") and next(tries) % 3 == 0 else ""
    bucket = output(server)
    bucket.write([*ALL, Document("site/robots.txt", b"x"), Document("site/assets/style.css", b"x")])
    look = bucket.inspect()
    assert [look.fault(one.path, one.body) for one in ALL] == [None] * 4
    bucket.remove([PAGE.path])
    assert not bucket.has(PAGE.path)


def test_a_store_that_keeps_nothing(server: BucketServer) -> None:
    """It confirms what it does not keep, and somebody is told which object it is."""
    server.fault = lambda method, path: "lost" if method == "PUT" else ""
    with pytest.raises(
        PublishError, match=rf"{server.address}/index.html was written 3 times, and is not there"
    ):
        output(server).write([LIST])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("403 InvalidAccessKeyId", "InvalidAccessKeyId, The store says InvalidAccessKeyId."),
        ("400 ExpiredToken", "ExpiredToken, The store says ExpiredToken."),
    ],
)
def test_credentials_that_do_not_hold(server: BucketServer, fault: str, said: str) -> None:
    """The message names the object and the key, says what the store says, and no key of the store."""
    server.fault = lambda method, path: fault if method == "PUT" else ""
    with pytest.raises(PublishError) as caught:
        output(server).write([LIST])
    assert str(caught.value) == f"cannot write {server.address}/index.html ([output] site): {said}"


def test_a_bucket_that_is_missing(server: BucketServer) -> None:
    """What a store says of it is what is told."""
    bucket = open_destination({"site": "s3://nobody-made-it"}, headers_in_bucket)
    with pytest.raises(PublishError, match=r"cannot write s3://nobody-made-it/index.html .*NoSuchBucket"):
        bucket.write([LIST])
    with pytest.raises(PublishError, match=r"cannot list s3://nobody-made-it .*NoSuchBucket"):
        bucket.inspect()
    with pytest.raises(PublishError, match=r"cannot read s3://nobody-made-it/index.html .*NoSuchBucket"):
        bucket.read(LIST.path)


def test_an_object_whose_name_is_no_path(server: BucketServer) -> None:
    """Somebody else's stops the list, by its name, and nothing else; it is left alone."""
    server.put("site/a//b", b"x")
    bucket = output(server)
    assert bucket.write(ALL)
    bucket.remove([LIST.path])
    with pytest.raises(PublishError, match=rf"cannot list {server.address} .*site/a//b"):
        bucket.inspect()
    assert server.get("site/a//b")[0] == b"x"


def test_paths_outside_are_refused(server: BucketServer) -> None:
    """A path leads nowhere but below the address."""
    for path in ("site/../x", "site/.hidden", "posts/x", "site/", "site"):
        with pytest.raises(PublishError, match="not a place"):
            output(server).read(path)


def test_a_store_with_other_etags(server: BucketServer) -> None:
    """Where the ETag is no MD5 of what we would store, the metadata say whether the document is the same."""
    bucket = output(server)
    bucket.write([PAGE])
    _, headers = server.get("site/share/a.html")
    marks = {"aggregator-digest": headers["x-amz-meta-aggregator-digest"]}
    store = S3Store(server.name, client_options={"allow_http": True})
    obstore.put(store, "site/share/a.html", b"packed or encrypted in another way", attributes=marks)
    server.requests.clear()
    assert bucket.inspect().fault(PAGE.path, PAGE.body) is None
    assert [method for method, _ in server.requests] == ["GET", "HEAD"]
    obstore.put(store, "site/share/a.html", b"somebody else's")
    assert bucket.inspect().fault(PAGE.path, PAGE.body) == (PAGE.path, "changed")


def test_a_server_that_is_not_there(server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the server, and says what the system says of it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}")
        with pytest.raises(PublishError, match=rf"\(\[output\] site\): {host}: Connection refused$"):
            output(server).has(LIST.path)
