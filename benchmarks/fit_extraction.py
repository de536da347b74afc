"""Fits the forests by which texts are told to be an article's: ``aggregator/content/body/forests.json``.

``python -m benchmarks.fit_extraction`` shows how well forests fitted on four fifths of the sites find the
articles of the last fifth; with ``--write`` it fits them on all pages and writes the file. It needs
lightgbm, which comes with the extra "bench".
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy
from lxml import html

from aggregator.content.body.blocks import Block, read_blocks
from aggregator.content.body.features import FEATURES, read_context, read_features
from aggregator.content.body.tree import read_tree, tidy, title_of
from aggregator.content.body.votes import held, trafilatura_votes
from benchmarks.extraction import ADDRESS, BESIDE, Corpus, Page, read_corpora

FILE = Path(__file__).parents[1] / "aggregator" / "content" / "body" / "forests.json"
FOLDS = 5
UNLABELLED = 1.0
"""The weight of all texts of a page without labels, against that of its fragments."""
LESS_LIKELY = 0.2
"""The share of pages that are shown a second time, as they would be with names and votes that mislead."""
SETTINGS = {
    "objective": "binary", "num_leaves": 10, "learning_rate": 0.05, "min_data_in_leaf": 80,
    "feature_fraction": 0.3, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5,
    "verbose": -1, "num_threads": 1, "seed": 1,
}  # fmt: skip
TREES = 90


@dataclass(frozen=True, slots=True)
class Sample:
    """The texts of one page: their features, whether they are the article's (-1: unknown), their weights."""

    corpus: str
    page: str
    site: str
    rows: Any
    labels: Any
    weights: Any


def read_sample(corpus: Corpus, page: Page, votes: Sequence[float] | None = None) -> Sample | None:
    """Read one page."""
    tree = read_tree(page.markup, ADDRESS)
    if tree is None:
        return None
    tidy(tree)
    blocks = read_blocks(tree)
    units = [block for block in blocks if block.runs]
    if not units:
        return None
    votes = votes or trafilatura_votes(tree, units)
    rows = read_features(blocks, votes, title_of(tree))
    labels, weights = _judge(page, units, rows)
    return Sample(corpus.name, page.name, _site(page), numpy.array(rows), labels, weights)


def _judge(page: Page, units: Sequence[Block], rows: Sequence[Sequence[float]]) -> tuple[Any, Any]:
    """Return the labels and weights of a page's texts."""
    sizes = numpy.array([sum(map(len, unit.runs)) for unit in units]) ** 0.5
    if page.expected:
        found = html.document_fromstring(f"<html><body>{page.expected}</body></html>")
        labels = numpy.array([int(share >= 0.5) for share in held(units, found)])
        return labels, 3 * sizes / sizes.sum()
    labels, weights = numpy.full(len(units), -1), numpy.zeros(len(units))
    texts = [unicodedata.normalize("NFC", "".join(unit.runs)) for unit in units]
    for fragments, label in ((page.absent, 0), (page.present, 1)):
        for fragment in ("".join(one.split()) for one in fragments):
            for at, text in enumerate(texts):
                if fragment in text or (len(text) >= 15 and text in fragment):
                    labels[at] = label
    known = labels >= 0
    weights[known] = 1 / max(len(page.absent) + len(page.present), 1)
    # What trafilatura and Readability's idea agree on is probably so.
    vote, readable = (numpy.array(rows)[:, FEATURES.index(name)] for name in ("vote", "readable"))
    for label, agreed in ((1, (vote >= 0.5) & (readable == 2)), (0, (vote < 0.5) & (readable == 0))):
        labels[agreed & ~known] = label
    probable = (labels >= 0) & ~known
    weights[probable] = UNLABELLED * sizes[probable] / max(sizes[probable].sum(), 1)
    return labels, weights


def mislead(sample: Sample) -> Sample:
    """Return a page as if its classes called all of it furniture and trafilatura took nothing."""
    rows = sample.rows.copy()
    for name, value in (
        ("in_furniture", 1),
        ("in_around", 1),
        ("in_aside", 1),
        ("vote", 0),
        ("votes", 0),
        ("about", 1),
    ):
        rows[:, FEATURES.index(name)] = value
    return replace(sample, rows=rows, weights=sample.weights / 2)


