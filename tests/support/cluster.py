"""A cluster that works for newspapers, and the count of what it made of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from tests.support.crash import count_output
from tests.support.nodes import Network, Node, who_asks
from tests.support.papers import Papers, never_told, told_twice
from tests.support.postgresql import PostgreSQL
from tests.support.running import until

SETTINGS = """
[site]
title = "Cluster"
url = "https://news.example.org"
timezone = "UTC"

[storage]
database = "{database}"
{cluster}
[output]
site = "{folder}/public"
posts = "{folder}/_posts"

[network]
allow_private = ["127.0.0.0/8", "10.0.0.0/8"]
delay = "{delay}"
timeout = "20s"
"""
CLUSTER = '[cluster]\nengine = "procrastinate"\n'


class Cluster:
    """Nodes on one database that publish to one folder, as on a disk that they share, and the papers they poll.

    ``database`` is how the nodes reach it. Each of ``commands`` is a node's, ``run`` or ``worker``. It all ends
    with the context.
    """

    def __init__(self, folder: Path, commands: Sequence[str], **parts: Any) -> None:
        self.folder = folder
        self.papers: Papers = parts["papers"]
        self.server: PostgreSQL = parts["server"]
        network: Network | None = parts.get("network")
        self.database_host = network.address(1) if network else ""
        settings = SETTINGS.format(
            database=parts["database"],
            folder=folder,
            delay=parts.get("delay", "0s"),
            cluster=parts.get("engine", CLUSTER),
        ) + self.papers.tables(parts.get("interval", "2s"))
        self.nodes = [
            Node(folder / f"{command}{number}", command, settings, network, 11 + number)
            for number, command in enumerate(commands)
        ]
        self.papers.who = self._who

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for node in self.nodes:
            node.kill()

    def rows(self, statement: str) -> list[Any]:
        """Ask the database, which may be away for a while."""
        import psycopg

        while True:
            try:
                return self.server.execute(statement, "cluster")
            except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
                time.sleep(0.2)

    def seconds_to_take_over(self) -> float:
        """Kill the node that dispatches; return after how long another one does, and start it again."""
        until(lambda: self._dispatcher() and self._all_are_known())
        node = self._dispatcher()
        assert node
        killed = time.monotonic()
        node.kill()
        until(lambda: self._dispatcher())
        seconds = time.monotonic() - killed
        node.start()
        return seconds

    def seconds_to_take_up(self) -> tuple[float, float]:
        """Kill a node that polls, and start it again once all is well.

        Return after how long others might take up what it had under way, and all of that was visited again.
        """
        leased = "SELECT pid, name FROM sources JOIN nodes ON owner = id"
        while True:
            until(self._all_are_known)
            polling = {pid for pid, _ in self.rows(leased)}
            node = next((node for node in self.nodes if node.pid in polling), None)
            if node is None:
                continue
            before, killed = node.pid, time.monotonic()
            node.kill()
            left = {name for pid, name in self.rows(leased) if pid == before}
            until(partial(self._has_ended, before, leased))
            free = time.monotonic() - killed
            until(partial(self._were_visited, left, killed))
            node.start()
            if left:
                return free, time.monotonic() - killed

    def _has_ended(self, pid: int | None, leased: str) -> bool:
        return pid not in {owner for owner, _ in self.rows(leased)}

    def lacks(self) -> int:
        """Count the articles that the papers have and the database has not, or has otherwise."""
        rows = self.rows("SELECT key, title FROM articles")
        return len(set(self.papers.said.items()) - set(rows))

    def come_to_rest(self) -> None:
        """Wait until everything that was printed is held, published and told."""
        until(lambda: not self.lacks())
        waiting = (
            "SELECT (SELECT count(*) FROM articles WHERE version > published_version)"
            " + (SELECT count(*) FROM touched) + (SELECT count(*) FROM outbox WHERE told IS NULL)"
            " + (SELECT count(*) FROM changes, totals WHERE changes.number > totals.told AND kind IN ('new', 'changed'))"
        )
        until(lambda: not self.rows(waiting)[0][0])

    def count_faults(self) -> Counter[str]:
        """Count what is not as it should be, by what it is; every node has ended."""
        papers, found = self.papers, Counter[str]()
        wanted, rows = Counter(papers.said.items()), Counter(self.rows("SELECT key, title FROM articles"))
        found["articles lost"] = (wanted - rows).total()
        found["articles twice"] = (rows - wanted).total()
        found["states twice"] = len(
            self.rows("SELECT 1 FROM changes GROUP BY article, kind, version HAVING count(*) > 1")
        )
        found += count_output(self.folder, papers.said)
        found["told twice"] = len(told_twice(papers.told))
        # What a source's first poll finds is no news.
        news = (article for article, key in self.rows("SELECT id, key FROM articles") if key in papers.news)
        found["never told"] = len(never_told(papers.told, news))
        workplace = self.nodes[0].workplace
        for command in (("publish", "--check"), ("check", "--database")):
            found[" ".join(command)] = workplace.run(*command, expect=None).returncode
        return Counter({what: count for what, count in found.items() if count})

    def _all_are_known(self) -> bool:
        return {(node.pid,) for node in self.nodes} <= set(self.rows("SELECT pid FROM nodes"))

    def _dispatcher(self) -> Node | None:
        """Return the running node that said last that it dispatches."""
        rows = self.rows("SELECT pid FROM nodes WHERE dispatches ORDER BY seen DESC LIMIT 1")
        return next((node for node in self.nodes if node.pid and (node.pid,) in rows), None)

    def _were_visited(self, sources: set[str], since: float) -> bool:
        visited = {asked.source for asked in self.papers.log if asked.is_list and asked.began > since}
        return sources <= visited

    def _who(self, address: tuple[str, int]) -> str:
        return who_asks(self.nodes, address)
