"""The operator's pages for programs."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

from aggregator.render.status import STATUS, SourcePage, StatusPage

STATE = (
    "status", "failures", "error", "polled", "took", "answered", "listed", "repeats", "wait_until", "paused",
    "moved", "moved_since", "baseline"
)  # fmt: skip
"""What is told of the state of a source as it is in the database."""


def write_page(page: StatusPage) -> bytes:
    """Write a page of all sources as JSON, with the address of the next page."""
    return dump(
        {
            "as_of": page.now,
            "count": page.count,
            "states": dict(page.moods),
            "sources": [asdict(row) for row in page.rows],
            "next": f"{STATUS}.json{page.older}" if page.older else None,
            **({"cluster": asdict(page.cluster)} if page.cluster else {}),
        }
    )


def write_source(page: SourcePage) -> bytes:
    """Write the page of one source as JSON."""
    said = asdict(page)
    state, row, said["as_of"] = said.pop("state"), said.pop("source"), said.pop("now")
    return dump(
        {
            **row,
            **{name: state[name] for name in STATE},
            **said,
            "robots": dict(page.robots),
        }
    )


def dump(value: Any) -> bytes:
    """Write a value as JSON, times in ISO 8601."""
    return json.dumps(value, default=_plain, ensure_ascii=False).encode(errors="replace")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
