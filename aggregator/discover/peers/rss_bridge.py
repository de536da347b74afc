"""Addresses of RSS-Bridge: those of bridges that read any page by selectors become sources of our own."""

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from aggregator.discover.peers import request, scraping
from aggregator.discover.peers.candidate import Candidate, Settings

_OF_THE_FEED = ("action", "bridge", "context", "format", "_error_time")
"""Parameters that say which feed is made, and in which form."""
_LOST = {
    "discard_thumbnail": "is not needed: there are no thumbnails",
    "thumbnail_as_header": "has no counterpart: the text keeps its own pictures",
    "dont_expand_metadata": "has no counterpart: what a page says of itself fills what is missing",
    "remove_styling": "is not needed: styles are never kept",
    "category_selector": scraping.NO_PLACE["categories"],
    "time_format": scraping.NO_PLACE["timeformat"],
    "fix_encoding": "is not needed: charsets are told from the bytes",
    "raw_content": "is not needed: texts are HTML",
}


def from_address(address: str) -> Candidate | None:
    """Give the source that an address of RSS-Bridge stands for; None where it is no such address.

    A bridge that is made for one site stays what it is: a feed of RSS-Bridge.
    """
    try:
        pairs = dict(parse_qsl(urlsplit(address).query))
    except ValueError:
        return None
    name = re.sub(r"bridge$", "", pairs.get("bridge", ""), flags=re.IGNORECASE).lower()
    if not name or pairs.get("action", "").lower() != "display":
        return None
    settings = Settings({key: value for key, value in pairs.items() if key not in _OF_THE_FEED}, "RSS-Bridge")
    readers = {
        "cssselector": _by_css,
        "cssselectorcomplex": _by_css_of_entries,
        "cssselectorfeedexpander": _expanded,
        "xpath": _by_xpath,
    }
    try:
        keys = readers[name](settings) if name in readers else {}
    except scraping.UnreadableError as exc:
        keys = {}
        settings.lost.append(str(exc))
    if not keys.get("url"):
        why = f'bridge "{pairs["bridge"][:40]}" stays a feed of RSS-Bridge, which has to go on running'
        return Candidate("", {"kind": "feed", "url": address}, lost=(why, *settings.lost))
    if pattern := settings.text("url_pattern"):
        keys["keep"] = {"address": [pattern.replace("\\/", "/")]}
    if (limit := settings.text("limit")).isdecimal() and int(limit):
        keys["limit"] = int(limit)
    if (seconds := settings.text("_cache_timeout")).isdecimal() and int(seconds):
        keys["interval"] = f"{max(int(seconds), 60)}s"
    settings.lose_all(_LOST)
    bare, auth = request.address(keys["url"])
    return Candidate("", {**keys, "url": bare, **auth}, lost=settings.losses)


def _by_css(settings: Settings) -> dict[str, Any]:
    keys = {
        "kind": "listing",
        "url": settings.text("home_page"),
        "list": {"entry": settings.text("url_selector")},
    }
    return {**keys, **_page(settings, settings.text("content_selector"))}


def _by_css_of_entries(settings: Settings) -> dict[str, Any]:
    of_pages = bool(settings.take("use_article_pages"))
    content = settings.text("article_page_content_selector")
    rules = {
        "title": settings.text("title_selector"),
        "author": settings.text("author_selector"),
        "date": settings.text("time_selector"),
    }
    rules = {key: selector for key, selector in rules.items() if selector}
    listed = {"entry": settings.text("entry_element_selector"), "link": settings.text("url_selector")}
    listed = {key: selector for key, selector in listed.items() if selector}
    keys: dict[str, Any] = {"kind": "listing", "url": settings.text("home_page")}
    if cookie := settings.text("cookie"):
        keys |= request.cookies(settings, "cookie", cookie)
    settings.take("title_cleanup")  # of the feed's title
    keys["list"] = listed if of_pages else {**listed, **rules}
    keys |= _page(settings, content if of_pages else "")
    if of_pages:
        keys["article"] = {**keys.get("article", {}), **rules}
    return keys


def _expanded(settings: Settings) -> dict[str, Any]:
    return {
        "kind": "feed",
        "url": settings.text("feed"),
        **_page(settings, settings.text("content_selector")),
    }


def _page(settings: Settings, content: str) -> dict[str, Any]:
    """Give the keys for what is done with an article's page."""
    found = scraping.whole_text(settings, "content_selector", content) if content else {}
    article: dict[str, Any] = dict(found.get("article", {}))
    if removed := settings.text("content_cleanup"):
        article["remove"] = [removed]
    if suffix := settings.take("title_cleanup"):
        article["replace"] = [{"field": "title", "pattern": re.escape(suffix), "with": ""}]
    return {**found, **({"article": article} if article else {})}


def _by_xpath(settings: Settings) -> dict[str, Any]:
    fields = ("item", "title", "content", "uri", "author", "timestamp", "enclosures", "categories")
    rules = {name: unquote(settings.text(name)) for name in fields}
    keys = scraping.by_xpath(settings, rules, {name: name for name in fields})
    return {"url": unquote(settings.text("url")), **keys}
