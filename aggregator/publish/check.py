"""The files on disk, compared with what the store says they should be."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter

from aggregator.model import LIST_SIZE, SITEMAP_SIZE, Document, KeptArticle, Surroundings, TopicState
from aggregator.output import Destination
from aggregator.publish.documents import Documents
from aggregator.publish.mirror import place_of
from aggregator.store import Store

BATCH_SIZE = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not what it should be."""

    path: str
    what: str
    """What is wrong: missing, changed, unexpected, cannot be rendered."""


def compare(
    store: Store, documents: Documents, folders: Destination, progress: Callable[[int, int], None]
) -> list[Difference]:
    """Render everything and compare it with the files, byte by byte. Raises PublishError."""
    check = _Check(store, documents, folders)
    total, done = store.article_count(), 0
    articles = store.every()
    while batch := list(islice(articles, BATCH_SIZE)):
        check.articles(batch)
        done += len(batch)
        progress(min(done, total), total)
    for state in store.topics():
        check.topic(state)
    check.mirrored_files()
    check.strangers()
    shown = (Difference(folders.shown(item.path), item.what) for item in check.differences)
    return sorted(shown, key=attrgetter("path"))


class _Check:
    """Compares file by file and collects the differences."""

    def __init__(self, store: Store, documents: Documents, folders: Destination) -> None:
        self.differences: list[Difference] = []
        self._expected: set[str] = set()
        self._store = store
        self._documents = documents
        self._folders = folders
        self._inspection = folders.inspect()

    def articles(self, batch: list[KeptArticle]) -> None:
        around = self._store.surroundings(batch)
        for kept in batch:
            try:
                rendered = self._documents.article(kept, around.get(kept.id, Surroundings()))
            except Exception:
                for path in self._store.planned_documents([kept.id]):
                    self._note(path, "cannot be rendered")
            else:
                self._compare_all(rendered)

    def topic(self, state: TopicState) -> None:
        for archive in self._store.archives(state.topic):
            self._compare(self._documents.archive_path(state.topic, archive.number), archive.digest)
        self._compare_all(self._rendered(state))

    def mirrored_files(self) -> None:
        """Compare mirrored files with their names, which are made of their digests."""
        for path in self._store.media_paths():
            self._compare(place_of(self._folders, path), path.rpartition("/")[2].partition(".")[0])

    def strangers(self) -> None:
        """Note the files that none of the other comparisons expected."""
        for path in self._inspection.files():
            if path not in self._expected:
                self._note(path, "unexpected")

    def _rendered(self, state: TopicState) -> Iterator[Document]:
        if state.topic.kind == "category":
            for number in range(1, state.parts(LIST_SIZE) + 1):
                yield from self._documents.write(self._documents.listing(state, number))
        elif state.topic.kind == "all":
            for number in range(1, state.parts(SITEMAP_SIZE) + 1):
                yield self._documents.sitemap(number)
        yield from self._documents.front(state)

    def _compare_all(self, documents: Iterable[Document]) -> None:
        for document in documents:
            self._compare(document.path, document.body)

    def _compare(self, path: str, expected: bytes | str) -> None:
        """Compare a document with its bytes, or with the hexdigest of them."""
        self._expected.add(path)
        if fault := self._inspection.fault(path, expected):
            self._note(*fault)

    def _note(self, path: str, what: str) -> None:
        self._expected.add(path)
        self.differences.append(Difference(path, what))
