"""The words of articles as copies have them, and the keys by which copies find each other in the store."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from threading import Lock

import rensa
from cachetools import LRUCache, cached

from aggregator.model import Article
from aggregator.text.difference.words import words_of
from aggregator.text.references import own_reference
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
MAX_FRAME = 60
"""Letters of a line at the head or foot of a copy that are its publisher's own: source, editor, place."""
MAX_REMEMBERED = 1024**2
"""Letters of the texts whose sentences are remembered: those of some hundred articles."""
LEAST_TITLE_KEY = 4
"""Letters of a title below which it is no key."""
COUNT = r"\d一二三四五六七八九十"
"""What tells issues of a series from each other; nothing that has it is the name of a site, or a label."""

_CREDIT = re.compile(r"\W*(?:\w{0,2}来源|\w{0,2}编辑|责编|作者|记者|source|editor|author)\s*:", re.IGNORECASE)
"""A short line with a label of who published, wrote or edited it, which each site has its own of."""
_END = re.compile(r"[。！？；!?;\n.](?:(?<!\.)|(?=\s))")
_SITE = re.compile(rf"(?:\s*[|｜_]\s*|\s+[–—-]\s+)[^|｜_{COUNT}]{{2,20}}$")
_LABEL = re.compile(rf"^\s*[【\[][^】\]{COUNT}]{{2,8}}[】\]]")

_SHINGLE = re.compile(f".{{{SHINGLE}}}", re.DOTALL)

Sentence = str
"""The words of a sentence, full-width ones as the others, with a blank between two and without marks."""


def keys_of(article: Article) -> list[int]:
    """Return the keys of an article in the index of texts and titles; two that share one may be copies."""
    title, own = title_key(article.title), own_reference(article)
    named = [_key(BANDS, title.encode())] if len(title) >= LEAST_TITLE_KEY else []
    numbered = [_key(BANDS + 1, own.core.encode())] if own else []
    return _bands_of(article) + named + numbered


def _bands_of(article: Article) -> list[int]:
    """Return the keys of a text: MinHash over its shingles of characters (Broder, 1997), in bands.

    A text that says too little has none.
    """
    text = "".join(sentences_of(article)).replace(" ", "")[:MAX_TEXT]
    if len(text) < MIN_TEXT:
        return []
    minhash = rensa.RMinHash(num_perm=BANDS * ROWS, seed=SEED)
    minhash.update([shingle for start in range(SHINGLE) for shingle in _SHINGLE.findall(text, start)])
    digest = minhash.digest()
    rows = (digest[at * ROWS : (at + 1) * ROWS] for at in range(BANDS))
    return [_key(number, row) for number, row in enumerate(rows)]


@lru_cache(512)
def title_key(title: str) -> str:
    """Return a title as copies have it: without its site's name, marks, blanks, and words like 转载."""
    plain = unicodedata.normalize("NFKC", title)
    return "".join(fold_words(_LABEL.sub("", _SITE.sub("", plain))))


def _count_letters(sentences: Sequence[Sentence]) -> int:
    return sum(map(len, sentences))


# By the text alone, whose hash is known: to hash a whole article takes as long as to compare it.
@cached(LRUCache(MAX_REMEMBERED, _count_letters), attrgetter("content"), lock=Lock())
def sentences_of(article: Article) -> tuple[Sentence, ...]:
    """Return the sentences of an article, without who published, wrote or edited it."""
    lines = unicodedata.normalize("NFKC", "\n".join(lines_of(article.content))).split("\n")
    said = "\n".join(line for line in lines if len(line) > MAX_FRAME or not _CREDIT.match(line))
    return tuple(filter(None, [" ".join(words_of(sentence)) for sentence in _END.split(said.lower())]))


def fold_words(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return words_of(text.lower())


def _key(number: int, row: Sequence[int]) -> int:
    """Mix a band's number and values into one signed number of 63 bits, as every database takes it."""
    value = number
    for part in row:
        value = (value * 0x100000001B3 ^ part) & 0x7FFFFFFFFFFFFFFF
    return value
