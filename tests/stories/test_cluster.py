"""Several machines share the work: whatever ends or is cut off, nothing is lost and nothing is done twice."""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.cluster import Cluster
from tests.support.nodes import Network, Node
from tests.support.papers import (
    Asked,
    Papers,
    Told,
    longest_waits,
    never_told,
    overlapping_polls,
    overlapping_requests,
    told_twice,
)
from tests.support.postgresql import PostgreSQL
from tests.support.running import until

TAKEOVER_SECONDS, STALLED_SECONDS = 10, 60
"""What is promised: another node dispatches within seconds, and takes up the work of one that died within a minute."""


@contextmanager
def a_cluster(
    folder: Path, commands: list[str], network: Network | None = None, sources: int = 10
) -> Iterator[Cluster]:
    """Start a database, papers that have printed twice what they have sources, and nodes; wait for the first poll."""
    addresses = [network.address(last) for last in range(2, 6)] if network else []
    hosts = addresses or [f"127.1.0.{last}" for last in range(2, 6)]
    settings = {"listen_addresses": network.address(1)} if network else {}
    with PostgreSQL(max_connections="200", **settings) as server, Papers(hosts, sources) as papers:
        database = server.create("cluster")
        if network:
            with (server.folder / "data" / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {network.subnet} trust\n")
            server.execute("SELECT pg_reload_conf()")
            database = f"postgresql://postgres@{network.address(1)}/cluster"
        for _ in range(2 * len(papers.names)):
            papers.print_one()
        with Cluster(
            folder, commands, papers=papers, server=server, database=database, network=network
        ) as cluster:
            for node in cluster.nodes:
                node.start()
            until(lambda: not cluster.lacks())
            papers.print_often(0.4)
            yield cluster


class Storm:
    """Kills nodes, stops them and cuts them off at random, and undoes it some seconds later."""

    def __init__(self, cluster: Cluster, chance: random.Random) -> None:
        self.cluster, self.chance = cluster, chance
        self.deeds = Counter[str]()
        self._numbers = itertools.count()
        self._undoing: list[tuple[float, int, Node, Callable[[], None]]] = []

    def blow(self, seconds: float, pause: float) -> None:
        """Do something every ``pause`` seconds or so; in the end, undo what was done."""
        end = time.monotonic() + seconds
        while time.monotonic() < end or self._undoing:
            while self._undoing and self._undoing[0][0] <= time.monotonic():
                heapq.heappop(self._undoing)[3]()
            hit = {node for _, _, node, _ in self._undoing}
            free = [node for node in self.cluster.nodes if node not in hit]
            for node in free:
                node.start()
            if free and time.monotonic() < end:
                self._strike(self.chance.choice(free))
            time.sleep(self.chance.uniform(0.5, 1.5) * pause)

    def _strike(self, node: Node) -> None:
        deeds: dict[str, tuple[Callable[[], object], Callable[[], None], float]] = {
            "killed": (node.kill, node.start, 8),
            "stopped": (node.stop, node.start, 8),
        }
        if node.space:
            database, site = self.cluster.database_host, self.chance.choice(self.cluster.papers.hosts)
            deeds |= {
                "cut from the database": (lambda: node.cut(database), node.mend, 40),
                "cut from a site": (lambda: node.cut(site), node.mend, 15),
                "unplugged": (node.unplug, node.plug, 10),
            }
        deed = self.chance.choice([*deeds, "killed"])
        do, undo, most = deeds[deed]
        do()
        self.deeds[deed] += 1
        until_when = time.monotonic() + self.chance.uniform(0, most)
        heapq.heappush(self._undoing, (until_when, next(self._numbers), node, undo))


def hold_to_account(cluster: Cluster, deeds: Counter[str]) -> None:
    """Stop what runs, print what was counted, and hold it to the promises."""
    papers = cluster.papers
    papers.stop()
    cluster.come_to_rest()
    waits = longest_waits(papers.log, time.monotonic())
    for node in cluster.nodes:
        node.stop()
    ends = [said for node in cluster.nodes for said in node.ends]
    faults = cluster.count_faults()
    robots = sum(asked.path == "/robots.txt" for asked in papers.log)
    print(
        f"\n{dict(deeds)}; {len(papers.log)} requests, {robots} of them for a robots.txt, by"
        f" {dict(Counter(asked.node for asked in papers.log))}; {len(papers.said)} articles, {len(papers.told)}"
        f" messages; the longest wait of a source was {max(waits.values()):.0f} s; faults: {dict(faults)};"
        f" {len(ends)} ended by themselves"
    )
    # One that cannot reach its database when it starts says so and ends, as a service manager starts it again.
    assert all("the database cannot be" in " ".join(said.splitlines()[-2:]) for said in ends), ends
    assert not overlapping_requests(papers.log)
    assert not overlapping_polls(papers.log)
    assert not faults


@pytest.mark.slow
def test_nodes_are_killed(tmp_path: Path) -> None:
    """Some seconds of kills and stops, on one network."""
    with a_cluster(tmp_path, ["run", "run", "worker"], sources=6) as cluster:
        storm = Storm(cluster, random.Random(5))  # noqa: S311
        storm.blow(10, pause=2)
        hold_to_account(cluster, storm.deeds)


@pytest.mark.soak
def test_nodes_are_killed_and_cut_off(tmp_path: Path) -> None:
    """Minutes of kills, stops and cuts in a network where each node has its own place; the database restarts."""
    if reason := Network.why_not():
        pytest.skip(reason)
    commands = ["run", "run", "worker", "worker", "worker", "worker"]
    with Network(5) as network, a_cluster(tmp_path, commands, network) as cluster:
        storm = Storm(cluster, random.Random(7))  # noqa: S311
        for mode in ("fast", "immediate", ""):
            storm.blow(60, pause=2)
            if mode:
                cluster.server.stop(mode)
                time.sleep(3)
                cluster.server.start()
                storm.deeds["restarted the database"] += 1
        takeovers = [cluster.seconds_to_take_over() for _ in range(3)]
        stalls = [cluster.seconds_to_take_up() for _ in range(3)]
        print(f"\ndispatched by another after {takeovers} s; free for others, and visited, after {stalls} s")
        hold_to_account(cluster, storm.deeds)
        assert max(takeovers) < TAKEOVER_SECONDS
        assert max(visited for _, visited in stalls) < STALLED_SECONDS


def asked(path: str, node: str, began: float, ended: float, host: str = "a") -> Asked:
    return Asked(host, path, node, began, ended)


def test_requests_that_overlap_are_found() -> None:
    """The counts of the tests below would see what they look for."""
    orderly = [
        asked("/s/feed.xml", "one", 0, 1),
        asked("/s/1.html", "two", 1, 2),
        asked("/x", "one", 0, 9, "b"),
    ]
    within = asked("/s/2.html", "one", 1.5, 1.6)
    assert overlapping_requests(orderly) == []
    assert overlapping_requests([*orderly, within]) == [(orderly[1], within)]
    assert overlapping_requests([asked("/", "one", 0, 9), asked("/", "one", 1, 2), asked("/", "two", 3, 4)])[
        1:
    ]


def test_polls_that_overlap_are_found() -> None:
    """A node that goes on after another began is one too many, and so is one that begins meanwhile."""
    first, page, second = (
        asked("/s/feed.xml", "one", 0, 1),
        asked("/s/1.html", "one", 1, 2, "b"),
        asked("/s/feed.xml", "two", 3, 4),
    )
    assert overlapping_polls([first, page, second]) == []
    late = asked("/s/2.html", "one", 5, 6, "b")
    assert overlapping_polls([first, page, second, late]) == [(second, late)]
    early = asked("/s/feed.xml", "two", 1.5, 1.6)
    assert overlapping_polls([first, page, early]) == [(page, early)]


def test_sources_that_wait_are_found() -> None:
    """The end counts, too."""
    log = [asked("/s/feed.xml", "one", 0, 1), asked("/s/feed.xml", "two", 3, 4)]
    assert longest_waits(log, until=4) == {"s": 3}
    assert longest_waits(log, until=40) == {"s": 37}


def test_what_is_told_twice_is_found() -> None:
    """A message that comes again by its key is the same one."""
    once = Told("a", (("article", "new", 1),))
    assert told_twice([once, once, Told("b", (("article", "changed", 2),))]) == []
    assert told_twice([once, Told("b", once.hits)]) == [("article", "new", 1)]


def test_what_is_never_told_is_found() -> None:
    """That it was changed does not say that it is new."""
    messages = [Told("a", (("one", "new", 1), ("two", "changed", 2)))]
    assert never_told(messages, ["one", "two"]) == {"two"}
