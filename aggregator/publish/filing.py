"""Articles that wait are filed in batches; of many, another process reads the texts of the next batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aggregator.decide.shingles import read_texts
from aggregator.model import KeptArticle
from aggregator.publish.copies import CopyFinder, Filer
from aggregator.publish.descriptions import Descriptions
from aggregator.publish.renderers import Part
from aggregator.store import Store
from aggregator.worker.pool import Pool

BATCH_SIZE = 250
"""Articles that are filed together: of more, a tenth less is done for each, and all are held in memory."""
MAX_LETTERS = 2_000_000
"""Letters of texts from which on a batch gets no more articles: as many large ones would fill the memory."""
READ_TOGETHER = 50
"""Articles that are read before their letters are counted."""
PART_SIZE = 25
"""Articles whose texts are handed over together."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Articles that are being filed, each in the version that it was read in."""

    articles: Sequence[KeptArticle] = ()
    is_last: bool = True
    """Whether no other waited behind them."""
    uncompared: frozenset[str] = frozenset()
    """The ids of those for which copies are to be looked for."""
    parts: Sequence[Part[Sequence[str], list[tuple[list[int], str]]]] = ()
    """Their texts."""


class Filing:
    """Files what waits, after copies were looked for; ``workers`` read texts, if it is worth it."""

    def __init__(self, store: Store, filer: Filer, descriptions: Descriptions, workers: Pool | None) -> None:
        self._store = store
        self._filer = filer
        self._descriptions = descriptions
        self._finder = CopyFinder(store, filer.authority)
        self._workers = workers

    def run(self, definitions: Mapping[str, str], stopped: Callable[[], bool]) -> None:
        """File articles in the order of their change, until ``stopped``.

        ``definitions`` has, by name, what defines each feed that the user named.
        """
        batch = self._begin(0)
        while batch.articles and not stopped():
            ahead = _Batch() if batch.is_last else self._begin(batch.articles[-1].sequence)
            concerns_others = self._file(batch, definitions)
            # Copies that are to be filed again come first, as their sequence is the lower one.
            batch = self._begin(0) if concerns_others else ahead

    def _begin(self, after: int) -> _Batch:
        """Read articles that wait, and hand over the texts of those that were not compared."""
        with self._store.snapshot():
            waiting = self._store.waiting(after, BATCH_SIZE, unfiled=True)
            articles: list[KeptArticle] = []
            for start in range(0, len(waiting), READ_TOGETHER):
                some = waiting[start : start + READ_TOGETHER]
                articles += self._store.find_all([one.id for one in some], origins=False)
                if sum(len(kept.article.content) for kept in articles) >= MAX_LETTERS:
                    break
            uncompared = self._store.uncompared([kept.id for kept in articles])
        texts = [kept.article.content for kept in articles if kept.id in uncompared and not kept.withdrawn]
        is_last = len(articles) == len(waiting) < BATCH_SIZE
        return _Batch(articles, is_last, frozenset(uncompared), self._hand_over(texts))

    def _hand_over(self, texts: Sequence[str]) -> list[Part[Sequence[str], list[tuple[list[int], str]]]]:
        if self._workers is None:
            return []
        parts = [texts[start : start + PART_SIZE] for start in range(0, len(texts), PART_SIZE)]
        return [Part(part, self._workers.submit(read_texts, part)) for part in parts]

    def _file(self, batch: _Batch, definitions: Mapping[str, str]) -> bool:
        """File a batch; return whether others are to be filed again for it."""
        # What the other process has not begun is ours, the last part first.
        taken = [(part.given, part.take()) for part in reversed(batch.parts)]
        for texts, read in taken:
            for content, (bands, lines) in zip(texts, read or (), strict=False):
                self._finder.learn(content, bands, lines.split("\n") if lines else [])
        concerns_others = self._finder.find([one for one in batch.articles if one.id in batch.uncompared])
        topics = self._filer.topics(batch.articles)
        self._store.file([(one.id, one.version, topics[one.id]) for one in batch.articles], definitions)
        described = self._descriptions.of({one.article.source for one in batch.articles})
        self._store.describe_sources(described)
        return concerns_others
