"""Documents for search engines: sitemaps (sitemaps.org), one of news (Google's), and robots.txt (RFC 9309).

``sitemap.xml`` is an index of parts; a part changes only when its articles do. The index has no dates, so
that it changes only when a part is added.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from aggregator.model import Category, Document, Headline
from aggregator.render import paths
from aggregator.render.xml import as_language, to_second, xml_text
from aggregator.settings import Site

MAX_LOCATIONS = 50_000
"""Addresses that a sitemap may hold; a thousand take some 200 KB of the 50 MB that it may have."""
MAX_NEWS = 1_000
"""Articles that a news sitemap may hold (Google's limit)."""

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PREFIXES: Any = {None: _SITEMAP}  # the stubs of lxml know no default namespace
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
# Chinese regions that write traditional characters; Google tells the two scripts by region.
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


def sitemap_index(site: Site, parts: int) -> Document:
    """``sitemap.xml``: the home and category pages, the news, and the numbered parts."""
    numbered = [paths.sitemap_path(number + 1) for number in range(parts)]
    listed = [paths.SITEMAP_PAGES, paths.SITEMAP_NEWS, *numbered]
    root = etree.Element(f"{{{_SITEMAP}}}sitemapindex", nsmap=_PREFIXES)
    for path in listed:
        _add(root, "sitemap", site, path)
    return _document(paths.SITEMAP, root)


def sitemap_pages(site: Site, categories: Sequence[Category]) -> Document:
    """The home page, that of the feeds and those of categories, as many as a sitemap may hold."""
    pages = (paths.HOME, paths.FEEDS_PAGE, *(paths.category_path(category) for category in categories))
    root = _urlset()
    for path in pages[:MAX_LOCATIONS]:
        _add(root, "url", site, path)
    return _document(paths.SITEMAP_PAGES, root)


def sitemap_part(site: Site, number: int, articles: Sequence[Headline]) -> Document:
    """The share pages of some articles, not more than ``MAX_LOCATIONS``, and when each was changed."""
    root = _urlset()
    for one in articles:
        url = _add(root, "url", site, paths.share_path(one.id))
        day = one.day if one.updated <= one.published else None
        _set_text(url, _SITEMAP, "lastmod", (day or to_second(one.updated)).isoformat())
    return _document(paths.sitemap_path(number), root)


def news_sitemap(site: Site, articles: Sequence[Headline]) -> Document:
    """The articles of the last two days, newest first; of more than ``MAX_NEWS`` the first."""
    root = _urlset(news=_NEWS)
    for one in articles[:MAX_NEWS]:
        news = etree.SubElement(_add(root, "url", site, paths.share_path(one.id)), f"{{{_NEWS}}}news")
        publication = etree.SubElement(news, f"{{{_NEWS}}}publication")
        _set_text(publication, _NEWS, "name", xml_text(site.title) or site.root)
        _set_text(publication, _NEWS, "language", news_language(as_language(one.language) or site.language))
        _set_text(news, _NEWS, "publication_date", (one.day or to_second(one.published)).isoformat())
        _set_text(news, _NEWS, "title", xml_text(one.title) or one.id)
    return _document(paths.SITEMAP_NEWS, root)


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


def _urlset(**prefixes: str) -> etree._Element:
    return etree.Element(f"{{{_SITEMAP}}}urlset", nsmap=_PREFIXES | prefixes)


def _add(root: etree._Element, name: str, site: Site, path: str) -> etree._Element:
    element = etree.SubElement(root, f"{{{_SITEMAP}}}{name}")
    _set_text(element, _SITEMAP, "loc", paths.absolute(site, path))
    return element


def _set_text(parent: etree._Element, namespace: str, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}").text = text


def _document(path: str, root: etree._Element) -> Document:
    return Document(path, etree.tostring(root, encoding="UTF-8", xml_declaration=True))
