"""No answer makes a kind raise anything but ReadError, whatever kind it was meant for."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from aggregator.errors import ReadError
from aggregator.model import Fetched, Listing
from aggregator.settings import Source
from aggregator.sources import BUILT_IN, find_kind
from tests.support.sampling import sampled

URL = "https://news.example/list"
RULES = {
    "listing": {"list": {"entry": "li, tr, p"}, "paging": {"next": "a"}},
    "api": {
        "list": {"entry": "items || data || @", "title": "title || text(content_html)", "link": "url"},
        "paging": {"next": "next_url"},
    },
}


def read(kind: str, body: bytes, content_type: str = "") -> Listing | None:
    """What a kind reads in an answer; None where it refuses it. The list's next page is asked for, too."""
    source = Source.model_validate({"name": "x", "kind": kind, "url": URL, **RULES.get(kind, {})})
    found, fetched = find_kind(kind), Fetched(URL, 200, {"content-type": content_type}, body)
    assert found
    try:
        listing = found.read_list(source, fetched)
        found.ask(source, 2, fetched)
    except ReadError:
        return None
    return listing


@pytest.mark.parametrize("kind", BUILT_IN)
@sampled(25, 150, name="count")
def test_real_answers(corpora: Path, kind: str, count: int) -> None:
    """Feeds, pages and JSON of every sort, whole, cut and mangled, are read or refused by every kind."""
    chance = random.Random(kind)  # noqa: S311
    paths = [path for path in sorted(corpora.rglob("*")) if path.suffix in (".xml", ".json", ".html", ".rss")]
    some = chance.sample(paths, count)
    assert len(some) == count
    for path in some:
        body = path.read_bytes()[:200_000]
        mangled = bytearray(body)
        for _ in range(len(body) // 200):
            mangled[chance.randrange(len(mangled))] = chance.randrange(256)
        for variant in (body, body[: len(body) // 2], bytes(mangled)):
            listing = read(kind, variant)
            if listing:
                assert all(entry.key and (entry.title or entry.address) for entry in listing.entries), path
