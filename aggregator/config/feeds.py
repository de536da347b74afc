"""The feeds that the user names: ``[[feed]]`` in the main file."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from aggregator.config.report import Location, explain
from aggregator.config.words import read_query
from aggregator.errors import Problem
from aggregator.settings import NamedFeed, closest


def read_feeds(
    path: Path, main: Mapping[str, Any], sources: Sequence[str], problems: list[Problem]
) -> tuple[NamedFeed, ...]:
    """Read every ``[[feed]]`` and add faults to ``problems``; it may mention the names in ``sources``."""
    tables = main.get("feed", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        problems.append(Location(str(path)).problem("feed", "write [[feed]] with two brackets"))
        return ()
    feeds: dict[str, NamedFeed] = {}
    for number, table in enumerate(tables, 1):
        name = table.get("name")
        location = Location(str(path), f'feed "{name}"' if isinstance(name, str) else f"feed number {number}")
        try:
            feed = NamedFeed.model_validate(table)
        except ValidationError as exc:
            problems += explain(exc, location, NamedFeed)
            continue
        try:
            query = read_query(feed.query, path.parent) if feed.query else ""
            feed = feed.model_copy(update={"query": query})
        except ValueError as exc:
            problems.append(location.problem("query", str(exc)))
        # Two names that differ in case alone would be one folder on some disks.
        if feed.name.lower() in feeds:
            problems.append(location.problem("name", "stands twice; names are unique"))
        feeds[feed.name.lower()] = feed
        problems += _problems(location, feed, sources)
    return tuple(feeds.values())


def _problems(location: Location, feed: NamedFeed, sources: Sequence[str]) -> Iterator[Problem]:
    if not (feed.query or feed.categories or feed.sources or feed.tags or feed.changes):
        yield location.problem("", "needs one of query, categories, sources, tags and changes")
    for name in feed.sources:
        if name not in sources:
            yield location.problem("sources", f'there is no source "{name}"{closest(name, sources)}')
