"""What somebody searches for: its terms, what is no query, and the snippet around what was found."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.text.query import Searchable, find_stray, fold_case, parse_query, snippet


@pytest.mark.parametrize(
    ("query", "why"),
    [
        *((query, "names no word") for query in ("", "  ", '""', "\x00")),
        *((query, "names only what is left out; add") for query in ("-only", "-(a b)", "a OR -b")),
        *((query, "has more than") for query in ("x" * 201, " ".join("abcdefghijklmnopq"), "(" * 60)),
        ("a OR (b", r"at its end: a \( before it has no \)"),
        ("（a OR b", r"at its end: a \( before it has no \)"),
        ("title:(a OR b", "at its end"),
        ("(a OR b) ) c", r"at '\) c' \(character 10\): no \( opens it"),
        ("a ()", "write something between the brackets"),
        ("a OR", r"at 'OR' \(character 3\): OR stands between two words"),
        ("a OR OR b", r"at 'OR b' \(character 6\): OR stands"),
        ("after:yesterday", "names no day; write after:2026-03-01"),
        ("changed:true", "write changed:yes or changed:2026-03-01"),
        ("/(x/", r"/\(x/ is no pattern"),
    ],
)
def test_no_query(query: str, why: str) -> None:
    """What asks for nothing, for too much, or cannot be read is said to, with its place and the mend."""
    with pytest.raises(ValueError, match=why):
        parse_query(query)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("recall AND scales", "has 'AND' at character 8: words side by side are both meant"),
        ("recall NOT scales", "write - before what is left out"),
        ("a || b", "write OR"),
        ("!a", "write - before"),
        ("(+a b)", r"has '+' at character 2: every word is wanted"),
        ("recall*", "leave the * out"),
        ("title: recall", "has 'title:' at character 1: write what is looked for behind the colon"),
        ("a title:-b", "write - before the field"),
        ('a "b c', "has a quote at character 3 that is not closed"),
        ("a -titel:recall", 'has no field "titel" (character 4); did you mean "title"?'),
        ("agencys:x", 'did you mean "agency"?'),
        *(
            (query, "")
            for query in ("f(x)", "C++ C#", '"a AND b"', "/a*b+ NOT c/", "12:30", "agency:x", "标题：x")
        ),
    ],
)
def test_what_other_languages_mean(query: str, why: str) -> None:
    """Where nobody would see that it finds nothing, it is refused with its place and the mend."""
    said = find_stray(query, ("agency", "dates"))
    assert why in said if why else said == ""
    assert parse_query(query)


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
