"""The server: what it serves of the output, what it refuses, and what it says of itself."""

import asyncio
import gzip
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from aggregator.web import Health
from aggregator.web.files import Files
from tests.support.website import FEED, WRITTEN, serving, write, write_output


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An output folder to change."""
    return write_output(tmp_path / "public")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder that nobody changes."""
    return write_output(tmp_path_factory.mktemp("site") / "public")


@pytest.fixture(scope="module")
def site(shared: Path) -> Iterator[httpx.Client]:
    """A client of the server of that folder."""
    with serving(shared) as client:
        yield client


LONG = os.urandom(1_500_000)


def get(site: httpx.Client, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """An answer and its body as it came over the wire; ``If_None_Match=`` stands for If-None-Match."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with site.stream("GET", path, headers=named) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/guide/", "text/html; charset=utf-8"),
        ("/category/公告.html", "text/html; charset=utf-8"),
        ("/feeds/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/feeds/atom.xml", "application/atom+xml; charset=utf-8"),
        ("/feeds/feed.json", "application/feed+json"),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
        ("/assets/style.css", "text/css; charset=utf-8"),
        ("/assets/logo.png", "image/png"),
        ("/feeds/archive-1.atom", "application/atom+xml; charset=utf-8"),
        ("/media/ab/abc.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("/media/ab/abc.ofd", "application/ofd"),
        ("/media/ab/abc.xls", "application/vnd.ms-excel"),
        ("/media/ab/abc.unheard", "application/octet-stream"),
    ],
)
def test_files_come_with_the_type_of_their_name(
    site: httpx.Client, shared: Path, path: str, media: str
) -> None:
    """Each file is served as what it is, and browsers are told not to guess."""
    answer = site.get(path)
    on_disk = shared / (path.removeprefix("/") + ("index.html" if path.endswith("/") else ""))
    assert (answer.status_code, answer.content) == (200, on_disk.read_bytes())
    assert answer.headers["content-type"] == media
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_feed_is_packed_for_those_who_take_gzip(site: httpx.Client, root: Path) -> None:
    """The packed feed is the same bytes on each server, has its own tag, and names what it varies by."""
    packed, body = get(site, "/feeds/rss.xml", Accept_Encoding="gzip")
    plain, whole = get(site, "/feeds/rss.xml")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == whole == FEED
    assert body[4:8] == bytes(4)  # no time of packing (RFC 1952, 2.3.1)
    assert len(body) == int(packed.headers["content-length"]) < len(FEED)
    assert packed.headers["etag"] == plain.headers["etag"].removesuffix('"') + '-gzip"'
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    write(root / "feeds/rss.xml", FEED, WRITTEN + 999)
    with serving(root) as other:
        assert get(other, "/feeds/rss.xml", Accept_Encoding="gzip")[1] == body


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip", "gzip"),
        ("GZip, deflate, br", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "gzip"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"),
        ("gzip;q=0.5, identity;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.000, *", None),
        ("*;q=0", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity, *;q=0.2", None),
        ("br", None),
        ("", None),
        ("gzip;q=nonsense", None),
    ],
)
def test_weights_decide_the_coding(site: httpx.Client, accept: str, coding: str | None) -> None:
    """Accept-Encoding is read with its weights (RFC 9110, 12.5.3)."""
    answer = site.get("/feeds/rss.xml", headers={"Accept-Encoding": accept})
    assert answer.headers.get("content-encoding") == coding
    assert answer.content == FEED


def test_a_picture_is_not_packed(site: httpx.Client) -> None:
    """Packing is for text; a picture's answer does not vary."""
    answer = site.get("/assets/logo.png", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert "vary" not in answer.headers


def test_tags_make_a_304(site: httpx.Client) -> None:
    """If-None-Match is a list compared weakly, against the coding that the client takes."""
    path = "/feeds/rss.xml"
    tag = get(site, path)[0].headers["etag"]
    packed_tag = get(site, path, Accept_Encoding="gzip")[0].headers["etag"]
    for said in (tag, f"W/{tag}", f'"other", W/"more",{tag}', "*"):
        answer, body = get(site, path, If_None_Match=said)
        assert (answer.status_code, body) == (304, b"")
        assert answer.headers["etag"] == tag
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["cache-control"] == "no-cache"
        assert "content-type" not in answer.headers
    answer, _ = get(site, path, If_None_Match=packed_tag, Accept_Encoding="gzip")
    assert (answer.status_code, answer.headers["etag"]) == (304, packed_tag)
    for said in ('"other"', packed_tag, "", tag.strip('"')):
        assert get(site, path, If_None_Match=said)[0].status_code == 200


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose local time is not that of HTTP."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_from_greenwich")
def test_dates_make_a_304_only_without_tags(site: httpx.Client) -> None:
    """If-Modified-Since counts in each form of HTTP date, unless If-None-Match is there too."""
    path = "/feeds/rss.xml"
    modified = get(site, path)[0].headers["last-modified"]
    assert modified == formatdate(WRITTEN, usegmt=True) == "Tue, 14 Nov 2023 22:13:20 GMT"
    for said, status in {
        modified: 304,
        formatdate(WRITTEN + 1, usegmt=True): 304,
        "Tuesday, 14-Nov-23 22:13:20 GMT": 304,
        "Tue Nov 14 22:13:20 2023": 304,
        formatdate(WRITTEN - 1, usegmt=True): 200,
        "yesterday": 200,
        "": 200,
        "Tue, 14 Nov 99999999999 22:13:20 GMT": 200,
    }.items():
        assert get(site, path, If_Modified_Since=said)[0].status_code == status, said
    both, _ = get(site, path, If_Modified_Since=modified, If_None_Match='"other"')
    assert both.status_code == 200


def test_news_is_asked_for_again_and_assets_are_kept(site: httpx.Client) -> None:
    """Pages and feeds are revalidated each time; style and pictures are held for an hour."""
    for path in ("/", "/feeds/rss.xml", "/feeds/feed.json", "/feeds.opml"):
        assert site.get(path).headers["cache-control"] == "no-cache"
    for path in ("/assets/style.css", "/assets/logo.png"):
        assert site.get(path).headers["cache-control"] == "public, max-age=3600"


def test_a_changed_file_is_noticed(root: Path) -> None:
    """The request after a change gets the new bytes: replaced, written over, removed, put back."""
    feed = root / "feeds/rss.xml"
    with serving(root) as site:
        first = site.get("/feeds/rss.xml")
        assert first.content == FEED
        # Same size and same time: only the file itself is another one, as after a rename.
        write(root / "feeds/.new", FEED.swapcase())
        (root / "feeds/.new").replace(feed)
        second = site.get("/feeds/rss.xml", headers={"If-None-Match": first.headers["etag"]})
        assert (second.status_code, second.content) == (200, FEED.swapcase())
        write(feed, b"<rss/>")
        assert site.get("/feeds/rss.xml").content == b"<rss/>"
        write(feed, b"<RSS/>", WRITTEN + 60)
        third = site.get("/feeds/rss.xml")
        assert third.content == b"<RSS/>"
        assert third.headers["last-modified"] == formatdate(WRITTEN + 60, usegmt=True)
        feed.unlink()
        assert site.get("/feeds/rss.xml").status_code == 404
        write(feed, FEED)
        assert site.get("/feeds/rss.xml").content == FEED


@pytest.mark.parametrize("path", ["/feeds/rss.xml", "/missing", "/healthz"])
def test_head_says_what_get_says(site: httpx.Client, path: str) -> None:
    """HEAD has the headers of GET and no body."""
    head, full = site.head(path), site.get(path)
    assert (head.status_code, head.content) == (full.status_code, b"")
    assert dict(head.headers) | {"date": ""} == dict(full.headers) | {"date": ""}


def test_a_range_is_ignored(site: httpx.Client) -> None:
    """Whoever asks for a part gets the whole (RFC 9110, 14.2)."""
    answer = site.get("/feeds/rss.xml", headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (200, FEED)


def test_no_output_yet_is_a_404(tmp_path: Path) -> None:
    """Before the first publication there is no folder, and that is no fault of the server."""
    with serving(tmp_path / "public") as site:
        assert site.get("/").status_code == 404
        write_output(tmp_path / "public")
        assert site.get("/").status_code == 200


def test_an_old_link_leads_to_its_share_page(site: httpx.Client) -> None:
    """A link of the earlier system goes to the share page, by a way that holds below any path."""
    answer = site.get("/html_News/NewsShare.html?infoCode=NW202204242354992724&from=app")
    assert answer.status_code == 301
    assert answer.headers["location"] == "../share/NW202204242354992724.html"
    assert site.get("/html_News/" + answer.headers["location"]).content == b"<p>share"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/guide", "./guide/"),
        ("/category/公告", "./%E5%85%AC%E5%91%8A.html"),
        ("/share/NW202204242354992724", "./NW202204242354992724.html"),
    ],
)
def test_an_address_without_its_end_leads_to_the_page(site: httpx.Client, path: str, location: str) -> None:
    """Sites that moved here had such addresses; nothing else leads anywhere."""
    answer = site.get(path)
    assert (answer.status_code, answer.headers["location"]) == (301, location)
    assert site.get(path.rpartition("/")[0] + "/" + location).status_code == 200
    for other in ("/nothing", "/guide/x", "/feeds/rss.xml/", "/a:b"):
        assert site.get(other).status_code in (400, 404), other


