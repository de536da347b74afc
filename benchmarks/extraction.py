"""How well the body of an article is found, beside the two libraries that we ask.

Run with ``make bench-extraction``. It reads pages beside the checkout, or where ``AGGREGATOR_CORPORA``
says; they are other people's and no part of this project.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path

import readability
import trafilatura
from lxml import etree, html

from aggregator.content.body import find_body
from aggregator.text.charset import decode
from benchmarks.labels import LABELS

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "corpora"
STRUCTURES = ("img", "table", "li", "pre", "figcaption")
BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details div dl dt figcaption figure footer form h1 h2"
    " h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
UNREAD = frozenset("script style noscript template textarea title head".split())
TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")
ADDRESS = "http://page.example/"

Extract = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page, and what its article is: the HTML of it, or fragments that are in its text and that are not."""

    name: str
    markup: str
    expected: str = ""
    present: Sequence[str] = ()
    absent: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Corpus:
    """Pages of one kind. ``options`` are those with which trafilatura does best on them, of its three."""

    name: str
    pages: Sequence[Page]
    options: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What one contender did on one corpus: F1, seconds a page, structures kept of those expected."""

    score: float
    seconds: float
    kept: Mapping[str, int]
    expected: Mapping[str, int]


def read_corpora(folder: Path) -> list[Corpus]:
    """Read the pages of the four corpora."""
    extraction = folder / "extraction"
    annotated = json.loads((extraction / "trafilatura" / "annotations.json").read_text("utf-8"))
    pages = extraction / "trafilatura" / "pages"
    return [
        Corpus(
            "trafilatura, annotated",
            [
                Page(name, _read(pages / label["file"]), present=label["with"], absent=label["without"])
                for name, label in annotated.items()
            ],
            {"favor_precision": True},
        ),
        Corpus(
            "Mozilla Readability",
            [
                Page(path.parent.name, _read(path), _read(path.with_name("expected.html")))
                for path in sorted((extraction / "readability").glob("*/source.html"))
            ],
            {"favor_recall": True},
        ),
        Corpus(
            "State Council, Chinese",
            [
                Page(path.name, _read(path), _read(path.with_name(path.name.replace(".page.", ".content."))))
                for path in sorted((folder / "gov" / "gov.cn").glob("*.page.html"))
            ],
        ),
        Corpus(
            "Chinese news, labelled",
            [
                Page(name, _read(extraction / "gne" / f"{name}.html"), present=present, absent=absent)
                for name, (present, absent) in LABELS.items()
            ],
            {"favor_precision": True},
        ),
    ]


def ours(markup: str) -> str:
    """Find the body as the program does."""
    body = find_body(markup, ADDRESS)
    return body.html if body else ""


def by_readability(markup: str) -> str:
    """Find the body with readability-lxml alone."""
    try:
        return str(readability.Document(markup).summary())
    except readability.readability.Unparseable:
        return ""


def by_trafilatura(markup: str, **options: bool) -> str:
    """Find the body with trafilatura alone: its text, by which it scores better than by its HTML."""
    text = trafilatura.extract(markup, include_comments=False, **options)
    return f"<pre>{escape(text)}</pre>" if text else ""


def marked_by_trafilatura(markup: str, **options: bool) -> str:
    """The same as HTML with all that it can keep, to count the structures."""
    return (
        trafilatura.extract(
            markup,
            output_format="html",
            include_comments=False,
            include_formatting=True,
            include_images=True,
            include_links=True,
            include_tables=True,
            **options,
        )
        or ""
    )


def measure(corpus: Corpus, extract: Extract, structured: Extract | None = None) -> Result:
    """Run one contender over a corpus; ``structured`` gives its markup where that is another answer."""
    counts: Counter[str] = Counter()
    likeness = []
    kept: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    seconds = 0.0
    for page in corpus.pages:
        start = time.perf_counter()
        answer = extract(page.markup)
        seconds += time.perf_counter() - start
        if page.expected:
            likeness.append(_likeness(read_text(answer), read_text(page.expected)))
            found = _structures(structured(page.markup) if structured else answer)
            wanted = _structures(page.expected)
            expected += wanted
            kept += found & wanted
        else:
            counts += _count(read_text(answer), page)
    score = sum(likeness) / len(likeness) if likeness else _f1(counts)
    return Result(score, seconds / len(corpus.pages), kept, expected)


def measure_all(corpus: Corpus) -> dict[str, Result]:
    """Run the three contenders over a corpus."""
    return {
        "aggregator": measure(corpus, ours),
        "trafilatura": measure(
            corpus,
            partial(by_trafilatura, **corpus.options),
            partial(marked_by_trafilatura, **corpus.options),
        ),
        "readability-lxml": measure(corpus, by_readability),
    }


def read_text(markup: str) -> str:
    """Read HTML as text: a blank between blocks, none between the parts of a word, in Unicode's NFC."""
    if not markup.strip():
        return ""
    pieces: list[str] = []
    unread = 0
    root = html.document_fromstring(f"<html><body>{markup}</body></html>")
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        hidden = element.tag in UNREAD
        if event == "start":
            unread += hidden
        elif event == "end":
            unread -= hidden
        if element.tag in BLOCKS:
            pieces.append(" ")
        text = element.text if event == "start" else element.tail
        if text and not unread:
            pieces.append(text)
    return unicodedata.normalize("NFC", " ".join("".join(pieces).split()))


