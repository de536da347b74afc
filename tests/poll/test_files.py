"""Articles whose text is in files: rows that lead to one, pages that only introduce one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.decide.topics import belongs
from aggregator.model import KeptArticle
from aggregator.settings import NamedFeed
from aggregator.store import Search
from aggregator.text.query import parse_query
from tests.support.clock import START, Calendar, a_calendar
from tests.support.file_samples import far_cell, huge_archive, packed_page
from tests.support.loopback import Answer, Site
from tests.support.pdf import Page, lines, make_pdf

NOTICE = (
    "为了保护消费者的合法权益，根据有关规定，现就竹柄雨伞的质量监督作如下",
    "公告，请各地遵照执行。",
    "一、生产者应当对竹柄作防霉处理。",
)
LONG = "市场监管部门将会同有关方面继续加强监督检查，发现问题及时处理，并向社会公布结果。" * 8


def pdf(*texts: str, **more: Any) -> Answer:
    """A PDF of these lines."""
    return Answer(make_pdf([lines(*texts)], **more), headers={"content-type": "application/pdf"})


def row(address: str, title: str = "关于竹柄雨伞的公告") -> str:
    """A row of the list."""
    return f"<li><a href='{address}'>{title}</a><i>2026-03-01</i></li>"


def page(text: str, *files: str) -> bytes:
    """An article's page with links to files."""
    links = "".join(f"<p><a href='/{name}'>附件：{name}</a></p>" for name in files)
    return f"<html><body><h1>关于竹柄雨伞的公告</h1><main><p>{text}</p>{links}</main></body></html>".encode()


class Office:
    """A regulator's site, and the source that polls it."""

    def __init__(self, site: Site, calendar: Calendar) -> None:
        self.site = site
        self.calendar = calendar
        self.store = calendar.app.store

    def poll(self) -> list[KeptArticle]:
        """Visit the list; give the articles that are held."""
        self.calendar.visit(START)
        return list(self.store.every())

    def found(self, query: str) -> int:
        """How many articles a search finds."""
        return len(self.store.search(Search(parse_query(query))))

    def publish(self, pattern: str) -> str:
        """Publish, and give what such files hold."""
        self.calendar.app.publisher.publish()
        folder = Path(self.calendar.app.config.output.site)
        return "".join(path.read_text("utf-8") for path in sorted(folder.glob(pattern)))


@contextmanager
def an_office(folder: Path, rows: str, pages: dict[str, Answer | bytes], **said: Any) -> Iterator[Office]:
    """A site with these rows and pages."""
    rules = {
        "kind": "listing",
        "list": {"entry": "li", "link": "a", "date": "i"},
        "article": {"body": "main"},
    }
    with Site(dict(pages)) as site, a_calendar(folder, f"{site.url}/list", **rules | said) as calendar:
        site.pages["/list"] = f"<html><body><ul>{rows}</ul></body></html>".encode()
        yield Office(site, calendar)


def test_a_row_that_leads_to_a_file(tmp_path: Path) -> None:
    """Its text is the file's, in paragraphs; the file stands beside it, and a search finds its words."""
    with an_office(tmp_path, row("/notice.pdf"), {"/notice.pdf": pdf(*NOTICE)}) as office:
        [kept] = office.poll()
        assert kept.article.content == (
            "<p>为了保护消费者的合法权益，根据有关规定，现就竹柄雨伞的质量监督作如下公告，请各地遵照执行。</p>"
            "<p>一、生产者应当对竹柄作防霉处理。</p>"
        )
        assert kept.article.complete
        assert [item.address for item in kept.article.attachments] == [f"{office.site.url}/notice.pdf"]
        assert office.found("防霉处理") == 1
        share = office.publish("**/share/*.html")
        assert "防霉处理" in share
        assert "notice.pdf" in share
        assert "防霉处理" in office.publish("**/atom.xml")


