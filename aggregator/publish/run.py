"""One publication in steps: articles are filed under topics, then written, then the documents that list them.

Each step is committed on its own, so that whatever stops us, the next publication goes on from there.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TypeVar

import structlog

from aggregator.errors import PublishError
from aggregator.model import Document, Surroundings, Touch
from aggregator.output import Destination
from aggregator.publish.copies import Filer
from aggregator.publish.documents import Documents
from aggregator.publish.filing import Filing
from aggregator.publish.fingerprint import definitions
from aggregator.publish.history import History
from aggregator.publish.mirror import place_of
from aggregator.publish.renderers import Part, Renderers
from aggregator.render.articles import Placed
from aggregator.render.fronts import Front
from aggregator.settings import NamedFeed
from aggregator.store import Store
from aggregator.worker.pool import Pool

BATCH_SIZE = 100
TOPIC_BATCH_SIZE = 24
"""Documents of topics that are written together; feeds of a hundred articles may have some MB."""

Progress = Callable[[int, int], None]
Stopped = Callable[[], bool]
Articles = Part[Sequence[Placed], list[list[Document]]]
Item = TypeVar("Item")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did: articles rendered, files written and removed."""

    articles: int = 0
    written: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class _Batch:
    """Articles that are being rendered: their versions and what is around them, by id."""

    versions: Mapping[str, int]
    around: Mapping[str, Surroundings]
    parts: Sequence[Articles]


@dataclass(frozen=True, slots=True)
class _Touched:
    """What was touched, and is being rendered."""

    touch: Touch
    pages: Sequence[Document] = ()
    fronts: Sequence[Part[Front, list[Document]]] = ()

    @property
    def size(self) -> int:
        """How many documents it has."""
        return len(self.pages) + sum(part.given.size for part in self.fronts)


