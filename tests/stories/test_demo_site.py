"""The bundled news site: it has what real sources have, moves on by steps, and takes nothing back."""

import json
import re
import socket
import time
import wave
import zlib
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import feedparser
import httpx
import pytest
from bs4 import BeautifulSoup

from aggregator.content.files.reading import read_file
from aggregator.demo import NewsSite
from aggregator.demo.pages import API, FEED, LIST, TEXT, answer
from aggregator.demo.story import LAST_STEP
from aggregator.errors import BusyError
from docs.site.blocks import CHECKOUT
from tests.support.running import free_port
from tests.support.workplace import PATIENCE, Workplace

SITE = "http://127.0.0.1:8081"
LONG = timedelta(hours=1)
STEPS = range(LAST_STEP + 1)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """A client without a proxy."""
    with httpx.Client(trust_env=False) as client:
        yield client


def site_at(step: int, folder: Path) -> NewsSite:
    """A site that has reached a step and will not reach the next one during a test."""
    state = folder / "demo-site.json"
    state.write_text(json.dumps({"step": step}))
    return NewsSite(0, pace=LONG, state=state)


def said(path: str, step: int) -> bytes:
    found = answer(path, step, SITE)
    assert found is not None
    return found.body


def feed_at(step: int) -> feedparser.FeedParserDict:
    parsed = feedparser.parse(BytesIO(said(FEED, step)))
    assert not parsed.bozo
    return parsed


def ids_at(step: int) -> set[str]:
    rows = BeautifulSoup(said(LIST, step).decode("gb18030"), "lxml").select("ul.news > li a")
    records = json.loads(said(API, step))["record"]
    return (
        {entry.id for entry in feed_at(step).entries}
        | {str(row["href"]) for row in rows}
        | {record["infoCode"] for record in records}
    )


def test_every_page_of_the_demo_is_served(client: httpx.Client, tmp_path: Path) -> None:
    """From the index every link leads to a page, over one connection that is kept open."""
    with site_at(LAST_STEP, tmp_path) as site:
        waiting, seen = ["/"], set()
        while waiting:
            address = httpx.URL(site.url).join(waiting.pop())
            if str(address) in seen:
                continue
            seen.add(str(address))
            response = client.get(address)
            assert response.status_code == 200, address
            assert response.http_version == "HTTP/1.1"
            assert "connection" not in response.headers
            if "html" in response.headers["content-type"]:
                soup = BeautifulSoup(
                    response.content, "lxml", from_encoding="gb18030" if LIST in str(address) else None
                )
                waiting += [
                    str(address.join(str(link["href"]))) for link in soup.select("a[href]:not([href='#'])")
                ]
                waiting += [str(address.join(str(image["src"]))) for image in soup.select("img")]
        assert client.get(f"{site.url}/nothing").status_code == 404
        head = client.head(site.url + FEED)
    assert len(seen) > 15
    assert head.status_code == 200
    assert head.content == b""
    assert int(head.headers["content-length"]) > 0


def test_the_feed_has_validators_that_hold(client: httpx.Client, tmp_path: Path) -> None:
    """If-None-Match and If-Modified-Since are answered 304 without a body; the ETag counts first."""
    with site_at(0, tmp_path) as site:
        first = client.get(site.url + FEED)
        etag, modified = first.headers["etag"], first.headers["last-modified"]
        assert etag.startswith('"')
        for headers in (
            {"If-None-Match": etag},
            {"If-None-Match": f'"other", W/{etag}'},
            {"If-Modified-Since": modified},
            {"If-None-Match": etag, "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"},
        ):
            again = client.get(site.url + FEED, headers=headers)
            assert again.status_code == 304, headers
            assert again.content == b""
            assert again.headers["etag"] == etag
        for headers in (
            {"If-None-Match": '"other"', "If-Modified-Since": modified},
            {"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"},
            {"If-Modified-Since": "yesterday"},
        ):
            assert client.get(site.url + FEED, headers=headers).status_code == 200, headers


