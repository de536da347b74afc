"""Containers that publishing systems put their articles into."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree, html

from aggregator.content.body.names import holds_file
from aggregator.content.body.tree import MARK
from aggregator.content.body.units import Unit, total

# Attribute, value, and the system that says so.
CONTAINERS = (
    ("id", "UCAP-CONTENT"),  # gov.cn and who uses its system
    ("class", "pages_content"),  # the same, before
    ("class", "TRS_Editor"),  # TRS WCM
    ("class", "TRS_UEDITOR"),
    ("class", "Three_xilan_07"),  # market regulators
    ("class", "zt_xilan_07"),
    ("class", "v_news_content"),  # VSB, universities and hospitals
    ("class", "wp_articlecontent"),  # WebPlus, universities
    ("id", "js_content"),  # accounts of WeChat
    ("id", "ContentBody"),  # Eastmoney
    ("id", "con_con"),
    ("id", "zoom"),  # many; the text that a reader may enlarge
)
ENOUGH = 40
"""The size of a text that speaks for itself; below it, an image or a file has to."""


def find_known(body: html.HtmlElement, units: Sequence[Unit]) -> tuple[str, list[Unit]] | None:
    """Return the name of the known container that carries text, and its units; None where none does."""
    framed = _between_marks(body, units)
    if total(framed) >= ENOUGH:
        return "jcms marks", framed
    found: dict[tuple[str, str], list[html.HtmlElement]] = {}
    for element in body.iterdescendants(etree.Element):
        for attribute in ("id", "class"):
            for value in (element.get(attribute) or "").split():
                found.setdefault((attribute, value), []).append(element)
    for attribute, value in CONTAINERS:
        choices = [(element, _within(element, units)) for element in found.get((attribute, value), ())[:20]]
        if not choices:
            continue
        element, inner = max(choices, key=lambda choice: total(choice[1]))
        says = total(inner)
        if says - sum(unit.linked for unit in inner) >= ENOUGH or (says and _shows(element)):
            return ("#" if attribute == "id" else ".") + value, inner
    return None


def _within(element: html.HtmlElement, units: Sequence[Unit]) -> list[Unit]:
    inside = set(element.iter(etree.Element))
    return [unit for unit in units if unit.element in inside]


def _between_marks(body: html.HtmlElement, units: Sequence[Unit]) -> list[Unit]:
    if next((link for link in body.iter("a") if link.get(MARK)), None) is None:
        return []
    inside: set[html.HtmlElement] = set()
    open_ = False
    for element in body.iter(etree.Element):
        if element.get(MARK):
            open_ = element.get(MARK).lower() == "begin"
        elif open_:
            inside.add(element)
    return [unit for unit in units if unit.element in inside]


def _shows(element: html.HtmlElement) -> bool:
    return next(element.iter("img"), None) is not None or holds_file(element)
