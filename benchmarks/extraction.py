"""How well the body of an article is found, beside the two libraries that we ask.

Run with ``make bench-extraction``. It reads pages beside the checkout, or where ``AGGREGATOR_CORPORA``
says; they are other people's and no part of this project.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import re
import statistics
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import readability
import trafilatura
from lxml import etree, html

from aggregator.content.body import find_body
from aggregator.content.metadata.metadata import read_metadata
from aggregator.text.charset import decode
from aggregator.text.dates import read_date
from aggregator.text.html import parse_html
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
    gold: Mapping[str, Any] = field(default_factory=dict)
    """The title, date and authors, where they are known."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Pages of one kind. ``options`` are those with which trafilatura does best on them, of its three."""

    name: str
    pages: Sequence[Page]
    options: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What one contender did on one corpus."""

    score: float
    """F1 over the corpus."""
    plain: float
    """The same without the captions of pictures, which we keep on purpose."""
    scores: Mapping[str, float]
    """F1 of each page, captions aside."""
    seconds: float
    """CPU time of a page, the median."""
    kept: Mapping[str, int]
    expected: Mapping[str, int]
    """Structures kept of those expected."""


def read_corpora(folder: Path) -> list[Corpus]:
    """Read the pages of all corpora."""
    extraction = folder / "extraction"
    gold = json.loads((extraction / "fundus" / "gold.json").read_text("utf-8"))
    return [
        Corpus(
            "trafilatura, annotated",
            _read_annotated(extraction / "trafilatura", "pages"),
            {"favor_precision": True},
        ),
        Corpus("the same, more", _read_annotated(extraction / "trafilatura-more", "")),
        Corpus(
            "fundus, today's publishers",
            [
                Page(
                    name,
                    _read(extraction / "fundus" / name),
                    "".join(f"<p>{escape(paragraph)}</p>" for paragraph in page["paragraphs"]),
                    gold=page,
                )
                for name, page in gold.items()
            ],
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


def _read_annotated(folder: Path, pages: str) -> list[Page]:
    annotated = json.loads((folder / "annotations.json").read_text("utf-8"))
    return [
        Page(
            name,
            _read(folder / pages / label["file"]),
            present=label["with"],
            absent=label["without"],
            gold=_gold(label),
        )
        for name, label in annotated.items()
    ]


def _gold(label: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an annotation says of its page's metadata; a date that lacks digits is left out."""
    date = label.get("date") or ""
    named = {"title": label.get("title"), "authors": list(filter(None, [label.get("author")]))}
    return {**named, "date": date if len(date) == 10 else ""} if "title" in label else {}


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
    kept: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    whole, plain, seconds = [], {}, []
    for page in corpus.pages:
        start = time.process_time()
        answer = extract(page.markup)
        seconds.append(time.process_time() - start)
        whole.append(_compare(read_text(answer), page))
        plain[page.name] = _compare(read_text(answer, captions=False), page)
        if page.expected and not page.gold:
            found = _structures(structured(page.markup) if structured else answer)
            wanted = _structures(page.expected)
            expected += wanted
            kept += found & wanted
    scores = {name: _f1(counts) for name, counts in plain.items()}
    return Result(
        _overall(corpus, whole),
        _overall(corpus, list(plain.values())),
        scores,
        statistics.median(seconds),
        kept,
        expected,
    )


def _overall(corpus: Corpus, pages: Sequence[Counter[str]]) -> float:
    """Give the mean of whole texts, and for fragments F1 over all of them, as trafilatura's own evaluation."""
    if corpus.pages[0].expected:
        return statistics.fmean(map(_f1, pages))
    return _f1(sum(pages, Counter()))


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


def read_text(markup: str, *, captions: bool = True) -> str:
    """Read HTML as text: a blank between blocks, none between the parts of a word, in Unicode's NFC."""
    if not markup.strip():
        return ""
    pieces: list[str] = []
    unread = 0
    left_out = UNREAD if captions else UNREAD | {"figcaption"}
    root = html.document_fromstring(f"<html><body>{markup}</body></html>")
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        hidden = element.tag in left_out
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
    content = path.read_bytes()
    return decode(gzip.decompress(content) if path.suffix == ".gz" else content)


