"""The headline of a list's entries and the link that goes with it, among users, tags, counts and buttons.

Some entries suggest selectors of texts. The selector wins whose texts look most like headlines, less a cost:
among selectors that read the same, names of what is read go before tags, and tags before positions. Where
the headline is no link, the link is the one that leads to a place of its own and says the same in each entry.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import mean

from bs4 import Tag

from aggregator.discover.lists.dates import Dates
from aggregator.discover.lists.links import (
    PageLinks,
    acts,
    address_score,
    title_score,
    width,
)
from aggregator.discover.lists.options import BOLD_TAGS, TITLE_CLASS, cheapest, link_options, text_options
from aggregator.discover.lists.selector import lasting_classes
from aggregator.sources.listing import OWN_TEXT, find_link
from aggregator.sources.page import EMPHASIS, element_text, own_text
from aggregator.text.addresses import resolve
from aggregator.text.elements import HEADINGS
from aggregator.text.filetypes import DOCUMENTS, ending_of
from aggregator.text.html import attribute, is_text

_MAX_ELEMENTS = 60
"""Links of one entry that are compared."""

# The weights were set by hand on the pages of tests/discover, which hold them in place.
_LINKED, _IN_HEADING, _NAMED, _BOLD = 0.25, 0.2, 0.1, 0.05
"""What it adds to a text's score that it is a link, in a heading, called a title, or bold."""
_ADDRESS_WEIGHT = 0.2
_MIXED_COST = 0.3
"""A link that holds more than the headline: an excerpt, a date, a user."""
_SENTENCE_FACTOR, _MIN_SENTENCE_WIDTH = 0.6, 50
"""What is left of the score of texts that end with a full stop, as excerpts do and headlines hardly ever."""
_LONG_WIDTH, _LONG_FACTOR = 110, 0.8
"""Average width from which texts are longer than headlines."""
_FULL_WIDTH = 40
"""Width up to which a longer text is more of a headline: kickers, users and subjects are shorter."""
_FULL_STOP = re.compile(r"(?<![.…])[.。．।۔]\W*$")


@dataclass(frozen=True, slots=True)
class Headlines:
    """Selectors that read the headlines of entries and their links, as ``[source.list]`` has them."""

    link: str
    title: str


@dataclass(frozen=True, slots=True)
class _Option:
    """What a selector reads in each entry: an element, its text, and the link around it."""

    selector: str
    cost: float
    elements: list[Tag | None]
    texts: list[str]
    links: list[Tag | None]
    addresses: list[str]


def find_headlines(records: Sequence[Tag], page: PageLinks, base: str, dates: Dates) -> Headlines:
    """Find the selectors of the headlines and links of entries; an empty link is the first one."""
    reader = _Reader(records, base, dates)
    links = [reader.link(selector, cost) for selector, cost in cheapest(link_options(records, page))]
    links = [option for option in links if any(option.addresses)]
    if not links:
        return Headlines("", "")
    texts = [reader.text(selector, cost) for selector, cost in cheapest(text_options(records))]
    values = [(reader.value(option), option) for option in links]
    values += [(reader.value(option), option) for option in texts]
    values += [(reader.value(own), own) for option in links if (own := reader.own_text(option))]
    best = max(values, key=lambda pair: pair[0])[1]
    if any(best is option for option in links):
        return Headlines(best.selector, "")
    if sum(link is not None for link in best.links) * 2 > len(records):
        return Headlines(reader.around(best, links).selector, best.selector)
    return Headlines(max(links, key=reader.link_value).selector, best.selector)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads selectors in entries, and values what they read."""

    records: Sequence[Tag]
    base: str
    dates: Dates
    _texts: dict[int, str] = field(default_factory=dict)

    def link(self, selector: str, cost: float) -> _Option:
        """Read the links of a selector as a listing does."""
        found = [find_link(selector, record) for record in self.records]
        return self._option(selector, cost, found, found)

    def text(self, selector: str, cost: float) -> _Option:
        """Read the texts of a selector as a listing does: the first element that is not empty."""
        found = [self._first(record, selector) for record in self.records]
        pairs = zip(found, self.records, strict=True)
        links = [_link_around(element, record) if element else None for element, record in pairs]
        return self._option(selector, cost, found, links)

    def own_text(self, option: _Option) -> _Option | None:
        """Read the links' own texts, where they hold other elements besides."""
        if not _is_mixed(option.elements):
            return None
        links = option.links
        texts = [own_text(link) if link else "" for link in links]
        return _Option(OWN_TEXT, option.cost + 0.03, links, texts, links, option.addresses)

    def around(self, option: _Option, links: Sequence[_Option]) -> _Option:
        """Choose the selector of links that reads most of those around an option's texts."""
        return max(links, key=lambda one: (_agreement(one.links, option.links), -one.cost))

    def value(self, option: _Option) -> float:
        """Value an option's texts as headlines."""
        count = len(self.records)
        linked = sum(map(bool, option.links)) * 2 > count
        value = self._headline_value(option.texts)
        if not value and not linked:
            return 0.0
        if linked:
            known = [address for address in option.addresses if address]
            value = (value + _LINKED + _ADDRESS_WEIGHT * sum(map(address_score, known)) / count) * (
                len(set(known)) / count
            )
        elif _is_crowded(option.elements):
            return 0.0
        value -= _MIXED_COST * (option.selector != OWN_TEXT and _is_mixed(option.elements))
        return value + _standing(option.elements) - option.cost

    def link_value(self, option: _Option) -> float:
        """Value links beside a headline that is none: they say the same, or nothing, in each entry."""
        count = len(self.records)
        known = [address for address in option.addresses if address]
        # A picture of a user says nothing, but the link beside it that leads to the same page has a name.
        together = [
            [link for link in record.select("a[href]", limit=_MAX_ELEMENTS) if self._address(link) == address]
            for record, address in zip(self.records, option.addresses, strict=True)
        ]
        texts = {_without_digits(" ".join(map(self._text, links))) for links in together}
        alike, again = 1 - len(texts) / count, mean(len(links) > 1 for links in together)
        scores = sum(map(address_score, known)) / count
        # A row's file goes with its page, where it has one.
        files = sum(ending_of(address) in DOCUMENTS for address in known) / count
        value = 0.3 + 0.5 * scores + 0.3 * alike + 0.15 * again - 0.4 * files
        return len(set(known)) / count * value - option.cost

    def _headline_value(self, texts: Sequence[str]) -> float:
        count = len(texts)
        # A headline may begin with a day and say little else.
        if sum(map(self.dates.is_date, texts)) * 4 > count:
            return 0.0
        said = [text for text in texts if text]
        if not said:
            return 0.0
        # Counts differ in their digits alone; so do the numbers of a bulletin, where nothing else is there.
        different = 0.4 * len(set(said)) + 0.6 * len(set(map(_without_digits, said)))
        wide = mean(map(width, said))
        score = 0.85 * mean(map(title_score, texts)) + 0.15 * min(1.0, wide / _FULL_WIDTH)
        if sum(bool(_FULL_STOP.search(text)) for text in said) * 2 > len(said) and wide > _MIN_SENTENCE_WIDTH:
            score *= _SENTENCE_FACTOR
        elif wide > _LONG_WIDTH:
            score *= _LONG_FACTOR
        return score * different / count * len(said) / count

    def _option(
        self, selector: str, cost: float, elements: list[Tag | None], links: list[Tag | None]
    ) -> _Option:
        texts = [self._text(element) if element else "" for element in elements]
        return _Option(selector, cost, elements, texts, links, [self._address(link) for link in links])

    def _first(self, record: Tag, selector: str) -> Tag | None:
        return next((element for element in record.select(selector) if self._text(element)), None)

    def _text(self, element: Tag) -> str:
        if id(element) not in self._texts:
            self._texts[id(element)] = element_text(element)
        return self._texts[id(element)]

    def _address(self, link: Tag | None) -> str:
        address = resolve(self.base, attribute(link, "href")).partition("#")[0] if link else ""
        return "" if acts(address) else address


