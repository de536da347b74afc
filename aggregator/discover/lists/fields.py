"""Selectors of the fields inside the entries of a list: link, title, date and summary.

Of the selectors that some entries suggest the one wins that reads most, less a cost. Costs were set by hand:
among selectors that read the same, names of what is read go before tags, and tags before positions.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from statistics import mean

from bs4 import Tag

from aggregator.discover.lists.dates import Dates
from aggregator.discover.lists.headline import find_headlines
from aggregator.discover.lists.links import PageLinks, width
from aggregator.discover.lists.options import cheapest
from aggregator.discover.lists.selector import class_selector, lasting_classes, places
from aggregator.settings import ListRules
from aggregator.sources.listing import OWN_TEXT, find_link, select_date
from aggregator.sources.page import element_text, select_text
from aggregator.text.elements import HEADINGS

_SUGGESTING = 4
"""Entries that suggest selectors."""
_SAMPLE = 16
"""Entries in which selectors are tried."""
_MAX_ELEMENTS = 60
"""Elements of one entry that suggest selectors."""
_MIN_SUMMARY_WIDTH = 40
_CLOCK = re.compile(r"\W*\d{1,2}:\d{2}(?::\d{2})?\W*")
_DATE_CLASS = re.compile(r"date|time|publi|posted|(?:^|[-_])(?:sj|rq|pub)(?:$|[-_])", re.IGNORECASE)


def find_rules(records: Sequence[Tag], page: PageLinks, base: str, dates: Dates) -> ListRules:
    """Find the selectors of the fields of these entries; ``entry`` stays empty."""
    step = max(1, len(records) // _SAMPLE)
    read = records[::step][:_SAMPLE]
    headlines = find_headlines(read, page, base, dates)
    link, title = headlines.link, headlines.title
    date = _find_date(read, link, dates)
    summary = _find_summary(read, link, title, date)
    return ListRules(link=link, title=title, date=date, summary=summary)


def _find_date(records: Sequence[Tag], link: str, dates: Dates) -> str:
    sizes: dict[str, float] = defaultdict(float)

    def value(selector: str) -> float:
        texts = [select_date(selector, record) for record in records]
        read = [text for text in texts if dates.is_date(text)]
        sizes[selector] = mean(map(len, read)) if read else 0
        # A time without a day may be how long a video is.
        days = sum(not _CLOCK.fullmatch(text) for text in read)
        return (0.6 * len(read) + 0.4 * days) / len(records) - sizes[selector] / 300

    best = _best(_date_options(records, link, dates), value)
    return best if best and value(best) + sizes[best] / 300 >= 0.5 else ""


def _date_options(records: Sequence[Tag], link: str, dates: Dates) -> Iterator[tuple[str, float]]:
    for record in records[: 2 * _SUGGESTING]:
        found = find_link(link, record)
        around = {id(found), *map(id, found.parents)} if found else set()
        for element in record.find_all(True, limit=4 * _MAX_ELEMENTS):
            text = element_text(element, numbers=True)
            if id(element) in around or not dates.is_date(text) or _holds_date(element, text, dates):
                continue
            yield from _selectors_of(element, record)
        if dates.is_date(select_date(OWN_TEXT, record)):
            yield OWN_TEXT, 0.01


def _selectors_of(element: Tag, record: Tag) -> Iterator[tuple[str, float]]:
    """Yield selectors of an element of a record, and what each costs: names are cheaper than places."""
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
    yield from ((place, 0.02 + cost) for place, cost in places(element, record))


def _holds_date(element: Tag, text: str, dates: Dates) -> bool:
    """Tell whether a date is only a part of an element, beside a name."""
    parts = filter(None, map(element_text, element.find_all(True, recursive=False)))
    return any(dates.is_date(part) and re.search(r"[^\W\d]", text.replace(part, "")) for part in parts)


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
                *(place for place, _ in places(element, record)),
            ]
            yield from ((option, 0.01 * place) for place, option in enumerate(options) if option not in taken)


def _best(options: Iterator[tuple[str, float]], value: Callable[[str], float]) -> str:
    """Choose the selector with the highest value, less its cost; empty where none is worth its cost."""
    values = {selector: value(selector) - cost for selector, cost in cheapest(options)}
    best = max(values, key=lambda selector: values[selector], default="")
    return best if best and values[best] > 0 else ""
