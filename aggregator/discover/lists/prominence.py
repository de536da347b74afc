"""Prominence of the lists of a page: the top stories go before the sections at the bottom."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from bs4 import Tag

from aggregator.discover.lists.links import PageLinks
from aggregator.text.addresses import canonical
from aggregator.text.elements import HEADINGS

# The weights were set by hand on the pages of tests/discover, which hold them in place.
_HEADING, _PICTURE, _SUMMARY = 0.3, 0.2, 0.15
"""What headings, pictures and excerpts in its entries add to a list: they are what a front page is about."""
_BELOW = 0.3
"""What a list loses at the foot of its page, and in proportion above it."""
_SAMPLE = 20
_RIVAL = 0.82
"""A list as prominent as this share of the first one may as well be the one that is meant..."""
_RIVAL_COUNT = 0.7
"""...if it has this share of its entries, too."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How a list is shown on its page."""

    look: float
    """What its entries have besides links (1 and more)."""
    place: float
    """What its place leaves of it (0 to 1), further down and where it repeats links from above less."""
    foreign: bool
    """Whether most of its entries lead to other sites."""


def see(records: Sequence[Tag], keys: frozenset[str], page: PageLinks, *, summed: bool) -> Shown:
    """See how a list is shown; ``keys`` are its addresses, ``summed`` says that it has excerpts."""
    some = records[:_SAMPLE]
    headed = mean(bool(record.find(HEADINGS) or record.name in HEADINGS) for record in some)
    pictured = mean(record.find(["img", "picture", "video"]) is not None for record in some)
    titles = [link for link in page.links if link.address and link.score > 0.5]
    inside = {id(link) for record in records for link in page.held.get(id(record), ())}
    before = next((number for number, link in enumerate(titles) if id(link) in inside), 0)
    above = {canonical(link.address) for link in titles[:before]}
    repeated = len(keys & above) / len(keys)
    return Shown(
        look=1 + _HEADING * headed + _PICTURE * pictured + _SUMMARY * summed,
        place=(1 - _BELOW * before / max(1, len(titles))) * (1 - repeated / 2),
        foreign=mean(map(page.is_foreign, records)) > 0.5,
    )


def is_rival(first: float, entries: int, prominence: float, count: int) -> bool:
    """Tell whether a list may be meant as well as the first one, which has so many entries."""
    return prominence >= _RIVAL * first and count >= _RIVAL_COUNT * entries
