"""Tables at the width of a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from rich.console import Console

from aggregator.cli.tables.sources import Extras, overview_of, show_sources
from aggregator.settings import Config, Site, Source

NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_name_of_a_source_survives_a_narrow_terminal(width: int) -> None:
    """It is what every other command asks for; less important columns give way."""
    names = ("market-supervision", "provincial-drug-administration-notices-2")
    sources = tuple(
        Source(name=name, kind="feed", url="https://a.example/", label="药监局") for name in names
    )
    config = Config(site=Site(url="https://news.example.org"), sources=sources)
    console = Console(width=width, record=True)
    show_sources(console, config, overview_of(config, (), NOW), Extras({}, {}, {}, {}))
    lines = console.export_text().splitlines()
    # A long name is folded, and none of its characters is lost.
    first = "".join(line.strip().split("  ")[0] for line in lines)
    assert all(name in first for name in names)
    assert all(word in lines[1] for word in ("status", "articles", "owed", "last visit", "next visit"))
    assert ("kind" in lines[1]) == (width >= 100)
    assert "药监局" in first