def test_validators_change_exactly_with_the_feed() -> None:
    """A step without news in the feed keeps both validators; one with news changes both."""
    answers = [answer(FEED, step, SITE) for step in STEPS]
    versions = {(each.body, each.etag, each.last_modified) for each in answers if each}
    assert len(versions) == 6
    assert len({etag for _, etag, _ in versions}) == len({modified for *_, modified in versions}) == 6


def test_the_feed_has_what_real_ones_have() -> None:
    """Full texts and summaries, an enclosure of the right length, an untitled entry, a hostile title."""
    entries = {entry.id: entry for entry in feed_at(0).entries}
    assert len(entries) == 6
    full, short = entries["lantern:night-ferry"], entries["lantern:seawall-path"]
    assert "<img" in full.content[0].value
    assert f'src="{SITE}/files/ferry-requests.png"' in full.content[0].value
    assert "content" not in short
    assert short.summary.startswith("The path along")
    enclosure = entries["lantern:fog-signal"].enclosures[0]
    path = enclosure.href.removeprefix(SITE)
    assert enclosure.type == "audio/wav"
    assert int(enclosure.length) == len(said(path, 0))
    untitled = entries["lantern:note-4117"]
    assert untitled.title == ""
    assert "published" not in untitled
    assert "umbrella" in untitled.summary
    title = entries["lantern:form-letters"].title
    assert all(piece in title for piece in ('"', "\\", ":", "{{", "}}", "]]>"))


def test_the_correction_keeps_its_id_and_date() -> None:
    """From step 5 on the tea market's entry has the corrected figure, and nothing else of it moved."""
    for step in STEPS:
        (entry,) = [entry for entry in feed_at(step).entries if entry.id == "lantern:tea-market"]
        text = entry.content[0].value
        assert ("14,200" in text) == (step >= 5)
        assert ("counted 12,400" in text) == (step < 5)
        assert entry.published == "Sun, 15 Mar 2026 19:30:00 +0800"


def test_the_listing_is_gbk_under_a_smaller_name(client: httpx.Client, tmp_path: Path) -> None:
    """Pages declare gb2312 in a meta alone, hold a character that only GBK has, and read as gb18030."""
    with site_at(0, tmp_path) as site:
        response = client.get(site.url + LIST)
    assert response.headers["content-type"] == "text/html"
    assert b"charset=gb2312" in response.content
    with pytest.raises(UnicodeDecodeError):
        response.content.decode("gb2312")
    soup = BeautifulSoup(response.content.decode("gb18030"), "lxml")
    rows = soup.select("ul.news > li")
    assert [row.select_one(".time").text for row in rows][:2] == ["2026-03-13", "2026-03-13"]  # type: ignore[union-attr]
    assert any("“囍来”等十二家铺子" in row.text for row in rows)


def test_an_article_of_the_listing_has_metas_and_clutter() -> None:
    """Metas name title, time and origin; the body has a share box and script; table, image, file exist."""
    soup = BeautifulSoup(said(f"{LIST}202602/t20260226_1016.html", 0).decode("gb18030"), "lxml")
    metas = {meta["name"]: meta["content"] for meta in soup.select("meta[name]")}
    assert metas == {
        "ArticleTitle": "码头早市电子秤检查情况的通报",
        "PubDate": "2026-02-26 10:20",
        "ContentSource": "计量科",
    }
    assert len(soup.select("div.article table tr")) == 4
    assert soup.select("div.article .share")
    assert soup.select("div.article script")
    assert b"/scjg/images/fish-prices.png" in said(f"{LIST}202603/t20260303_1019.html", 0)
    assert b"/scjg/files/recall-2026-03.pdf" in said(f"{LIST}202603/t20260310_1022.html", 0)


