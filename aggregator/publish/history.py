"""The history of feeds: archives that are closed, and those that stay as they were written (RFC 5005, 4)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from aggregator.model import ARCHIVE_SIZE, Archive, Document, Topic, TopicState
from aggregator.model.digest import hexdigest
from aggregator.output import Destination
from aggregator.publish.renderers import Renderers
from aggregator.store import Store

MAX_CLOSED = 20
"""Archives of a topic that are closed together."""

Write = Callable[[Mapping[Document, str | None]], list[str]]
"""Puts documents in place."""


class History:
    """Writes archives; those that were written under another ``fingerprint`` are written again."""

    def __init__(
        self, store: Store, folders: Destination, fingerprint: str, write: Write, renderers: Renderers
    ) -> None:
        self._store = store
        self._renderers = renderers
        self._documents = renderers.documents
        self._folders = folders
        self._fingerprint = fingerprint
        self._write = write

    def is_due(self, state: TopicState) -> bool:
        """Tell whether an archive of a topic is to be closed before its feed is written."""
        most = 2 * ARCHIVE_SIZE
        return (
            self._documents.keeps_archives(state.topic)
            and len(self._store.unarchived(state.topic, state.archived, most)) == most
        )

    def close(self, topic: Topic) -> None:
        """Close an archive for every fifty articles beyond the hundred that the feed itself may hold."""
        while True:
            with self._store.snapshot():
                state = self._store.topic(topic)
                members = self._store.unarchived(topic, state.archived, (MAX_CLOSED + 1) * ARCHIVE_SIZE)
            closed = len(members) // ARCHIVE_SIZE - 1
            if closed < 1:
                return
            pieces = [members[at * ARCHIVE_SIZE : (at + 1) * ARCHIVE_SIZE] for at in range(closed)]
            numbered = enumerate(pieces, state.archives + 1)
            self._save(topic, [Archive(number, piece[0], piece[-1], "", "") for number, piece in numbered])

    def renew(self, topic: Topic, number: int) -> None:
        """Leave an archive as it was written; write it again where its fingerprint or its file is another."""
        archive = self._store.archive(topic, number)
        if archive is None:
            return
        path = self._documents.archive_path(topic, number)
        body = self._folders.read(path)
        unchanged = body is not None and hexdigest(body) == archive.digest
        if body is not None and unchanged and archive.fingerprint == self._fingerprint:
            self._write({Document(path, body): None})
        else:
            self._save(topic, [archive])

    def _save(self, topic: Topic, archives: Sequence[Archive]) -> None:
        begun = [self._renderers.begin_front(self._documents.archive(topic, archive)) for archive in archives]
        # Those that the other process has not begun are ours, the last one first.
        documents = [*chain(*[self._renderers.finish_front(part) for part in reversed(begun)])][::-1]
        self._write(dict.fromkeys(documents))
        written = [
            replace(archive, fingerprint=self._fingerprint, digest=hexdigest(document.body))
            for archive, document in zip(archives, documents, strict=True)
        ]
        self._store.save_archives(topic, written)
