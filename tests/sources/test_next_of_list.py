"""The next page of a list, found without a selector: for polls that read on, and for backfills."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from aggregator.content.pager import next_of_list

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