def test_the_api_names_categories_and_completes_an_item() -> None:
    """Items name their medium, two differing in case only; one item comes before its title and date."""
    records = {record["infoCode"]: record for record in json.loads(said(API, 3))["record"]}
    media = {record["medianame"] for record in records.values()}
    assert {"Quaylight", "QuayLight", "Harbour Notes"} <= media
    assert all(set(record) == {"title", "datetime", "medianame", "infoCode"} for record in records.values())
    assert [key for key, record in records.items() if not record["title"]] == ["LJ202603160009"]
    assert records["LJ202603160009"]["datetime"] == ""
    (whole,) = [r for r in json.loads(said(API, 4))["record"] if r["infoCode"] == "LJ202603160009"]
    assert whole["title"].startswith("春茶上市")
    assert whole["datetime"] == "2026-03-16 10:00:00"
    assert "二百六十元" in json.loads(said(f"{TEXT}?id=LJ202603160009", 4))["text"]
    assert answer(f"{TEXT}?id=LJ202603160009", 2, SITE) is None


def test_each_step_adds_one_item_and_takes_none() -> None:
    """What is listed only grows, by at most one item a step, over all three sources; in the end by twelve."""
    shown = [ids_at(step) for step in STEPS]
    assert all(before <= after for before, after in pairwise(shown))
    assert all(len(after - before) <= 1 for before, after in pairwise(shown))
    late = shown[-1] - shown[0]
    assert len(late) == 12
    assert [sum(piece in key for key in late) for piece in ("lantern:", ".html", "LJ")] == [4, 4, 4]


def test_dates_do_not_depend_on_the_day() -> None:
    """Whatever the step, an item has one date, and none is later than the fixed day of the last news."""
    dates: dict[str, set[str]] = {}
    for step in STEPS:
        for entry in feed_at(step).entries:
            if "published" in entry:
                day = time.strftime("%Y-%m-%d %H:%M:%S", entry.published_parsed)
                dates.setdefault(entry.id, set()).add(day)
        for record in json.loads(said(API, step))["record"]:
            if record["title"]:
                dates.setdefault(record["infoCode"], set()).add(record["datetime"])
        for row in BeautifulSoup(said(LIST, step).decode("gb18030"), "lxml").select("ul.news > li"):
            dates.setdefault(str(row.select("a")), set()).add(row.select(".time")[0].text)
    assert len(dates) == 10 + 11 + 10
    assert all(len(values) == 1 for values in dates.values())
    assert all("2026-01-01" <= date < "2026-03-17" for values in dates.values() for date in values)


def test_files_are_what_they_say() -> None:
    """The pictures, the document and the sound are whole by the rules of their formats."""
    for path in ("/files/ferry-requests.png", "/scjg/images/fish-prices.png"):
        png = said(path, 0)
        assert png.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
        start = png.index(b"IDAT") + 4
        pixels = zlib.decompress(png[start : start + int.from_bytes(png[start - 8 : start - 4], "big")])
        assert len(pixels) == 120 * (1 + 3 * 240)
    pdf = said("/scjg/files/recall-2026-03.pdf", 0)
    assert pdf.startswith(b"%PDF-1.4")
    assert pdf.endswith(b"%%EOF\n")
    table = int(pdf.split()[-2])
    assert pdf[table:].startswith(b"xref\n0 8\n")
    offsets = [int(line.split()[0]) for line in pdf[table:].splitlines()[3:8]]
    assert [pdf[offset : offset + 7] for offset in offsets] == [b"%d 0 obj" % n for n in range(1, 6)]
    with wave.open(BytesIO(said("/files/fog-signal.wav", 0))) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (1, 8000, 8000)


def test_the_site_moves_on_and_then_rests(client: httpx.Client, tmp_path: Path) -> None:
    """With a short pace all steps pass; the last one is remembered, and nothing comes after it."""
    state = tmp_path / "var" / "demo-site.json"
    with NewsSite(0, pace=timedelta(milliseconds=5), state=state) as site:
        deadline = time.monotonic() + PATIENCE
        while client.get(site.url + API).content != said(API, LAST_STEP):
            assert time.monotonic() < deadline
        for path in ("/", FEED, LIST, API):
            last = said(path, LAST_STEP).replace(SITE.encode(), site.url.encode())
            assert client.get(site.url + path).content == last
    assert json.loads(state.read_text()) == {"step": LAST_STEP}


