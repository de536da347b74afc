"""What somebody searches for: its terms, what is no query, and the snippet around what was found."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.text.query import Searchable, fold_case, parse_query, snippet


@pytest.mark.parametrize(
    ("query", "why"),
    [
        *((query, "names no word") for query in ("", "  ", '""', "-only", "-(a b)", "a OR -b", "\x00")),
        *((query, "has more than") for query in ("x" * 201, " ".join("abcdefghijklmnopq"), "(" * 60)),
        ("a OR (b", "at its end: close what"),
        ("(a OR b) ) c", r"at '\) c' \(character 10\)"),
        ("after:yesterday", "names no day; write after:2026-03-01"),
        ("/(x/", r"/\(x/ is no pattern"),
    ],
)
def test_no_query(query: str, why: str) -> None:
    """What asks for nothing, for too much, or cannot be read is said to, with its place and the mend."""
    with pytest.raises(ValueError, match=why):
        parse_query(query)


@pytest.mark.parametrize(
    "query", ["f(x", "a ) b", "12:30", "http://a.example/b?c=(d)", "- b", "@name", "x:y"]
)
def test_marks_that_are_none(query: str) -> None:
    """What is no word of the language is looked for as it stands, as queries always did."""
    text = f"before {query.lower().replace(' or', ' or')} after"
    assert parse_query(query).matches(Searchable(text=text))
    assert not parse_query(query).matches(Searchable(text="before after"))


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("a b OR c", '("a" "b") OR "c"'),
        ("标题：召回", "title:召回"),
        ("title:(a OR b)", "title:a OR title:b"),
        ("（a OR b）", "a OR b"),
        ("-(a OR b) c", "c -(a OR b)"),
        ("ＡＢＣ", "abc"),
    ],
)
def test_ways_to_write(written: str, same: str) -> None:
    """Words bind closer than OR; full-width marks and Chinese names of fields mean what plain ones mean."""
    for text in ("a", "b", "c", "a b", "a c", "b c", "abc", "召回", ""):
        for title in ("", text):
            article = Searchable(title=title, text=text)
            assert parse_query(written).matches(article) == parse_query(same).matches(article)


def test_days_begin_in_a_zone() -> None:
    """An article of the evening in Berlin is of that day there."""
    article = Searchable(text="x", published=datetime(2026, 3, 5, 23, 30, tzinfo=UTC))
    assert parse_query("after:2026-03-06", "Europe/Berlin").matches(article)
    assert not parse_query("after:2026-03-06").matches(article)
    assert parse_query("before:2026-03-06 x").matches(article)


def test_snippets() -> None:
    """Around the first term, with dots where the text goes on."""
    text = "a " * 200 + "Harbour closed" + " b" * 200
    said = snippet(parse_query("harbour"), text)
    assert "Harbour closed" in said
    assert said.startswith("…")
    assert said.endswith("…")
    assert snippet(parse_query("nothing"), "short text") == "short text"
    assert fold_case("ＡＢＣ\u3000Ｄ\n") == "abc d"
