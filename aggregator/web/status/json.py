"""The operator's pages for programs."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from aggregator.render.status import STATUS, StatusPage


def write_page(page: StatusPage) -> bytes:
    """Write a page of all sources as JSON, with the address of the next page."""
    return dump(
        {
            "as_of": page.now,
            "count": page.count,
            "states": dict(page.moods),
            "sources": [asdict(row) for row in page.rows],
            "next": f"{STATUS}.json{page.older}" if page.older else None,
        }
    )


def dump(value: Any) -> bytes:
    """Write a value as JSON, times in ISO 8601."""
    return json.dumps(value, default=_plain, ensure_ascii=False).encode(errors="replace")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