class Run:
    """One publication; archives that were written under another ``archive_fingerprint`` are written again."""

    def __init__(
        self,
        store: Store,
        documents: Documents,
        folders: Destination,
        feeds: Sequence[NamedFeed],
        archive_fingerprint: str,
        filer: Filer,
    ) -> None:
        self._store = store
        self._documents = documents
        self._folders = folders
        self._feeds = feeds
        self._open_history = partial(History, store, folders, archive_fingerprint, self._write)
        self._filer = filer
        self._failures: dict[str, str] = {}
        self._done = Published()
        self._done_ids: set[str] = set()

    def publish(self, waiting: int, stopped: Stopped, progress: Progress, workers: Pool) -> Published:
        """Publish what waits, until ``stopped``; ``workers`` help where it is much. Raises PublishError."""
        self._renderers = Renderers(self._documents, workers, waiting)
        filing = Filing(self._store, self._filer, self._documents.descriptions, self._renderers.workers)
        filing.run(definitions(self._feeds), stopped)
        state = self._store.publication()
        total = state.articles + state.documents
        try:
            self._publish_articles(stopped, lambda done: progress(done, total))
            self._history = self._open_history(self._renderers)
            self._publish_topics(stopped, lambda done: progress(min(state.articles + done, total), total))
        except PublishError:
            self._remove_unwanted()  # what was to go goes, and a full disk gets room by it
            raise
        if not stopped():
            self._remove_unwanted()
        if not state.whole and not stopped():
            self._finish()
        if self._failures:
            first, more = next(iter(self._failures.values())), len(self._failures) - 1
            rest = f" (and {more} more)" if more else ""
            raise PublishError(f"{first}{rest}; everything else is published")
        return self._done

    def _publish_articles(self, stopped: Stopped, progress: Callable[[int], None]) -> None:
        for batch in _one_ahead(self._batches()):
            if stopped():
                return
            rendered = self._render(batch.parts)
            self._done_ids |= rendered.keys()
            self._replace(rendered, self._neighbours(batch.around.values()))
            self._store.mark_published([(one, batch.versions[one]) for one in rendered])
            self._done = replace(self._done, articles=self._done.articles + len(rendered))
            progress(self._done.articles)

    def _batches(self) -> Iterator["_Batch"]:
        """Read what waits, and hand it over to be rendered."""
        waiting = self._store.waiting(0, BATCH_SIZE)
        while waiting:
            yield self._begin([one.id for one in waiting])
            is_last = len(waiting) < BATCH_SIZE
            waiting = [] if is_last else self._store.waiting(waiting[-1].sequence, BATCH_SIZE)

    def _begin(self, ids: Sequence[str]) -> "_Batch":
        with self._store.snapshot():
            articles = self._store.find_all(ids)
            around = self._store.surroundings(articles)
        parts = self._renderers.begin([(kept, around.get(kept.id, Surroundings())) for kept in articles])
        return _Batch({kept.id: kept.version for kept in articles}, around, parts)

    def _neighbours(self, around: Iterable[Surroundings]) -> dict[str, list[Document]]:
        """Render again what stands beside a batch of new articles, or leads copies, and links to them now.

        What this publication has rendered does so already.
        """
        linked = [(one.previous, one.next, *one.copies[:1]) for one in around]
        beside = {one.id for some in linked for one in some if one} - self._done_ids
        if not beside:
            return {}
        with self._store.snapshot():
            parts = self._begin(sorted(self._store.published(sorted(beside)))).parts
        return self._render(parts)

    def _render(self, parts: Sequence[Articles]) -> dict[str, list[Document]]:
        """Return the documents of articles by their ids; one that cannot be rendered costs no other.

        Parts that the other process has not begun are ours, the last one first.
        """
        rendered = [self._render_part(part) for part in reversed(parts)]
        return dict(chain.from_iterable(some.items() for some in reversed(rendered)))

    def _render_part(self, part: Articles) -> Mapping[str, list[Document]]:
        try:
            rendered = part.take() or self._documents.articles(part.given)
        except Exception:
            return self._render_each(part.given)
        return dict(zip((kept.id for kept, _ in part.given), rendered, strict=True))

    def _render_each(self, placed: Sequence[Placed]) -> dict[str, list[Document]]:
        rendered = {}
        for kept, around in placed:
            try:
                rendered[kept.id] = self._documents.article(kept, around)
            except Exception as exc:
                log.debug("cannot render", article=kept.id, exc_info=exc)
                self._failures[kept.id] = f"{kept.id} cannot be rendered: {exc}"
        return rendered

    def _replace(self, rendered: Mapping[str, list[Document]], beside: Mapping[str, list[Document]]) -> None:
        """Write the documents of articles, then what leads to them; remove those that they have no longer."""
        before = self._store.planned_documents(list(rendered))
        owned = _owned(rendered)
        self._write(owned | _owned(beside))
        now = {document.path for document in owned}
        self._remove([path for path in before if path not in now])

    def _publish_topics(self, stopped: Stopped, progress: Callable[[int], None]) -> None:
        """Render what is touched, and write it in batches, which take the disk as long as one document."""
        touches = self._store.touches()
        done = 0
        for batch in _one_ahead(self._topic_batches(touches, stopped)):
            rendered = list(chain.from_iterable(map(self._take, batch[::-1])))
            changed = self._write(dict.fromkeys(chain(*(some for _, some in rendered[::-1]))))
            written = [touch for touch, _ in rendered]
            self._store.mark_rendered(written, self._documents.addresses_of_feeds(changed))
            done += len(batch)
            progress(done)

    def _topic_batches(self, touches: Sequence[Touch], stopped: Stopped) -> Iterator[list["_Touched"]]:
        """Read what was touched, and hand over what shows articles."""
        waiting = deque(touches)
        while waiting and not stopped():
            batch: list[_Touched] = []
            while waiting and sum(one.size for one in batch) < TOPIC_BATCH_SIZE and not stopped():
                touch = waiting.popleft()
                with self._noting_failure(touch):
                    batch.append(self._begin_touched(touch))
            yield batch

    def _take(self, begun: "_Touched") -> Iterator[tuple[Touch, list[Document]]]:
        """Give the documents of what was touched; nothing where they cannot be rendered."""
        with self._noting_failure(begun.touch):
            fronts = [*map(self._renderers.finish_front, begun.fronts)]
            yield begun.touch, [*chain(*fronts), *begun.pages]

    @contextmanager
    def _noting_failure(self, touch: Touch) -> Iterator[None]:
        try:
            yield
        except PublishError:
            raise  # an archive that could not be put in place
        except Exception as exc:
            log.debug("cannot render", topic=touch.topic, part=touch.part, exc_info=exc)
            where = " ".join(filter(None, (touch.topic.kind, touch.topic.name, touch.part)))
            self._failures[f"{touch}"] = f"the page of {where} cannot be rendered: {exc}"

    def _begin_touched(self, touch: Touch) -> "_Touched":
        if touch.part == "archive":
            self._history.renew(touch.topic, touch.number)
            return _Touched(touch)
        with self._store.snapshot():
            if touch.part == "sitemap":
                return _Touched(touch, [self._documents.sitemap(touch.number)])
            state = self._store.topic(touch.topic)
            if touch.part == "list":
                listing = self._documents.listing(state, touch.number)
                return _Touched(touch, fronts=[self._renderers.begin_front(listing)])
            if not self._history.is_due(state):
                fronts = [*map(self._renderers.begin_front, self._documents.fronts(state))]
                return _Touched(touch, self._documents.pages_of(state), fronts)
        self._history.close(touch.topic)
        return self._begin_touched(touch)

    def _finish(self) -> None:
        """Remove what nothing renders any more, and note that the output is whole."""
        # Articles that could not be rendered keep their documents.
        self._store.plan_documents(self._store.planned_documents(list(self._failures)))
        self._remove_stale(removed=False)
        self._store.finish_publication()

    def _write(self, documents: Mapping[Document, str | None]) -> list[str]:
        """Put documents in place, each with the id of its article; return the paths of those that changed.

        The store learns of them first, so that a crash leaves no file which it does not know.
        """
        self._store.plan_documents({document.path: owner for document, owner in documents.items()})
        changed = self._folders.write(documents)
        self._done = replace(self._done, written=self._done.written + len(changed))
        return changed

    def _remove_unwanted(self) -> None:
        """Remove the documents of removed articles, which nothing names now, and files that none shows."""
        self._remove_stale(removed=True)
        if unused := self._store.unused_media():
            self._remove([place_of(self._folders, path) for path in unused if path])
            self._store.forget_unused_media()

    def _remove_stale(self, *, removed: bool) -> None:
        while stale := self._store.stale_documents(BATCH_SIZE, removed=removed):
            self._remove(stale)

    def _remove(self, paths: Sequence[str]) -> None:
        """Remove documents of ours; those in a folder that is no longer configured are left alone."""
        ours = [path for path in paths if self._folders.covers(path)]
        self._folders.remove(ours)
        self._store.forget_documents(paths)
        self._done = replace(self._done, removed=self._done.removed + len(ours))


def _owned(rendered: Mapping[str, Sequence[Document]]) -> dict[Document, str | None]:
    """Documents with the ids of the articles that they are of."""
    return {document: owner for owner, documents in rendered.items() for document in documents}


def _one_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield items, each after the next one was begun."""
    before = next(items, None)
    while before is not None:
        after = next(items, None)
        yield before
        before = after
