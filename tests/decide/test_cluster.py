"""How a cluster does, in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.decide.cluster import explain_cluster
from aggregator.model import Node, WaitingJobs

NOW = datetime(2026, 3, 5, 2, 20, tzinfo=UTC)
LEADER = Node(
    "a", "one", 7, "run", "1.0", "abcd", "https://n.example", True, 3, True, 0.1, NOW - timedelta(days=1), NOW
)
WORKER = replace(LEADER, id="b", host="two", kind="worker", dispatches=False, jobs=0)


def test_all_is_well() -> None:
    """One hands out the work, the other works, and nothing waits for long."""
    queue = WaitingJobs("abcd-1.0", "visit", 3, NOW - timedelta(minutes=9))
    said = explain_cluster([LEADER, WORKER], [queue], NOW)
    assert [(one.state, one.mood) for one in said.nodes] == [
        ("hands out the work", "good"),
        ("works", "good"),
    ]
    assert list(said.all_troubles) == []


@pytest.mark.parametrize(
    ("node", "found", "mood"),
    [
        (replace(WORKER, version="0.9"), "its version is 0.9, and 1.0 hands out the work", "bad"),
        (replace(WORKER, configuration="dcba"), "its configuration is another than that of one", "bad"),
        (replace(WORKER, offset=600.4), "its clock is 600 seconds ahead of the database's", "doubtful"),
        (replace(WORKER, offset=-600.4), "its clock is 600 seconds behind the database's", "doubtful"),
        (replace(WORKER, browser=False), "it cannot render pages", "doubtful"),
        (replace(WORKER, seen=NOW - timedelta(seconds=20)), "it was not heard of lately", "doubtful"),
    ],
)
def test_what_a_node_lacks(node: Node, found: str, mood: str) -> None:
    """It is said of the node; where it takes no work, that is its state."""
    said = explain_cluster([LEADER, node], [], NOW, renders=True)
    state = said.nodes[1]
    assert [trouble.found.startswith(found) for trouble in state.troubles] == [True]
    assert (state.mood, state.state) == (mood, "takes no work" if mood == "bad" else "works")
    assert [one.found.startswith(f"two (worker 7): {found}") for one in said.all_troubles] == [True]


def test_what_nobody_does() -> None:
    """Where nobody hands out the work, can render, or takes a job."""
    lone = replace(WORKER, browser=False)
    assert [one.found for one in explain_cluster([], [], NOW, renders=True).troubles] == ["no node runs"]
    queue = WaitingJobs("abcd-0.9", "publish", 2, NOW - timedelta(minutes=11))
    troubles = explain_cluster([lone], [queue], NOW, renders=True).troubles
    assert "workers cannot do it" in troubles[0].mend
    assert [one.found for one in troubles] == [
        "nobody hands out the work",
        "no machine can render pages, and there is a source with [source.browser]",
        "jobs wait for 11 minutes that nobody takes: publish (2)",
    ]
    [trouble] = explain_cluster([replace(LEADER, dispatches=False)], [], NOW).troubles
    assert (trouble.found, trouble.mend[:4]) == ("nobody hands out the work", "wait")


def test_a_node_without_browser_is_well_where_none_is_needed() -> None:
    """Most sources need none."""
    said = explain_cluster([LEADER, replace(WORKER, browser=False)], [], NOW)
    assert list(said.all_troubles) == []
