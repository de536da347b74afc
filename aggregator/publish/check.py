"""What is on disk, held against what the store says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from aggregator.model import LIST_SIZE, SITEMAP_SIZE, Document, KeptArticle, Neighbours, TopicState
from aggregator.model.digest import hexdigest
from aggregator.output import Folders
from aggregator.publish.documents import Documents
from aggregator.publish.mirror import is_whole
from aggregator.store import Store

BATCH = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not what the store says, and ``what`` is wrong with it."""

    path: str
    what: str


def compare(
    store: Store, documents: Documents, folders: Folders, progress: Callable[[int, int], None]
) -> list[Difference]:
    """Render everything and compare it with the files, byte by byte. Raises PublishError."""
    check = _Check(store, documents, folders)
    total, done = store.article_count(), 0
    articles = store.every()
    while batch := list(islice(articles, BATCH)):
        check.articles(batch)
        done += len(batch)
        progress(min(done, total), total)
    for state in store.topics():
        check.topic(state)
    check.media()
    strangers = (path for path in folders.files() if path not in check.seen)
    differences = [*check.differences, *(Difference(path, "unexpected") for path in strangers)]
    return sorted((replace(item, path=folders.shown(item.path)) for item in differences), key=_by_path)


class _Check:
    """Compares document by document; ``seen`` are the paths that are ours."""

    def __init__(self, store: Store, documents: Documents, folders: Folders) -> None:
        self.differences: list[Difference] = []
        self.seen: set[str] = set()
        self._store = store
        self._documents = documents
        self._folders = folders

    def articles(self, batch: list[KeptArticle]) -> None:
        around = self._store.neighbours(batch)
        for kept in batch:
            try:
                pages = self._documents.article(kept, around.get(kept.id, Neighbours()))
            except Exception:
                for path in self._store.planned_documents([kept.id]):
                    self._note(path, "cannot be rendered")
            else:
                for page in pages:
                    self._compare(page)

    def media(self) -> None:
        for path in (f"site/{one}" for one in self._store.media_paths()):
            found = self._folders.read(path)
            self.seen.add(path)
            if found is None or not is_whole(path, found):
                self._note(path, "missing" if found is None else "changed")

    def topic(self, state: TopicState) -> None:
        for archive in self._store.archives(state.topic):
            path = self._documents.archive_path(state.topic, archive.number)
            self._compare_digest(path, archive.digest)
        for page in self._pages(state):
            self._compare(page)

    def _pages(self, state: TopicState) -> Iterator[Document]:
        if state.topic.kind == "category":
            for number in range(1, -(-state.places // LIST_SIZE) + 1):
                yield self._documents.listing(state, number)
        elif state.topic.kind == "all":
            for number in range(1, -(-state.places // SITEMAP_SIZE) + 1):
                yield self._documents.sitemap(number)
        yield from self._documents.front(state)

    def _compare(self, page: Document) -> None:
        found = self._folders.read(page.path)
        self.seen.add(page.path)
        if found != page.body:
            self._note(page.path, "missing" if found is None else "changed")
        elif fault := self._folders.gzip_fault(page):
            self._note(f"{page.path}.gz", fault)

    def _compare_digest(self, path: str, digest: str) -> None:
        found = self._folders.read(path)
        self.seen.add(path)
        if found is None or hexdigest(found) != digest:
            self._note(path, "missing" if found is None else "changed")
        elif fault := self._folders.gzip_fault(Document(path, found)):
            self._note(f"{path}.gz", fault)

    def _note(self, path: str, what: str) -> None:
        self.seen.add(path)
        self.differences.append(Difference(path, what))


def _by_path(item: Difference) -> str:
    return item.path
