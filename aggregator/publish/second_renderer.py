"""A process that renders some of the articles of a large publication, while we render the others."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache

from aggregator.model import Document, KeptArticle, Surroundings
from aggregator.render.pages import Pages
from aggregator.render.post import PostTemplate
from aggregator.settings import Site
from aggregator.worker.worker import Worker

MIN_ARTICLES = 1000
"""Articles from which on a process is started, which takes as long as rendering hundreds."""

Placed = tuple[KeptArticle, Surroundings]
Rendered = list[list[Document]]


@dataclass(frozen=True, slots=True)
class Look:
    """All that decides how an article is rendered."""

    site: Site
    theme: tuple[tuple[str, str], ...] = ()
    search: bool = False
    posts: bool = False
    template: str | None = None
    """The user's, for posts."""
    private: bool = False
    """Whether it is for readers who are shown everything in full."""


@lru_cache(2)  # for everybody, and for readers
def renderers(look: Look) -> tuple[Pages, PostTemplate | None]:
    """Compile what renders pages and posts."""
    pages = Pages(look.site, theme=dict(look.theme), search=look.search, private=look.private)
    return pages, PostTemplate.load(look.template) if look.posts else None


def render_articles(look: Look, articles: Sequence[Placed]) -> Rendered:
    """Render share pages, of earlier states too, and posts: as much of each article as is given."""
    pages, post = renderers(look)
    rendered = []
    for kept, around in articles:
        shared = [pages.share(kept, around), *pages.earlier(kept, around)]
        documents = [Document(f"site/{page.path}", page.body) for page in shared]
        if post:
            written = post.render(look.site, kept)
            documents.append(Document(f"posts/{written.path}", written.body))
        rendered.append(documents)
    return rendered


class SecondRenderer:
    """Renders a part of each batch; where it cannot, we render that part ourselves."""

    def __init__(self, look: Look, worker: Worker | None, thread: ThreadPoolExecutor) -> None:
        self._look = look
        self._worker = worker
        self._thread = thread

    @classmethod
    @contextmanager
    def hired(cls, look: Look, articles: int) -> Iterator["SecondRenderer"]:
        """Start a process where so many articles are worth it and another processor is there."""
        worker = None
        if articles >= MIN_ARTICLES and (os.cpu_count() or 1) > 1:
            with suppress(OSError):
                worker = Worker()
        with ThreadPoolExecutor(1, thread_name_prefix="second-renderer") as thread:
            try:
                yield cls(look, worker, thread)
            finally:
                if worker:
                    worker.close()

    def begin(self, articles: Sequence[Placed]) -> tuple[int, Callable[[], Rendered]]:
        """Begin to render the first half of some articles; tell how many they are, and what waits for them.

        Waiting returns nothing where it went wrong, so that each article is tried by itself.
        """
        if self._worker is None or not self._worker.alive:
            return 0, list
        half = len(articles) // 2
        future = self._thread.submit(self._worker.do, render_articles, self._look, articles[:half])
        return half, lambda: _result(future)


def _result(future: Future[Rendered]) -> Rendered:
    try:
        return future.result()
    except Exception:
        return []