def test_an_old_link_to_nothing_is_a_404(root: Path) -> None:
    """Only an id that has a share page leads anywhere."""
    write(root / "secretfile.html", b"")
    write(root / "share/short.html", b"")
    with serving(root) as site:
        for query in (
            "",
            "?infoCode=",
            "?infoCode=NW000000000000000000",
            "?infoCode=short",
            "?infoCode=../secretfile",
            "?infoCode=..%2Fsecretfile",
            "?infoCode=NW202204242354992724%0a",
            "?infoCode=NW202204242354992724.html",
        ):
            assert site.get(f"/html_News/NewsShare.html{query}").status_code == 404, query


def test_health_is_told_as_json(root: Path) -> None:
    """/healthz is 200 only when live and ready, says why in its body, and is never kept."""
    said = [
        Health(live=True, ready=True, detail={"sources": 3}),
        Health(live=True, ready=False, detail={"reason": "starting"}),
        Health(live=False, ready=True),
    ]
    told = iter(said)
    with serving(root, lambda: next(told)) as site:
        for health, status in zip(said, (200, 503, 503), strict=True):
            answer = site.get("/healthz")
            assert answer.status_code == status
            assert answer.json() == {"live": health.live, "ready": health.ready, **health.detail}
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["cache-control"] == "no-store"


