from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.daemon.controls import DaemonHandle
from aggregator.daemon.live import bring_to_life
from aggregator.daemon.poller import Poller
from aggregator.daemon.report import Reporter
from aggregator.daemon.single import Parts, SingleProcess
from aggregator.errors import TellError
from aggregator.publish.purge import purge
from aggregator.settings import Receiver
from aggregator.web.metrics import Metrics
from tests.support.alerts import NETWORK
from tests.support.loopback import Answer, Site
from tests.support.posts import ROOT, START, Press, a_press, an_item
from tests.support.running import until
from tests.support.website import WELL

CHANGING = {f"{ROOT}/", f"{ROOT}/feeds/atom.xml", f"{ROOT}/feeds/rss.xml"}


@contextmanager
def a_cached_press(folder: Path, hook: str) -> Iterator[Press]:
    """Open a press whose receiver ``cdn`` is told of what caches have to forget."""
    receivers = (Receiver(name="cdn", url=hook, secret="key"),)
    with a_press(folder, network=NETWORK, receivers=receivers) as press:
        output = press.app.config.output.model_copy(update={"purge": "cdn"})
        yield Press(folder, App(press.app.config.model_copy(update={"output": output}), press.store))


def told(press: Press) -> int:
    """Tell what is to be told."""

    async def run() -> int:
        async with press.app.fetcher(lambda: START) as fetcher:
            return await purge(press.app.config, press.store, fetcher)

    return asyncio.run(run())


def addresses(site: Site) -> list[str]:
    """The addresses that the webhook has got so far."""
    return [address for request in site.requests for address in json.loads(request.body)["purge"]]


def test_changes_are_told_once_they_are_made(tmp_path: Path) -> None:
    """A new article changes lists and feeds; what is the same is not told, nor anything twice."""
    with Site({"/hook": Answer()}) as site, a_cached_press(tmp_path, f"{site.url}/hook") as press:
        press.save(an_item(1))
        press.publish()
        assert told(press) == len(press.files())
        assert len(json.loads(site.requests[0].body)["purge"]) <= 100
        [block] = re.findall(
            r"```json\n(.*?)```", Path("docs/object-storage.md").read_text("utf-8"), re.DOTALL
        )
        example, said = json.loads(block), json.loads(site.requests[0].body)
        assert {**example, "purge": said["purge"]} == said
        assert set(example["purge"]) <= set(addresses(site))
        assert site.requests[0].headers["x-aggregator-signature"].startswith("sha256=")
        site.requests.clear()
        press.save(an_item(2))
        press.publish()
        told(press)
        first = addresses(site)
        assert {*CHANGING, f"{ROOT}/share/item-000002.html"} <= set(first)
        assert f"{ROOT}/assets/style.css" not in first
        assert (told(press), press.publish().written, told(press)) == (0, 0, 0)
        site.requests.clear()
        press.store.remove("item-000002", "a test", START)
        press.publish()
        told(press)
        assert f"{ROOT}/share/item-000002.html" in addresses(site)


def test_one_that_refuses_is_told_again(tmp_path: Path) -> None:
    """With the same key, so that whoever looks at it does the work once."""
    answers = [Answer(status=503), Answer()]
    with (
        Site({"/hook": lambda _: answers.pop(0)}) as site,
        a_cached_press(tmp_path, f"{site.url}/hook") as press,
    ):
        press.save(an_item(1))
        press.publish()
        with pytest.raises(TellError, match="503"):
            told(press)
        assert told(press) == len(press.files())
        first, second = site.requests
        assert first.body == second.body
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_what_a_crash_left_is_told_after_the_next_publication(tmp_path: Path) -> None:
    """An address that was noted before a crash is not told while its document may be old, and not forgotten."""
    with Site({"/hook": Answer()}) as site, a_cached_press(tmp_path, f"{site.url}/hook") as press:
        press.store.note_purges([f"{ROOT}/share/item-000001.html"])
        assert told(press) == 0
        press.publish()
        told(press)
        assert f"{ROOT}/share/item-000001.html" in addresses(site)


def test_what_nobody_called_for_is_told_at_intervals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A publisher that is killed calls for nothing; another process finds what it left."""
    monkeypatch.setattr("aggregator.daemon.tasks.ANNOUNCE_SECONDS", 0.05)

    async def run(press: Press) -> None:
        def clock() -> datetime:
            return START

        reporter = Reporter(lambda: None, Metrics())
        live = bring_to_life(press.app, clock, reporter, lambda: WELL, DaemonHandle())
        tasks = SingleProcess(Parts(lambda: live, clock, Poller(lambda: live, clock, reporter), Metrics()))
        tasks.start(pytest.fail)
        await asyncio.to_thread(until, lambda: f"{ROOT}/" in addresses(site))
        press.store.note_purges([f"{ROOT}/left.html"])
        press.store.release_purges()
        await asyncio.to_thread(until, lambda: f"{ROOT}/left.html" in addresses(site))
        await tasks.stop()
        await live.aclose()

    with Site({"/hook": Answer()}) as site, a_cached_press(tmp_path, f"{site.url}/hook") as press:
        press.save(an_item(1))
        asyncio.run(run(press))
