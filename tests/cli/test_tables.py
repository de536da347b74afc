"""Tables at the width of a terminal."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console

from aggregator.cli.tables.alerts import show_events
from aggregator.cli.tables.preview import preview_json, show_preview
from aggregator.cli.tables.sources import Extras, rows_of, show_sources
from aggregator.discover.preview import Preview, PreviewItem
from aggregator.model import Entry, Event, Field
from aggregator.settings import Config, Site, Source
from tests.support.posts import an_item

UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_the_name_of_a_source_survives_a_narrow_terminal(width: int) -> None:
    """It is what every other command asks for; less important columns give way."""
    names = ("market-supervision", "provincial-drug-administration-notices-2")
    sources = tuple(
        Source(name=name, kind="feed", url="https://a.example/", label="药监局") for name in names
    )
    config = Config(site=Site(url="https://news.example.org"), sources=sources)
    console = Console(width=width, record=True)
    show_sources(console, config, rows_of(config, (), NOW), Extras({}, {}, {}, {}))
    lines = console.export_text().splitlines()
    # A long name is folded, and none of its characters is lost.
    first = "".join(line.strip().split("  ")[0] for line in lines)
    assert all(name in first for name in names)
    assert all(cell_len(line) <= width for line in lines)
    assert "status" in lines[1]
    assert "next visit" in lines[1]
    assert ("last visit" in lines[1]) == (width >= 80)
    assert ("kind" in lines[1]) == (width >= 100)
    assert "药监局" in first


@pytest.mark.parametrize("shown", [("calm", "busy"), ("calm",)])
def test_looks_are_told_where_they_are_bound_or_of_one_source(shown: tuple[str, ...]) -> None:
    """A table of many sources would have a line for each of them, and none that somebody needs."""
    sources = tuple(
        Source(name=name, kind="feed", url="https://a.example/", revisit=(timedelta(days=1),))
        for name in shown
    )
    config = Config(site=Site(url="https://news.example.org"), sources=sources)
    console = Console(width=120, record=True)
    steps = {"calm": {0: 5}, "busy": {0: 5000}}
    show_sources(console, config, rows_of(config, (), NOW), Extras({}, {}, {}, steps))
    told = [line.split()[0] for line in console.export_text().splitlines() if "looks at articles" in line]
    assert told == ["busy" if "busy" in shown else "calm"]


def test_facts_in_a_preview() -> None:
    """Each named fact stands with its type, its value and what gave it, as text and as JSON."""
    source = Source(name="office", kind="feed", url="https://a.example/")
    fields = (Field("agency", "市场监管总局\n国家药监局", "list", "发文机关", 'label "发文机关"'),)
    seen = Preview((PreviewItem(Entry("1"), replace(an_item(1), fields=fields)),))
    console = Console(width=160, record=True)
    show_preview(console, source, seen, 1)
    assert re.search(r'agency \(list\) +市场监管总局, 国家药监局 +label "发文机关"', console.export_text())
    [entry] = json.loads(preview_json(source, seen))["entries"]
    assert entry["fields"] == {"agency": ["市场监管总局", "国家药监局"]}
    assert entry["rules"]["fields.agency"] == 'label "发文机关"'


@pytest.mark.parametrize("width", [60, 80, 200])
def test_nothing_of_an_event_is_cut(width: int) -> None:
    """Where the terminal is too narrow for its table, it is told in lines."""
    detail = "answered 503 服务暂时不可用 " * 4
    event = Event(1, "source", "provincial-drug-administration", "source-broken", detail, NOW, NOW, NOW, 1)
    console = Console(width=width, record=True)
    show_events(console, [event], UTC_ZONE)
    text = console.export_text()
    assert all(cell_len(line) <= width for line in text.splitlines())
    letters = "".join(text.split())
    assert "provincial-drug-administration" in letters
    assert letters.count("服务暂时不可用") == 4
    assert "…" not in text
