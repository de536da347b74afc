"""Files of other programs become sources that load and poll; what has no place here is named, secrets are not written."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator

import pytest

from aggregator.config import load
from aggregator.discover.peers.formats import MAX_SIZE, read_list
from aggregator.discover.peers.xpath import to_css
from aggregator.discover.subscriptions import Imported, plan_import, write_import
from aggregator.errors import ReadError
from aggregator.settings import Source
from tests.support import peers
from tests.support.loopback import Site
from tests.support.samples import published_articles
from tests.support.workplace import Workplace


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(peers.pages()) as site:
        yield site


def bring(workplace: Workplace, body: bytes) -> tuple[Imported, dict[str, Source]]:
    """Import a file into an empty configuration; give what was planned and the sources that it loads to."""
    workplace.configure("")
    imported = plan_import(workplace.config, load(workplace.config), body, "brought")
    write_import(imported)
    written = (workplace.config.parent / "sources.d" / "brought.toml").read_text("utf-8")
    assert peers.SECRET not in written + "\n".join((*imported.lost, *imported.refused, *imported.skipped))
    return imported, {source.name: source for source in load(workplace.config).sources}


def named(imported: Imported, source: str) -> str:
    """What of a source is said not to be carried over."""
    return "\n".join(line for line in imported.lost if line.startswith(f"{source}: "))


def without_secrets(workplace: Workplace) -> None:
    """Take the keys out that need an environment, as somebody does who has no use for them."""
    file = workplace.config.parent / "sources.d" / "brought.toml"
    kept, skipping = [], False
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("["):
            skipping = line.startswith(
                ("[source.headers", "[source.cookies", "[source.auth", "[source.proxy")
            )
        if not skipping:
            kept.append(line)
    file.write_text("\n".join(kept), "utf-8")


def test_freshrss(workplace: Workplace, site: Site) -> None:
    """XPath becomes CSS, JSON paths JMESPath, searches a block; the sources poll."""
    imported, sources = bring(workplace, peers.freshrss(site.url))
    notices = sources["Notices"]
    assert (notices.kind, notices.category, notices.full_text) == ("listing", "Harbour", "always")
    assert (notices.list.entry, notices.list.link, notices.list.date) == ('li[class*="row"]', "a", "time")
    assert (notices.article.body, notices.article.remove) == ("div.main", (".ad",))
    assert notices.block.query == 'title:"Notice 3"'
    assert notices.headers["User-Agent"] == "Reader/1"
    assert sources["Items"].list.link == 'links[0]."my-href"'
    assert sources["Paper"].kind == "feed"
    lost = named(imported, "Notices")
    for part in (
        "xPathItemThumbnail",
        "CURLOPT_MAXREDIRS",
        '"f:12"',
        "NOTICES_COOKIE_SID",
        "NOTICES_HEADER_AUTHORIZATION",
    ):
        assert part in lost
    left_out = "\n".join(imported.refused)
    assert '"Odd": frss:xPathItem compares the whole text' in left_out
    assert '"Script": frss:xPathToJson' in left_out
    assert "more.opml (frss:opmlUrl)" in left_out
    without_secrets(workplace)
    workplace.run("poll")
    articles = published_articles(workplace)
    assert set(articles) == {"Notice 1", "Notice 2", "Item 1", "Item 2", "Title 1", "Title 2"}
    assert "Of notice 1." in articles["Notice 1"]["content_html"]
    assert "buy" not in articles["Notice 1"]["content_html"]
    assert articles["Notice 1"]["authors"] == [{"name": "Ann"}]


def test_miniflux(workplace: Workplace, site: Site) -> None:
    """Filters and rewrites of its OPML hold at a poll; the rest is named."""
    imported, sources = bring(workplace, peers.miniflux(site.url))
    paper = sources["Paper"]
    assert (paper.block.title, paper.block.address) == (("(?i)title 2",), ("(?i)title 2",))
    assert paper.keep_any == ("Title", "example")
    assert paper.article.remove == (".ad",)
    assert [rule.with_ for rule in paper.article.replace] == ["word\\1", "word\\1"]
    assert paper.revisit == ()
    lost = named(imported, "Paper")
    for part in ("EntryDate=future", "base64_decode", "urlRewriteRules", "aggregator pause"):
        assert part in lost


def test_miniflux_json(workplace: Workplace, site: Site) -> None:
    """Of its API's answer, passwords and cookies become references; state is no setting, what is unknown is named."""
    imported, sources = bring(workplace, peers.miniflux_json(site.url))
    paper = sources["Paper"]
    assert (paper.category, paper.full_text, paper.article.body, paper.keep_any) == (
        "Papers",
        "always",
        "div.main",
        ("Title",),
    )
    assert paper.auth is not None
    assert paper.auth.user == "ann"
    written = (workplace.config.parent / "sources.d" / "brought.toml").read_text("utf-8")
    assert 'env = "PAPER_PASSWORD"' in written
    assert 'env = "PAPER_PROXY"' in written
    lost = named(imported, "Paper")
    assert "appriseServiceURLs" in lost
    assert "newSetting is not known" in lost
    assert "parsing" not in lost


