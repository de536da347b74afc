"""The words of articles as copies have them, sentence by sentence."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aggregator.model import Article
from aggregator.text.difference.words import words_of
from aggregator.text.text import lines_of

MAX_FRAME = 60
"""Letters of a line at the head or foot of a copy that are its publisher's own: source, editor, place."""
MAX_REMEMBERED = 1_500_000
"""Letters of the half of the texts whose wordings are remembered: those of a thousand articles."""
MAX_TITLES = 2048
"""Titles whose keys are remembered: those of the same articles and some more."""
COUNT = r"\d一二三四五六七八九十"
"""What tells issues of a series from each other; nothing that has it is the name of a site, or a label."""

_CREDIT = re.compile(r"\W*(?:\w{0,2}来源|\w{0,2}编辑|责编|作者|记者|source|editor|author)\s*:", re.IGNORECASE)
"""A short line with a label of who published, wrote or edited it, which each site has its own of."""
_END = re.compile(r"[。！？；!?;\n.](?:(?<!\.)|(?=\s))")
_SITE = re.compile(rf"(?:\s*[|｜_]\s*|\s+[–—-]\s+)[^|｜_{COUNT}]{{2,20}}$")
_LABEL = re.compile(rf"^\s*[【\[][^】\]{COUNT}]{{2,8}}[】\]]")

Sentence = str
"""The words of a sentence, full-width ones as the others, with a blank between two and without marks."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What an article says, without who published, wrote or edited it."""

    sentences: Sequence[Sentence]
    letters: Mapping[Sentence, int]
    """How many letters each of them has, all its repetitions together."""
    size: int
    """Letters of all of them."""


class Wordings:
    """The wordings of the texts that were read last; whoever compares many has the same ones again and again.

    They are found by the text alone: to hash a whole article takes as long as to compare it.
    """

    def __init__(self) -> None:
        # A cache that notes each use would take as long as a comparison, so the older half goes at once.
        self._newer: dict[str, Wording] = {}
        self._older: dict[str, Wording] = {}
        self._letters = 0

    def of(self, article: Article) -> Wording:
        """Return how an article says what it says."""
        text = article.content
        return self._newer.get(text) or self._keep(text, self._older.get(text) or wording_of(article))

    def add(self, content: str, sentences: Sequence[Sentence]) -> None:
        """Remember a text of which somebody has read the sentences."""
        self._keep(content, _make_wording(sentences))

    def _keep(self, content: str, wording: Wording) -> Wording:
        self._newer[content] = wording
        self._letters += wording.size
        if self._letters > MAX_REMEMBERED:
            self._older, self._newer, self._letters = self._newer, {}, 0
        return wording


def wording_of(article: Article) -> Wording:
    """Return how an article says what it says."""
    return _make_wording(read_sentences(article.content))


def read_sentences(content: str) -> list[Sentence]:
    """Return the sentences of a text, without who published, wrote or edited it."""
    lines = unicodedata.normalize("NFKC", "\n".join(lines_of(content))).split("\n")
    said = "\n".join(line for line in lines if len(line) > MAX_FRAME or not _CREDIT.match(line))
    return [*filter(None, [" ".join(words_of(sentence)) for sentence in _END.split(said.lower())])]


def count_letters(text: str) -> int:
    """Return how many letters sentences have, without the blanks between their words."""
    return len(text) - text.count(" ")


@lru_cache(MAX_TITLES)
def title_key(title: str) -> str:
    """Return a title as copies have it: without its site's name, marks, blanks, and words like 转载."""
    plain = unicodedata.normalize("NFKC", title)
    return "".join(fold_words(_LABEL.sub("", _SITE.sub("", plain))))


def fold_words(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return words_of(text.lower())


def _make_wording(sentences: Sequence[Sentence]) -> Wording:
    letters = {one: times * (len(one) - one.count(" ")) for one, times in Counter(sentences).items()}
    return Wording(sentences, letters, sum(letters.values()))
