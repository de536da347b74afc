"""Articles that may be one text find each other by keys, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aggregator.model import Article
from aggregator.store.relations.comparison import MAX_CANDIDATES, MAX_IN_BAND
from tests.support.database import NOW, an_article, an_outcome

if TYPE_CHECKING:
    from aggregator.store import Store


def test_those_that_share_most_keys_are_compared(store: Store) -> None:
    """Of the newest under each key, and the first of equals first; one without keys is compared with none."""
    seen: dict[str, list[str]] = {}

    def compare(article: Article, others: Sequence[Article]) -> tuple[int | None, bool]:
        seen[article.key] = [other.key for other in others]
        return (0, False) if article.key == "its-copy" else (None, False)

    form, own, large = 7, -3, 2**62
    keys = {f"older-{number}": [form] for number in range(MAX_IN_BAND + 2)}
    keys |= {"silent": [], "original": [form, own, large], "its-copy": [form, own, large], "another": [form]}
    for names in (["silent"], list(keys)[:-4], ["original"], ["its-copy", "another"]):
        store.save(an_outcome(new=tuple(map(an_article, names))), NOW)
        store.find_copies([(kept, keys[kept.article.key]) for kept in store.find_all(names)], compare)
    assert "silent" not in seen
    assert seen[f"older-{MAX_IN_BAND + 1}"][0] == "older-1"  # all of these came in one batch
    assert seen["original"] == [f"older-{number}" for number in range(2, 2 + MAX_CANDIDATES)]
    assert seen["its-copy"][0] == "original"
    assert seen["another"][0] == "older-3"  # the text is the newest; its copy has no keys
    assert store.grouped(list(keys)) == {"original", "its-copy"}
    assert store.uncompared(list(keys)) == set()
