"""Rules by which other programs read lists, as ``[source.list]`` and ``[source.article]``."""

import re
from collections.abc import Mapping
from typing import Any

from aggregator.discover.peers.candidate import Settings
from aggregator.discover.peers.xpath import NoSelectorError, Picked, to_css

NO_PLACE = {
    "timeformat": "is not needed: dates are read in whatever form; see them with `aggregator preview`",
    "thumbnail": "has no place here: pictures come with the text",
    "enclosures": "has no place here: pictures come with the text, files by list.attachments",
    "categories": "is not read of a list: name a category in the source, or tags by a template",
}
"""Fields of a list that have no counterpart, and what takes care of them."""
FIELDS = {"title": "title", "author": "author", "timestamp": "date", "uid": "id", "content": "body"}
"""Fields of a list, each with the key that reads it here."""
TEXTS = ("text()", "")
DATES = ("datetime", "content", *TEXTS)
"""Attributes that a date's selector reads by itself: of ``time``, of ``meta``."""


class UnreadableError(ValueError):
    """A list cannot be read here by the rules that a file gives."""


def by_xpath(settings: Settings, rules: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    """Give the keys of a listing for rules in XPath.

    ``rules`` has ``item`` and the fields in lower case, ``names`` what the file calls each. Raises Unreadable
    where entries or links cannot be told.
    """
    entry = _picked(names["item"], rules["item"], absolute=True)
    link = _picked(names["uri"], rules.get("uri") or ".")
    if not entry.selector:
        raise UnreadableError(f"{names['item']} is missing")
    if link.attribute not in ("href", ""):
        raise UnreadableError(f"{names['uri']} takes the address from {link.attribute}; only href is read")
    found = {"entry": entry.selector, "link": link.selector}
    for field, key in FIELDS.items():
        found[key] = _field(settings, names[field], rules.get(field, ""), key) if field in names else ""
    keys: dict[str, Any] = {"kind": "listing"} | ({"full_text": "never"} if found["body"] else {})
    for field, why in NO_PLACE.items():
        if rules.get(field):
            settings.lose(names[field], why)
    return {**keys, "list": {key: selector for key, selector in found.items() if selector}}


def _picked(name: str, expression: str, *, absolute: bool = False) -> Picked:
    try:
        return to_css(expression or ".", absolute=absolute)
    except NoSelectorError as exc:
        raise UnreadableError(f"{name} {exc}") from None


def _field(settings: Settings, name: str, expression: str, key: str) -> str:
    """Give the selector of one field, empty where there is none."""
    if not expression:
        return ""
    instead = "the text comes from the articles' pages" if key == "body" else f"set list.{key} yourself"
    try:
        picked = to_css(expression)
    except NoSelectorError as exc:
        settings.lose(name, f"{exc}; {instead}")
        return ""
    if picked.attribute not in (TEXTS if key == "body" else DATES):
        settings.lose(name, f"takes it from the attribute {picked.attribute}, which is not read; {instead}")
        return ""
    if not picked.selector and key != "title":
        settings.lose(name, f"takes the entry itself; {instead}")
    return picked.selector


def whole_text(settings: Settings, name: str, selector: str) -> dict[str, Any]:
    """Give the keys for a text that stands on the articles' own pages, at a CSS selector."""
    if "," in selector:
        settings.lose(
            name, "has several selectors: article.body takes the first element that one of them matches"
        )
    return {"full_text": "always", "article": {"body": selector}}


def dotted(path: str) -> str:
    """Give a path such as ``data.items.0.my-name`` as JMESPath."""
    parts = re.sub(r"\[(\d+)\]", r".\1", path.strip()).removeprefix("$").strip(".").split(".")
    found = ""
    for part in filter(None, parts):
        if part.isdecimal():
            found = f"{found or '@'}[{part}]"
        else:
            name = (
                part
                if re.fullmatch(r"[A-Za-z_]\w*", part, re.ASCII)
                else '"{}"'.format(part.replace('"', '\\"'))
            )
            found = f"{found}.{name}" if found else name
    return found or "@"
