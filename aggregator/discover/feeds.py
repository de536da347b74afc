"""Addresses of a site's feeds and sitemaps: those that it names, and the usual ones."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from aggregator.sources.page import element_text
from aggregator.text.addresses import canonical, resolve
from aggregator.text.html import attribute
from aggregator.text.text import fold

MEDIA_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "text/rss+xml",
    "application/x-rss+xml",
}
# Media types that other documents have, too: they need a word that says feed.
_VAGUE = {"application/json", "application/xml", "text/xml"}
_PATHS = "feed/ rss.xml atom.xml feed.xml index.xml rss/ feed.json rss".split()
_SITEMAPS = "sitemap_news.xml news-sitemap.xml sitemap-news.xml sitemap.xml sitemap_index.xml".split()
_FEED = re.compile(r"(?:^|[^a-z])(?:rss2?|atom|rdf|feeds?)(?:[^a-z]|$)", re.IGNORECASE)
_FEED_TEXT = re.compile(
    r"(?:(?:rss|atom|json|web)\W?){0,2}\s*(?:feeds?|订阅|訂閱)|(?:rss|atom)(?:\W?[\d.]+)?|订阅本站",
    re.IGNORECASE,
)
_OTHER_XML = re.compile(r"sitemap|opensearch|rsd|wlwmanifest|oembed|wp-json", re.IGNORECASE)
_COMMENTS = re.compile(r"comment|评论|評論|kommentar|commentaire", re.IGNORECASE)
MAX_FOUND = 50
"""Feeds of one page, or sitemaps of one robots.txt."""


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page names: absolute address, title and media type, empty where they are missing."""

    address: str
    title: str = ""
    media_type: str = ""


def find_feeds(soup: BeautifulSoup, base: str) -> list[FeedLink]:
    """Find the feeds that a page at ``base`` names, the likeliest first, each once.

    Links with ``rel=alternate`` (RSS Advisory Board, RSS Autodiscovery) come before others that look like
    feeds, and feeds of comments come last.
    """
    found: dict[str, FeedLink] = {}
    for feed in (*_declared(soup, base), *_linked(soup, base)):
        found.setdefault(canonical(feed.address), feed)
    by_kind = sorted(found.values(), key=lambda feed: bool(_COMMENTS.search(f"{feed.address} {feed.title}")))
    return by_kind[:MAX_FOUND]


def usual_feeds(base: str) -> list[str]:
    """Give the usual addresses of feeds: in the page's folder and in the site's root."""
    return _under([_folder(base), resolve(base, "/")], _PATHS)


def find_sitemaps(robots_txt: str, base: str) -> list[str]:
    """Give the sitemaps that robots.txt names (sitemaps.org), news first, then the usual addresses."""
    lines = (re.match(r"\s*sitemap\s*:\s*(\S+)", line, re.IGNORECASE) for line in robots_txt.splitlines())
    named = [address for match in lines if match and (address := resolve(base, match[1]))]
    named.sort(key=lambda address: "news" not in address.lower())
    return list(dict.fromkeys([*named[:MAX_FOUND], *_under([resolve(base, "/")], _SITEMAPS)]))


def _declared(soup: BeautifulSoup, base: str) -> Iterator[FeedLink]:
    for element in soup.select('link[rel~="alternate" i][href], link[rel~="feed" i][href]'):
        media_type = attribute(element, "type").partition(";")[0].strip().lower()
        address = _address(base, attribute(element, "href"))
        title = fold(attribute(element, "title"))
        says_so = "feed" in attribute(element, "rel").lower().split() or _FEED.search(f"{address} {title}")
        if not address or _OTHER_XML.search(address):
            continue
        if media_type in MEDIA_TYPES or (says_so and (media_type in _VAGUE or not media_type)):
            yield FeedLink(address, title, media_type)


def _linked(soup: BeautifulSoup, base: str) -> Iterator[FeedLink]:
    for element in soup.select("a[href], area[href]"):
        address = _address(base, attribute(element, "href"))
        path = urlsplit(address).path if address else ""
        if not path or _OTHER_XML.search(address):
            continue
        text = element_text(element) or attribute(element, "title")
        last = path.rstrip("/").rpartition("/")[2]
        if _FEED.fullmatch(last) or _is_file(last) or _FEED_TEXT.fullmatch(text[:40].strip()):
            yield FeedLink(address, text[:100], attribute(element, "type").lower())


def _address(base: str, href: str) -> str:
    """Resolve a link, which may have the old ``feed:`` before its scheme or instead of it."""
    href = re.sub(r"^\s*feed:(?=https?:)", "", href, flags=re.IGNORECASE)
    return resolve(base, re.sub(r"^\s*feed://", "http://", href, flags=re.IGNORECASE))


def _is_file(name: str) -> bool:
    return bool(re.search(r"\.(?:xml|rss|atom|rdf)$", name, re.IGNORECASE) or name.lower() == "feed.json")


def _folder(base: str) -> str:
    """Give the folder of a page; a last part without a dot counts as a folder without its slash."""
    address = canonical(base).partition("?")[0].partition("#")[0]
    last = urlsplit(address).path.rpartition("/")[2]
    return address if address.endswith("/") else resolve(address, "." if "." in last else f"{last}/")


def _under(folders: list[str], paths: list[str]) -> list[str]:
    return list(dict.fromkeys(resolve(folder, path) for path in paths for folder in folders if folder))
