"""Publishing from PostgreSQL: one process at a time, on whatever machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.errors import StoreError
from aggregator.store.machines.locks import BEAT_SECONDS
from tests.support.clock import a_calendar
from tests.support.database import NOW, an_article, an_outcome
from tests.support.postgresql import PostgreSQL

_numbers = count(1)


@pytest.fixture
def app(postgresql_server: Callable[..., str], tmp_path: Path) -> Iterator[App]:
    """A program with some articles on PostgreSQL."""
    address = postgresql_server(f"publishing{next(_numbers)}")
    with a_calendar(tmp_path, "http://127.0.0.1:1/", database=address) as calendar:
        calendar.app.know_sources(NOW)
        articles = tuple(an_article(f"key-{number}", source="paper") for number in range(5))
        calendar.app.store.save(an_outcome("paper", new=articles), NOW)
        yield calendar.app


def test_a_publication_waits_for_another_of_its_database(app: App) -> None:
    """It says so, whatever folders the other one writes to."""
    said: list[str] = []
    waiting = threading.Event()

    def note(message: str) -> None:
        said.append(message)
        waiting.set()

    with app.store.publishing_lock() as other:
        assert other.take()
        publishing = threading.Thread(target=lambda: app.publisher.publish(on_wait=note))
        publishing.start()
        assert waiting.wait(60)
        assert app.store.publication().fingerprint == ""
    publishing.join()
    assert said == ["another aggregator is publishing from this database; waiting for it"]
    assert not app.publisher.check()


@pytest.mark.slow
def test_a_publication_ends_that_keeps_others_out_no_more(app: App, postgresql: PostgreSQL) -> None:
    """Its session was lost, so another may have begun; the next one goes on with what is left."""
    ended = False

    def end_session(done: int, total: int) -> None:
        nonlocal ended
        if not ended:
            ended = True
            postgresql.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
            time.sleep(BEAT_SECONDS + 1)

    with pytest.raises(StoreError, match="no longer kept others from publishing"):
        app.publisher.publish(progress=end_session)
    app.publisher.publish()
    assert not app.publisher.check()