def test_rss_bridge(workplace: Workplace, site: Site) -> None:
    """Bridges that read by selectors become listings; others stay feeds of RSS-Bridge."""
    imported, sources = bring(workplace, peers.rss_bridge(site.url))
    css, xpath, other = sources.values()
    assert (css.kind, css.url, css.limit) == ("listing", f"{site.url}/list.html", 5)
    assert (xpath.list.entry, xpath.list.date) == ("li", "time")
    assert other.url.startswith("https://bridge.example.org/")
    lost = "\n".join(imported.lost)
    assert "thumbnail_as_header" in lost
    assert "enclosures" in lost
    assert 'bridge "YoutubeBridge" stays' in lost


def test_changedetection(workplace: Workplace, site: Site) -> None:
    """A watch becomes a watched page: each change of what it picks is a state of its article."""
    imported, sources = bring(workplace, peers.changedetection(site.url))
    kettle = sources["Kettle"]
    assert (kettle.kind, kettle.category, str(kettle.interval)) == ("watch", "Prices", "2:30:00")
    assert kettle.article.body == 'div.price, div[id="stock"]'
    lost = named(imported, "Kettle")
    for part in (
        "json:$.price",
        "extract_text",
        "notification_urls",
        "aggregator pause",
        "KETTLE_COOKIE_SID",
        "shiny is not known",
    ):
        assert part in lost
    without_secrets(workplace)
    workplace.run("poll")
    assert "12 kr" in published_articles(workplace)["Kettle"]["content_html"]
    page = site.pages["/price.html"]
    assert isinstance(page, bytes)
    site.pages["/price.html"] = page.replace(b"12 kr", b"9 kr").replace(b"7 views", b"8 views")
    workplace.run("poll", "Kettle")
    assert "9 kr" in published_articles(workplace)["Kettle"]["content_html"]
    assert "Kettle" in workplace.run("changes").stdout
    site.pages["/price.html"] = page.replace(b"12 kr", b"9 kr").replace(b"7 views", b"9 views")
    before = published_articles(workplace)["Kettle"]
    workplace.run("poll", "Kettle")
    assert published_articles(workplace)["Kettle"] == before


def test_changedetection_backup(workplace: Workplace, site: Site) -> None:
    """Its newer backup has a file for each watch and tag."""
    document = json.loads(peers.changedetection(site.url))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("u1/watch.json", json.dumps(document["watching"]["u1"]))
        archive.writestr("t1/tag.json", json.dumps({"title": "Cheap"}))
        archive.writestr("changedetection.json", json.dumps({"settings": document["settings"]}))
        archive.writestr("u1/0.txt", b"history")
    _, sources = bring(workplace, packed.getvalue())
    assert sources["Kettle"].category == "Cheap"


def test_urlwatch(workplace: Workplace, site: Site) -> None:
    """Jobs become watched pages by their filters; one that runs a command is left out."""
    imported, sources = bring(workplace, peers.urlwatch(site.url))
    assert set(sources) == {"Kettle", "Stock"}
    assert imported.refused == ('"Home": command runs a program, which no source does',)
    assert "sort" in named(imported, "Kettle")
    assert "may hold a secret" in named(imported, "Stock")
    assert (sources["Kettle"].label, sources["Stock"].article.body) == ("Kettle", 'div[id="stock"]')


