"""What an address was found to be: a source, how that was found out, and how sure it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from aggregator.discover.titles import title_of
from aggregator.model import Fetched, Listing
from aggregator.settings import Source
from aggregator.text.addresses import canonical

MIN_SURE = 0.5
"""Confidence from which a source is written without the user's word."""

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A source that an address could be."""

    table: Table
    """The source as ``[[source]]``, without a name."""
    source: Source
    how: str
    """How it was found out, for people."""
    confidence: float
    """How sure that is (0 to 1)."""
    listing: Listing
    title: str = ""
    """What the feed or the page calls itself."""
    page: str = ""
    """The address of the page that led to a feed; empty for others."""
    advice: str = ""
    """What may help where it is not sure."""

    @property
    def sure(self) -> bool:
        """Whether it may be written without the user's word."""
        return self.confidence >= MIN_SURE

    @property
    def explanation(self) -> str:
        """How it was found out and how sure that is, for people."""
        return f"{self.how} ({self.confidence:.0%} sure)"

    def on_page(self, answer: Fetched) -> Self:
        """Note what the page where it was found says of it: a title where it has none, and its address."""
        elsewhere = canonical(self.source.url) != canonical(answer.address)
        page = answer.address if elsewhere and self.source.kind == "feed" else ""
        return replace(self, title=self.title or title_of(answer), page=page)
