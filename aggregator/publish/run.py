"""One publication in steps: articles are filed, their pages written, then the documents that list them.

Each step is committed on its own, so that whatever stops us, the next publication goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from aggregator.decide.topics import topics_of
from aggregator.errors import PublishError
from aggregator.model import ARCHIVE_SIZE, Archive, Document, KeptArticle, Neighbours, Topic, Touch
from aggregator.model.digest import hexdigest
from aggregator.output import Folders
from aggregator.publish.documents import Documents
from aggregator.publish.fingerprint import definitions
from aggregator.publish.mirror import drop_unused
from aggregator.settings import NamedFeed
from aggregator.store import Store

BATCH = 100

Progress = Callable[[int, int], None]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did: articles rendered, files written and removed."""

    articles: int = 0
    written: int = 0
    removed: int = 0


class Run:
    """One publication. ``archives`` is the fingerprint of what archives are written anew for."""

    def __init__(
        self,
        store: Store,
        documents: Documents,
        folders: Folders,
        feeds: Sequence[NamedFeed],
        archives: str,
    ) -> None:
        self._store = store
        self._documents = documents
        self._folders = folders
        self._feeds = feeds
        self._archives = archives
        self._failures: dict[str, str] = {}
        self._done = Published()

    def go(self, stopped: Callable[[], bool], progress: Progress) -> Published:
        """Publish what waits, until ``stopped``. Raises PublishError."""
        self._drop_stale(removed=True)
        unused = drop_unused(self._store, self._folders)
        self._done = replace(self._done, removed=self._done.removed + unused)
        self._file_articles(stopped)
        state = self._store.publication()
        total = state.articles + state.documents
        self._publish_articles(stopped, lambda done: progress(done, total))
        self._publish_documents(stopped, lambda done: progress(min(state.articles + done, total), total))
        if not state.whole and not stopped():
            self._finish()
        if self._failures:
            first, more = next(iter(self._failures.values())), len(self._failures) - 1
            rest = f" (and {more} more)" if more else ""
            raise PublishError(f"{first}{rest}; everything else is published")
        return self._done

    def _file_articles(self, stopped: Callable[[], bool]) -> None:
        named = definitions(self._feeds)
        while (waiting := self._store.waiting(0, BATCH, unfiled=True)) and not stopped():
            kept = self._store.find_all([one.id for one in waiting])
            self._store.file([(one.id, one.version, topics_of(one, self._feeds)) for one in kept], named)

    def _publish_articles(self, stopped: Callable[[], bool], progress: Callable[[int], None]) -> None:
        after = 0
        while (waiting := self._store.waiting(after, BATCH)) and not stopped():
            after = waiting[-1].sequence
            kept = self._store.find_all([one.id for one in waiting])
            around = self._store.neighbours(kept)
            rendered = [(one, pages) for one in kept if (pages := self._render(one, around)) is not None]
            before = self._store.planned_documents([one.id for one, _ in rendered])
            self._put({page: one.id for one, pages in rendered for page in pages})
            now = {page.path for _, pages in rendered for page in pages}
            self._drop([path for path in before if path not in now])
            self._publish_neighbours({one.id for one in kept}, around)
            self._store.mark_published([(one.id, one.version) for one, _ in rendered])
            self._done = replace(self._done, articles=self._done.articles + len(rendered))
            progress(self._done.articles)

    def _publish_neighbours(self, batch: set[str], around: dict[str, Neighbours]) -> None:
        """Write the pages beside new ones again: they lead to them now."""
        beside = {one.id for pair in around.values() for one in (pair.previous, pair.next) if one} - batch
        kept = self._store.find_all(sorted(self._store.published(sorted(beside))))
        further = self._store.neighbours(kept)
        rendered = [(one, pages) for one in kept if (pages := self._render(one, further)) is not None]
        self._put({page: one.id for one, pages in rendered for page in pages})

    def _render(self, kept: KeptArticle, around: dict[str, Neighbours]) -> list[Document] | None:
        """Render an article. What it cannot be rendered for is its own failure, and no other article's."""
        try:
            return self._documents.article(kept, around.get(kept.id, Neighbours()))
        except Exception as exc:
            log.debug("cannot render", article=kept.id, exc_info=exc)
            self._failures[kept.id] = f"{kept.id} cannot be rendered: {exc}"
            return None

    def _publish_documents(self, stopped: Callable[[], bool], progress: Callable[[int], None]) -> None:
        for done, touch in enumerate(self._store.touches(), 1):
            if stopped():
                return
            try:
                pages = self._render_document(touch)
            except PublishError:
                raise  # an archive that could not be put in place
            except Exception as exc:
                log.debug("cannot render", topic=touch.topic, part=touch.part, exc_info=exc)
                where = " ".join(filter(None, (touch.topic.kind, touch.topic.name, touch.part)))
                self._failures[f"{touch}"] = f"the page of {where} cannot be rendered: {exc}"
                continue
            changed = self._put(dict.fromkeys(pages))
            self._store.mark_rendered(touch, self._documents.addresses_of_feeds(changed))
            progress(done)

    def _render_document(self, touch: Touch) -> list[Document]:
        if touch.part == "archive":
            self._renew_archive(touch.topic, touch.number)
            return []
        if touch.part == "sitemap":
            return [self._documents.sitemap(touch.number)]
        if touch.part == "list":
            return [self._documents.listing(self._store.topic(touch.topic), touch.number)]
        if self._documents.keeps_archives(touch.topic):
            self._close_archives(touch.topic)
        return list(self._documents.front(self._store.topic(touch.topic)))

    def _close_archives(self, topic: Topic) -> None:
        """Close an archive for every fifty articles beyond the hundred that the feed itself may hold."""
        while True:
            state = self._store.topic(topic)
            members = self._store.unarchived(topic, state.archived, 2 * ARCHIVE_SIZE)
            if len(members) < 2 * ARCHIVE_SIZE:
                return
            first, last = members[0], members[ARCHIVE_SIZE - 1]
            self._write_archive(topic, Archive(state.archives + 1, first, last, self._archives, ""))

    def _renew_archive(self, topic: Topic, number: int) -> None:
        """Leave an archive as it was written, or write it anew where it must be, or is gone."""
        kept = self._store.archive(topic, number)
        if kept is None:
            return
        path = self._documents.archive_path(topic, number)
        body = self._folders.read(path)
        if kept.fingerprint == self._archives and body is not None and hexdigest(body) == kept.digest:
            self._put({Document(path, body): None})
        else:
            self._write_archive(topic, replace(kept, fingerprint=self._archives))

    def _write_archive(self, topic: Topic, archive: Archive) -> None:
        page = self._documents.archive(topic, archive)
        self._put({page: None})
        self._store.save_archive(topic, replace(archive, digest=hexdigest(page.body)))

    def _finish(self) -> None:
        """Remove what nothing renders any more, and note that the output is whole."""
        self._store.plan_documents(self._store.planned_documents(list(self._failures)))
        self._drop_stale(removed=False)
        self._store.finish_publication()

    def _put(self, pages: dict[Document, str | None]) -> list[str]:
        """Put pages in place; the store learns of them first, so that a crash leaves no unknown file."""
        self._store.plan_documents({page.path: owner for page, owner in pages.items()})
        written = self._folders.write(pages)
        self._done = replace(self._done, written=self._done.written + len(written))
        return written

    def _drop_stale(self, *, removed: bool) -> None:
        while stale := self._store.stale_documents(BATCH, removed=removed):
            self._drop(stale)

    def _drop(self, stale: Iterable[str]) -> None:
        """Remove pages of ours that are no longer rendered; a folder no longer configured is left alone."""
        ours = [path for path in stale if self._folders.covers(path)]
        self._folders.remove(ours)
        self._store.forget_documents(list(stale))
        self._done = replace(self._done, removed=self._done.removed + len(ours))
