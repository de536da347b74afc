"""What readers are shown below addresses of their own, and what nobody else learns of it."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import httpx
import pytest
from bs4 import BeautifulSoup

from aggregator.model import Label
from aggregator.publish import admit
from aggregator.settings import Reader, Server, Websub
from aggregator.settings.access import Secret
from aggregator.web import private_routes
from aggregator.web.files import Files
from tests.support.posts import ROOT, START, Press, a_press, an_item
from tests.support.website import serving

EVERYTHING, MARKET = "e" * 40, "m" * 40
WHOLE = "the whole text"


@contextmanager
def a_site(folder: Path) -> Iterator[tuple[httpx.Client, Press]]:
    """A server of articles of whose texts the public is shown nothing; even numbers are of the market.

    One reader is shown everything, another one the market.
    """
    readers = []
    for name, token, more in (("all", EVERYTHING, {}), ("trader", MARKET, {"categories": ("Market",)})):
        (folder / name).write_text(f"{token}\n")
        readers.append(Reader(name=name, token=Secret(file=f"{folder}/{name}"), **more))
    said: dict[str, Any] = {"readers": tuple(readers), "server": Server(listen="127.0.0.1:8080")}
    said["websub"] = Websub(hub="https://hub.example.org/")
    feeds = [
        {"name": "texts", "query": "text"},
        {"name": "changes", "sources": ("paper",), "changes": True},
    ]
    with a_press(folder, source={"publish": "link", "label": "Paper"}, feeds=feeds, **said) as press:
        press.save(*(an_item(number, content=f"<p>{WHOLE} of {number}</p>") for number in range(6)))
        press.save(an_item(7, content=f"<p>{WHOLE} of 7</p>", labels=(Label("Harbour"), Label("Market"))))
        press.publish()
        admitted, refused = admit(press.app.config.readers)
        assert not refused
        root = folder / "public"
        with serving(
            root, more=private_routes(press.app.private(), admitted, Files(root), Files(folder / "private"))
        ) as client:
            yield client, press


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Press]]:
    """A site that nobody changes."""
    with a_site(tmp_path_factory.mktemp("private")) as found:
        yield found


@pytest.fixture
def site(shared: tuple[httpx.Client, Press]) -> httpx.Client:
    """A client of that site."""
    return shared[0]


def titles(answer: httpx.Response) -> set[str]:
    """The titles of the articles in a feed."""
    return {entry.title for entry in feedparser.parse(answer.content).entries}


def ask(site: httpx.Client, target: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """What the server says to a target that is sent as it is written."""
    connection = HTTPConnection(site.base_url.host, site.base_url.port)
    connection.request(method, target, headers={"Accept": "text/html"})
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders() if name.lower() != "date"}
    body = answer.read()
    connection.close()
    return answer.status, headers, body


def test_texts_are_whole_for_readers_alone(shared: tuple[httpx.Client, Press]) -> None:
    """A reader has in full what the public has as a title; nothing of it, nor a token, is in a public file."""
    site, press = shared
    assert "hub.example.org" in site.get("/feeds/atom.xml").text
    assert "hub.example.org" not in site.get(f"/r/{EVERYTHING}/feeds/atom.xml").text
    for path in ("feeds/rss.xml", "feeds/atom.xml", "feeds/feed.json", "share/item-000003.html"):
        assert f"{WHOLE} of 3" in site.get(f"/r/{EVERYTHING}/{path}").text, path
        assert "Title 3" in site.get(f"/{path}").text, path
    for path, body in press.files().items():
        assert WHOLE.encode() not in body, path
        assert EVERYTHING.encode() not in body, path
        assert MARKET.encode() not in body, path
        assert b"/r/" not in body, path


def test_everything_is_there(site: httpx.Client) -> None:
    """Feeds of everything, categories, sources and choices of the owner, pages, lists, OPML."""
    for path in (
        *(
            f"{topic}/{name}"
            for topic in (
                *("feeds", "category/market", "category/harbour", "source/paper", "feed/texts"),
                "feed/changes",
            )
            for name in ("rss.xml", "atom.xml", "feed.json")
        ),
        *("", "feeds.html", "feeds.opml", "withdrawn/", "withdrawn/atom.xml", "category/market/page-1.html"),
    ):
        answer = site.get(f"/r/{EVERYTHING}/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["content-type"] == site.get(f"/{path}").headers["content-type"], path


@pytest.mark.parametrize("token", [EVERYTHING, MARKET])
def test_links_lead_to_what_a_reader_is_shown(site: httpx.Client, token: str) -> None:
    """From the front page on, every link to our site stays below the reader's address, and leads somewhere."""
    below, found, waiting = f"{ROOT}/r/{token}/", set[str](), {f"{ROOT}/r/{token}/"}
    while waiting:
        address = waiting.pop()
        found.add(address)
        answer = site.get(address.removeprefix(ROOT), follow_redirects=True)
        assert answer.status_code == 200, address
        named = re.findall(r'(?:href|src|url|Url|ref|scheme)="([^"#]*)', answer.text)
        named += re.findall(rf'{ROOT}[^"<\s]*', answer.text)
        links = {urljoin(address, unescape(link)) for link in named}
        ours = {link.partition("#")[0] for link in links if link.startswith(ROOT) and "rss.xml?" not in link}
        assert not [link for link in ours if not link.startswith(below)], address
        waiting |= ours - found
    assert (f"{below}feeds/operations.atom.xml" in found) is (token == EVERYTHING)
    assert {f"{below}feeds/rss.xml", f"{below}share/item-000004.html", f"{below}feeds.opml"} <= found
    assert (f"{below}share/item-000003.html" in found) is (token == EVERYTHING)