def test_what_is_held_in_memory_is_bounded(root: Path) -> None:
    """However much is asked for, the held bytes stay below the limit, and all of it is served."""
    bodies = {f"/page-{number}.html": os.urandom(3000) * 2 for number in range(40)}
    bodies["/huge.html"] = os.urandom(60_000)
    for path, body in bodies.items():
        write(root / path.removeprefix("/"), body)
    files = Files(root, limit=50_000)

    async def ask_twice() -> None:
        for path in [*bodies, *bodies]:
            file = await files.get(path)
            assert file is not None
            assert file.body == bodies[path]
            assert 0 < files.size <= 50_000

    asyncio.run(ask_twice())


def test_a_changed_file_takes_the_place_of_what_was_held(root: Path) -> None:
    """However often a file changes, only its last state is held and counted."""
    files = Files(root)

    async def change_often() -> None:
        sizes = set()
        for moment in range(20):
            write(root / "feeds/rss.xml", FEED, WRITTEN + moment)
            assert await files.get("/feeds/rss.xml")
            sizes.add(files.size)
        assert len(sizes) == 1

    asyncio.run(change_often())


def test_many_at_once_get_the_same(root: Path) -> None:
    """Fifty readers of a feed that nobody asked for before all get it whole."""
    with serving(root) as site, ThreadPoolExecutor(50) as readers:
        answers = list(readers.map(site.get, ["/feeds/rss.xml"] * 50))
    assert {answer.content for answer in answers} == {FEED}


def test_a_packed_form_of_another_state_is_not_sent(root: Path) -> None:
    """Where a crash left the gzip of an older page, or there is none, the page is packed as it is now."""
    write(root / "page.html", b"<p>new" * 200)
    (root / "page.html.gz").write_bytes(gzip.compress(b"<p>old" * 200))
    (root / "broken.html").write_bytes(b"<p>broken" * 200)
    (root / "broken.html.gz").write_bytes(b"\x1f\x8b")
    (root / "alone.html").write_bytes(b"<p>alone" * 200)
    with serving(root) as site:
        for path, text in (
            ("/page.html", b"<p>new"),
            ("/broken.html", b"<p>broken"),
            ("/alone.html", b"<p>alone"),
        ):
            answer, body = get(site, path, Accept_Encoding="gzip")
            assert answer.headers["content-encoding"] == "gzip"
            assert gzip.decompress(body) == text * 200
            assert get(site, path, Accept_Encoding="identity")[1] == text * 200


@pytest.mark.parametrize(
    ("path", "cached", "disposition"),
    [
        ("media/ab/abc.png", "immutable", None),
        ("media/ab/abc.svg", "immutable", None),
        ("media/ab/abc.pdf", "immutable", "attachment"),
        ("media/ab/abc.xlsx", "immutable", "attachment"),
        ("media/ab/abc.html", "immutable", "attachment"),
        ("category/x/archive-12.atom", "max-age=86400", None),
        ("category/x/atom.xml", "no-cache", None),
        ("sitemap.xml", "no-cache", None),
    ],
)
def test_each_kind_is_kept_as_long_as_it_stays(
    root: Path, path: str, cached: str, disposition: str | None
) -> None:
    """What is named after its content stays for ever, what is mirrored never runs."""
    write(root / path, b"x" * 900)
    with serving(root) as site:
        headers = site.get(f"/{path}").headers
    assert cached in headers["cache-control"]
    assert headers.get("content-disposition") == disposition
    assert headers["x-content-type-options"] == "nosniff"
    assert ("sandbox" in headers["content-security-policy"]) == path.startswith("media")
    assert ("vary" in headers) == path.endswith((".atom", ".xml"))
    assert headers["cross-origin-resource-policy"] == (
        "cross-origin" if path.startswith("media") else "same-origin"
    )


