"""Selectors of the fields inside the entries of a list: link, title, date and summary.

Of the selectors that some entries suggest the one wins that reads most, less a cost. Costs were set by hand:
among selectors that read the same, names of what is read go before tags, and tags before positions.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import mean

from bs4 import Tag

from aggregator.discover.lists.links import PageLinks, address_score, title_score, width
from aggregator.discover.lists.selector import class_selector, lasting_classes
from aggregator.settings import ListRules
from aggregator.sources.listing import OWN_TEXT, find_link, select_date
from aggregator.sources.page import element_text, select_text
from aggregator.text.addresses import resolve
from aggregator.text.dates import read_date
from aggregator.text.html import HEADINGS, attribute
from aggregator.text.text import fold

_SUGGESTING = 4
"""Entries that suggest selectors."""
_SAMPLE = 16
"""Entries in which selectors are tried."""
_MAX_ELEMENTS = 60
"""Elements of one entry that suggest selectors."""
_MAX_OPTIONS = 40
"""Selectors that are tried for one field."""
_MIN_SUMMARY_WIDTH = 40
_DATE = re.compile(
    r"\d{1,4}\s*[-/.年月]\s*\d{1,2}|[一二三四五六七八九十]月|\d{1,2}:\d{2}|\d{8}|[前昨刚]|今[天日]"
    r"|\bago\b|yesterday|today|just now|[a-z\u00c0-\u04ff]{3,}\.?,?\s*\d"
    r"|\d{1,2}\.?\s+(?:de )?[a-z\u00c0-\u04ff]{3,}",
    re.IGNORECASE,
)
_OTHER_LETTERS = re.compile(r"[^\W\d_年月日时分秒点]")
_TITLE_CLASS = re.compile(r"title|headline|subject|biaoti|(?:^|[-_])(?:tit|bt)(?:$|[-_\d])", re.IGNORECASE)
_DATE_CLASS = re.compile(r"date|time|publi|posted|(?:^|[-_])(?:sj|rq|pub)(?:$|[-_])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dates:
    """Tells dates from other texts, and remembers each form: dateparser rejects "12 comments" slowly."""

    now: datetime
    timezone: str
    _known: dict[str, bool] = field(default_factory=dict)

    def is_date(self, text: str) -> bool:
        """Tell whether a text is a date and little else."""
        text = fold(text)
        form = re.sub(r"\d", "0", text) if re.search("[a-z]{3}", text, re.IGNORECASE) else text
        if form not in self._known:
            self._known[form] = bool(
                text
                and len(text) <= 60
                and _DATE.search(text)
                and len(_OTHER_LETTERS.findall(text)) <= 24
                and read_date(text, self.now, self.timezone) is not None
            )
        return self._known[form]


def find_rules(records: Sequence[Tag], page: PageLinks, base: str, dates: Dates) -> ListRules:
    """Find the selectors of the fields of these entries; ``entry`` stays empty."""
    step = max(1, len(records) // _SAMPLE)
    read = records[::step][:_SAMPLE]
    link = _find_link(read, page, base)
    date = _find_date(read, link, dates)
    title = _find_title(read, link, dates)
    summary = _find_summary(read, link, title, date)
    return ListRules(link=link, title=title, date=date, summary=summary)


def _find_link(records: Sequence[Tag], page: PageLinks, base: str) -> str:
    def value(selector: str) -> float:
        scores, texts, addresses = [], [], []
        for record in records:
            found = find_link(selector, record)
            address = resolve(base, attribute(found, "href")) if found else ""
            text = ""
            if selector:
                text = select_text(record, selector)
            elif found:
                text = element_text(found)
            scores.append(title_score(text) if address else 0.0)
            texts.append(text)
            addresses.append(address)
        known = [address for address in addresses if address]
        if not known:
            return 0.0
        # An icon beside each title has the same text each time.
        distinct = len(set(known)) * len(set(texts)) / len(records) ** 2
        return distinct * (mean(scores) + 0.3 * sum(map(address_score, known)) / len(records) + 0.2)

    return _best(_link_options(records, page), value)


def _link_options(records: Sequence[Tag], page: PageLinks) -> Iterator[tuple[str, float]]:
    """Suggest selectors of links inside an entry, each with its cost."""
    yield "", 0.0
    for record in records[:_SUGGESTING]:
        for link in page.held[id(record)][:_MAX_ELEMENTS]:
            if link.element is not record and link.address:
                yield from _named_link(link.element, record)
                yield from _placed_link(link.element, record)


def _named_link(link: Tag, record: Tag) -> Iterator[tuple[str, float]]:
    """Suggest selectors of a link by the names and classes on its path."""
    path = _path(link, record)
    if heading := next((element.name for element in path if element.name in HEADINGS), ""):
        yield f"{heading} a", 0.02
    for name in lasting_classes(link):
        yield class_selector("a", name), 0.03
    for parent in path[1:]:
        for name in lasting_classes(parent)[:2]:
            yield f"{class_selector('', name)} a", 0.03
    if len(path) > 1 and path[1].name in ("dt", "dd", "strong", "b", "p"):
        yield f"{path[1].name} a", 0.04
    if link.get("title"):
        yield "a[title]", 0.04


def _placed_link(link: Tag, record: Tag) -> Iterator[tuple[str, float]]:
    """Suggest selectors of a link by its position."""
    path = _path(link, record)
    if len(path) == 1 and not link.find_next_sibling("a"):
        yield "a:last-of-type", 0.08
    for element in path:
        if element.name in ("td", "a"):
            inside = "" if element is link else " a"
            yield f"{element.name}:nth-of-type({_ordinal(element)}){inside}", 0.1


def _find_title(records: Sequence[Tag], link: str, dates: Dates) -> str:
    """Find a selector of the title where the link's own text is empty, or has more than the title."""

    def own(record: Tag) -> str:
        return select_text(record, link) if link else element_text(find_link("", record) or record)

    link_score = mean(title_score(own(record)) for record in records)
    mixed = mean(
        any(
            dates.is_date(element_text(part)) or part.name in (*HEADINGS, "p")
            for part in found.find_all(True, limit=20)
        )
        for found in (find_link(link, record) for record in records)
        if found is not None
    )

    def value(selector: str) -> float:
        read = [select_text(record, selector) for record in records]
        if any(map(dates.is_date, read)):
            return 0.0
        return mean(map(title_score, read)) * len(set(read)) / len(read)

    best = _best(_title_options(records, link), value)
    if not best:
        return ""
    return best if value(best) > link_score + 0.1 or (mixed > 0.5 and value(best) > link_score - 0.2) else ""


