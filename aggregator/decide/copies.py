"""Whether two articles are one text: a copy, an excerpt or a correction, but not two of one form."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain

from aggregator.decide.shingles import MIN_TEXT
from aggregator.model import Article
from aggregator.text.difference.words import align, share_of_words
from aggregator.text.references import has_other_number, own_prefixes, own_reference
from aggregator.text.wording import (
    COUNT,
    MAX_FRAME,
    Sentence,
    Wording,
    count_letters,
    fold_words,
    title_key,
    wording_of,
)

MIN_EXCERPT = 20
"""The same under a title that is the same, and long enough to name one notice."""
MAX_AGE, MAX_TWICE = timedelta(days=30), timedelta(days=1)
"""How long after an article another source has its text, and how soon its own source has it once more."""
MAX_EXTRA = 0.15
"""The share of the shorter text that the longer one may lack, under the same title."""
LEAST_SHARED = 0.5
"""The share of the shorter text that whole sentences in common are, word by word.

Texts that share many shingles and few sentences are of one form; to align them takes long.
"""
MAX_INSERTED = 0.02
"""The share of a text that may be put in or left out within sentences."""
MIN_AGREEING = 5
"""Numbers in which two texts agree, where one that differs is a correction."""
COMMON = 3
"""Articles from which on a sentence that all of them have is furniture of their source."""

LONG_TITLE = 12
"""Letters from which on a title names one notice; shorter ones, such as 公告, stand above many."""
LEAST_TITLE = 0.6
"""The share of a title that a shorter form of it has."""
LEAST_ALIKE = 0.5
"""The share of words that two states of a sentence have in common."""


@dataclass(slots=True)
class _Edits:
    """What differs between two texts."""

    inserted: int = 0
    """Letters put in or left out within sentences."""
    replaced: set[tuple[str, str]] = field(default_factory=set)
    """What stands in the place of what."""
    lacking: list[int] = field(default_factory=lambda: [0, 0])
    """Letters of whole sentences that each of the two lacks."""
    exchanged: int = 0
    """Letters of whole sentences that stand in the place of others."""
    agreeing: set[str] = field(default_factory=set)
    """Numbers that both have."""

    def lacking_of_shorter(self, mine: Sequence[Sentence], theirs: Sequence[Sentence]) -> int:
        """Return how many letters of the shorter text the longer one lacks."""
        return self.lacking[1 if _size(mine) <= _size(theirs) else 0]

    def compare(self, before: Sentence, after: Sentence) -> None:
        """Add what differs between two states of a sentence."""
        for same, old, new in align(before.split(), after.split()):
            if same:
                self.agreeing.update(filter(_is_number, old))
            elif (old and new) or any(map(_is_number, [*old, *new])):
                self.replaced.add(("".join(old), "".join(new)))
            else:
                self.inserted += len("".join([*old, *new]))


@dataclass(frozen=True, slots=True)
class _Text:
    article: Article
    title: str
    """As copies have it."""
    wording: Wording


def find_original(
    article: Article, others: Sequence[Article], wording_of: Callable[[Article], Wording] = wording_of
) -> int | None:
    """Return the position of the first of others of which an article is a copy, or that is a copy of it."""
    mine, *theirs = [_Text(one, title_key(one.title), wording_of(one)) for one in (article, *others)]
    common: frozenset[Sentence] | None = None
    for at, other in enumerate(theirs):
        same = _tell_at_once(mine, other)
        if same is None:
            common = _furniture([mine, *theirs]) if common is None else common
            same = _is_one_text(mine, other, common)
        if same:
            return at
    return None


def is_copy(one: Article, other: Article) -> bool:
    """Tell whether two articles are one text.

    A source that lists two articles means two, unless they say the same. Of two texts of one form, something
    stands in the place of something: another name, another number. Copies only have more or less. Articles
    whose own numbers differ are never one; those of one agency with one number and title always are.
    """
    return find_original(one, [other]) is not None


def _tell_at_once(one: _Text, other: _Text) -> bool | None:
    """Tell whether two articles are one text where that hangs on no furniture; None where it does."""
    if has_other_number(one.article, other.article):
        return False
    is_one_source = one.article.source == other.article.source
    same_title = _same_title(one, other)
    if not is_one_source and same_title and _is_of_one_agency(one.article, other.article):
        return True
    if _are_apart(one.article, other.article):
        return False
    if is_one_source or (same_title and one.wording.sentences == other.wording.sentences):
        return _say_the_same(one, other)
    return False if one.wording.letters.keys().isdisjoint(other.wording.letters) else None


def _is_one_text(one: _Text, other: _Text, furniture: AbstractSet[Sentence]) -> bool:
    """Compare two texts without their furniture."""
    shorter = min(_size_without(one.wording, furniture), _size_without(other.wording, furniture))
    if shorter < _least_text(one, other):
        return False
    shared = (one.wording.letters.keys() & other.wording.letters.keys()) - furniture
    if sum(map(count_letters, shared)) < LEAST_SHARED * shorter:
        return False
    mine, theirs = ([s for s in text.wording.sentences if s not in furniture] for text in (one, other))
    if _same_title(one, other):
        return _is_edited(mine, theirs)
    return not _is_one_form(one.article.title, other.article.title) and _is_part(mine, theirs)


def _size_without(wording: Wording, furniture: AbstractSet[Sentence]) -> int:
    letters = wording.letters
    return wording.size - sum(map(letters.__getitem__, letters.keys() & furniture))


def _are_apart(one: Article, other: Article) -> bool:
    """Tell whether too much time lies between two articles: notices of one text come again."""
    limit = MAX_AGE if one.source != other.source else MAX_TWICE
    return abs(one.published - other.published) > limit


def _say_the_same(one: _Text, other: _Text) -> bool:
    """Tell whether two articles say enough, all of it the same, and at one source with the same files."""
    mine, theirs = one.article, other.article
    if mine.source == theirs.source and _files(mine) != _files(theirs):
        return False
    same = one.title == other.title and one.wording.sentences == other.wording.sentences
    return same and one.wording.size >= _least_text(one, other)


def _files(article: Article) -> set[str]:
    return {file.address for file in article.attachments}


def _least_text(one: _Text, other: _Text) -> int:
    """Return how many letters two texts need to be compared: fewer under a title that names one notice."""
    long = min(len(one.title), len(other.title)) >= LONG_TITLE
    return MIN_EXCERPT if long and _same_title(one, other) else MIN_TEXT


def _is_edited(mine: Sequence[Sentence], theirs: Sequence[Sentence]) -> bool:
    """Tell whether two texts under one title are one: cut, added to, or with one number corrected."""
    edits = _edits(mine, theirs)
    shorter = min(_size(mine), _size(theirs))
    if edits.exchanged or edits.inserted > MAX_INSERTED * shorter:
        return False
    return edits.lacking_of_shorter(mine, theirs) <= MAX_EXTRA * shorter and _is_correction(edits)


def _is_part(mine: Sequence[Sentence], theirs: Sequence[Sentence]) -> bool:
    """Tell whether one of two texts has all of the other, word by word."""
    edits = _edits(mine, theirs)
    few = edits.inserted <= MAX_INSERTED * min(_size(mine), _size(theirs))
    return few and not (edits.replaced or edits.exchanged or edits.lacking_of_shorter(mine, theirs))


def _is_of_one_agency(one: Article, other: Article) -> bool:
    """Tell whether two articles have the same number of the same agency, named in it or beside it."""
    if own_reference(one) is None or own_reference(other) is None:
        return False
    if set(own_prefixes(one)) & set(own_prefixes(other)):
        return True
    mine, theirs = (item.facts.get("agency") for item in (one, other))
    return bool(mine) and mine == theirs


def _is_one_form(title: str, other: str) -> bool:
    """Tell whether two titles are one but for a name or a number, as those of a series are."""
    words = fold_words(unicodedata.normalize("NFKC", title)), fold_words(unicodedata.normalize("NFKC", other))
    replaced = any(old and new for same, old, new in align(*words) if not same)
    return replaced and share_of_words(*words) >= LEAST_ALIKE


def _is_correction(edits: _Edits) -> bool:
    """Tell whether at most one number was corrected, while the others stay."""
    if not edits.replaced:
        return True
    numbers = all(_is_number(before) and _is_number(after) for before, after in edits.replaced)
    return len(edits.replaced) == 1 and numbers and len(edits.agreeing) >= MIN_AGREEING


def _size(sentences: Iterable[Sentence]) -> int:
    return count_letters("".join(sentences))


def _same_title(one: _Text, other: _Text) -> bool:
    short, long = sorted((one.title, other.title), key=len)
    is_part = len(short) >= LEAST_TITLE * len(long) and short in long
    return bool(short) and (short == long or (is_part and not _adds(short, long)))


def _adds(short: str, long: str) -> bool:
    """Tell whether the longer title has a number of its own, such as that of an issue."""
    return bool(re.search(f"[{COUNT}]", long.replace(short, "", 1)))


def _furniture(texts: Sequence[_Text]) -> frozenset[Sentence]:
    """Return the sentences that several texts under different titles have."""
    titled = {text.title: text.wording.letters for text in texts}
    times = Counter(chain.from_iterable(titled.values()))
    return frozenset(sentence for sentence, count in times.items() if count >= COMMON)


def _edits(mine: Sequence[Sentence], theirs: Sequence[Sentence]) -> _Edits:
    edits = _Edits()
    runs = list(align(mine, theirs))
    for at, (same, left, right) in enumerate(runs):
        if same:
            edits.agreeing.update(word for sentence in left for word in sentence.split() if _is_number(word))
            continue
        pairs, alone = _pair(left, right)
        if all(alone):
            edits.exchanged += max(map(_size, alone))
        for side, sentences in enumerate(alone):
            is_frame = at in (0, len(runs) - 1) and _size(sentences) <= MAX_FRAME
            edits.lacking[1 - side] += 0 if is_frame else _size(sentences)
        for before, after in pairs:
            edits.compare(before, after)
    return edits


def _pair(
    left: Sequence[Sentence], right: Sequence[Sentence]
) -> tuple[list[tuple[Sentence, Sentence]], tuple[list[Sentence], list[Sentence]]]:
    """Pair sentences that were edited, in their order; return with them those of each text that are alone."""
    pairs, lone = [], []
    rest = list(left)
    for sentence in right:
        words = sentence.split()
        near = next((one for one in rest if share_of_words(one.split(), words) >= LEAST_ALIKE), None)
        if near is None:
            lone.append(sentence)
            continue
        pairs.append((near, sentence))
        rest.remove(near)
    return pairs, (rest, lone)


def _is_number(word: str) -> bool:
    return any(map(str.isdecimal, word))
