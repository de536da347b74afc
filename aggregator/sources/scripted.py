"""Further pages of lists that only a script leads to: those of TRS, and of jcms's ``jpage``.

Both were learnt from public scrapers, not from the sites. TRS writes into a page
``createPageHTML(10, 0, "index", "html")``: how many pages there are, which one this is, counted from 0, and
that the next one is ``index_1.html``. Newer sites name an element first, and count from 1. A datastore of
jcms, in a page or in an answer of ``dataproxy.jsp``, names the next one itself, in ``<nextgroup>``.
"""

import html
import re

from bs4 import BeautifulSoup

from aggregator.sources.families import CREATE_PAGES, datastores
from aggregator.text.addresses import resolve

MAX_PAGES = 10_000
_NEXT_GROUP = re.compile(r"<nextgroup>(?:(?!</nextgroup).){0,200}?href\s*=\s*[\"']?([^\"'\s>]+)", re.DOTALL)


def next_page(soup: BeautifulSoup, base: str) -> str:
    """Give the address of the next page of a list at ``base``; empty where no script says so."""
    for store in datastores(soup):
        if match := _NEXT_GROUP.search(html.unescape(str(store))):
            return resolve(base, match[1])
    for script in soup.find_all("script"):
        if match := CREATE_PAGES.search(script.string or ""):
            total, current = int(match["total"]), int(match["current"])
            last = total if match["element"] else total - 1
            if current < min(last, MAX_PAGES):
                return resolve(base, f"{match['name']}_{current + 1}.{match['ending']}")
    return ""