def test_other_categories_are_not_there(site: httpx.Client) -> None:
    """A reader of a category gets its articles alone, and learns in which others they are from nothing."""
    assert titles(site.get(f"/r/{MARKET}/feeds/rss.xml")) == {"Title 0", "Title 2", "Title 4", "Title 7"}
    assert titles(site.get(f"/r/{MARKET}/source/paper/atom.xml")) == {
        *("Title 0", "Title 2", "Title 4", "Title 7")
    }
    assert titles(site.get(f"/r/{MARKET}/feed/texts/rss.xml")) == {"Title 0", "Title 2", "Title 4", "Title 7"}
    for path in ("share/item-000003.html", "category/harbour.html", "category/harbour/rss.xml"):
        assert site.get(f"/r/{EVERYTHING}/{path}").status_code == 200
        assert site.get(f"/r/{MARKET}/{path}").status_code == 404
    for path in ("", "share/item-000007.html", "feeds/atom.xml", "feeds.html", "feeds.opml", "search?q=text"):
        assert "arbour" not in site.get(f"/r/{MARKET}/{path}").text, path


def test_searches_look_where_the_reader_may(site: httpx.Client) -> None:
    """A search shows whole texts, of the reader's categories alone, and can be subscribed to."""
    page = site.get(f"/r/{MARKET}/search", params={"q": "whole"})
    assert [found.text for found in BeautifulSoup(page.text, "lxml").select(".count")] == ["4 articles"]
    assert "Title 3" not in page.text
    feed = site.get(f"/r/{MARKET}/search/atom.xml", params={"q": "whole -title:7"})
    assert titles(feed) == {"Title 0", "Title 2", "Title 4"}
    assert f"{ROOT}/r/{MARKET}/search/atom.xml?q=whole" in feed.text
    assert len(titles(site.get(f"/r/{EVERYTHING}/search/rss.xml", params={"q": "whole"}))) == 7
    assert site.get(f"/r/{MARKET}/search/other.xml", params={"q": "whole"}).status_code == 404


