"""``/metrics``: what is told, how dear it is, and that everything which shows it asks for what there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import yaml

from aggregator.decide.cluster import explain_cluster
from aggregator.model import Exchanged, WaitingJobs
from aggregator.store import Store
from aggregator.web.metrics import Load, Metrics, Stock, metrics_route
from aggregator.web.operator import OperatorAccess
from docs.site.blocks import CHECKOUT
from tests.support.website import serving

SHOWN = CHECKOUT / "docs" / "prometheus"
NAME = re.compile(r"\b(?:aggregator|process)_\w+")


def families(store: Store) -> Iterator[str]:
    """The names of all samples, with those of each source."""
    metrics = Metrics()
    metrics.polls.labels("list", "ok")
    metrics.count_exchange(Exchanged(200, 0.1, 1))
    now = datetime.now(UTC)
    queue = WaitingJobs("q", "visit", 1, now)
    cluster = explain_cluster([], [queue], now)
    stock = Stock(store, lambda: Load(0, 0, 0, 0), lambda: now, lambda now: cluster, per_source=True)
    for family in (*metrics.registry.collect(), *stock.collect()):
        yield family.name
        yield from (sample.name for sample in family.samples)


def queries() -> Iterator[str]:
    """What the dashboard and the alerts ask for."""
    board = json.loads((SHOWN / "dashboard.json").read_text("utf-8"))
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (
        variable["query"]["query"] for variable in board["templating"]["list"] if variable["type"] == "query"
    )
    for group in yaml.safe_load((SHOWN / "alerts.yml").read_text("utf-8"))["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def test_what_is_shown_exists(store: Store) -> None:
    """Dashboard, alerts and page name only figures that there are; the page names each."""
    there = set(families(store))
    asked = {name for query in queries() for name in NAME.findall(query)}
    assert asked <= there
    page = (CHECKOUT / "docs" / "metrics.md").read_text("utf-8")
    told = set(re.findall(r"`((?:aggregator|process)_\w+)", page))
    assert told <= there
    ours = {re.sub("_(bucket|count|sum)$", "", name) for name in there if name.startswith("aggregator_")}
    assert {name for name in ours if not {name, f"{name}_total", f"{name}_info"} & told} == set()


def test_an_answer_is_held(store: Store, tmp_path: Path) -> None:
    """Whoever asks each second costs no more queries than who asks seldom."""
    asked = []

    def load() -> Load:
        asked.append(1)
        return Load(polls=3, backlog=0, workers=0, memory=0)

    stock = Stock(store, load, lambda: datetime.now(UTC), per_source=False)
    with serving(tmp_path, more=[metrics_route([stock], OperatorAccess(None))]) as client:
        texts = {client.get("/metrics", headers={"Host": "localhost"}).text for _ in range(5)}
    assert len(asked) == len(texts) == 1
    assert "aggregator_polls_running 3.0" in texts.pop()


def test_a_database_that_fails_is_a_figure(tmp_path: Path) -> None:
    """What the daemon counts itself is told all the same."""
    store = Store.open(f"sqlite:///{tmp_path}/test.db")
    (tmp_path / "test.db").unlink()
    stock = Stock(store, lambda: Load(0, 0, 0, 0), lambda: datetime.now(UTC), per_source=True)
    found = {family.name: [sample.value for sample in family.samples] for family in stock.collect()}
    assert found["aggregator_database_up"] == [0]
    assert found.keys() >= {"aggregator_workers", "aggregator_polls_running"}
    assert "aggregator_sources" not in found
    store.close()