def open_files(wanted: int | None = None) -> int:
    """How many files this process, and so the server in it, has open; after a wait for so many, at most."""
    deadline = time.monotonic() + 10
    while (found := len(os.listdir("/proc/self/fd"))) > (wanted or found) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(("path", "length"), [("media/ab/abc.pdf", len(LONG)), ("media/ab/abc.mp3", 100)])
def test_a_large_file_is_sent_in_parts(root: Path, path: str, length: int) -> None:
    """What is large or a recording is read as it is sent: whole, a range, several; and asked for again, a 304."""
    body = LONG[:length]
    write(root / path, body)
    with serving(root) as site:
        site.get("/")
        before = open_files()
        whole = site.get(f"/{path}")
        assert (whole.status_code, whole.content) == (200, body)
        assert whole.headers["accept-ranges"] == "bytes"
        assert "sandbox" in whole.headers["content-security-policy"]
        assert whole.headers["content-disposition"] == "attachment"
        tag = whole.headers["etag"]
        part = site.get(f"/{path}", headers={"Range": "bytes=10-19", "If-Range": tag})
        assert (part.status_code, part.content) == (206, body[10:20])
        assert part.headers["content-range"] == f"bytes 10-19/{length}"
        assert site.get(f"/{path}", headers={"Range": "bytes=-5"}).content == body[-5:]
        assert b"Content-Range" in site.get(f"/{path}", headers={"Range": "bytes=0-1,8-9"}).content
        other = site.get(f"/{path}", headers={"Range": "bytes=0-1", "If-Range": '"other"'})
        assert (other.status_code, other.content) == (200, body)
        late = site.get(f"/{path}", headers={"Range": f"bytes={length}-"})
        assert late.status_code == 416
        assert late.headers["x-content-type-options"] == "nosniff"
        again = site.get(f"/{path}", headers={"If-None-Match": tag})
        assert (again.status_code, again.headers["etag"]) == (304, tag)
        head = site.head(f"/{path}")
        assert (head.headers["content-length"], head.content) == (str(length), b"")
        write(root / path, body[::-1], WRITTEN + 5)
        assert site.get(f"/{path}", headers={"If-None-Match": tag}).content == body[::-1]
        assert open_files(before) <= before, "each file is closed once it is sent"


@pytest.mark.parametrize("said", ["items=0-5", "seconds=1-2", "bytes", "bytes=abc", "bytes=5", "bytes=", "x"])
def test_a_range_that_is_none_of_bytes_is_ignored(root: Path, said: str) -> None:
    """RFC 9110, section 14.2: an unknown unit; what names no range asks for the whole, too."""
    write(root / "media/ab/abc.pdf", LONG)
    with serving(root) as site:
        answer = site.get("/media/ab/abc.pdf", headers={"Range": said})
        assert (answer.status_code, answer.content) == (200, LONG)
        assert site.get("/media/ab/abc.pdf", headers={"Range": "BYTES=0-1, 8-9"}).status_code == 206
        assert site.head("/media/ab/abc.pdf", headers={"Range": "bytes=0-1"}).status_code == 200


def test_a_large_file_that_is_not_read_to_its_end_is_closed(root: Path) -> None:
    """A client that goes away leaves no open file behind."""
    write(root / "media/ab/abc.mp4", LONG * 20)
    with serving(root) as site:
        site.get("/")
        before = open_files()
        for _ in range(5):
            with httpx.stream("GET", site.base_url.join("/media/ab/abc.mp4"), trust_env=False) as answer:
                next(answer.iter_raw())
        assert open_files(before) <= before
        assert site.get("/").status_code == 200


def test_people_get_a_page_where_there_is_none(root: Path) -> None:
    """A browser is shown the page for what is not there, a reader a line; what was taken out is a 410."""
    write(root / "404.html", b"<p>nothing here")
    with serving(root, removed=lambda article_id: article_id == "NW-gone") as site:
        for path, status in {
            "/nothing.html": 404,
            "/share/NW-other.html": 404,
            "/share/NW-gone.html": 410,
            "/html_News/NewsShare.html?infoCode=NW-gone": 410,
        }.items():
            shown = site.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
            assert (shown.status_code, shown.content) == (status, b"<p>nothing here"), path
            assert shown.headers["content-type"] == "text/html; charset=utf-8"
            line = site.get(path, headers={"Accept": "application/atom+xml, */*"})
            assert (line.status_code, line.text[:3]) == (status, str(status))
            assert line.headers["content-type"] == "text/plain; charset=utf-8"
            assert line.headers["vary"] == shown.headers["vary"] == "Accept"
