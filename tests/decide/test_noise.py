"""Pages of real sites, each against itself with noise put in: none of it is a change."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.decide.comparison import compare, make_again
from aggregator.errors import AggregatorError
from aggregator.model import Article, Entry, Fetched
from aggregator.settings import Source
from aggregator.sources.jobs import make_article, read_article

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SOURCE = Source(name="noise", kind="listing", url="https://news.example/list")
TAG = re.compile(rb"<(p|div|li|span|td|h1|h2|a)((?:\s+[\w-]+=(?:\"[^\"<>]*\"|'[^'<>]*'))+)\s*>")
ATTRIBUTE = re.compile(rb"\s+[\w-]+=(?:\"[^\"<>]*\"|'[^'<>]*')")


def noisy(body: bytes, seed: int) -> bytes:
    """A page as its server sends it the next time: with other counters, advertisements, tracking, attributes."""
    chance = random.Random(seed)  # noqa: S311
    number = chance.randrange(10_000, 99_999)

    def shuffled(tag: re.Match[bytes]) -> bytes:
        some = ATTRIBUTE.findall(tag[2])
        chance.shuffle(some)
        return b"<" + tag[1] + b"".join(some) + f' data-v-{number % 7}="{number}">'.encode()

    body = TAG.sub(shuffled, body)
    body = re.sub(rb"</p>", b" \n</p>\n", body, flags=re.IGNORECASE)
    beside = (
        f"<div class='ad-{number}'><a href='https://ads.example/?z={number}'>Buy {number} lamps</a></div>"
        f"<div class='related'><a href='/r/{number}.html'>Related: gulls</a></div>"
        f"<script>var t={number};</script><!-- node {number} --><p class='stat'>浏览次数：{number}</p>"
        f"<img src='/p.gif?r={number}' width='1' height='1'>"
    ).encode()
    end = body.lower().rfind(b"</body>")
    return body[:end] + beside + body[end:] if end > 0 else body + beside


def read(body: bytes) -> tuple[Article, Entry] | None:
    """The article of a page, None where the page has none."""
    answer = Fetched("https://news.example/n/1.html", 200, {"content-type": "text/html"}, body)
    entry = Entry("https://news.example/n/1.html", address="https://news.example/n/1.html")
    try:
        whole = read_article(SOURCE, entry, answer)
        return make_article(whole, SOURCE, NOW)[0], whole
    except AggregatorError:
        return None


def changes_of(paths: list[Path]) -> tuple[int, list[str]]:
    """How many of the pages have an article, and what is told of them once noise is put in."""
    compared, told = 0, []
    for seed, path in enumerate(paths):
        body = path.read_bytes()
        held = read(body)
        if held is None:
            continue
        compared += 1
        again = noisy(body, seed)
        made = read(again)
        after = make_again(made[0], held[0], made[1], NOW, "UTC") if made else None
        answer = Fetched("https://news.example/n/1.html", 200, {"content-type": "text/html"}, again)
        seen = compare(held[0], after, answer, same_reading=True)
        if (seen.change and not seen.doubt) or seen.missing:
            told.append(f"{path.name}: {seen}")
    return compared, told


def pages_of(corpora: Path) -> list[Path]:
    """The pages of the corpora, in an order that mixes them."""
    pages = sorted([*(corpora / "extraction").rglob("*.html"), *(corpora / "gov").rglob("*.html")])
    random.Random(1).shuffle(pages)  # noqa: S311
    return pages


@pytest.mark.parametrize("count", [8, pytest.param(100_000, marks=pytest.mark.slow)])
def test_noise_on_real_pages_is_no_change(corpora: Path, count: int) -> None:
    """Counters, advertisements, what is related, tracking, attributes and white space make no revision.

    No selector says where the texts are: of a page in a hundred, noise decides what more is found to be one.
    """
    compared, told = changes_of(pages_of(corpora)[:count])
    print(f"{compared} pages compared, {len(told)} told")
    assert len(told) * 100 < compared, told