def _read(path: Path) -> str:
    return decode(path.read_bytes())


def _count(text: str, page: Page) -> Counter[str]:
    """Count as trafilatura's own evaluation does, white space aside: found, missing, unwanted."""
    squashed = _squash(text)
    found = sum(_squash(fragment) in squashed for fragment in page.present)
    unwanted = sum(_squash(fragment) in squashed for fragment in page.absent)
    return Counter(found=found, missing=len(page.present) - found, unwanted=unwanted)


def _f1(counts: Mapping[str, int]) -> float:
    return 2 * counts["found"] / (2 * counts["found"] + counts["missing"] + counts["unwanted"])


def _squash(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


def _likeness(text: str, expected: str) -> float:
    """F1 over the words of two texts; a Chinese, Japanese or Korean character is a word."""
    ours_, theirs = Counter(TOKEN.findall(text)), Counter(TOKEN.findall(expected))
    return 2 * (ours_ & theirs).total() / max((ours_.total() + theirs.total()), 1)


def _structures(markup: str) -> Counter[str]:
    if not markup.strip():
        return Counter()
    root = html.document_fromstring(f"<html><body>{markup}</body></html>")
    return Counter({name: sum(1 for _ in root.iter(name)) for name in STRUCTURES})


def main() -> int:
    """Print the table; 1 where the pages are missing."""
    folder = Path(os.environ.get("AGGREGATOR_CORPORA", BESIDE))
    if not (folder / "extraction").is_dir():
        print(
            f"No pages at {folder}/extraction; set AGGREGATOR_CORPORA to the folder that holds them.",
            file=sys.stderr,
        )
        return 1
    logging.disable(logging.CRITICAL)
    ours("<p>The libraries load at the first page.</p>")
    print(f"{'F1':28}{'pages':>6}{'aggregator':>14}{'trafilatura':>14}{'readability-lxml':>18}")
    timed = []
    structured: dict[str, Result] = {}
    for corpus in read_corpora(folder):
        results = measure_all(corpus)
        print(
            f"{corpus.name:28}{len(corpus.pages):6}"
            + _row(f"{result.score:.4f}" for result in results.values())
        )
        timed.append((corpus.name, [f"{result.seconds * 1000:.0f} ms" for result in results.values()]))
        if corpus.name == "Mozilla Readability":
            structured = results
    print("\nkept of what is expected there")
    for name in STRUCTURES:
        row = [f"{result.kept.get(name, 0)}/{result.expected.get(name, 0)}" for result in structured.values()]
        print(f"{name:34}" + _row(row))
    print("\ntime a page")
    for name, row in timed:
        print(f"{name:34}" + _row(row))
    return 0


def _row(cells: Iterable[str]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, (14, 14, 18), strict=True))


if __name__ == "__main__":
    sys.exit(main())