def test_a_page_of_three_lines(tmp_path: Path) -> None:
    """The attachment begins below it, under its name; all of it is found, but not all is shown."""
    files = {"/notice.pdf": pdf(*(f"第{number}条规定的内容写在这里，写得够长。" for number in range(1, 180)))}
    with an_office(tmp_path, row("/1.html"), {"/1.html": page("见附件。", "notice.pdf"), **files}) as office:
        [kept] = office.poll()
        content = kept.article.content
        assert content.startswith("<p>见附件。</p>")
        assert content.index("附件：notice.pdf</a></h2>") < content.index("第1条规定")
        assert "第170条" not in content
        assert content.endswith("<p>…</p>")
        assert office.found("第170条规定") == 1


def test_a_page_with_a_text_of_its_own(tmp_path: Path) -> None:
    """Its attachment is found by searches and by the queries of feeds, but not shown."""
    pages = {"/1.html": page(LONG, "notice.pdf"), "/notice.pdf": pdf(*NOTICE)}
    with an_office(tmp_path, row("/1.html"), pages) as office:
        [kept] = office.poll()
        assert "防霉" not in kept.article.content
        assert office.found("防霉处理") == 1
        words = office.store.searched([kept])[kept.id]
        assert belongs(NamedFeed(name="mould", query="防霉处理"), kept, words)
        assert not belongs(NamedFeed(name="fire", query="防火处理"), kept, words)


@pytest.mark.parametrize(
    ("rules", "count"),
    [
        ({"keep": {"text": ("防霉",)}}, 1),
        ({"keep": {"text": ("防火",)}}, 0),
        ({"block": {"text": ("防霉",)}}, 0),
    ],
    ids=str,
)
def test_rules_see_files(tmp_path: Path, rules: dict[str, Any], count: int) -> None:
    """What a file says decides whether the article is kept."""
    pages = {"/1.html": page(LONG, "notice.pdf"), "/notice.pdf": pdf(*NOTICE)}
    with an_office(tmp_path, row("/1.html"), pages, **rules) as office:
        assert len(office.poll()) == count


def test_files_that_are_never_read(tmp_path: Path) -> None:
    """The article of a row is a link, as if nothing could be read, and an attachment is not asked for."""
    rows = row("/notice.pdf") + row("/1.html", "另一则公告")
    pages = {
        "/notice.pdf": pdf(*NOTICE),
        "/1.html": page("见附件。", "other.pdf"),
        "/other.pdf": pdf(*NOTICE),
    }
    with an_office(tmp_path, rows, pages, read_files="never") as office:
        assert all("防霉" not in kept.article.content for kept in office.poll())
        assert "/other.pdf" not in office.site.paths()


def test_a_scan_is_said_to_have_no_text(tmp_path: Path) -> None:
    """The page says so beside the file, also where the text links to it, and shows nothing of it."""
    scan = Answer(make_pdf([Page(picture=True)]), headers={"content-type": "application/pdf"})
    rows = row("/scan.pdf") + row("/1.html", "乙公告")
    with an_office(tmp_path, rows, {"/scan.pdf": scan, "/1.html": page(LONG, "scan.pdf")}) as office:
        held = office.poll()
        assert {kept.article.attachments[0].fault for kept in held} == {"no-text"}
        assert [kept.article.content.startswith("<p><a href=") for kept in held].count(True) == 1
        assert office.publish("**/share/*.html").count("a scan, without text that can be read") == 2


def test_a_text_is_kept_once_and_goes_with_its_last_article(tmp_path: Path) -> None:
    """Two articles with the same bytes under two addresses share it."""
    rows = row("/a.pdf", "甲公告") + row("/b.pdf", "乙公告")
    with an_office(tmp_path, rows, {"/a.pdf": pdf(*NOTICE), "/b.pdf": pdf(*NOTICE)}) as office:
        first, second = office.poll()
        [digest] = {item.text for kept in (first, second) for item in kept.article.attachments}
        office.store.remove(first.id, "test", START)
        assert office.store.file_text(digest) is not None
        office.store.remove(second.id, "test", START)
        assert office.store.file_text(digest) is None


