"""Outlines of OPML with the rules of FreshRSS (its namespace https://freshrss.org/opml) and Miniflux."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from aggregator.discover.opml import LOGIN
from aggregator.discover.peers import filters, miniflux, request, scraping
from aggregator.discover.peers.candidate import Candidate, Settings
from aggregator.discover.peers.rss_bridge import from_address
from aggregator.render.opml import Subscription

_XPATH = dict.fromkeys(("html+xpath", "xml+xpath"), "xpath")
_JSON = dict.fromkeys(("json+dotnotation", "json+dotpath"), "json")
_FIELDS = ("Title", "Content", "Uri", "Author", "Timestamp", "TimeFormat", "Thumbnail", "Categories", "Uid")
_CURL = "frss:CURLOPT_"


class NotASourceError(ValueError):
    """An outline cannot be a source, for this reason."""


def from_subscription(found: Subscription) -> Candidate:
    """Give what an outline with its rules could be. Raises NotASourceError."""
    settings = Settings(dict(found.rules), "the program that wrote it")
    kind = settings.text("type").lower()
    bare = found.address
    user, _, password = settings.text(LOGIN).partition(":")
    keys: dict[str, Any] = {"kind": "feed", "url": bare, **request.login(unquote(user), unquote(password))}
    bridged = from_address(bare)
    if bridged:
        settings.lost += bridged.lost
        keys = dict(bridged.keys)
    elif kind in _XPATH:
        keys |= _by_xpath(settings, bare, xml=kind.startswith("xml"))
    elif kind in _JSON:
        keys |= _by_json(settings)
    elif kind == "html+xpath+json+dotnotation":
        raise NotASourceError(
            "frss:xPathToJson takes JSON out of a page, which no kind here does; look for the JSON's address"
        )
    keys |= _freshrss(settings, keys)
    keys |= miniflux.settings_of(settings, "miniflux:")
    return Candidate(found.title, keys, found.page, found.folders, settings.losses)


def _by_xpath(settings: Settings, address: str, *, xml: bool) -> dict[str, Any]:
    rules = {"item": settings.text("frss:xPathItem")}
    rules |= {name.lower(): settings.text(f"frss:xPathItem{name}") for name in _FIELDS}
    if xml:
        if rules["item"].rpartition("/")[2].rpartition(":")[2] in ("item", "entry"):
            settings.lose("frss:xPathItem", "is not needed: it is read as a feed, by the elements of feeds")
            return {}
        raise NotASourceError(f"frss:xPathItem {rules['item']}: XML that is no feed is read by no kind here")
    names = {name: f"frss:xPathItem{name.capitalize()}" for name in rules}
    names |= {"item": "frss:xPathItem", "timeformat": "frss:xPathItemTimeFormat"}
    try:
        return scraping.by_xpath(settings, rules, names)
    except scraping.UnreadableError as exc:
        raise NotASourceError(str(exc)) from None


def _by_json(settings: Settings) -> dict[str, Any]:
    rules: Mapping[str, str] = {name: settings.text(f"frss:jsonItem{name}") for name in ("", *_FIELDS)}
    paths = {name: scraping.dotted(path) for name, path in rules.items() if path}
    found = {
        "entry": paths.get("", "@"),
        "id": paths.get("Uid", ""),
        "link": paths.get("Uri", ""),
        "title": paths.get("Title", ""),
        "date": paths.get("Timestamp", ""),
        "author": paths.get("Author", ""),
        "body": paths.get("Content", ""),
    }
    if not found["title"]:
        raise NotASourceError("frss:jsonItemTitle is missing; an api needs list.title")
    for name in ("TimeFormat", "Thumbnail", "Categories"):
        if rules[name]:
            settings.lose(f"frss:jsonItem{name}", scraping.NO_PLACE[name.lower()])
    return {"kind": "api", "list": {key: path for key, path in found.items() if path}}


def _freshrss(settings: Settings, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Give the keys for what FreshRSS does with any feed."""
    found: dict[str, Any] = {}
    if selector := settings.text("frss:cssFullContent"):
        found |= scraping.whole_text(settings, "frss:cssFullContent", selector)
    if removed := settings.text("frss:cssFullContentFilter"):
        found["article"] = {**found.get("article", {}), "remove": [removed]}
    if searches := settings.text("frss:filtersActionRead"):
        found |= filters.freshrss(settings, "frss:filtersActionRead", searches)
    if priority := settings.text("frss:priority"):
        settings.lose("frss:priority", f"is {priority}: there are no priorities here; name feeds by [[feed]]")
    if "article" in found and "article" in keys:
        found["article"] = {**keys["article"], **found["article"]}
    return {**found, **_curl(settings)}


def _curl(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pairs = request.lines(settings.text(f"{_CURL}HTTPHEADER"))
    if agent := settings.text(f"{_CURL}USERAGENT"):
        pairs.append(("User-Agent", agent))
    if pairs:
        found |= request.headers(settings, f"{_CURL}HTTPHEADER", pairs)
    if cookie := settings.text(f"{_CURL}COOKIE"):
        found |= request.cookies(settings, f"{_CURL}COOKIE", cookie)
    fields = settings.text(f"{_CURL}POSTFIELDS")
    if fields or settings.text(f"{_CURL}POST"):
        found |= request.body(settings, f"{_CURL}POSTFIELDS", fields)
    kind = settings.text(f"{_CURL}PROXYTYPE")
    if proxy := settings.text(f"{_CURL}PROXY"):
        if kind in ("4", "6"):
            settings.lose(f"{_CURL}PROXY", "is SOCKS 4; only http, https and socks5 are spoken here")
        else:
            found |= request.proxy(proxy, kind)
    if settings.text(f"{_CURL}FOLLOWLOCATION") in ("0", "false"):
        settings.lose(f"{_CURL}FOLLOWLOCATION", "is off; redirects are always followed here")
    settings.lose_all(
        {
            f"{_CURL}COOKIEFILE": "kept a site's cookies in a file, which is not read; see [source.session]",
            f"{_CURL}MAXREDIRS": "has no counterpart: a fixed number of redirects is followed",
        }
    )
    return found
