"""Articles are filed in batches, in one order, whoever reads their texts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aggregator.model import EVERYTHING, Article, Label, Outcome, PollState, Sighting
from aggregator.publish import filing, renderers
from aggregator.worker import pool
from tests.support.copies import ORIGINALS, Text
from tests.support.posts import START, Press, a_press

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = [{"name": name, "kind": "feed", "url": f"https://{name}.example/feed"} for name in "ac"]


def item(text: Text, source: str, number: int = 1) -> Article:
    """The article of a source in the category of all."""
    return replace(text.article(source, number), labels=(Label("Harbour"),))


def save(press: Press, *new: Article, changed: Article | None = None) -> None:
    """Commit articles as a poll of their source does."""
    one = changed or new[0]
    again = (changed,) if changed else ()
    seen = tuple(Sighting(shown.key, shown.digest, shown.labels) for shown in (*new, *again))
    press.store.save(
        Outcome(one.source, one.namespace, PollState(one.source, due=START), new, again, seen), START
    )


@pytest.mark.parametrize("limits", [{"BATCH_SIZE": 2}, {"READ_TOGETHER": 2, "MAX_LETTERS": 1}])
@pytest.mark.parametrize("is_helped", [False, True])
def test_what_is_filed_again_comes_before_what_is_newer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_helped: bool, limits: dict[str, int]
) -> None:
    """A copy that is none any more has its place before the articles of the next batch, which were read by then."""
    for name, limit in limits.items():
        monkeypatch.setattr(filing, name, limit)
    if is_helped:
        monkeypatch.setattr(renderers, "MIN_ARTICLES", 1)
        monkeypatch.setattr(pool, "SPARE_CORES", 1)
        monkeypatch.setattr(pool.Future, "cancel", lambda self: False)
    with a_press(tmp_path, sources=SOURCES) as press:
        save(press, item(ORIGINALS[0], "a"))
        save(press, item(ORIGINALS[0], "c"))
        press.publish()
        save(press, changed=item(ORIGINALS[1], "a"))
        save(press, *(item(ORIGINALS[number], "c", number) for number in (2, 3, 4)))
        press.publish()
        placed = press.store.placed(EVERYTHING, 1, 9)[::-1]
        keys = ["a.example/1", "c.example/2", "c.example/1", "c.example/3", "c.example/4"]
        assert [kept.article.key for kept in placed] == [f"https://{key}" for key in keys]
        assert press.publisher.check() == []