def test_an_edited_page_does_not_ask_for_its_files_again(tmp_path: Path) -> None:
    """What is known of them stays; whether they are others is for the looks at articles."""
    pages = {"/1.html": page("见附件。", "notice.pdf"), "/notice.pdf": pdf(*NOTICE)}
    with an_office(tmp_path, row("/1.html"), pages) as office:
        office.poll()
        office.site.pages["/list"] = f"<ul>{row('/1.html', '关于竹柄雨伞的公告（修订）')}</ul>".encode()
        del office.site.pages["/notice.pdf"]
        [kept] = office.poll()
        assert kept.article.title.endswith("（修订）")
        assert "防霉处理" in kept.article.content


def test_a_file_that_says_something_else_is_a_change(tmp_path: Path) -> None:
    """The looks at articles find it; its new text takes the place of the one before, also in searches."""
    pages = {
        "/notice.pdf": pdf(*NOTICE),
        "/1.html": page("见附件。", "other.pdf"),
        "/other.pdf": pdf(*NOTICE),
    }
    fields = {"verb": {"pattern": "应当(..)"}, "never": {"pattern": "无此"}}
    with an_office(tmp_path, row("/notice.pdf") + row("/1.html", "乙公告"), pages, fields=fields) as office:
        assert [kept.article.facts for kept in office.poll()] == [{"verb": "对竹"}] * 2
        now = look(office, START, timedelta(hours=2))
        for name in ("/notice.pdf", "/other.pdf"):
            office.site.pages[name] = pdf(*NOTICE[:2], "二、经营者应当停止销售。")
        look(office, now, timedelta(days=1))
        for kept in office.store.every():
            assert "停止销售" in kept.article.content
            assert "防霉" not in kept.article.content
            assert kept.article.facts == {"verb": "停止"}
            assert kept.changes == 1
        assert (office.found("停止销售"), office.found("防霉")) == (2, 0)


def test_other_bytes_with_the_same_text_are_no_change(tmp_path: Path) -> None:
    """Some servers make a file anew at each request."""
    with an_office(tmp_path, row("/notice.pdf"), {"/notice.pdf": pdf(*NOTICE)}) as office:
        office.poll()
        now = look(office, START, timedelta(hours=2))
        office.site.pages["/notice.pdf"] = pdf(*NOTICE, password="")
        look(office, now, timedelta(days=1))
        [kept] = office.store.every()
        assert kept.changes == 0


def test_files_that_were_held_before_files_were_read(tmp_path: Path) -> None:
    """The next look reads them, once, and tells no change: the source changed nothing."""
    rows = row("/notice.pdf") + row("/1.html", "乙公告")
    pages = {
        "/notice.pdf": pdf(*NOTICE),
        "/1.html": page("见附件。", "other.pdf"),
        "/other.pdf": pdf(*NOTICE),
    }
    with an_office(tmp_path, rows, pages, read_files="never") as office:
        office.poll()
        reading = office.calendar.source.model_copy(update={"read_files": "auto"})
        office.calendar.source = reading
        look(office, START, timedelta(days=1))
        for kept in office.store.every():
            assert "防霉" in kept.article.content
            assert kept.changes == 0
        assert office.found("防霉") == 2


def look(office: Office, now: datetime, span: timedelta) -> datetime:
    """Look at whatever comes due within a time; give its end."""
    office.calendar.live(now, now + span)
    return now + span


@pytest.mark.parametrize(
    "make",
    [huge_archive, far_cell, pytest.param(packed_page, marks=pytest.mark.slow)],
    ids=lambda make: make.__name__,
)
def test_a_hostile_file_costs_its_process(tmp_path: Path, make: Any) -> None:
    """Its article stands without its text, the next one is read, and it is not tried again."""
    bomb = Answer(make(), headers={"content-type": "application/zip"})
    rows = row("/bomb.zip", "甲公告") + row("/notice.pdf", "乙公告")
    with an_office(tmp_path, rows, {"/bomb.zip": bomb, "/notice.pdf": pdf(*NOTICE)}) as office:
        faults = {kept.article.title: kept.article.attachments[0].fault for kept in office.poll()}
        assert faults == {"甲公告": "too-large", "乙公告": ""}
