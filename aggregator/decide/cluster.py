"""How a cluster does, in words: what each node cannot do, what nobody does, and what to do about it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from aggregator.decide.explanation import Mood
from aggregator.model import ClusterState, Node, NodeState, Trouble, WaitingJobs
from aggregator.model.cluster import MAX_OFFSET

LATE = timedelta(minutes=10)
"""After so long, jobs wait for more than their turn."""
SILENT = timedelta(seconds=15)
"""A node says every five seconds that it lives; one that is silent for so long may be cut off."""


def explain_cluster(
    nodes: Sequence[Node], queues: Sequence[WaitingJobs], now: datetime, *, renders: bool = False
) -> ClusterState:
    """Say how living nodes and waiting jobs do; ``renders`` where a source needs pages rendered.

    What the node says that dispatches is how all should be, as it hands out the work.
    """
    leader = next((node for node in nodes if node.dispatches), None)
    return ClusterState(
        tuple(_node_state(node, leader, now, renders=renders) for node in nodes),
        tuple(queues),
        (*_of_all(nodes, leader, renders=renders), *_of_queues(queues, now)),
    )


def _node_state(node: Node, leader: Node | None, now: datetime, *, renders: bool) -> NodeState:
    troubles = tuple(_of_node(node, leader, now, renders=renders))
    idle = any(trouble.mood == "bad" for trouble in troubles)
    state = "takes no work" if idle else "hands out the work" if node.dispatches else "works"
    mood: Mood = "bad" if idle else "doubtful" if troubles else "good"
    return NodeState(node, mood, state, troubles)


def _of_node(node: Node, leader: Node | None, now: datetime, *, renders: bool) -> Iterator[Trouble]:
    if leader and node.version != leader.version:
        found = f"its version is {node.version}, and {leader.version} hands out the work"
        yield Trouble(found, f"install version {leader.version} there, or the newer one everywhere")
    elif leader and node.configuration != leader.configuration:
        found = f"its configuration is another than that of {leader.host}"
        yield Trouble(found, "bring the same files to both, and reload them: `kill -HUP`")
    if node.offset is not None and abs(node.offset) > MAX_OFFSET:
        ahead = "ahead of" if node.offset > 0 else "behind"
        found = f"its clock is {abs(node.offset):.0f} seconds {ahead} the database's"
        yield Trouble(
            found, "let it follow a time server; until then the database's clock counts", "doubtful"
        )
    if renders and not node.browser:
        yield Trouble(
            "it cannot render pages, and leaves those to other machines",
            "`pip install 'aggregator[browser]'` and Chromium let it",
            "doubtful",
        )
    if node.seen and now - node.seen > SILENT:
        yield Trouble(
            "it was not heard of lately", "look whether it is cut off from the database", "doubtful"
        )


def _of_all(nodes: Sequence[Node], leader: Node | None, *, renders: bool) -> Iterator[Trouble]:
    if not nodes:
        yield Trouble("no node runs", "start `aggregator run` on one machine, or on several")
    elif leader is None and not any(node.kind == "run" for node in nodes):
        yield Trouble(
            "nobody hands out the work", "start `aggregator run` on one machine; workers cannot do it"
        )
    elif leader is None:
        yield Trouble("nobody hands out the work", "wait some seconds, then see the logs of `aggregator run`")
    if renders and nodes and not any(node.browser for node in nodes):
        yield Trouble(
            "no machine can render pages, and there is a source with [source.browser]",
            "`pip install 'aggregator[browser]'` and Chromium on one of them",
        )


def _of_queues(queues: Sequence[WaitingJobs], now: datetime) -> Iterator[Trouble]:
    for queue in queues:
        if (waited := now - queue.oldest) > LATE:
            minutes = int(waited.total_seconds() // 60)
            found = f"jobs wait for {minutes} minutes that nobody takes: {queue.task} ({queue.waiting})"
            yield Trouble(found, "start more workers, of the version and with the files of the others")
