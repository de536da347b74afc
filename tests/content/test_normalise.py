"""What an article is made of besides its text: titles repeated, origins left empty, dates that are none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.content.normalise import normalise, rewrite
from aggregator.model import Article, Entry
from aggregator.settings import Replacement, Source
from aggregator.sources.jobs import make_articles

NOW = datetime(2026, 11, 30, tzinfo=UTC)
SOURCE = Source.model_validate({"name": "x", "kind": "feed", "url": "https://x.example/"})


def article(content: str, **fields: str) -> Article:
    """The article of an entry with this text."""
    return normalise(Entry("1", title="The quay is closed", content=content, **fields), SOURCE, NOW)


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("<h2>The quay is closed</h2><p>Until May.</p>", "<p>Until May.</p>"),
        ("<div><h1><b>The quay is closed.</b></h1><p>Until May.</p></div>", "<div><p>Until May.</p></div>"),
        ("<p><b>The quay is closed</b></p><p>Until May.</p>", "<p>Until May.</p>"),
        ("<p>The quay is closed</p>", "<p>The quay is closed</p>"),
        ("<h2>Why the quay is closed</h2><p>Storm.</p>", "<h2>Why the quay is closed</h2><p>Storm.</p>"),
        ("<p>Until May.</p><h2>The quay is closed</h2>", "<p>Until May.</p><h2>The quay is closed</h2>"),
    ],
)
def test_a_title_repeated(content: str, kept: str) -> None:
    """A heading at the head of the text that says the title again goes."""
    assert article(content).content == kept


def test_an_origin_left_empty() -> None:
    """The next line is no origin."""
    assert article("<p>来源：</p><p>码头维修</p><p>全文</p>").origin == ""
    assert article("<p>来源： 海事局</p><p>码头维修</p>").origin == "海事局"


@pytest.mark.parametrize(
    "zero", ["Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01", "1970-01-01 08:00:00", "0000-00-00"]
)
def test_the_zero_of_clocks(zero: str) -> None:
    """A date that programs write without one dates nothing."""
    made = article("<p>Words</p>", published=zero)
    assert not made.dated
    assert made.day is None
    assert made.published == NOW


def test_rules_for_authors() -> None:
    """A pattern of the user's is applied to the name of each author."""
    rule = Replacement.model_validate({"field": "author", "pattern": "^By ", "with": ""})
    assert rewrite(Entry("1", author="By Ann Poe\nBy Bob Roe"), [rule]).author == "Ann Poe\nBob Roe"


def test_many_at_once() -> None:
    """An entry of which no article can be made costs none of the others."""
    entries = [
        Entry("1", title="One", content="<p>a</p>"),
        Entry("2"),
        Entry("3", title="Three", content="b"),
    ]
    made = make_articles(entries, SOURCE, NOW)
    assert [one and one[0].title for one in made] == ["One", None, "Three"]
