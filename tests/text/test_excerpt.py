"""Excerpts: the first words of HTML, whatever stands in it."""

import pytest

from aggregator.text.excerpt import opening


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Two  words</p><p>more</p>", "Two words more"),
        ("<![0 x> then <b>this</b>", "then this"),
        ("<![0", "<![0"),
        ("<!0>word", "word"),
        ("<![if x]>word<![endif]>", "word"),
    ],
)
def test_opening(markup: str, text: str) -> None:
    """What begins like a declaration and is none costs no text around it."""
    assert opening(markup, 50) == text
