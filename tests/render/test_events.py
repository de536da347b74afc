"""The program's own news in words: each kind, in each language, as valid Atom and in the place of articles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from lxml import etree

from aggregator.errors import EventKind
from aggregator.model import OPERATIONS, Event
from aggregator.render.events import EventTexts
from aggregator.render.feeds import render_operations
from aggregator.settings import Site

BEGAN = datetime(2026, 3, 5, 2, 0, 0, 5, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
EVENTS = [
    Event(number, "source", "paper", kind, "a <b>bad</b> & `odd`\x00 error", BEGAN, BEGAN, BEGAN, number)
    for number, kind in enumerate(get_args(EventKind))
]


def texts(language: str) -> EventTexts:
    """What writes events of a site in that language, whose one source has an odd label."""
    site = Site(url="https://news.example.org", title="News", language=language, timezone="Asia/Shanghai")
    return EventTexts(site, {}, lambda name: "Paper & <Sons>" if name else "")


@pytest.mark.parametrize("events", [EVENTS, []], ids=["every kind", "empty"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_feed_is_valid(corpora: Path, language: str, events: list[Event]) -> None:
    """It satisfies the schema of RFC 4287, and each entry has an id and a title of its own."""
    site = Site(url="https://news.example.org", title="News", language=language, timezone="UTC")
    schema = etree.RelaxNG(etree.parse(corpora / "schemas/atom_relaxng/schemas/atom.rng"))
    feed = etree.fromstring(
        render_operations(site, OPERATIONS, list(map(texts(language).entry, events))).body
    )
    schema.assertValid(feed)
    assert len({one.findtext(f"{ATOM}id") for one in feed.iter(f"{ATOM}entry")}) == len(events)
    assert len({one.findtext(f"{ATOM}title") for one in feed.iter(f"{ATOM}entry")}) == len(events)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_words(event: Event) -> None:
    """What an error quotes is text, times are those of the site, and a message has the same words."""
    entry, article = texts("en").entry(event), texts("en").article(event, event.kind).article
    assert "<b>" not in entry.content
    if "What to do" in article.summary:
        assert len(article.summary.splitlines()) >= 2
    if event.kind == "source-broken":
        assert entry.title == "Broken: Paper & <Sons>"
        assert "since 2026-03-05 10:00" in entry.content
        assert "<code>aggregator preview paper</code>" in entry.content
        assert "Why: a <b>bad</b> & `odd`" in article.summary


def test_a_notice_for_subscribers() -> None:
    """It names no reason, and tells nothing of a source that left before it was back."""
    long = {"lasted": BEGAN + timedelta(days=1)}
    event = Event(1, "source", "paper", "source-broken", "secret", BEGAN, BEGAN, BEGAN, 1, **long)
    left = Event(1, "source", "paper", "source-gone", "", BEGAN, BEGAN, BEGAN, 1, **long, ended=BEGAN)
    notice = texts("en").notice(event)
    assert notice is not None
    assert (notice.title, notice.updated) == (
        "Not up to date: Paper & <Sons>",
        long["lasted"].replace(microsecond=0),
    )
    assert "secret" not in notice.content
    assert texts("en").notice(left) is None
