"""What somebody searches for: its terms, what is no query, and the snippet around what was found."""

from __future__ import annotations

import pytest

from aggregator.text.query import fold_case, parse_query, snippet


@pytest.mark.parametrize("query", ["", "  ", '""', "-only", "x" * 201, " ".join("abcdefghijklmnopq"), "\x00"])
def test_no_query(query: str) -> None:
    """What asks for nothing, or for too much, is said to."""
    with pytest.raises(ValueError, match=r"names no word|has more than"):
        parse_query(query)


def test_snippets() -> None:
    """Around the first term, with dots where the text goes on."""
    text = "a " * 200 + "Harbour closed" + " b" * 200
    said = snippet(parse_query("harbour"), text)
    assert "Harbour closed" in said
    assert said.startswith("…")
    assert said.endswith("…")
    assert snippet(parse_query("nothing"), "short text") == "short text"
    assert fold_case("ＡＢＣ\u3000Ｄ\n") == "abc d"
