"""A site whose list of articles has older pages, three articles a page."""

from __future__ import annotations

from tests.support.loopback import Site
from tests.support.samples import article_page

PER_PAGE = 3


def listed(newest: int, number: int) -> bytes:
    """Page ``number`` of a list of articles counted down from ``newest``."""
    first = newest - (number - 1) * PER_PAGE
    rows = "".join(
        f"<li><a href='/a/{n}.html'>Title {n}</a><span>2026-01-{n:02}</span></li>"
        for n in range(first, max(first - PER_PAGE, 0), -1)
    )
    older = f"<a class='next' href='/list?p={number + 1}'>older</a>" if first - PER_PAGE > 0 else ""
    return f"<html><body><ul>{rows}</ul>{older}</body></html>".encode()


def archive(newest: int) -> Site:
    """A site with a list of ``newest`` articles, three a page."""
    site = Site(
        {
            f"/a/{n}.html": article_page(
                f"<p>Text number {n}, as long as it takes to say that it is one.</p>" * 4
            )
            for n in range(1, 31)
        }
    )
    grow_archive(site, newest)
    return site


def grow_archive(site: Site, newest: int) -> None:
    """Let the list begin with article ``newest``."""
    site.pages["/list"] = lambda request: listed(newest, int(request.path.partition("p=")[2] or 1))


def archive_source(site: Site) -> str:
    """The archive as a source."""
    return f"""
[[source]]
name = "old"
kind = "listing"
url = "{site.url}/list"
[source.list]
entry = "li"
date = "span"
[source.paging]
next = "a.next"
[source.article]
body = "article"
"""


def archive_titles(*numbers: int) -> set[str]:
    return {f"Title {number}" for number in numbers}