def _title_options(records: Sequence[Tag], link: str) -> Iterator[tuple[str, float]]:
    for record in records[:_SUGGESTING]:
        found = find_link(link, record)
        for element in record.find_all(True, limit=_MAX_ELEMENTS):
            if element.name in HEADINGS:
                yield element.name, 0.0
            for name in lasting_classes(element):
                if _TITLE_CLASS.search(name):
                    yield class_selector("", name), 0.02
        if found is None:
            continue
        for element in found.find_all(True, limit=20):
            if not element.find(True):
                for name in lasting_classes(element):
                    yield class_selector(element.name, name), 0.05
                yield f"a {element.name}" if found is not record else element.name, 0.08


def _find_date(records: Sequence[Tag], link: str, dates: Dates) -> str:
    sizes: dict[str, float] = defaultdict(float)

    def value(selector: str) -> float:
        texts = [select_date(selector, record) for record in records]
        read = [text for text in texts if dates.is_date(text)]
        sizes[selector] = mean(map(len, read)) if read else 0
        return len(read) / len(records) - sizes[selector] / 300

    best = _best(_date_options(records, link, dates), value)
    return best if best and value(best) + sizes[best] / 300 >= 0.5 else ""


def _date_options(records: Sequence[Tag], link: str, dates: Dates) -> Iterator[tuple[str, float]]:
    for record in records[: 2 * _SUGGESTING]:
        found = find_link(link, record)
        around = {id(found), *map(id, found.parents)} if found else set()
        for element in record.find_all(True, limit=4 * _MAX_ELEMENTS):
            if id(element) in around or not dates.is_date(element_text(element, numbers=True)):
                continue
            if element.name == "time":
                yield "time", -0.03
            for name in lasting_classes(element):
                yield class_selector(element.name, name), -0.02 if _DATE_CLASS.search(name) else 0.0
            parent = element.parent
            if parent is not None and parent is not record:
                for name in lasting_classes(parent)[:1]:
                    yield f"{class_selector(parent.name, name)} {element.name}", 0.01
            yield element.name, 0.01
            if not element.find_next_sibling():
                yield f"{element.name}:last-child", 0.015
            yield f"{element.name}:nth-of-type({_ordinal(element)})", 0.02
        if dates.is_date(select_date(OWN_TEXT, record)):
            yield OWN_TEXT, 0.01


def _find_summary(records: Sequence[Tag], link: str, title: str, date: str) -> str:
    titles = {element_text(found) for record in records if (found := find_link(link, record))}
    titles |= {select_text(record, title) for record in records}

    def value(selector: str) -> float:
        texts = [select_text(record, selector) for record in records]
        long = [text for text in texts if width(text) >= _MIN_SUMMARY_WIDTH and text not in titles]
        return len(set(long)) / len(records) - 0.5

    return _best(_summary_options(records, link, {link, title, date}), value)


def _summary_options(records: Sequence[Tag], link: str, taken: set[str]) -> Iterator[tuple[str, float]]:
    for record in records[:_SUGGESTING]:
        found = find_link(link, record)
        around = {id(found), *map(id, found.parents)} if found else set()
        for element in record.find_all(["p", "div", "span", "dd"], limit=_MAX_ELEMENTS):
            if (
                id(element) in around
                or element.find(["p", "div", "ul", *HEADINGS])
                or width(element_text(element)) < _MIN_SUMMARY_WIDTH
            ):
                continue
            options = [
                *(class_selector(element.name, name) for name in lasting_classes(element)),
                element.name,
            ]
            yield from ((option, 0.01 * place) for place, option in enumerate(options) if option not in taken)


def _best(options: Iterator[tuple[str, float]], value: Callable[[str], float]) -> str:
    """Choose the selector with the highest value, less its cost; empty where none is worth its cost."""
    costs: dict[str, float] = {}
    for selector, cost in options:
        costs[selector] = min(cost, costs.get(selector, cost))
        if len(costs) > _MAX_OPTIONS:
            break
    values = {selector: value(selector) - cost for selector, cost in costs.items()}
    best = max(values, key=lambda selector: values[selector], default="")
    return best if best and values[best] > 0 else ""


def _path(element: Tag, record: Tag) -> list[Tag]:
    """Give an element and its ancestors below the entry."""
    path = [element]
    for parent in element.parents:
        if parent is record:
            break
        path.append(parent)
    return path


def _ordinal(element: Tag) -> int:
    return sum(before.name == element.name for before in element.find_previous_siblings()) + 1
