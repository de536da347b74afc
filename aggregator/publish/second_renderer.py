"""A process that renders for a large publication, while we read and write, and render what it has not."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from aggregator.model import Document
from aggregator.publish.documents import Documents, in_site
from aggregator.render.articles import Placed, WriteFeeds, render_articles, write_feeds
from aggregator.worker.worker import Worker

MIN_ARTICLES = 1000
"""Articles from which on a process is started, which takes as long as rendering hundreds."""
PART_SIZE = 10
"""Articles that are handed over together."""

Given = TypeVar("Given")
Rendered = TypeVar("Rendered")


@dataclass(frozen=True, slots=True)
class Part(Generic[Given, Rendered]):
    """Something that the other process renders, if it comes to that before us."""

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


class SecondRenderer:
    """Hands work over to another process, which is started anew where it ended."""

    def __init__(self, documents: Documents, thread: ThreadPoolExecutor | None) -> None:
        self.documents = documents
        self._thread = thread
        self._worker: Worker | None = None

    @classmethod
    @contextmanager
    def hired(
        cls, documents: Documents, articles: int, on_hire: Callable[[], None]
    ) -> Iterator["SecondRenderer"]:
        """Hire one where so many articles are worth it and another processor is there, and say so before."""
        if articles < MIN_ARTICLES or (os.cpu_count() or 1) < 2:
            yield cls(documents, None)
            return
        on_hire()
        # The process ends with this thread.
        with ThreadPoolExecutor(1, thread_name_prefix="second-renderer") as thread:
            renderer = cls(documents, thread)
            try:
                yield renderer
            finally:
                thread.shutdown(cancel_futures=True)
                renderer._close()

    def begin(self, articles: Sequence[Placed]) -> list[Part[Sequence[Placed], list[list[Document]]]]:
        """Hand some articles over, in parts which are rendered in this order."""
        if self._thread is None:
            return [Part(articles)]
        parts = [articles[start : start + PART_SIZE] for start in range(0, len(articles), PART_SIZE)]
        return [Part(part, self._thread.submit(self._render, part)) for part in parts]

    def begin_feeds(self, feeds: WriteFeeds) -> Part[WriteFeeds, list[Document]]:
        """Hand the feeds of a topic over, or an archive of it."""
        return Part(feeds, self._thread.submit(self._do, write_feeds, feeds) if self._thread else None)

    def finish_feeds(self, begun: Part[WriteFeeds, list[Document]]) -> list[Document]:
        """Take the feeds of a topic over, or write them."""
        taken = begun.take()
        return self.documents.write(begun.given) if taken is None else in_site(taken)

    def _render(self, articles: Sequence[Placed]) -> list[list[Document]]:
        return self._do(render_articles, [self.documents.placed(*article) for article in articles])

    def _do(self, work: Callable[..., Rendered], given: object) -> Rendered:
        if self._worker is None or not self._worker.alive:
            self._worker = Worker()
        return self._worker.do(work, self.documents.look, given)

    def _close(self) -> None:
        if self._worker:
            self._worker.close()
