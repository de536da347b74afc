"""Documents for search engines: sitemaps (sitemaps.org), one of news (Google's), and robots.txt (RFC 9309).

``sitemap.xml`` is an index of parts; a part changes only when its articles do. The index has no dates, so
that it changes only when a part is added.
"""

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from aggregator.model import Category, Document, Headline
from aggregator.render import paths
from aggregator.render.xml import as_language, to_second, xml_text
from aggregator.settings import Site

MAX_LOCATIONS = 50_000
"""Addresses that a sitemap may hold; a thousand take some 200 KB of the 50 MB that it may have."""
MAX_REMEMBERED = 2048
"""Articles of which the part in a sitemap is remembered: the newest stand in two, time and again."""
MAX_NEWS = 1_000
"""Articles that a news sitemap may hold (Google's limit)."""

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
# Chinese regions that write traditional characters; Google tells the two scripts by region.
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


def sitemap_index(site: Site, parts: int) -> Document:
    """``sitemap.xml``: the home and category pages, the news, and the numbered parts."""
    numbered = [paths.sitemap_path(number + 1) for number in range(parts)]
    listed = [paths.SITEMAP_PAGES, paths.SITEMAP_NEWS, *numbered]
    entries = [f"<sitemap>{_location(site.root, path)}</sitemap>" for path in listed]
    return _document(paths.SITEMAP, "sitemapindex", entries)


def sitemap_pages(site: Site, categories: Sequence[Category]) -> Document:
    """The home page, that of the feeds and those of categories, as many as a sitemap may hold.

    Those of categories stand in the order of their addresses, which one article more does not change.
    """
    listed = sorted(map(paths.category_path, categories[: MAX_LOCATIONS - 2]))
    pages = (paths.HOME, paths.FEEDS_PAGE, *listed)
    entries = [f"<url>{_location(site.root, path)}</url>" for path in pages]
    return _document(paths.SITEMAP_PAGES, "urlset", entries)


def sitemap_part(site: Site, number: int, articles: Sequence[Headline]) -> Document:
    """The share pages of some articles, not more than ``MAX_LOCATIONS``, and when each was changed."""
    root = site.root
    return _document(paths.sitemap_path(number), "urlset", [_changed(root, one) for one in articles])


@lru_cache(MAX_REMEMBERED)
def _changed(root: str, one: Headline) -> str:
    day = one.day if one.updated <= one.published else None
    changed = (day or to_second(one.updated)).isoformat()
    return f"<url>{_location(root, paths.share_path(one.id))}<lastmod>{changed}</lastmod></url>"


def news_sitemap(site: Site, articles: Sequence[Headline]) -> Document:
    """The articles of the last two days, newest first; of more than ``MAX_NEWS`` the first."""
    root, language = site.root, site.language
    name = _escape(xml_text(site.title) or root)
    entries = [_news(root, name, language, one) for one in articles[:MAX_NEWS]]
    return _document(paths.SITEMAP_NEWS, "urlset", entries, f' xmlns:news="{_NEWS}"')


@lru_cache(MAX_REMEMBERED)
def _news(root: str, name: str, site_language: str, one: Headline) -> str:
    language = _escape(news_language(as_language(one.language) or site_language))
    return (
        f"<url>{_location(root, paths.share_path(one.id))}<news:news><news:publication>"
        f"<news:name>{name}</news:name><news:language>{language}</news:language></news:publication>"
        f"<news:publication_date>{(one.day or to_second(one.published)).isoformat()}"
        f"</news:publication_date><news:title>{_escape(xml_text(one.title) or one.id)}</news:title>"
        "</news:news></url>"
    )


def robots_txt(site: Site) -> Document:
    """``robots.txt``: everything may be read but the searches, which have no end.

    A robot asks for it at the root of a host: where the site lies below a path, its owner puts it there.
    """
    below = urlsplit(site.root).path
    lines = [
        "User-agent: *",
        f"Disallow: {below}/{paths.SEARCH}",
        "",
        f"Sitemap: {paths.absolute(site, paths.SITEMAP)}",
        "",
    ]
    return Document(paths.ROBOTS, "\n".join(lines).encode())


def news_language(tag: str) -> str:
    """A BCP 47 tag as Google News has it: the language alone (ISO 639), but zh-cn or zh-tw for Chinese."""
    language, *rest = tag.lower().split("-")
    if language != "zh":
        return language
    return "zh-tw" if _TRADITIONAL & set(rest) else "zh-cn"


def _location(root: str, path: str) -> str:
    return f"<loc>{_escape(paths.below(root, path))}</loc>"


def _escape(text: str) -> str:
    """Escape text for XML, where a carriage return would be read as a line feed (XML 1.0, 2.11)."""
    return escape(text, {"\r": "&#13;"})


def _document(path: str, name: str, entries: Sequence[str], namespaces: str = "") -> Document:
    start = f"<?xml version='1.0' encoding='UTF-8'?>\n<{name} xmlns=\"{_SITEMAP}\"{namespaces}"
    return Document(path, f"{start}>{''.join(entries)}</{name}>".encode())
