"""The first poll of a source: its list, articles and habits come of one job, and as they would of several."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import ReadError
from aggregator.model import Article, PollState
from aggregator.worker.pool import Pool
from tests.support.clock import START, a_calendar
from tests.support.loopback import Site
from tests.support.samples import LONG_TEXT, feed, item

WEEK = timedelta(days=7)
HTML = LONG_TEXT.replace("<", "&lt;")
UNDATED = "<item><guid>u</guid><title>No date</title><description>Words without a day.</description></item>"
EMPTY = "<item><guid>e</guid><link>http://x.example/e</link><title> </title></item>"


def first_poll(
    folder: Path, site: Site, monkeypatch: pytest.MonkeyPatch, *, at_once: bool, **said: Any
) -> tuple[list[str], PollState, list[Article]]:
    """Poll once; give the names of its jobs, the source's state and its articles."""
    jobs = list[str]()
    run = Pool.run

    async def noted(pool: Pool, work: Any, *given: Any) -> Any:
        jobs.append(work.__name__)
        if work.__name__ == "read_first" and not at_once:
            raise ReadError("the process that read it ended")
        return await run(pool, work, *given)

    monkeypatch.setattr(Pool, "run", noted)
    with a_calendar(folder, f"{site.url}/feed.xml", **{"full_text": "never"} | said) as calendar:
        calendar.visit(START + WEEK)
        kept = sorted(calendar.app.store.every(), key=lambda one: one.sequence)
        articles = [one.article for one in kept]
        state = calendar.state
    monkeypatch.setattr(Pool, "run", run)
    return jobs, state, articles


@pytest.mark.parametrize(
    ("items", "said", "jobs"),
    [
        ([*(item(n, HTML) for n in range(9)), UNDATED], {}, ["read_first"]),
        ([item(1), item(2), item(3)], {"limit": 2}, ["read_first"]),
        ([item(1), item(2)], {"block": {"title": ("2",)}}, ["read_first"]),
        ([item(1), item(2)], {"block": {"text": ("text 2",)}}, ["read_first"]),
        ([item(1), item(1, "other")], {}, ["read_first"]),
        ([item(1), EMPTY], {}, ["read_first"]),
        (
            [item(n) for n in range(51)],
            {},
            ["read_first", "make_articles", "make_articles", "doubt_or_learn"],
        ),
    ],
    ids=["whole", "limited", "blocked", "filtered", "one id", "empty", "long"],
)
def test_one_job_gives_what_several_would(
    items: list[str], said: dict[str, Any], jobs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Articles, debts and what is learnt are the same where the one job costs its process."""
    with Site({"/feed.xml": feed(*items)}) as site:
        done, state, kept = first_poll(tmp_path / "a", site, monkeypatch, at_once=True, **said)
        more, same_state, same = first_poll(tmp_path / "b", site, monkeypatch, at_once=False, **said)
    assert done == jobs
    assert {"read_answer", "make_articles", "doubt_or_learn"} <= set(more)
    assert (state, kept) == (same_state, same)
    assert kept
    assert state.baseline.articles == len(kept)
