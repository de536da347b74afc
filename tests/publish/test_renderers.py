"""Processes that render a large publication beside the publisher."""

from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import PublishError
from aggregator.model import Topic
from aggregator.publish import renderers
from aggregator.render.fronts import render_front
from aggregator.worker import pool
from aggregator.worker.worker import Worker
from tests.support.posts import a_press, an_item


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Let three articles be enough for another process, and nothing be done before it; this is what it did."""
    did: set[str] = set()
    monkeypatch.setattr(renderers, "MIN_ARTICLES", 3)
    monkeypatch.setattr(pool, "SPARE_CORES", 1)
    do = Worker.do

    def noting(self: Worker, work: Any) -> object:
        rendered = do(self, work)
        did.add(work.func.__name__)
        return rendered

    monkeypatch.setattr(Worker, "do", noting)
    monkeypatch.setattr(pool.Future, "cancel", lambda self: False)
    return did


def test_helped_and_alone_are_the_same(tmp_path: Path, done: set[str]) -> None:
    """The check renders everything in one process, and finds no difference."""
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(8)))
        press.publish()
        assert done == {"prepare", "read_texts", "render_articles", "render_front"}
        assert len(press.files("share/*.html")) == 8
        assert press.publisher.check() == []


def test_a_process_that_dies_over_an_article_costs_nothing(
    tmp_path: Path, done: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was to render is rendered here, and the next part by a new one."""
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(12)))
        do, lost = Worker.do, list[Worker]()

        def dying(self: Worker, work: Any) -> object:
            if not lost and work.func.__name__ == "render_articles":
                lost.append(self)
                self.close()
            return do(self, work)

        monkeypatch.setattr(Worker, "do", dying)
        press.publish()
        assert "render_articles" in done
        assert len(press.files("share/*.html")) == 12
        assert press.publisher.check() == []


def test_an_article_that_cannot_be_rendered_costs_no_other(
    tmp_path: Path, done: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another process fails on is rendered one by one, and the failure named."""
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(8)))
        articles = press.publisher.documents.articles

        def failing(placed):  # type: ignore[no-untyped-def]
            if any(kept.article.key.endswith("3") for kept, _ in placed):
                raise ValueError("odd")
            return articles(placed)

        monkeypatch.setattr(press.publisher.documents, "articles", failing)
        monkeypatch.setattr(Worker, "do", lambda *args: 1 / 0)
        with pytest.raises(PublishError, match="odd"):
            press.publish()
        assert len(press.files("share/*.html")) == 7


def test_what_a_process_remembers_is_of_one_database(tmp_path: Path) -> None:
    """One that was put back gives the ids and versions of its articles to others."""

    def listing(lineage: str, **said: Any) -> str:
        with a_press(tmp_path / lineage) as press:
            press.save(an_item(1, **said))
            press.publish()
            documents = press.publisher.documents
            front = documents.listing(press.store.topic(Topic("category", "harbour", "Harbour")), 1)
            return render_front(documents.look, lineage, front)[0].body.decode()

    assert "Title 1" in listing("one")
    assert "Another" in listing("other", title="Another")