def test_html2rss(workplace: Workplace, site: Site) -> None:
    """Selectors of pages become a listing, those of JSON an api; a list that is found by itself is left out."""
    imported, sources = bring(workplace, peers.html2rss(site.url))
    assert (sources["Notices"].timezone, str(sources["Notices"].interval)) == ("Europe/Stockholm", "1:00:00")
    assert (sources["items"].kind, sources["items"].list.title) == ("api", "meta.title")
    assert "auto_source finds the list by itself; so does `aggregator add" in imported.refused[0]
    lost = named(imported, "Notices")
    for part in ("author is a fixed text", '"substring"', "categories", "items.order"):
        assert part in lost
    assert "guid" not in lost


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "texts"),
    [
        (peers.miniflux, {"Title 1": "wordt 1"}),
        (peers.rss_bridge, {"1": "Of notice 1.", "2": "Of notice 2.", "Notice 3": "Of notice 3."}),
        (peers.urlwatch, {"Kettle": "12 SEK", "Stock": "in stock"}),
        (peers.html2rss, {"Note 1": "Of notice 1.", "Note 2": "", "Note 3": "", "Item 1": "", "Item 2": ""}),
    ],
)
def test_what_was_imported_polls(
    workplace: Workplace, site: Site, make: Callable[[str], bytes], texts: dict[str, str]
) -> None:
    """The rules hold when the sources are polled: filters, replacements, selectors of lists and of texts."""
    bring(workplace, make(site.url))
    without_secrets(workplace)
    workplace.run("poll", expect=None)  # RSS-Bridge's own feed is not there
    articles = published_articles(workplace)
    assert texts.keys() <= articles.keys()
    for title, text in texts.items():
        assert text in articles[title]["content_html"]
        assert "views" not in articles[title]["content_html"]


def test_twice_and_dry(workplace: Workplace, site: Site) -> None:
    """A dry run writes nothing; what was imported is known the next time, and a file keeps what stands in it."""
    workplace.configure("")
    file = workplace.folder / "list.opml"
    file.write_bytes(peers.freshrss(site.url))
    dry = workplace.run("import", "--dry-run", "list.opml")
    assert "# Not carried over: frss:xPathItemThumbnail" in dry.stderr + dry.stdout
    assert not (workplace.config.parent / "sources.d").exists()
    added = workplace.run("import", "list.opml").stdout
    assert "Added 3 sources" in added
    assert "A running daemon takes it up within seconds." in added
    workplace.run("check")
    written = (workplace.config.parent / "sources.d" / "list.toml").read_bytes()
    again = workplace.run("import", "list.opml")
    assert '"Notices" is source "Notices" already' in again.stderr
    assert (workplace.config.parent / "sources.d" / "list.toml").read_bytes() == written


def lines(levels: int, width: int) -> str:
    """YAML of few lines that unfolds to ``width ** levels`` values."""
    rows = ["a0: &a0 [x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(rows)


XML_BOMB = b'<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><opml version="2.0"><body><outline text="&b;" xmlUrl="http://x.example/"/></body></opml>'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "is application/pdf"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(100), "is image/jpeg"),
        (bytes(5000), "is no text"),
        (b"", "is empty"),
        (b" " * (MAX_SIZE + 1), "larger than 32 MB, as no list of sources is"),
        (b"<rss version='2.0'><channel/></rss>", "is not OPML, but <rss>"),
        (b"<html><body>Hello</body></html>", "is not OPML, but <html>"),
        (b'{"name": "x", "dependencies": {}}', "is JSON of another program (name, dependencies)"),
        (b'[{"a": 1}]', "is JSON of another program (a list)"),
        (b"[" * 100_000, "too many levels"),
        (b"{" + b'"a":{' * 100_000, "too many levels"),
        (lines(9, 9).encode(), "unfolds to more than"),
        (b"a: " + b"[" * 3000, "too many levels"),
        (b"a: &a [*a]", "unfolds to more than"),
        (b"x" * 2_000_000, "too large for YAML"),
        (b"version: 3\nservices: {web: {image: nginx}}\n", "is of no program that is known"),
        (b"hello\nworld\n", "is of no program that is known"),
        (b"a: !!python/object/apply:os.system ['true']\n", "is nothing that can be read"),
        (b"PK\x03\x04" + b"x" * 50, "is a ZIP archive that cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_files(body: bytes, message: str) -> None:
    """Any other file gets a plain error, within moments and without its content."""
    with pytest.raises(ReadError, match=r".+") as caught:
        read_list(body)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 400


def packed(name: str, body: bytes) -> bytes:
    """A ZIP archive with one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body)
    return buffer.getvalue()


def test_zip_bomb() -> None:
    """An archive that unpacks to more than is read is refused before it is unpacked; another one's is named."""
    with pytest.raises(ReadError, match="unpacks to more than"):
        read_list(packed("x/watch.json", b" " * (MAX_SIZE + 1)))
    with pytest.raises(ReadError, match="no backup of changedetection"):
        read_list(packed("word/document.xml", b"<x/>"))


@pytest.mark.parametrize("body", ['["settings"]', "5", '{"settings": {}, "watching": null}', "null"])
def test_wild_archives(body: str) -> None:
    """Settings of another shape have no watches; the watches beside them count."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("changedetection.json", body)
        archive.writestr("a/watch.json", '{"url": "http://x.example/", "tags": [[1], {"b": 2}]}')
    assert [one.keys["url"] for one in read_list(buffer.getvalue()).candidates] == ["http://x.example/"]


def test_broken_archive() -> None:
    """Its packer may be one of several, each with its own kind of failure."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a/watch.json", '{"url": "http://x.example/"}' * 50)
    body = bytearray(buffer.getvalue())
    body[55] ^= 0xFF
    with pytest.raises(ReadError, match="ZIP archive that cannot be read"):
        read_list(bytes(body))


