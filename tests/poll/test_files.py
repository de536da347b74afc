"""Articles whose text is in files: rows that lead to one, pages that only introduce one."""

from __future__ import annotations

import json

from aggregator.model import KeptArticle
from aggregator.store import Search, Store
from aggregator.text.query import parse_query
from tests.support.loopback import Answer, Site
from tests.support.pdf import lines, make_pdf
from tests.support.workplace import Workplace

NOTICE = (
    "为了保护消费者的合法权益，根据有关规定，现就竹柄雨伞的质量监督作如下",
    "公告，请各地遵照执行。",
    "一、生产者应当对竹柄作防霉处理。",
)


def office(site: Site, **keys: object) -> str:
    """A regulator's list; some of its rows lead to files."""
    extra = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f"""
[[source]]
name = "office"
kind = "listing"
url = "{site.url}/list.html"
category = "公告"
{extra}
[source.list]
entry = "li"
link = "a"
date = "i"
"""


def row(address: str, title: str = "关于竹柄雨伞的公告") -> str:
    """A row of the list."""
    return f"<ul><li><a href='{address}'>{title}</a><i>2026-03-05</i></li></ul>"


def page(text: str, *files: str) -> bytes:
    """An article's page with links to files."""
    links = "".join(f"<p><a href='/{name}'>附件：{name}</a></p>" for name in files)
    return f"<html><body><h1>关于竹柄雨伞的公告</h1><div class='article'><p>{text}</p>{links}</div></body></html>".encode()


def pdf(*texts: str, **keys: str) -> Answer:
    """A PDF of these lines."""
    return Answer(make_pdf([lines(*texts)], **keys), headers={"content-type": "application/pdf"})  # type: ignore[arg-type]


def held(workplace: Workplace) -> list[KeptArticle]:
    """The articles that are held."""
    with Store.open(f"sqlite:///{workplace.folder}/var/test.db") as store:
        return list(store.every())


def found(workplace: Workplace, query: str) -> int:
    """How many articles a search finds."""
    with Store.open(f"sqlite:///{workplace.folder}/var/test.db") as store:
        return len(store.search(Search(parse_query(query))))


def test_a_row_that_leads_to_a_file(workplace: Workplace) -> None:
    """Its text is the file's, in paragraphs; the file stands beside it, and a search finds its words."""
    with Site({"/list.html": row("/notice.pdf").encode(), "/notice.pdf": pdf(*NOTICE)}) as site:
        workplace.configure(office(site))
        workplace.run("poll")
    [kept] = held(workplace)
    assert kept.article.content.count("<p>") == 2
    assert "质量监督作如下公告，请各地遵照执行。" in kept.article.content
    assert kept.article.complete
    assert [item.address for item in kept.article.attachments] == [f"{site.url}/notice.pdf"]
    assert found(workplace, "防霉处理") == 1
    [share] = workplace.folder.glob("**/share/*.html")
    assert "防霉处理" in share.read_text("utf-8")
    assert "notice.pdf" in share.read_text("utf-8")
