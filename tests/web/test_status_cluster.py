"""What the operator's page says of a cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup

from aggregator.app import App
from aggregator.daemon.cluster.queue import Queue
from aggregator.model import Node
from aggregator.settings import Cluster, Config, Output, Site, Storage
from aggregator.web.operator import OperatorAccess
from aggregator.web.status import StatusOverview, StatusSite
from tests.support.postgresql import PostgreSQL
from tests.support.website import serving

HOSTILE = "<b>host</b>"
JOBS = "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', 'publish'), ('q', 'publish')"

_numbers = count(1)


def a_node(name: str, **said: Any) -> Node:
    usual: dict[str, Any] = {
        "kind": "run",
        "version": "1.0",
        "configuration": "abcd",
        "site": "https://n.example",
        "browser": False,
    }
    return Node(id=name, host=name, pid=7, **(usual | said))


@pytest.fixture(params=["en", "zh-CN"])
def site(request: pytest.FixtureRequest, tmp_path: Path, postgresql: PostgreSQL) -> Iterator[httpx.Client]:
    """The pages of a cluster of two nodes, of which one is of another version."""
    name = f"status{next(_numbers)}"
    database = postgresql.create(name)
    Queue(database).prepare()
    postgresql.execute(JOBS, name)
    config = Config(
        site=Site(url="https://n.example", language=request.param, timezone="UTC"),
        storage=Storage(database=database),
        output=Output(site=f"{tmp_path}/public"),
        cluster=Cluster(engine="procrastinate"),
        sources=(),
    )
    with App(config) as app:
        for node in (
            a_node("one", dispatches=True, jobs=3, offset=-0.4),
            a_node(HOSTILE, version="0.9", offset=-2e-5),
        ):
            app.store.add_node(node)
        overview = StatusOverview(config, app.store, lambda: datetime.now(UTC))
        status = StatusSite(overview, app.status_pages(), OperatorAccess(None))
        with serving(tmp_path / "public", more=status.routes()) as client:
            yield client


def test_the_page_says_who_works_and_who_does_not(site: httpx.Client) -> None:
    """In the language of the site, with what to do."""
    page = BeautifulSoup(site.get("/status").text, "lxml")
    english = page.html["lang"] == "en"
    one, other = (row.get_text(" ", strip=True) for row in page.select("section tbody tr"))
    assert ("hands out the work" if english else "负责分派") in one
    assert ("-0.4 s" if english else "-0.4 秒") in one
    assert HOSTILE in other
    assert ("+0.0 s" if english else "+0.0 秒") in other
    assert ("install version 1.0 there" if english else "在那里安装 1.0 版") in other
    waits = page.select_one("dl.queues").get_text(" ", strip=True)
    assert waits.startswith("publishing 2, the first since" if english else "发布 2 项，最早始于")


def test_the_same_for_programs(site: httpx.Client) -> None:
    """With times and troubles."""
    said = json.loads(site.get("/status.json").text)["cluster"]
    assert [(one["node"]["host"], one["mood"]) for one in said["nodes"]] == [
        ("one", "good"),
        (HOSTILE, "bad"),
    ]
    assert [(one["task"], one["waiting"]) for one in said["queues"]] == [("publish", 2)]
    assert datetime.fromisoformat(said["nodes"][0]["node"]["seen"]).tzinfo
