"""Real databases for tests, SQLite and a PostgreSQL of our own, and what is put into them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aggregator.decide.topics import topics_of
from aggregator.model import Article, Label, Outcome, PollState, Sighting, Topic
from aggregator.text.slugs import slugify
from tests.support.postgresql import PostgreSQL, UnavailableError

if TYPE_CHECKING:
    from aggregator.store import Store

NOW = datetime(2026, 3, 5, 2, 20, 30, 123456, tzinfo=UTC)

_numbers = count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL in a temporary folder, which tests share: each makes databases of its own."""
    try:
        server = PostgreSQL()
    except (UnavailableError, OSError) as exc:
        pytest.skip(f"no PostgreSQL can be started (Debian: apt install postgresql): {exc}")
    with server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server(postgresql: PostgreSQL) -> Callable[..., str]:
    """Call it to get the address of a new database on PostgreSQL."""
    return postgresql.create


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/var/aggregator.db"
    create: Callable[[str], str] = request.getfixturevalue("postgresql_server")
    return create(f"test{next(_numbers)}")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the tables of the program and the sources ``one`` and ``two``."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    _fill(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: Callable[..., str]) -> str:
    """The name of the same database on PostgreSQL."""
    _fill(postgresql_server("template"))
    return "template"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store on a new database of each kind, with the sources ``one`` and ``two``."""
    from aggregator.store import Store  # half a second that tests without a database need not wait

    if request.param == "sqlite":
        path = tmp_path / "aggregator.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        address = f"sqlite:///{path}"
    else:
        create: Callable[..., str] = request.getfixturevalue("postgresql_server")
        address = create(f"test{next(_numbers)}", request.getfixturevalue("postgresql_template"))
    with Store.open(address) as opened:
        yield opened


def _fill(address: str) -> None:
    from aggregator.store import Store

    with Store.open(address) as opened:
        opened.sync_sources(["one", "two"], NOW)


def an_article(key: str, **said: Any) -> Article:
    """Return an article of the namespace ``shared`` that says what is given."""
    usual: dict[str, Any] = {
        "namespace": "shared",
        "source": "one",
        "title": f"标题 {key}",
        "address": f"https://news.example/{key}",
        "content": "<p>正文</p>",
        "published": NOW,
        "updated": NOW,
        "labels": (Label("国务院"),),
    }
    return Article(key=key, **(usual | said))


def an_outcome(source: str = "one", **found: Any) -> Outcome:
    """Return what a poll of a source changed; new and changed articles are sighted too."""
    shown = (*found.get("new", ()), *found.get("changed", ()))
    usual: dict[str, Any] = {
        "namespace": "shared",
        "state": PollState(source, due=NOW),
        "sightings": tuple(Sighting(article.key, "said", article.labels) for article in shown),
    }
    return Outcome(source=source, **(usual | found))


def file_all(store: Store) -> None:
    """File whatever is not filed yet, as a publication does first of all."""
    while waiting := store.waiting(0, 100, unfiled=True):
        kept = store.find_all([one.id for one in waiting])
        store.file([(one.id, one.version, topics_of(one, ())) for one in kept], {})


def publish_all(store: Store) -> None:
    """File everything and mark it as published, without a file."""
    file_all(store)
    store.mark_published([(one.id, one.version) for one in store.waiting(0, 10_000)])
    for touch in store.touches():
        store.mark_rendered([touch])


def category(label: str) -> Topic:
    """The topic of a category with this label."""
    return Topic("category", slugify(label), label)
