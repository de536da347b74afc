"""Which articles are one that moved: what numbers of documents say of that."""

from __future__ import annotations

from dataclasses import replace

from aggregator.decide.moves import Moves, is_moved
from aggregator.model import Article, Field
from aggregator.settings import Source
from tests.support.database import an_article

SOURCE = Source.model_validate({"name": "one", "kind": "listing", "url": "https://news.example/"})
FORM = (
    f"<p>{'Whoever moors at the northern quay pays the fee that the office has set for the year. ' * 3}</p>"
)


def notice(number: str) -> Article:
    """A notice of that form."""
    named = (Field("number", number, "reference"),) if number else ()
    return replace(an_article("key"), content=FORM, fields=named)


def test_another_number_is_another_notice() -> None:
    """Two of one form, title and day that say they have different numbers are two; one without says nothing."""
    one = notice("国发〔2026〕1号")
    assert is_moved(one, notice("国发〔2026〕1号"), SOURCE, Moves(), "x")
    assert is_moved(one, notice(""), SOURCE, Moves(), "x")
    assert not is_moved(one, notice("国发〔2026〕2号"), SOURCE, Moves(), "x")
