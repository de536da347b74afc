"""``/metrics``: what the daemon did, what there is and what waits, for Prometheus."""

import asyncio
import time
from collections import Counter as Counts
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator import __version__
from aggregator.errors import StoreError
from aggregator.model import ClusterState, Exchanged
from aggregator.store import Store
from aggregator.web.operator import OperatorAccess
from aggregator.web.responses import answer

NOT_MODIFIED = 304

HELD_SECONDS = 5.0
"""How old an answer may be at least; who asks each second costs no more than who asks every five."""
SHARE = 1 / 50
"""The share of the time in which answers are made at most: one that takes long is held for longer."""
FAST = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Bounds of what takes seconds or less, such as an exchange ([network] timeout is 30 s)."""
SLOW = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800)
"""Bounds of what may take minutes, such as a poll that waits for its host's turns, or a publication."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the daemon has in hand."""

    polls: int
    backlog: int
    """Documents that wait for a worker, or are with one."""
    workers: int
    memory: int
    """Bytes of memory that the workers have."""


class Metrics:
    """What the daemon did since its start, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # each counter would come with the time of our start
        self.registry = own = CollectorRegistry()
        self.polls = Counter(
            "aggregator_polls",
            "Visits that ended, by what was visited and how that went.",
            ["visit", "result"],
            registry=own,
        )
        self.poll_seconds = Histogram(
            "aggregator_poll_seconds", "How long visits took.", buckets=SLOW, registry=own
        )
        self.lag_seconds = Histogram(
            "aggregator_poll_lag_seconds", "How much later than due visits began.", buckets=SLOW, registry=own
        )
        self.exchanges = Counter(
            "aggregator_exchanges", "Requests to servers, by the status they gave.", ["status"], registry=own
        )
        self.exchange_seconds = Histogram(
            "aggregator_exchange_seconds", "How long servers took to answer.", buckets=FAST, registry=own
        )
        self.received = Counter("aggregator_received_bytes", "Bytes of answers, as they came.", registry=own)
        self.new = Counter("aggregator_articles_new", "Articles that came in.", registry=own)
        self.changed = Counter(
            "aggregator_articles_changed", "Articles that were found changed.", registry=own
        )
        self.publish_seconds = Histogram(
            "aggregator_publish_seconds",
            "How long publications took that wrote something.",
            buckets=SLOW,
            registry=own,
        )
        self.written = Counter(
            "aggregator_documents_written", "Documents that were put in place.", registry=own
        )
        self.removed = Counter("aggregator_documents_removed", "Documents that were removed.", registry=own)
        self.told = Counter("aggregator_told", "Articles and events that receivers were told.", registry=own)
        ProcessCollector(registry=self.registry)

    def count_exchange(self, exchanged: Exchanged) -> None:
        """Count an exchange with a server."""
        self.exchanges.labels(_group(exchanged.status)).inc()
        self.exchange_seconds.observe(exchanged.seconds)
        self.received.inc(exchanged.received)


class Stock(Collector):
    """What there is and what waits, asked for when somebody collects it.

    ``load`` tells what the daemon has in hand, ``cluster`` how the machines do that share the work;
    ``per_source`` adds figures with the name of each source.
    """

    def __init__(
        self,
        store: Store,
        load: Callable[[], Load],
        clock: Callable[[], datetime],
        cluster: Callable[[datetime], ClusterState | None] = lambda now: None,
        *,
        per_source: bool,
    ) -> None:
        self._store = store
        self._load = load
        self._clock = clock
        self._cluster = cluster
        self._per_source = per_source

    def collect(self) -> Iterator[Metric]:
        """Yield the families; those of the database are missing where it cannot be read."""
        yield InfoMetricFamily("aggregator_build", "The program.", {"version": __version__})
        load = self._load()
        yield _gauge("polls_running", "Visits that are under way, or wait for their host's turn.", load.polls)
        yield _gauge("worker_backlog", "Documents that wait to be read, or are being read.", load.backlog)
        yield _gauge("workers", "Processes that read documents.", load.workers)
        yield _gauge("workers_resident_memory_bytes", "Memory that these have.", load.memory)
        try:
            sources = self._of_sources() if self._per_source else ()
            families = [*self._of_database(), *self._of_cluster(), *sources]
        except StoreError:
            families = []
        yield _gauge("database_up", "Whether the database can be read.", float(bool(families)))
        yield from families

    def _of_database(self) -> Iterator[Metric]:
        held, waiting = self._store.measure(self._clock()), self._store.publication()
        yield _gauge("sources", "Sources, by how their last visit went.", held.sources, label="state")
        yield _gauge("sources_due", "Sources whose time has come and that wait for their visit.", held.due)
        yield _gauge("overdue_seconds", "How long the first of these has waited.", held.overdue)
        yield _gauge("articles", "Articles that are held.", held.articles)
        yield _gauge("owed", "Entries that are no articles yet, by reason.", held.owed, label="reason")
        yield _gauge("unpublished_articles", "Articles that wait to be published.", waiting.articles)
        yield _gauge("unpublished_documents", "Lists and feeds that wait to be written.", waiting.documents)
        yield _gauge("untold", "Messages that wait to be told.", held.untold)
        yield _gauge("events_open", "What happened and is not over, by kind.", held.events, label="kind")

    def _of_cluster(self) -> Iterator[Metric]:
        now = self._clock()
        state = self._cluster(now)
        if state is None:
            return
        nodes = [one.node for one in state.nodes]
        moods = {mood: sum(one.mood == mood for one in state.nodes) for mood in ("good", "doubtful", "bad")}
        offset = max((abs(node.offset or 0.0) for node in nodes), default=0.0)
        waiting, oldest = Counts[str](), dict[str, datetime]()
        for queue in state.queues:
            waiting[queue.task] += queue.waiting
            oldest[queue.task] = min(queue.oldest, oldest.get(queue.task, now))
        lag = {task: (now - since).total_seconds() for task, since in oldest.items()}
        yield _gauge("nodes", "Processes of the cluster, by how they do.", moods, label="state")
        yield _gauge("dispatchers", "Those that hand out the work.", sum(node.dispatches for node in nodes))
        yield _gauge("clock_offset_seconds", "How far the worst of their clocks is off.", offset)
        yield _gauge("jobs_running", "Jobs under way.", sum(node.jobs for node in nodes))
        yield _gauge("jobs_waiting", "Jobs that no process has taken yet.", waiting, label="task")
        yield _gauge("jobs_lag_seconds", "How long the first of them has waited.", lag, label="task")

    def _of_sources(self) -> Iterator[Metric]:
        def family(name: str, text: str) -> GaugeMetricFamily:
            return GaugeMetricFamily(f"aggregator_source_{name}", text, labels=["source"])

        failures = family("failures", "Failed visits in a row.")
        succeeded = family("last_success_timestamp_seconds", "When it was read last.")
        due = family("due_timestamp_seconds", "When it is visited next.")
        owed = family("owed", "Its entries that are no articles yet.")
        for one in self._store.measure_sources():
            failures.add_metric([one.name], one.failures)
            owed.add_metric([one.name], one.owed)
            if one.succeeded:
                succeeded.add_metric([one.name], one.succeeded.timestamp())
            if one.due:
                due.add_metric([one.name], one.due.timestamp())
        yield from (failures, succeeded, due, owed)


class Exposition:
    """The text of some collectors, made for whoever asks first and held for a while."""

    def __init__(self, collectors: Sequence[Collector]) -> None:
        self._collectors = collectors
        self._making = asyncio.Lock()
        self._text, self._until = b"", 0.0

    async def text(self) -> bytes:
        """Return it as it was some seconds ago, or make it."""
        async with self._making:
            if time.monotonic() >= self._until:
                began = time.monotonic()
                self._text = await run_in_threadpool(b"".join, map(generate_latest, self._collectors))
                ended = time.monotonic()
                self._until = ended + max(HELD_SECONDS, (ended - began) / SHARE)
        return self._text


def metrics_route(collectors: Sequence[Collector], access: OperatorAccess) -> Route:
    """Make the route of ``/metrics``, which answers the operator alone."""
    exposition = Exposition(collectors)

    async def metrics(request: Request) -> Response:
        await access.require(request)
        headers = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4, "Cache-Control": "no-store"}
        return answer(200, await exposition.text(), headers)

    return Route("/metrics", metrics, methods=["GET"])


def _gauge(name: str, text: str, value: float | Mapping[str, float], label: str = "") -> GaugeMetricFamily:
    """Make a family of one value, or of one for each value of a label."""
    if not isinstance(value, Mapping):
        return GaugeMetricFamily(f"aggregator_{name}", text, value=value)
    family = GaugeMetricFamily(f"aggregator_{name}", text, labels=[label])
    for key, count in sorted(value.items()):
        family.add_metric([key], count)
    return family


def _group(status: int) -> str:
    """Name the group of a status: 304 by itself, since such an answer brings nothing new."""
    if not status:
        return "none"
    return "304" if status == NOT_MODIFIED else f"{status // 100}xx"
