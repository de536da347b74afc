"""A store and a publisher in one folder, for tests that print many articles in one process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.app import App
from aggregator.model import Article, Label, Outcome, PollState, Sighting
from aggregator.publish import Published, Publisher
from aggregator.settings import Config, NamedFeed, Output, Site, Source, Storage

START = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
ROOT = "https://news.example.org"


class Press:
    """Saves articles as polls do and publishes them; ``files`` are those of the site, by path."""

    def __init__(self, folder: Path, app: App) -> None:
        self.folder = folder
        self.app = app
        self.store = app.store

    @property
    def publisher(self) -> Publisher:
        """The publisher of this configuration."""
        return self.app.publisher

    def save(self, *new: Article, changed: Sequence[Article] = (), hour: int = 0, news: bool = False) -> None:
        """Commit what a poll found, so many hours after the start; rules may tell of it where it is ``news``."""
        shown = (*new, *changed)
        sightings = tuple(Sighting(one.key, one.digest, one.labels) for one in shown)
        now = START + timedelta(hours=hour)
        state, keys = PollState("paper", due=now), frozenset(one.key for one in new if news)
        outcome = Outcome("paper", "paper", state, new, tuple(changed), sightings, news=keys, since=START)
        self.store.save(outcome, now)

    def publish(self, **options: Any) -> Published:
        """Publish what waits."""
        return self.publisher.publish(**options)

    def files(self, pattern: str = "**/*") -> dict[str, bytes]:
        """The files of the site that match, by path, without their packed forms."""
        root = self.folder / "public"
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.glob(pattern))
            if path.is_file() and path.suffix != ".gz"
        }


@contextmanager
def a_press(folder: Path, *, url: str = ROOT, title: str = "Test", **said: Any) -> Iterator[Press]:
    """Open a press in a folder; opened again, it goes on with what is there."""
    paper = {"name": "paper", "kind": "feed", "url": "https://paper.example/feed"}
    sources = said.pop("sources", [paper | said.pop("source", {})])
    config = Config(
        site=Site(url=url, title=title, language="en", timezone="UTC"),
        storage=Storage(database=f"sqlite:///{folder}/var/test.db"),
        output=Output(site=f"{folder}/public", posts=f"{folder}/_posts", private=f"{folder}/private"),
        sources=tuple(Source(**keys) for keys in sources),
        feeds=tuple(NamedFeed(**feed) for feed in said.pop("feeds", ())),
        **said,
    )
    with App(config) as app:
        app.store.sync_sources([source.name for source in config.sources], START)
        yield Press(folder, app)


def an_item(number: int, **said: Any) -> Article:
    """An article whose id is ``item-`` and its number, published so many minutes after the start."""
    moment = START + timedelta(minutes=number)
    usual: dict[str, Any] = {
        "namespace": "paper",
        "key": f"item-{number:06}",
        "source": "paper",
        "title": f"Title {number}",
        "address": f"https://paper.example/{number}",
        "content": f"<p>Text of number {number}.</p>",
        "published": moment,
        "updated": moment,
        "labels": (Label("Harbour" if number % 2 else "Market"),),
    }
    return Article(**(usual | said))