def _standing(elements: Sequence[Tag | None]) -> float:
    """Say what it adds that texts stand in headings, are called titles, or are bold."""
    found = [element for element in elements if element is not None]
    if not found:
        return 0.0
    paths = [(element, *_few(element.parents)) for element in found]
    if mean(any(_is_heading(one) for one in path) for path in paths) > 0.5:
        return _IN_HEADING
    if mean(any(map(_is_called_title, path[:2])) for path in paths) > 0.5:
        return _NAMED
    return _BOLD if mean(any(one.name in BOLD_TAGS for one in path) for path in paths) > 0.5 else 0.0


def _is_called_title(element: Tag) -> bool:
    return any(map(TITLE_CLASS.search, lasting_classes(element)))


def _is_heading(element: Tag) -> bool:
    return element.name in HEADINGS or attribute(element, "role") == "heading"


def _few(parents: Iterator[Tag]) -> list[Tag]:
    """Give the two nearest ancestors."""
    return [parent for _, parent in zip(range(2), parents, strict=False)]


def _is_mixed(elements: Sequence[Tag | None]) -> bool:
    """Tell whether most of these elements hold several texts: a headline with a date, an excerpt, a user."""
    found = [element for element in elements if element is not None]
    return bool(found) and mean(_piece_count(element) > 1 for element in found) > 0.5


def _is_crowded(elements: Sequence[Tag | None]) -> bool:
    """Tell whether these elements hold links of several kinds, as a line below a headline does."""
    found = [element for element in elements if element is not None]
    return mean(len(element.select("a[href]", limit=2)) > 1 for element in found) > 0.5


def _piece_count(element: Tag) -> int:
    """Count the elements in one that have texts of their own; emphasis belongs to the text around it."""
    holders = set()
    for text in element.find_all(string=True, limit=40):
        if is_text(text) and text.strip():
            holder = text.parent
            while holder is not None and holder is not element and holder.name in EMPHASIS:
                holder = holder.parent
            holders.add(id(holder))
    return len(holders)


def _agreement(some: Sequence[Tag | None], others: Sequence[Tag | None]) -> int:
    return sum(one is other for one, other in zip(some, others, strict=True) if one is not None)


def _link_around(element: Tag, record: Tag) -> Tag | None:
    """Give the link that an element is, stands in, or holds alone."""
    for one in (element, *element.parents):
        if one.name == "a" and one.get("href"):
            return one
        if one is record:
            break
    held = element.select("a[href]", limit=2)
    return held[0] if len(held) == 1 and element_text(held[0]) == element_text(element) else None


def _without_digits(text: str) -> str:
    return re.sub(r"\d+", "0", text)