@pytest.mark.parametrize("path", ["", "feeds/rss.xml", "search?q=text", "share/item-000004.html"])
def test_answers_are_for_one_person(site: httpx.Client, path: str) -> None:
    """No cache that is shared keeps them, no search engine, no other site learns of them; a 304 is cheap."""
    answer = site.get(f"/r/{MARKET}/{path}")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["vary"] == "Accept-Encoding"
    if answer.headers["content-type"].startswith("text/html"):
        assert '<meta name="robots" content="noindex, nofollow">' in answer.text
        assert '<meta name="referrer" content="no-referrer">' in answer.text
    again = site.get(f"/r/{MARKET}/{path}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "private, no-cache"
    head = site.head(f"/r/{MARKET}/{path}")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])
    with site.stream("GET", f"/r/{MARKET}/{path}", headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["etag"] == answer.headers["etag"].removesuffix('"') + '-gzip"'
        assert gzip.decompress(b"".join(packed.iter_raw())) == answer.content


@pytest.mark.parametrize(
    "target",
    [
        f"/r/{'x' * 40}/",
        f"/r/{'x' * 40}/feeds/rss.xml",
        f"/r/{'x' * 40}",
        "/r/",
        "/r",
        "/r//",
        f"/r/{MARKET[:-1]}/",
        f"/r/{MARKET}m/",
        f"/r/{MARKET.upper()}/",
        f"/R/{MARKET}/",
        f"/r/?token={MARKET}",
        f"/r/feeds/rss.xml?{MARKET}",
        f"/r/%20{MARKET}/",
        f"/r/{MARKET}%00/",
        f"/r/{MARKET}%0a/",
        "/r/%C3%A9%F0%9F%98%80/",
        f"/r/{MARKET}/share/item-000003.html",
        f"/r/{MARKET}/share/ITEM-000004.html",
        f"/r/{MARKET}/share/item-000004.html%0A",
        f"/r/{MARKET}/share/item-000004.html/",
        f"/r/{MARKET}/../share/item-000003.html",
        f"/r/{MARKET}/%2e%2e/share/item-000003.html",
        f"/r/{MARKET}/media/../../secret.txt",
        f"/r/{MARKET}/assets/../feeds/rss.xml",
        f"/r/{MARKET}/assets//etc/passwd",
        f"/r/{MARKET}//feeds/rss.xml",
        f"/r/{MARKET}/r/{EVERYTHING}/",
        f"/r/{MARKET}/sitemap.xml",
        f"/r/{MARKET}/robots.txt",
        f"/r/{MARKET}/category/market/page-0.html",
        f"/r/{MARKET}/category/market/page-2.html",
        f"/r/{MARKET}/category/market/archive-1.atom",
        f"/r/{MARKET}/category/no-such/rss.xml",
        f"/r/{MARKET}/feeds/archive-1.atom",
        f"/r/{MARKET}/feeds/operations.atom.xml",
        f"/r/{MARKET}/tag/market.html",
        f"/r/{MARKET}/source/paper/page-1.html",
        f"/r/{MARKET}/category/paper/page-1.html",
    ],
)
def test_what_is_not_there_is_missing_as_anywhere(site: httpx.Client, target: str) -> None:
    """Nobody can tell a wrong token from a wrong path: the answer is that of any page that is missing."""
    assert ask(site, target) == ask(site, "/no/such.html")
    assert ask(site, target, "POST")[0] == 405


def test_a_token_is_a_part_of_a_path(site: httpx.Client) -> None:
    """However a client writes the path, it is the same; without its slash it leads to the folder."""
    status, headers, body = ask(site, f"/r/{MARKET}/feeds/rss.xml")
    assert status == 200
    assert ask(site, f"/r/%6d{MARKET[1:]}/feeds/rss.xml?x={EVERYTHING}") == (status, headers, body)
    assert ask(site, f"/r/{MARKET}")[1]["location"] == f"{MARKET}/"


def test_files_are_those_of_the_public_site(shared: tuple[httpx.Client, Press]) -> None:
    """Pictures, attachments and the style sheet lie there; a reader's links lead on to them."""
    site, press = shared
    picture = press.folder / "public" / "media" / "ab" / "abc.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"PNG")
    for path in ("media/ab/abc.png", "assets/style.css"):
        answer = site.get(f"/r/{MARKET}/{path}")
        assert answer.status_code == 301
        assert answer.headers["cache-control"] == "private, no-cache"
        assert urljoin(f"/r/{MARKET}/{path}", answer.headers["location"]) == f"/{path}"
        assert site.get(f"/r/{MARKET}/{path}", follow_redirects=True).content == site.get(f"/{path}").content
        assert ask(site, f"/r/{MARKET}x/{path}") == ask(site, "/no/such.html")
    picture.unlink()
    assert ask(site, f"/r/{MARKET}/media/ab/abc.png") == ask(site, "/no/such.html")


def test_files_for_readers_alone(shared: tuple[httpx.Client, Press]) -> None:
    """What lies outside of the public site is served to readers, as harmless as there, whole or in ranges."""
    site, press = shared
    document = press.folder / "private" / "media" / "cd" / "cde.pdf"
    document.parent.mkdir(parents=True)
    document.write_bytes(b"%PDF" + bytes(2 * 1024**2))
    for name in ("cde.pdf", "cde.png"):
        path = f"/r/{MARKET}/media/cd/{name}"
        document.with_name(name).write_bytes(document.read_bytes())
        answer = site.get(path)
        assert (answer.status_code, answer.content) == (200, document.read_bytes())
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert answer.headers["content-security-policy"].startswith("sandbox")
        tag = {"If-None-Match": answer.headers["etag"]}
        assert site.get(path, headers=tag).status_code == 304
        assert site.get(path, headers={"Range": "bytes=0-3"}).content == b"%PDF"
        assert site.head(path).headers["content-length"] == str(len(answer.content))
        for target in (
            f"/media/cd/{name}",
            f"/r/{MARKET}x/media/cd/{name}",
            f"/r/{MARKET}/media/../cd/{name}",
        ):
            assert ask(site, target) == ask(site, "/no/such.html")


def test_what_is_kept_later_is_shown(tmp_path: Path) -> None:
    """What was made is remembered until something is kept, filed or taken out."""
    feed, page = f"/r/{MARKET}/feeds/rss.xml", f"/r/{MARKET}/share/item-000004.html"
    with a_site(tmp_path) as (site, press):
        before = site.get(feed)
        assert site.get(feed).headers["etag"] == before.headers["etag"]
        press.save(an_item(8, content=f"<p>{WHOLE} of 8</p>"), hour=1)
        assert site.get(feed).status_code == 200  # kept, and not filed yet
        press.publish()
        assert "Title 8" in titles(site.get(feed))
        press.save(changed=[an_item(4, content=f"<p>{WHOLE}, mended</p>")], hour=2)
        press.publish()
        assert f"{WHOLE}, mended" in site.get(page).text
        assert f"{WHOLE} of 4" in site.get(f"/r/{MARKET}/share/item-000004/1.html").text
        assert site.get("/share/item-000004/1.html").status_code == 404, "the public has no text that changed"
        press.save(changed=[an_item(3, content=f"<p>{WHOLE}, mended, too</p>")], hour=3)
        press.publish()
        for token, count in ((EVERYTHING, 2), (MARKET, 1)):
            told = feedparser.parse(site.get(f"/r/{token}/feed/changes/atom.xml").content)
            assert len(told.entries) == count
        press.store.remove("item-000004", "a test", START)
        press.publish()
        assert site.get(page).status_code == 404
        assert "Title 4" not in titles(site.get(feed))
