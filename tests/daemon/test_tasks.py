"""Background tasks that are given up: they end soon, and the next one does what they left."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aggregator.daemon.controls import DaemonHandle
from aggregator.daemon.live import bring_to_life
from aggregator.daemon.report import Reporter
from aggregator.daemon.tasks import BackgroundTasks
from aggregator.web.metrics import Metrics
from tests.support.posts import START, Press, a_press, an_item
from tests.support.running import until
from tests.support.website import WELL
from tests.support.workplace import PATIENCE


def test_a_publication_that_is_given_up_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it still has to do; the next one publishes."""
    monkeypatch.setattr("aggregator.publish.publisher.LOCK_SECONDS", 2 * PATIENCE)

    async def give_up(press: Press) -> None:
        reporter = Reporter(lambda: None, Metrics())
        live = bring_to_life(press.app, lambda: START, reporter, lambda: WELL, DaemonHandle())
        publish = BackgroundTasks(lambda: live, lambda: START, Metrics(), lambda name: None).all()["publish"]
        lock = press.app.publisher.folders.lock(wait=0, on_wait=pytest.fail, stopped=lambda: False)
        with lock, capture_logs() as logs:
            publication = asyncio.ensure_future(publish.work())
            await asyncio.to_thread(until, lambda: any("waiting for it" in one["event"] for one in logs))
            publication.cancel()
            await asyncio.wait([publication], timeout=PATIENCE)
            assert publication.cancelled()
        await publish.work()
        await live.aclose()

    with a_press(tmp_path) as press:
        press.save(an_item(1))
        asyncio.run(give_up(press))
        assert "index.html" in press.files()
