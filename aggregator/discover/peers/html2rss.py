"""Configurations of html2rss: one feed, or several below ``feeds`` (https://html2rss.github.io/ruby-gem/)."""

from collections.abc import Mapping
from typing import Any

from aggregator.discover.peers import request, scraping
from aggregator.discover.peers.candidate import Candidate, Listed, Settings, shown

_FIELDS = {
    "title": "title",
    "url": "link",
    "link": "link",
    "author": "author",
    "published_at": "date",
    "updated": "date",
    "description": "summary",
    "enclosure": "attachments",
    "guid": "id",
}
"""What it calls the fields of ``[source.list]``."""
_NEEDLESS = frozenset(("parse_time", "parse_uri", "sanitize_html", "html_to_markdown"))
_SHARED = ("headers", "stylesheets", "strategy", "request")


def is_config(documents: list[Any]) -> bool:
    """Tell whether YAML documents are a configuration."""
    if len(documents) != 1 or not isinstance(documents[0], dict):
        return False
    feeds = documents[0].get("feeds")
    tables = [*feeds.values()] if isinstance(feeds, dict) and feeds else [documents[0]]
    return all(isinstance(one, dict) and isinstance(one.get("channel"), dict) for one in tables)


def read_config(document: Mapping[str, Any]) -> Listed:
    """Read one feed or several; those whose list it finds by itself are left out, with our command for it."""
    shared = {key: document[key] for key in _SHARED if key in document}
    feeds = document.get("feeds")
    named = feeds if isinstance(feeds, dict) else {"": document}
    candidates: list[Candidate] = []
    left_out: list[str] = []
    for name, table in named.items():
        address, _ = request.address(str(table["channel"].get("url") or ""))
        title = shown(table["channel"].get("title") or name or address)
        if "%<" in address or "%{" in address:
            left_out.append(f"{title}: channel.url has parameters: write the addresses that you read")
        elif not isinstance(table.get("selectors"), dict):
            left_out.append(
                f"{title}: auto_source finds the list by itself; so does `aggregator add {address}`"
            )
        else:
            try:
                candidates.append(_feed(str(name), {**shared, **table}))
            except scraping.UnreadableError as exc:
                left_out.append(f"{title}: {exc}")
    return Listed("html2rss", tuple(candidates), tuple(left_out))


def _feed(name: str, table: Mapping[str, Any]) -> Candidate:
    settings = Settings(table, "html2rss")
    channel = Settings(settings.take("channel"), "html2rss")
    address, auth = request.address(channel.text("url"))
    keys: dict[str, Any] = {"url": address, **auth}
    if language := channel.text("language"):
        keys["language"] = language
    if zone := channel.text("time_zone"):
        keys["timezone"] = zone
    if (minutes := channel.text("ttl")).isdecimal() and int(minutes):
        keys["interval"] = f"{minutes}m"
    channel.taken |= {"description", "author", "image"}
    pairs = settings.take("headers")
    named = [(str(key), str(value)) for key, value in pairs.items()] if isinstance(pairs, dict) else []
    if named:
        keys |= request.headers(settings, "headers", named)
    if settings.text("strategy") in ("botasaurus", "browserless"):
        keys["browser"] = {}
    selectors = Settings(settings.take("selectors"), "html2rss")
    keys |= _lists(selectors, named)
    if settings.take("auto_source"):
        settings.lose("auto_source", "is left aside: the selectors are what is read")
    settings.taken |= {"stylesheets", "directory", "feeds", "parameters"}
    settings.lose_all({"request": "has no counterpart: sizes, times and redirects have limits of their own"})
    title = channel.text("title") or name
    lost = (*(f"channel.{one}" for one in channel.losses), *selectors.losses, *settings.losses)
    return Candidate(title, keys, lost=lost)


