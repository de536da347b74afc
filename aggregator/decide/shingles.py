"""The keys by which copies of articles find each other in the store."""

import re
from collections.abc import Sequence

import rensa

from aggregator.model import Article
from aggregator.text.references import own_reference
from aggregator.text.wording import Sentence, read_sentences, title_key, wording_of

SHINGLE = 5
"""Characters of a shingle: fewer are shared by chance, of more an edited word takes too many along."""
BANDS, ROWS = 16, 4
"""Of the index: texts that share 8 of 10 shingles meet nearly always, those that share 3 of 10 seldom."""
SEED = 1
MAX_TEXT = 50_000
"""Characters of a text that are indexed."""
MIN_TEXT = 80
"""Letters of a text below which it may be a form filled in, and says too little to be told from others."""
LEAST_TITLE_KEY = 4
"""Letters of a title below which it is no key."""

_SHINGLE = re.compile(f".{{{SHINGLE}}}", re.DOTALL)


def read_texts(contents: Sequence[str]) -> list[tuple[list[int], str]]:
    """Return of each text its keys, and its sentences as lines: what another process may do for us."""
    read = [read_sentences(content) for content in contents]
    return [(bands_of(sentences), "\n".join(sentences)) for sentences in read]


def keys_of(article: Article, bands: Sequence[int] | None = None) -> list[int]:
    """Return the keys of an article in the index of texts and titles; two that share one may be copies.

    ``bands`` are those of its text, where it was read before.
    """
    if bands is None:
        bands = bands_of(wording_of(article).sentences)
    title, own = title_key(article.title), own_reference(article)
    named = [_key(BANDS, title.encode())] if len(title) >= LEAST_TITLE_KEY else []
    numbered = [_key(BANDS + 1, own.core.encode())] if own else []
    return [*bands, *named, *numbered]


def bands_of(sentences: Sequence[Sentence]) -> list[int]:
    """Return the keys of a text: MinHash over its shingles of characters (Broder, 1997), in bands.

    A text that says too little has none.
    """
    text = "".join(sentences).replace(" ", "")[:MAX_TEXT]
    if len(text) < MIN_TEXT:
        return []
    minhash = rensa.RMinHash(num_perm=BANDS * ROWS, seed=SEED)
    minhash.update([shingle for start in range(SHINGLE) for shingle in _SHINGLE.findall(text, start)])
    digest = minhash.digest()
    rows = (digest[at * ROWS : (at + 1) * ROWS] for at in range(BANDS))
    return [_key(number, row) for number, row in enumerate(rows)]


def _key(number: int, row: Sequence[int]) -> int:
    """Mix a band's number and values into one signed number of 63 bits, as every database takes it."""
    value = number
    for part in row:
        value = (value * 0x100000001B3 ^ part) & 0x7FFFFFFFFFFFFFFF
    return value