def test_xml_bomb() -> None:
    """Entities of a document are not unfolded."""
    listed = read_list(XML_BOMB)
    assert len(repr(listed)) < 2000


def test_watches_that_were_never_checked() -> None:
    """They may lack the time of their last check, in a list of watches and alone."""
    watch = {"url": "http://x.example/", "include_filters": ["h1"]}
    for document in (watch, {"a": watch}, {"watching": {"a": watch}, "settings": {}}):
        assert read_list(json.dumps(document).encode()).program == "changedetection.io"


def wild_watch(url: object) -> bytes:
    """A watch whose settings have types that nobody expects."""
    watch = {
        "url": url,
        "last_checked": 1,
        "include_filters": 3,
        "headers": ["x"],
        "tags": "t",
        "title": {"a": 1},
    }
    watch |= {
        "time_between_check": "soon",
        "fetch_backend": 7,
        "trigger_text": {"x": 1},
        "browser_steps": [{}],
    }
    return json.dumps({"watching": {"a": watch, "b": None, "c": []}, "settings": []}).encode()


@pytest.mark.parametrize(
    "body",
    [
        wild_watch("http://x.example/"),
        wild_watch("file:///etc/passwd"),
        b'{"watching": {"a": {"url": "http://x.example/", "title": "half \\ud800"}}, "settings": {}}',
        b'url: http://x.example/\nname: "half \\ud800"\n',
        wild_watch("http://u:p@x.example:99999/"),
        b"url: {a: 1}\nfilter: 7\nheaders: x\n",
        b"url: http://x.example/\nfilter: [3, {}, [x], {css: {}}, {xpath: 7}]\n",
        b"channel: {url: 7}\nselectors: {items: 3}\n",
        b"channel: {url: 'http://x.example/'}\nselectors: {items: {selector: '>>'}, title: {selector: [1]}}\n",
        b'[{"feed_url": null, "rewrite_rules": 7, "category": 3}]',
        b'<opml xmlns:f="https://freshrss.org/opml"><body><outline xmlUrl="http://x.example/" type="HTML+XPath" f:xPathItem="]["/></body></opml>',
        b'<opml><body><outline xmlUrl="http://x.example/" type="HTML+XPath" frss:xPathItem="//li" frss:filtersActionRead="((("/></body></opml>',
    ],
)
def test_wild_settings(workplace: Workplace, body: bytes) -> None:
    """Settings of wrong types are named or left out, and never end in a broken configuration."""
    workplace.configure("")
    imported = plan_import(workplace.config, load(workplace.config), body, "wild")
    write_import(imported)
    load(workplace.config)
    assert imported.added or imported.refused


def test_command_shows_no_secret(workplace: Workplace) -> None:
    """Neither the tables that are shown nor a word beside them holds a secret of the files."""
    workplace.configure("")
    address = f"http://ann:{peers.SECRET}@x.example/feed"
    outline = f'<outline type="rss" title="{{}}" xmlUrl="{address}"/>'
    files = {
        "cd": peers.changedetection("http://x.example"),
        "jobs": peers.urlwatch("http://y.example"),
        "feeds": peers.miniflux_json("http://z.example"),
        "list": f"{address}?a\n{address}\n".encode(),
        "opml": f"<opml><body>{outline.format('')}{outline.format('')}</body></opml>".encode(),
    }
    for name, body in files.items():
        (workplace.folder / name).write_bytes(body)
    shown = workplace.run("import", "--dry-run", *files)
    assert peers.SECRET not in shown.stdout + shown.stderr


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where XPath cannot be read, the command that installs what reads it is said for each source."""
    to_css.cache_clear()
    monkeypatch.setitem(sys.modules, "elementpath", None)
    listed = read_list(peers.freshrss("http://x.example"))
    assert (
        "frss:xPathItem is XPath, to read which needs `pip install aggregator[import]`" in listed.left_out[-2]
    )
    assert [one.title for one in listed.candidates] == ["Items", "Paper"]
