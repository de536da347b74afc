"""A second process that renders articles beside the publisher."""

from pathlib import Path

import pytest

from aggregator.errors import PublishError
from aggregator.publish import second_renderer
from aggregator.worker.worker import Worker
from tests.support.posts import a_press, an_item


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Let three articles be enough for a second process, and nothing be done before it; this is what it did."""
    did: set[str] = set()
    monkeypatch.setattr(second_renderer, "MIN_ARTICLES", 3)
    monkeypatch.setattr(second_renderer.os, "cpu_count", lambda: 2)
    do = Worker.do

    def noting(self: Worker, work, look, given):  # type: ignore[no-untyped-def]
        rendered = do(self, work, look, given)
        did.add(work.__name__)
        return rendered

    monkeypatch.setattr(Worker, "do", noting)
    monkeypatch.setattr(second_renderer.Future, "cancel", lambda self: False)
    return did


def test_helped_and_alone_are_the_same(tmp_path: Path, done: set[str]) -> None:
    """The check renders everything in one process, and finds no difference."""
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(8)))
        press.publish()
        assert done == {"render_articles", "write_feeds"}
        assert len(press.files("share/*.html")) == 8
        assert press.publisher.check() == []


def test_a_second_process_is_announced(tmp_path: Path, done: set[str]) -> None:
    """Before it starts, others can make room for it; a small publication needs none."""
    hired: list[set[str]] = []
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(8)))
        press.publish(on_hire=lambda: hired.append(set(done)))
        assert (hired, bool(done)) == ([set()], True)
        press.save(an_item(8))
        press.publish(on_hire=lambda: hired.append(set(done)))
        assert len(hired) == 1


def test_an_article_that_cannot_be_rendered_costs_no_other(
    tmp_path: Path, done: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the second process fails on is rendered one by one, and the failure named."""
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(8)))
        article = press.publisher.documents.article

        def failing(kept, neighbours):  # type: ignore[no-untyped-def]
            if kept.article.key.endswith("3"):
                raise ValueError("odd")
            return article(kept, neighbours)

        monkeypatch.setattr(press.publisher.documents, "article", failing)
        monkeypatch.setattr(Worker, "do", lambda *args: 1 / 0)
        with pytest.raises(PublishError, match="odd"):
            press.publish()
        assert len(press.files("share/*.html")) == 7
