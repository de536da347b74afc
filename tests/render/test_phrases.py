"""What is said of sources, in Chinese: all of it, and what varies in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from aggregator.decide.cluster import explain_cluster
from aggregator.decide.explanation import ERRORS, MENDS, NEW_COOKIES, SEE_LOGIN, STATES, explain
from aggregator.errors import Fault
from aggregator.model import STOPPED, Baseline, Node, Owed, Pace, PollState, WaitingJobs
from aggregator.render.phrases import Phrases
from aggregator.settings import Source

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WELL = {"polled": NOW, "succeeded": NOW, "status": "ok"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def a_source(**said: object) -> Source:
    return Source(**({"name": "paper", "kind": "feed", "url": "https://paper.example/feed"} | said))


STANDINGS = [
    ({}, {}, {}),
    ({"due": NOW - HOUR}, {}, {}),
    ({"due": NOW + HOUR, **WELL}, {"interval": HOUR}, {}),
    ({"due": NOW + HOUR, **WELL}, {"interval": HOUR, "interval_min": HOUR, "interval_max": 2 * HOUR}, {}),
    ({"due": NOW + 9 * HOUR, **WELL, "pushed": NOW}, {}, {}),
    ({"due": NOW + 9 * HOUR, **WELL, "pace": Pace(hours=(1,))}, {}, {}),
    ({"due": NOW + 9 * HOUR, **WELL}, {"interval": timedelta(minutes=1)}, {}),
    ({"due": NOW + HOUR, **WELL}, {"cron": "0 9 * * *"}, {}),
    ({"due": NOW + HOUR, **WELL}, {}, {"owed": [Owed("a", "budget", "", NOW)]}),
    ({"due": NOW + HOUR, **WELL, "moved": "https://new.example/", "moved_since": NOW}, {}, {}),
    ({"due": NOW + HOUR, **WELL}, {}, {"leased": True}),
    ({"due": NOW + HOUR, **WELL, "wait_until": NOW + HOUR}, {}, {}),
    ({"due": NOW + HOUR, "paused": NOW}, {}, {}),
    ({"due": STOPPED, "status": "gone", "failures": 3, "error": "gone"}, {}, {}),
    ({"due": NOW + HOUR, "status": "suspect", "error": "nothing new"}, {}, {}),
    ({"due": NOW + HOUR, "status": "suspect", "error": "x", "baseline": Baseline(broken="x")}, {}, {}),
    ({"due": NOW + HOUR, "status": "failed", "failures": 1, "error": "answered 503"}, {}, {}),
    *(({"due": NOW + HOUR, "status": one, "failures": 2, "error": "x"}, {}, {}) for one in get_args(Fault)),
]


@pytest.mark.parametrize(("state", "source", "more"), STANDINGS)
def test_every_sentence_is_said_in_chinese(state: dict, source: dict, more: dict) -> None:  # type: ignore[type-arg]
    """But for names, addresses and commands."""
    phrase = Phrases("zh-Hans")
    said = explain(a_source(**source), PollState("paper", **({"due": NOW} | state)), NOW, **more)
    for sentence in (said.state, said.why, said.mend):
        words = re.sub(r"`[^`]*`", "", phrase(sentence))
        assert not words.strip() or CHINESE.search(words), sentence
        assert not re.search(r"\b(it|its|and|the|minutes?|hours?|days?|seconds)\b", words), words
        assert Phrases("en")(sentence) == sentence


def test_every_mend_is_said_in_chinese() -> None:
    """Those of all states and errors."""
    phrase = Phrases("zh-CN")
    for said in (*STATES.values(), *MENDS.values(), *ERRORS.values(), SEE_LOGIN, NEW_COOKIES):
        filled = said.format(name="a-name", address="https://a.example/?x={y}")
        assert CHINESE.search(phrase(filled)), said
        assert "a-name" in phrase(filled) or "a-name" not in filled


def test_what_is_said_of_a_cluster_is_said_in_chinese() -> None:
    """Of nodes that lack everything, of none, and of jobs that wait."""
    phrase = Phrases("zh-CN")
    odd = Node("a", "x", 7, "worker", "1", "m", "https://n.example", False, offset=9.0, seen=NOW - HOUR)
    leader = replace(odd, id="b", kind="run", dispatches=True, offset=-9.0)
    nodes = [leader, replace(odd, version="2"), replace(odd, configuration="n")]
    queue = WaitingJobs("q", "visit", 2, NOW - HOUR)
    states = [
        explain_cluster(those, [queue], NOW, renders=True)
        for those in (nodes, [odd], [replace(odd, kind="run")], [])
    ]
    for state in states:
        for trouble in (*state.troubles, *(one for node in state.nodes for one in node.troubles)):
            assert CHINESE.search(phrase(trouble.found)), trouble
            assert CHINESE.search(re.sub(r"`[^`]*`", "", phrase(trouble.mend))), trouble
        assert all(CHINESE.search(phrase(node.state)) for node in state.nodes)


def test_what_a_visit_came_to_is_said_in_chinese() -> None:
    """Its status, and what robots.txt said."""
    phrase = Phrases("zh-CN")
    for status in ("ok", "suspect", *get_args(Fault)):
        assert CHINESE.search(phrase(status)), status
    file = "https://paper.example/robots.txt"
    assert phrase(f"there is no {file}") == f"没有 {file}"
    assert phrase(f"allowed by {file}") == f"{file} 允许"
    assert phrase(f"forbidden by {file}, Crawl-delay 2.5 s") == f"{file} 禁止，Crawl-delay 2.5 秒"


def test_what_nobody_translated_stays() -> None:
    """As it is, whatever is in it."""
    assert Phrases("zh-CN")("a {new} sentence") == "a {new} sentence"
    assert Phrases("fr")("works") == "works"
