"""Page furniture told by the names of classes and ids."""

import pytest

from aggregator.text.furniture import is_furniture_within, words_in


def test_names_are_split_into_words() -> None:
    """Hyphens, digits and capitals part words."""
    assert words_in("js_topNav2 RSSFeed") == ["js", "top", "nav", "rss", "feed"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("shareButtons", True),
        ("text post-share_bar", True),
        ("shareholders", False),
        ("article__header__top__shareButtons", False),
        ("how-to-share-a-bicycle", False),
    ],
)
def test_furniture_within_an_article(names: str, expected: bool) -> None:
    """A whole word of a name counts; a name of five words and more is made of a heading."""
    assert is_furniture_within(names) == expected
