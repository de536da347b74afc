"""Whether two articles are one text: a copy, an excerpt or a correction, but not two of one form."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import rensa

from aggregator.model import Article
from aggregator.text.difference.words import align, is_solid, share_of_words, tokens_of
from aggregator.text.references import has_other_number, own_prefixes, own_reference
from aggregator.text.text import lines_of

SHINGLE = 5
"""Characters of a shingle: fewer are shared by chance, of more an edited word takes too many along."""
BANDS, ROWS = 16, 4
"""Of the index: texts that share 8 of 10 shingles meet nearly always, those that share 3 of 10 seldom."""
SEED = 1
MAX_TEXT = 50_000
"""Characters of a text that are indexed."""
MIN_TEXT = 80
"""Letters of a text below which it may be a form filled in, and says too little to be told from others."""
MIN_EXCERPT = 20
"""The same under a title that is the same, and long enough to name one notice."""
MAX_EXTRA = 0.15
"""The share of the shorter text that the longer one may lack, under the same title."""
LEAST_SHARED = 0.5
"""The share of the shorter text that whole sentences in common are."""
MAX_INSERTED = 0.02
"""The share of a text that may be put in or left out within sentences."""
MAX_FRAME = 60
"""Letters of a line at the head or foot of a copy that are its publisher's own: source, editor, place."""
MIN_AGREEING = 5
"""Numbers in which two texts agree, where one that differs is a correction."""
COMMON = 3
"""Articles from which on a sentence that all of them have is furniture of their source."""

LEAST_TITLE_KEY = 4
"""Letters of a title below which it is no key."""
LONG_TITLE = 12
"""Letters from which on a title names one notice; shorter ones, such as 公告, stand above many."""
LEAST_TITLE = 0.6
"""The share of a title that a shorter form of it has."""
LEAST_ALIKE = 0.5
"""The share of words that two states of a sentence have in common."""

_NUMBER = re.compile(r"\d+")
_CREDIT = re.compile(r"\W*(?:\w{0,2}来源|\w{0,2}编辑|责编|作者|记者|source|editor|author)\s*:", re.IGNORECASE)
"""A short line with a label of who published, wrote or edited it, which each site has its own of."""
_END = re.compile(r"(?<=[。！？；!?;])|(?<=\.)\s")
_SITE = re.compile(r"\s*[|｜_–—-]\s*[^|｜_–—-]{1,20}$")
_BRACKETS = re.compile(r"[【\[(（][^】\])）]{1,8}[】\])）]")


Sentence = tuple[str, ...]
"""The words of a sentence, full-width ones as the others, without blanks and marks."""


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
        for same, old, new in align(before, after):
            if same:
                self.agreeing.update(filter(_is_number, old))
            elif (old and new) or any(map(_is_number, [*old, *new])):
                self.replaced.add(("".join(old), "".join(new)))
            else:
                self.inserted += _size([tuple(old), tuple(new)])


def keys_of(article: Article) -> list[int]:
    """Return the keys of an article in the index of texts and titles; two that share one may be copies."""
    title, own = title_key(article), own_reference(article)
    named = [_key(BANDS, title.encode())] if len(title) >= LEAST_TITLE_KEY else []
    numbered = [_key(BANDS + 1, own.core.encode())] if own else []
    return _bands_of(article) + named + numbered


def _bands_of(article: Article) -> list[int]:
    """Return the keys of a text: MinHash over its shingles of characters (Broder, 1997), in bands.

    A text that says too little has none.
    """
    text = "".join(word for sentence in _sentences(article) for word in sentence)[:MAX_TEXT]
    if len(text) < MIN_TEXT:
        return []
    minhash = rensa.RMinHash(num_perm=BANDS * ROWS, seed=SEED)
    minhash.update([text[at : at + SHINGLE] for at in range(len(text) - SHINGLE + 1)])
    digest = minhash.digest()
    rows = (digest[at * ROWS : (at + 1) * ROWS] for at in range(BANDS))
    return [_key(number, row) for number, row in enumerate(rows)]


def title_key(article: Article) -> str:
    """Return the title as copies have it: without its site's name, marks, blanks, and words like 转载."""
    title = unicodedata.normalize("NFKC", article.title)
    return "".join(_words(_BRACKETS.sub("", _SITE.sub("", title))))


def find_original(article: Article, others: Sequence[Article]) -> int | None:
    """Return the position of the first of others of which an article is a copy, or that is a copy of it."""
    common = _furniture([article, *others])
    return next((at for at, other in enumerate(others) if is_copy(article, other, common)), None)