def test_a_restart_goes_on_where_it_was(client: httpx.Client, tmp_path: Path) -> None:
    """A site that showed the correction shows it again when it is started anew; without state it begins."""
    state = tmp_path / "demo-site.json"
    with NewsSite(0, pace=timedelta(milliseconds=5), state=state) as site:
        deadline = time.monotonic() + PATIENCE
        while b"14,200" not in client.get(site.url + FEED).content:
            assert time.monotonic() < deadline
    reached = json.loads(state.read_text())["step"]
    assert reached >= 5
    with NewsSite(0, pace=LONG, state=state) as site:
        assert client.get(site.url + API).content == said(API, reached)
        assert b"14,200" in client.get(site.url + FEED).content
    with NewsSite(0, pace=LONG, state=None) as site:
        assert client.get(site.url + API).content == said(API, 0)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"step": "far"}', b"\xff"])
def test_a_spoilt_state_file_begins_anew(client: httpx.Client, tmp_path: Path, content: bytes) -> None:
    """A file that is not ours does not stop the demo."""
    state = tmp_path / "demo-site.json"
    state.write_bytes(content)
    with NewsSite(0, pace=LONG, state=state) as site:
        assert client.get(site.url + API).content == said(API, 0)


def test_a_taken_port_is_said_plainly() -> None:
    """The message names the address, and the port is free again when its holder has gone."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with (
            pytest.raises(BusyError, match=f"127.0.0.1:{port} is in use by another program"),
            NewsSite(port, pace=LONG, state=None),
        ):
            pass
    with NewsSite(port, pace=LONG, state=None) as site:
        assert site.url == f"http://127.0.0.1:{port}"


def test_documents_of_the_market_office() -> None:
    """A row leads to a PDF, a page to an OFD, and both can be read; one names the number of the other."""
    announcement, rules = (f"/scjg/files/{name}" for name in ("gonggao-2026-3.pdf", "linshijian-2026-7.ofd"))
    assert announcement.encode() in said(LIST, 0)
    assert rules.encode() in said(f"{LIST}202603/t20260311_1023.html", 0)
    assert "（临市监〔2026〕7号）" in read_file(said(announcement, 0), announcement).content
    assert "<p>临市监〔2026〕7号</p>" in read_file(said(rules, 0), rules).content


@pytest.mark.slow
def test_facts_of_the_market_office(workplace: Workplace) -> None:
    """Its documents have the facts that their pages show, and lead to each other by their numbers."""
    with NewsSite(0, pace=LONG, state=None) as site:
        text = (
            (CHECKOUT / "config" / "demo.toml").read_text("utf-8").replace("http://127.0.0.1:8081", site.url)
        )
        workplace.config.parent.mkdir()
        workplace.config.write_text(text.replace("127.0.0.1:8080", f"127.0.0.1:{free_port()}"), "utf-8")
        shown = workplace.run("preview", "market-office", "--article", "3").stdout
        workplace.run("poll", "market-office")
    assert re.search(r'number \(reference\) +临市监〔2026〕7号 +label "发文字号"', shown)
    assert re.search(r"effective \(date\) +2026-03-12 +pattern in the text", shown)
    share = {
        path.name: path.read_text("utf-8")
        for path in (workplace.folder / "var/demo/public/share").glob("*.html")
    }
    [rules] = [name for name, page in share.items() if "<bdi>LJG-0417/2026-00031</bdi>" in page]
    [announcement] = [
        name for name, page in share.items() if "<bdi>临江港市场监管所公告〔2026〕3号</bdi>" in page
    ]
    assert f'<a href="../share/{rules}">' in share[announcement].partition("引用</h2>")[2]
    assert f'<a href="../share/{announcement}">' in share[rules].partition("被引用</h2>")[2]
    # Ordinary news have a day of publication, and no table for that alone.
    assert sum('class="fields"' in page for page in share.values()) == 3