def _compare(text: str, page: Page) -> Counter[str]:
    """Count what is found, missing and unwanted: words, or fragments, white space aside.

    A Chinese, Japanese or Korean character is a word; the order of words does not count.
    """
    if page.expected:
        own, wanted = (Counter(TOKEN.findall(one)) for one in (text, read_text(page.expected)))
        found = (own & wanted).total()
        return Counter(found=found, missing=wanted.total() - found, unwanted=own.total() - found)
    squashed = _squash(text)
    found = sum(_squash(fragment) in squashed for fragment in page.present)
    unwanted = sum(_squash(fragment) in squashed for fragment in page.absent)
    return Counter(found=found, missing=len(page.present) - found, unwanted=unwanted)


def _f1(counts: Mapping[str, int]) -> float:
    both = 2 * counts["found"]
    return both / max(both + counts["missing"] + counts["unwanted"], 1)


def _squash(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).replace("\u00ad", "").split())


def _structures(markup: str) -> Counter[str]:
    if not markup.strip():
        return Counter()
    root = html.document_fromstring(f"<html><body>{markup}</body></html>")
    return Counter({name: sum(1 for _ in root.iter(name)) for name in STRUCTURES})


def compare_metadata(corpus: Corpus) -> Iterator[tuple[str, str, str, str]]:
    """Yield the page, the field, the value found and the one expected of what is not as expected.

    A time that names no zone is in that of its source, so whole hours do not count.
    """
    for page in filter(lambda page: page.gold, corpus.pages):
        found, gold = read_metadata(parse_html(page.markup)), page.gold
        authors = ", ".join(gold["authors"] or ())
        if gold["title"] and _letters(found.title.value) != _letters(gold["title"]):
            yield page.name, "titles", found.title.value, gold["title"]
        if authors and _letters(found.author.value) != _letters(authors):
            yield page.name, "author lists", found.author.value, authors
        if gold["date"]:
            expected = datetime.fromisoformat(gold["date"])
            expected = expected.replace(tzinfo=expected.tzinfo or UTC)
            moment = read_date(found.published.value, expected, "UTC")
            if moment is None or moment.astimezone(expected.tzinfo).date() != expected.date():
                yield page.name, "days", found.published.value, gold["date"]
            elif len(gold["date"]) > 10 and 60 <= (moment - expected).total_seconds() % 3600 <= 3540:
                yield page.name, "minutes", found.published.value, gold["date"]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def main() -> int:
    """Print the tables; 1 where the pages are missing. ``-v`` prints what metadata is not as expected, too."""
    folder = Path(os.environ.get("AGGREGATOR_CORPORA", BESIDE))
    if not (folder / "extraction").is_dir():
        print(
            f"No pages at {folder}/extraction; set AGGREGATOR_CORPORA to the folder that holds them.",
            file=sys.stderr,
        )
        return 1
    logging.disable(logging.CRITICAL)
    ours("<p>The libraries load at the first page.</p>")
    print(
        f"{'F1 (without captions)':27}{'pages':>6}{'aggregator':>17}{'trafilatura':>17}{'readability-lxml':>18}"
    )
    results: dict[str, dict[str, Result]] = {}
    corpora = read_corpora(folder)
    for corpus in corpora:
        row = results[corpus.name] = measure_all(corpus)
        print(
            f"{corpus.name:27}{len(corpus.pages):6}"
            + _row(f"{result.score:.4f} ({result.plain:.4f})" for result in row.values())
        )
    print("\nkept of what is expected on Mozilla Readability's")
    for name in STRUCTURES:
        kept = (
            f"{r.kept.get(name, 0)}/{r.expected.get(name, 0)}"
            for r in results["Mozilla Readability"].values()
        )
        print(f"{name:33}" + _row(kept))
    print("\nCPU time a page, median")
    for name, row in results.items():
        print(f"{name:33}" + _row(f"{result.seconds * 1000:.1f} ms" for result in row.values()))
    print("\npages below .5 where a library is above .8 (ours, trafilatura, readability-lxml)")
    for name, row in results.items():
        for page, score in row["aggregator"].scores.items():
            scores = [result.scores[page] for result in row.values()]
            if score < 0.5 and max(scores) > 0.8:
                print(f"{name[:24]:25}{page[:60]:62}" + " ".join(f"{one:.2f}" for one in scores))
    for corpus in corpora:
        if any(page.gold for page in corpus.pages):
            faults = list(compare_metadata(corpus))
            counts = Counter(field for _, field, _, _ in faults)
            print(f"\nnot as expected on {corpus.name}: " + ", ".join(f"{n} {k}" for k, n in counts.items()))
            if "-v" in sys.argv:
                for fault in faults:
                    print("  " + " | ".join(fault))
    return 0


def _row(cells: Iterable[str]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, (17, 17, 18), strict=True))


if __name__ == "__main__":
    sys.exit(main())
