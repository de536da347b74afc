"""What a page says of where its articles are: feeds, a publishing system, lists; found in a worker."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from aggregator.discover.feeds import find_feeds
from aggregator.discover.lists.infer import InferredList, infer_lists
from aggregator.discover.lists.links import MAX_LINKS
from aggregator.model import Fetched
from aggregator.sources.families import Family, find_family
from aggregator.sources.page import base_of, read_page
from aggregator.text.addresses import canonical, resolve
from aggregator.text.html import attribute, parse_html

MAX_MARKUP = 5_000_000
"""Characters of a page that are looked at; what people read has fewer."""
SIMPLIFIED = re.compile("[这国发们时为来个说对关务业进动会]")
"""Characters that are frequent in simplified Chinese and in no other writing."""
MIN_SIMPLIFIED = 200
_LINK = re.compile(r"<a\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageView:
    """What a page says without a list of it being read."""

    base: str
    """The address that relative ones count from."""
    feeds: tuple[str, ...]
    """The feeds that it names, the likeliest first."""
    links: frozenset[str]
    """The canonical addresses of its links."""
    family: Family | None
    """The publishing system that made it."""


def view_page(answer: Fetched) -> PageView:
    """View a page. Raises ReadError for what is plainly none."""
    soup = parse_beginning(answer)
    base = base_of(soup, answer)
    links = (canonical(resolve(base, attribute(link, "href"))) for link in soup.select("a[href]"))
    feeds = tuple(feed.address for feed in find_feeds(soup, base))
    return PageView(base, feeds, frozenset(links), find_family(soup, base))


def list_page(
    answer: Fetched, now: datetime, timezone: str, select: str
) -> tuple[Sequence[InferredList], bool]:
    """Infer the lists of a page, and tell whether it is Chinese. Raises ReadError."""
    soup = parse_beginning(answer)
    lists = infer_lists(soup, base_of(soup, answer), now, timezone, select=select)
    return lists, _is_chinese(soup, answer.address)


def parse_beginning(answer: Fetched) -> BeautifulSoup:
    """Parse a page up to the last link that is looked at. Raises ReadError for what is plainly no page."""
    markup = read_page(answer).text[:MAX_MARKUP]
    end = next(islice(_LINK.finditer(markup), MAX_LINKS, None), None)
    return parse_html(markup[: end.start()] if end else markup)


def _is_chinese(soup: BeautifulSoup, address: str) -> bool:
    language = attribute(soup.html, "lang").lower() if soup.html else ""
    host = urlsplit(address).hostname or ""
    chinese = language.startswith("zh") or host.endswith(".cn")
    return chinese or len(SIMPLIFIED.findall(soup.text)) > MIN_SIMPLIFIED