def _site(page: Page) -> str:
    if page.gold:
        return page.name.partition("_")[0]
    host = urlsplit(page.name if "://" in page.name else "http://" + page.name.rpartition("::")[2]).hostname
    return ".".join((host or page.name).split(".")[-2:])


def hashed(name: str, parts: int) -> int:
    """Return the part of a name, the same every time."""
    return zlib.crc32(name.encode()) % parts


def fit(samples: Sequence[Sample], rows: Sequence[Any], trees: int = TREES) -> Any:
    """Fit one forest."""
    import lightgbm

    known = [sample.labels >= 0 for sample in samples]
    x = numpy.vstack([row[one] for row, one in zip(rows, known, strict=True)])
    y = numpy.concatenate([sample.labels[one] for sample, one in zip(samples, known, strict=True)])
    weight = numpy.concatenate([sample.weights[one] for sample, one in zip(samples, known, strict=True)])
    return lightgbm.train(SETTINGS, lightgbm.Dataset(x, y, weight=weight * len(weight) / weight.sum()), trees)


def with_context(sample: Sample, scores: Any) -> Any:
    """Return the rows of a page with the features that the second scores have besides."""
    return numpy.hstack([sample.rows, numpy.array(read_context(list(sample.rows[:, 0]), list(scores)))])


def fit_both(samples: Sequence[Sample]) -> tuple[Any, Any]:
    """Fit the first forest, and the second on scores of firsts that have not seen the page's site."""
    samples = [*samples, *(mislead(one) for one in samples if hashed(one.page, 100) < 100 * LESS_LIKELY)]
    contexts: dict[int, Any] = {}
    for part in range(3):
        rest = [one for one in samples if hashed(one.site + "-", 3) != part]
        forest = fit(rest, [one.rows for one in rest])
        for at, one in enumerate(samples):
            if hashed(one.site + "-", 3) == part:
                contexts[at] = with_context(one, forest.predict(one.rows))
    return fit(samples, [one.rows for one in samples]), fit(
        samples, [contexts[at] for at in range(len(samples))]
    )


def as_trees(forest: Any) -> list[Any]:
    """Return a forest as nested lists, see ``aggregator.content.body.scores``."""
    return [_as_tree(tree["tree_structure"]) for tree in forest.dump_model()["tree_info"]]


def _as_tree(node: dict[str, Any]) -> Any:
    if "leaf_value" in node:
        return round(node["leaf_value"], 3)
    below, above = (_as_tree(node[name]) for name in ("left_child", "right_child"))
    return [node["split_feature"], float(f"{node['threshold']:.4g}"), below, above]


def write(samples: Sequence[Sample], path: Path = FILE) -> None:
    """Fit on all pages and write the file."""
    first, second = map(as_trees, fit_both(samples))
    path.write_text(json.dumps({"first": first, "second": second}, separators=(",", ":")) + "\n")


def main() -> int:
    """Show how well it carries over, or write the file."""
    samples = [
        sample
        for corpus in read_corpora(Path(os.environ.get("AGGREGATOR_CORPORA", BESIDE)))
        for page in corpus.pages
        if (sample := read_sample(corpus, page))
    ]
    if "--write" in sys.argv:
        write(samples)
        return 0
    for name, value in carry_over(samples).items():
        print(f"{name:28}{value:.4f}")
    return 0


def carry_over(samples: Sequence[Sample]) -> dict[str, float]:
    """Return F1 of each corpus by its texts' sizes, each page judged by forests that have not seen its site."""
    counts: dict[str, list[float]] = {}
    for part in range(FOLDS):
        first, second = fit_both([one for one in samples if hashed(one.site, FOLDS) != part])
        for one in samples:
            if hashed(one.site, FOLDS) == part:
                scores = second.predict(with_context(one, first.predict(one.rows)))
                known = one.weights > 0
                sizes = one.weights[known]
                chosen, wanted = scores[known] > 0.5, one.labels[known] == 1
                both, either = sizes[chosen & wanted].sum(), sizes[chosen].sum() + sizes[wanted].sum()
                counts.setdefault(one.corpus, []).append(2 * both / either if either else 1.0)
    return {name: float(numpy.mean(values)) for name, values in counts.items()}


if __name__ == "__main__":
    sys.exit(main())
