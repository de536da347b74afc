"""What differs between two pieces of text, by sentence and by word."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from typing import Literal, TypeVar

MAX_WORDS = 10_000
"""Words of edited sentences that are compared; comparing takes the square of their number."""
LEAST_KEPT = 0.3
"""The share of words that two states of a sentence have in common; with less, each is shown whole."""

# Chinese and Japanese have no blanks between words, so each character counts as one.
_WIDE = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_WIDE}]|[^\W{_WIDE}]+|\n|[^\S\n]+|[^\w\s]")
_WORD = re.compile(rf"[{_WIDE}]|[^\W{_WIDE}]+")
_ENDS, _STOPS = frozenset("。！？；\n"), frozenset(".!?;")
_SOLID = re.compile(r"\w")

T = TypeVar("T")

Kind = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text, and whether both states have it."""

    kind: Kind
    text: str


Spans = tuple[Span, ...]


def tokens_of(text: str) -> list[str]:
    """Split a text into words, blanks and marks, which together are the text."""
    return _TOKEN.findall(text)


def words_of(text: str) -> list[str]:
    """Return the words of a text, without blanks and marks."""
    return _WORD.findall(text)


def compare_words(before: str, after: str) -> Spans:
    """Compare two texts in one line, such as titles."""
    return compare_tokens(tokens_of(before), tokens_of(after))


def share_of_words(one: Sequence[str], other: Sequence[str]) -> float:
    """The share of words that two texts have in common."""
    mine, theirs = (Counter(filter(is_solid, tokens)) for tokens in (one, other))
    total = mine.total() + theirs.total()
    return 2 * (mine & theirs).total() / total if total else 1.0


def as_word(address: str | None) -> str:
    """Write the address of a link or a picture as a word, which is shown where it differs."""
    return f" ‹{address or ''}›"


def _is_address(token: str) -> bool:
    return token.startswith(" ‹")


def is_solid(token: str) -> bool:
    """Tell whether a token is a word, and neither blank nor a mark."""
    return bool(_SOLID.search(token))


def compare_tokens(old: Sequence[str], new: Sequence[str]) -> Spans:
    """Compare by sentence, and sentences that were edited by word."""
    if old == new:
        return tuple(_spans("same", new))
    spans: list[Span] = []
    for same, olds, news in align(_sentences(old), _sentences(new)):
        went, came = list(chain(*olds)), list(chain(*news))
        if same:
            spans += _spans("same", came)
        elif share_of_words(went, came) < LEAST_KEPT or max(len(went), len(came)) > MAX_WORDS:
            spans += [*_spans("removed", went), *_spans("added", came)]
        else:
            spans += _compare_sentence(went, came)
    return _joined(spans)


def align(old: Sequence[T], new: Sequence[T]) -> Iterator[tuple[bool, Sequence[T], Sequence[T]]]:
    """Yield the runs that both sequences have, in turn with what stands between them in each.

    Both are hashable. rapidfuzz takes the square of their length by 64; difflib may take the cube.
    """
    from rapidfuzz.distance import Indel  # 3 MB, and most processes compare nothing

    for same, run in groupby(Indel.opcodes(old, new), lambda step: step.tag == "equal"):
        steps = list(run)
        first, last = steps[0], steps[-1]
        yield same, old[first.src_start : last.src_end], new[first.dest_start : last.dest_end]


def _sentences(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    sentences: list[tuple[str, ...]] = []
    start = 0
    for at, (token, after) in enumerate(pairwise([*tokens, " "])):
        # A full stop within a number or an address ends no sentence.
        if token in _ENDS or (token in _STOPS and not after.strip()):
            sentences.append(tuple(tokens[start : at + 1]))
            start = at + 1
    return [*sentences, tuple(tokens[start:])] if start < len(tokens) else sentences


def _compare_sentence(old: Sequence[str], new: Sequence[str]) -> Iterator[Span]:
    runs = list(align(old, new))
    went: list[str] = []
    came: list[str] = []
    for at, (same, olds, news) in enumerate(runs):
        # A blank or a comma that both have between two changes only makes them harder to read.
        if same and (at in (0, len(runs) - 1) or any(map(is_solid, news))):
            yield from (*_spans("removed", went), *_spans("added", came), *_spans("same", news))
            went, came = [], []
        else:
            went += olds
            came += news
    yield from (*_spans("removed", went), *_spans("added", came))


def _spans(kind: Kind, tokens: Iterable[str]) -> Iterator[Span]:
    # Addresses are no part of what is read; they are shown where they changed.
    text = "".join(token for token in tokens if kind != "same" or not _is_address(token))
    if text:
        yield Span(kind, text)


def _joined(spans: Iterable[Span]) -> Spans:
    runs = groupby(spans, lambda span: span.kind)
    return tuple(Span(kind, "".join(span.text for span in run)) for kind, run in runs)