def _lists(selectors: Settings, headers: list[tuple[str, str]]) -> dict[str, Any]:
    """Give the kind with its rules. Raises UnreadableError where no entries are named."""
    items = selectors.take("items")
    items = items if isinstance(items, dict) else {}
    entry = str(items.get("selector", ""))
    if not entry:
        raise scraping.UnreadableError("selectors.items names no entries")
    is_json = ("accept", "application/json") in ((name.lower(), value) for name, value in headers)
    is_json = is_json or " array " in f" {entry.replace('>', ' ')} "
    if items.get("order"):
        selectors.lose("items.order", "is not needed: articles are ordered by their dates")
    found = {"entry": _path(entry) if is_json else entry, **_fields(selectors, is_json=is_json)}
    if is_json and not (found.get("title") and (found.get("link") or found.get("id"))):
        raise scraping.UnreadableError("selectors name no title, or neither url nor guid: an api needs them")
    keys: dict[str, Any] = {"kind": "api" if is_json else "listing", "list": _filled(found)}
    keys |= _paging(selectors, items.get("pagination"))
    if replaced := _replaced(selectors):
        keys["article"] = {"replace": replaced}
    return keys


def _filled(rules: Mapping[str, str]) -> dict[str, str]:
    return {key: selector for key, selector in rules.items() if selector}


def _fields(selectors: Settings, *, is_json: bool) -> dict[str, str]:
    """Give the selectors of the fields that have a place here, and name the others."""
    found: dict[str, str] = {}
    if selectors.take("guid") == ["url"]:
        selectors.values = {name: rule for name, rule in selectors.values.items() if name != "guid"}
    for name, rule in selectors.values.items():
        key = _FIELDS.get(name, "")
        if name == "items":
            continue
        if not key or key in found or not isinstance(rule, dict):
            selectors.lose(name, scraping.NO_PLACE.get(name, "has no place here"))
        else:
            selectors.taken.add(name)
            found[key] = _field(selectors, name, rule, is_json=is_json)
    return found


def _field(selectors: Settings, name: str, rule: Mapping[str, Any], *, is_json: bool) -> str:
    """Give the selector of one field, empty where it has none here."""
    extractor, attribute = str(rule.get("extractor") or "text"), str(rule.get("attribute") or "")
    selector = str(rule.get("selector") or "")
    if extractor == "static":
        selectors.lose(name, "is a fixed text, which has no place here")
        return ""
    if extractor == "attribute" and attribute not in (*scraping.DATES, "href", "src"):
        selectors.lose(name, f"takes it from the attribute {attribute}, which is not read here")
        return ""
    if name == "enclosure" and attribute == "src":
        selectors.lose(
            name, "takes it from src: only links are attachments here; players in the text are found"
        )
        return ""
    for step in _steps(rule):
        kind = step.get("name")
        if kind not in _NEEDLESS and not (kind == "gsub" and name in ("title", "description")):
            selectors.lose(name, f"is changed by {shown(kind)}, which has no counterpart")
    return _path(selector) if is_json and selector else selector


def _steps(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    steps = rule.get("post_process")
    found = [steps] if isinstance(steps, dict) else steps if isinstance(steps, list) else []
    return [step for step in found if isinstance(step, dict)]


def _replaced(selectors: Settings) -> list[dict[str, str]]:
    found = []
    for name, field in (("title", "title"), ("description", "summary")):
        rule = selectors.values.get(name)
        for step in _steps(rule) if isinstance(rule, dict) else ():
            if step.get("name") == "gsub":
                pattern = str(step.get("pattern", "")).strip("/")
                found.append({"field": field, "pattern": pattern, "with": str(step.get("replacement", ""))})
    return found


def _paging(selectors: Settings, rule: Any) -> dict[str, Any]:
    if isinstance(rule, dict) and rule.get("strategy") == "custom_selector" and rule.get("selector"):
        return {"paging": {"next": str(rule["selector"])}}
    if isinstance(rule, dict) and rule.get("strategy") not in (None, "rel_next"):
        selectors.lose("items.pagination", f"is {shown(rule['strategy'])}: write [source.paging] yourself")
    return {}


def _path(selector: str) -> str:
    """Give a selector of the XML that it makes of JSON (``data > array > object``) as JMESPath."""
    found = ""
    for name in selector.partition(",")[0].replace(">", " ").split():
        if name == "array":
            found += "[]"
        elif name != "object":
            found += f".{scraping.dotted(name)}" if found else scraping.dotted(name)
    return found.removesuffix("[]") or "@"
