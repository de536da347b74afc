"""The next page of a list, found without a selector: for polls that read on, and for backfills."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from aggregator.content.pager import next_of_list
from aggregator.settings import Source
from aggregator.sources import listing
from tests.support.answers import fetched

BASE = "https://news.example/list/"


@pytest.mark.parametrize(
    ("markup", "leads_to"),
    [
        ("<a href='2.html'>下一页</a>", "2.html"),
        ("<a href='2.html'>下页 &gt;</a>", "2.html"),
        ("<a href='?p=2'>Next »</a>", "?p=2"),
        ("<a href='?p=2'>Older posts</a>", "?p=2"),
        ("<a rel='next' href='?p=2'>more</a>", "?p=2"),
        ("<link rel='next' href='?p=2'><a href='?p=3'>Next</a>", "?p=2"),
        ("<a href='javascript:turn(2)'>下一页</a>", ""),
        ("<a href='?p=0'>上一页</a><a href='?p=9'>末页</a>", ""),
        ("<a href='/story'>Next train leaves at noon</a>", ""),
        ("<a href='#'>»</a>", ""),
    ],
)
def test_next_of_list(markup: str, leads_to: str) -> None:
    """Links that say "next page" or "older" in several languages; nothing that only begins so."""
    found = next_of_list(BeautifulSoup(markup, "lxml"), BASE)
    assert found.removeprefix(BASE) == leads_to


TRS = "<a href='1.html'>x</a><script>createPageHTML({})</script>"
GROUP = '<nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?page=2&columnid=7"></a>]]></nextgroup>'


@pytest.mark.parametrize(
    ("markup", "leads_to"),
    [
        (TRS.format('3, 0, "index", "html"'), "index_1.html"),
        (TRS.format("3,1,'index','shtml'"), "index_2.shtml"),
        (TRS.format('3, 2, "index", "html"'), ""),
        (TRS.format('1, 0, "index", "html"'), ""),
        (TRS.format("'page_div', 3, 1, 'zcfg_list', 'shtml', 60"), "zcfg_list_2.shtml"),
        (TRS.format("'page_div', 3, 3, 'zcfg_list', 'shtml', 60"), ""),
        (TRS.format("total, 0, name, ext"), ""),
        (f"<script type='text/xml'><datastore>{GROUP}<recordset></recordset></datastore></script>", "/module/web/jpage/dataproxy.jsp?page=2&columnid=7"),
        (f"<datastore>{GROUP}<recordset></recordset></datastore>", "/module/web/jpage/dataproxy.jsp?page=2&columnid=7"),
        ("<datastore><nextgroup></nextgroup><recordset></recordset></datastore>", ""),
    ],
)  # fmt: skip
def test_pages_that_scripts_turn(markup: str, leads_to: str) -> None:
    """The next page of TRS's lists by their numbers, and of a datastore by its own word."""
    source = Source.model_validate({"name": "x", "kind": "listing", "url": BASE, "list": {"entry": "li"}})
    request = listing.ask(source, 2, fetched(markup, BASE))
    assert (request.address if request else "").removeprefix(BASE) in (
        leads_to,
        f"https://news.example{leads_to}",
    )
    assert bool(request) is bool(leads_to)
