"""What the machines of a cluster know of each other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

MAX_OFFSET = 5.0
"""Seconds by which a machine's clock may differ from the database's before somebody should set it."""


@dataclass(frozen=True, slots=True)
class Node:
    """A process of a cluster, as the others know it; its times are the database's."""

    id: str
    """It also owns the leases of the process."""
    host: str
    pid: int
    kind: str
    """The command that it is: ``run`` or ``worker``."""
    version: str
    """Of the program."""
    configuration: str
    """The mark of the part of its files that machines share."""
    site: str
    """The address that it publishes for."""
    browser: bool
    """Whether it can render pages."""
    jobs: int = 0
    """How many run."""
    dispatches: bool = False
    offset: float | None = None
    """How many seconds its own clock is ahead of the database's."""
    started: datetime | None = None
    seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaitingJobs:
    """Jobs of one kind that wait for the same nodes."""

    name: str
    """Those nodes take jobs by this name."""
    task: str
    waiting: int
    oldest: datetime
    """Since when the first of them waits."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What somebody should do something about."""

    found: str
    mend: str
    mood: str = "bad"
    """``bad``, or ``doubtful`` where all goes on."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node, and how it does."""

    node: Node
    mood: str
    state: str
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterState:
    """How a cluster does."""

    nodes: tuple[NodeState, ...]
    queues: tuple[WaitingJobs, ...]
    troubles: tuple[Trouble, ...]
    """Those of no node by itself."""

    @property
    def all_troubles(self) -> Iterator[Trouble]:
        """All that is wrong; what is found names its node."""
        yield from self.troubles
        for one in self.nodes:
            where = f"{one.node.host} ({one.node.kind} {one.node.pid})"
            yield from (replace(trouble, found=f"{where}: {trouble.found}") for trouble in one.troubles)
