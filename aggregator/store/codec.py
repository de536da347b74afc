"""Entries and articles as JSON and back, without loss."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from aggregator.model import Article, Attachment, Baseline, Entry, Label, Pace, Request, Rhythm

HABITS: dict[str, TypeAdapter[Any]] = {
    "pace": TypeAdapter(Pace),
    "rhythm": TypeAdapter(Rhythm),
    "baseline": TypeAdapter(Baseline),
}
"""The fields of a PollState that are values of their own."""


def encode_entry(entry: Entry) -> str:
    """Return an entry as a JSON object of its fields."""
    return _dump(asdict(replace(entry, fields=dict(entry.fields), rules=dict(entry.rules))))


def decode_entry(text: str) -> Entry:
    """Return the entry that ``encode_entry`` wrote."""
    said = json.loads(text)
    return Entry(
        **{
            **said,
            "attachments": _attachments(said["attachments"]),
            "notes": tuple(said.get("notes", ())),
        }
    )


def encode_article(article: Article) -> str:
    """Return an article as a JSON object of its fields, times in ISO 8601."""
    said = asdict(article)
    times = {name: said[name].isoformat() for name in ("published", "updated")}
    return _dump(said | times | {"future": article.future.isoformat() if article.future else None})


def decode_article(text: str) -> Article:
    """Return the article that ``encode_article`` wrote."""
    said = json.loads(text)
    return Article(
        **{
            **said,
            "published": datetime.fromisoformat(said["published"]),
            "updated": datetime.fromisoformat(said["updated"]),
            # Version 0.1 wrote none.
            "future": datetime.fromisoformat(said["future"]) if said.get("future") else None,
            "labels": _labels(said["labels"]),
            "attachments": _attachments(said["attachments"]),
        }
    )


def encode_request(request: Request) -> str:
    """Return what a request asks for as a JSON object, without validators."""
    return _dump({"address": request.address, "method": request.method, "body": request.body})


def decode_request(text: str) -> Request:
    """Return the request that ``encode_request`` wrote."""
    return Request(**json.loads(text))


def encode_habit(name: str, value: Pace | Rhythm | Baseline) -> str:
    """Return one of ``HABITS`` as a JSON object of what is not its default."""
    return HABITS[name].dump_json(value, exclude_defaults=True).decode()


def decode_habit(name: str, text: str) -> Any:
    """Return the value that ``encode_habit`` wrote."""
    return HABITS[name].validate_json(text)


def encode_values(values: Iterable[Label | Attachment]) -> str:
    """Return labels or attachments as a JSON list of objects."""
    return _dump([asdict(value) for value in values])


def decode_labels(text: str) -> tuple[Label, ...]:
    """Return the labels that ``encode_values`` wrote."""
    return _labels(json.loads(text))


def decode_attachments(text: str) -> tuple[Attachment, ...]:
    """Return the attachments that ``encode_values`` wrote."""
    return _attachments(json.loads(text))


def _labels(said: list[dict[str, Any]]) -> tuple[Label, ...]:
    return tuple(Label(**label) for label in said)


def _attachments(said: list[dict[str, Any]]) -> tuple[Attachment, ...]:
    return tuple(Attachment(**attachment) for attachment in said)


def _dump(said: object) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