def is_copy(one: Article, other: Article, furniture: Collection[Sentence] = ()) -> bool:
    """Tell whether two articles are one text.

    A source that lists two articles means two, unless they say the same. Of two texts of one form, something
    stands in the place of something: another name, another number. Copies only have more or less. Articles
    whose own numbers differ are never one; those of one agency with one number and title always are.
    """
    if has_other_number(one, other):
        return False
    same_title = _same_title(one, other)
    mine, theirs = ([line for line in _sentences(item) if line not in furniture] for item in (one, other))
    if one.source == other.source:
        return same_title and mine == theirs and bool(mine)
    if same_title and own_reference(one) and own_reference(other) and _is_of_one_agency(one, other):
        return True
    if min(_size(mine), _size(theirs)) < _least_text(one, other):
        return False
    if not _have_much(mine, theirs):
        return False
    if same_title:
        return _is_edited(mine, theirs)
    return not _is_one_form(one.title, other.title) and _is_part(mine, theirs)


def _least_text(one: Article, other: Article) -> int:
    """Return how many letters two texts need to be compared: fewer under a title that names one notice."""
    long = min(len(title_key(one)), len(title_key(other))) >= LONG_TITLE
    return MIN_EXCERPT if long and _same_title(one, other) else MIN_TEXT


def _have_much(mine: Sequence[Sentence], theirs: Sequence[Sentence]) -> bool:
    """Tell whether two texts have half of the shorter one's sentences in common, word by word.

    Texts that share many shingles and few sentences are of one form; to align them takes long.
    """
    shared = _size({*mine} & {*theirs})
    return shared >= LEAST_SHARED * min(_size(mine), _size(theirs))


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
    """Tell whether two articles with the same number name the same agency, in the number or beside it."""
    if set(own_prefixes(one)) & set(own_prefixes(other)):
        return True
    mine, theirs = (item.facts.get("agency") for item in (one, other))
    return bool(mine) and mine == theirs


def _is_one_form(title: str, other: str) -> bool:
    """Tell whether two titles are one but for a name or a number, as those of a series are."""
    words = _words(unicodedata.normalize("NFKC", title)), _words(unicodedata.normalize("NFKC", other))
    replaced = any(old and new for same, old, new in align(*words) if not same)
    return replaced and share_of_words(*words) >= LEAST_ALIKE


def _is_correction(edits: _Edits) -> bool:
    """Tell whether at most one number was corrected, while the others stay."""
    if not edits.replaced:
        return True
    numbers = all(_is_number(before) and _is_number(after) for before, after in edits.replaced)
    return len(edits.replaced) == 1 and numbers and len(edits.agreeing) >= MIN_AGREEING


@lru_cache(512)
def _sentences(article: Article) -> tuple[Sentence, ...]:
    lines = (unicodedata.normalize("NFKC", line) for line in lines_of(article.content))
    said = (line for line in lines if len(line) > MAX_FRAME or not _CREDIT.match(line))
    found = (_words(sentence) for line in said for sentence in _END.split(line))
    return tuple(filter(None, found))


def _words(text: str) -> Sentence:
    return tuple(filter(is_solid, tokens_of(text.lower())))


def _size(sentences: Iterable[Sentence]) -> int:
    return sum(len(word) for sentence in sentences for word in sentence)


def _key(number: int, row: Sequence[int]) -> int:
    """Mix a band's number and values into one signed number of 63 bits, as every database takes it."""
    value = number
    for part in row:
        value = (value * 0x100000001B3 ^ part) & 0x7FFFFFFFFFFFFFFF
    return value


def _same_title(one: Article, other: Article) -> bool:
    short, long = sorted((title_key(one), title_key(other)), key=len)
    is_part = len(short) >= LEAST_TITLE * len(long) and short in long
    return bool(short) and (short == long or (is_part and not _adds(short, long)))


def _adds(short: str, long: str) -> bool:
    """Tell whether the longer title has a number of its own, such as that of an issue."""
    return bool(Counter(_NUMBER.findall(long)) - Counter(_NUMBER.findall(short)))


def _furniture(articles: Sequence[Article]) -> frozenset[Sentence]:
    """Return the sentences that several articles under different titles have."""
    titled = {title_key(article): article for article in articles}.values()
    times = Counter(sentence for article in titled for sentence in set(_sentences(article)))
    return frozenset(sentence for sentence, count in times.items() if count >= COMMON)


def _edits(mine: Sequence[Sentence], theirs: Sequence[Sentence]) -> _Edits:
    edits = _Edits()
    runs = list(align(mine, theirs))
    for at, (same, left, right) in enumerate(runs):
        if same:
            edits.agreeing.update(word for sentence in left for word in sentence if _is_number(word))
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
        near = next((one for one in rest if share_of_words(one, sentence) >= LEAST_ALIKE), None)
        if near is None:
            lone.append(sentence)
            continue
        pairs.append((near, sentence))
        rest.remove(near)
    return pairs, (rest, lone)


def _is_number(word: str) -> bool:
    return any(map(str.isdecimal, word))
