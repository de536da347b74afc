"""Rendering for a large publication by other processes, while we read and write, and render, too."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from aggregator.model import Document
from aggregator.publish.documents import Documents, in_site
from aggregator.render.articles import Placed, prepare, render_articles
from aggregator.render.fronts import Front, render_front
from aggregator.worker.pool import Pool

MIN_ARTICLES = 1000
"""Articles from which on a process is started, which takes as long as rendering hundreds."""
MIN_WARM = 100
"""The same where there is a process."""
PART_SIZE = 10
"""Articles that are handed over together."""

Given = TypeVar("Given")
Rendered = TypeVar("Rendered")


@dataclass(frozen=True, slots=True)
class Part(Generic[Given, Rendered]):
    """Something that another process renders, if it comes to that before us."""

    given: Given
    """With all that the store holds of it."""
    _future: Future[Rendered] | None = None

    def take(self) -> Rendered | None:
        """Wait for what was begun; None where nobody began, or it went wrong: then it is ours to do."""
        if self._future is None or self._future.cancel():
            return None
        try:
            return self._future.result()
        except Exception:
            return None


class Renderers:
    """Hands a publication over to the processes of a pool where so many articles are worth it."""

    def __init__(self, documents: Documents, workers: Pool, articles: int) -> None:
        self.documents = documents
        least = MIN_WARM if workers.is_warm else MIN_ARTICLES
        self.workers = workers if articles >= least else None
        """Those that help, if it is worth it."""
        if self.workers:
            self.workers.submit(prepare, documents.look)

    def begin(self, articles: Sequence[Placed]) -> list[Part[Sequence[Placed], list[list[Document]]]]:
        """Hand some articles over, in parts which are rendered in this order."""
        if self.workers is None:
            return [Part(articles)]
        parts = [articles[start : start + PART_SIZE] for start in range(0, len(articles), PART_SIZE)]
        look, placed = self.documents.look, self.documents.placed
        return [
            Part(part, self.workers.submit(render_articles, look, [placed(*article) for article in part]))
            for part in parts
        ]

    def begin_front(self, front: Front) -> Part[Front, list[Document]]:
        """Hand over what shows articles: the feeds of a topic, an archive of it, a page of a category."""
        if self.workers is None:
            return Part(front)
        look, lineage = self.documents.look, self.documents.lineage
        return Part(front, self.workers.submit(render_front, look, lineage, front))

    def finish_front(self, begun: Part[Front, list[Document]]) -> list[Document]:
        """Take it over, or write it."""
        taken = begun.take()
        return self.documents.write(begun.given) if taken is None else in_site(taken)
