"""Answers as a kind gets them, without a network."""

from __future__ import annotations

import json
from typing import Any

from aggregator.model import Fetched

URL = "https://news.example/list"


def fetched(body: bytes | str, address: str = URL, **headers: str) -> Fetched:
    """An answer with this body; header names are written with ``_`` for ``-``."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched(address, 200, sent, body.encode() if isinstance(body, str) else body)


def as_json(value: Any, address: str = URL, **headers: str) -> Fetched:
    """An answer of JSON."""
    return fetched(json.dumps(value, ensure_ascii=False), address, **headers)
