"""What readers are shown: documents made from the store when they are asked for, and never written."""

import re
from collections.abc import Mapping, Sequence
from secrets import token_urlsafe
from typing import cast

from cachetools import LRUCache

from aggregator.errors import FetchError
from aggregator.fetch.secrets import reveal
from aggregator.model import EVERYTHING, LIST_SIZE, OPERATIONS, Document, Topic, TopicKind, TopicState
from aggregator.publish.documents import Documents
from aggregator.render import paths
from aggregator.settings import Config, Reader, Websub
from aggregator.store import Excerpt, Store

MIN_TOKEN = 32
"""Characters of a token: the 128 bits that nobody guesses, where it was drawn in hexadecimal digits."""
TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{MIN_TOKEN},}}")
MAX_SIZE = 32 * 1024**2
"""Bytes of documents that are remembered."""
OVERHEAD = 1024
"""Bytes that a document costs there beside its content, roughly."""
PLACE = re.compile(
    r"""share/(?P<article>[^/]+?)(/\d{1,9})?\.html
    | ((?P<kind>category|source|tag|feed)/(?P<name>[^/]+?)|feeds|withdrawn)
      (\.html|/((index|page-(?P<page>\d{1,9}))\.html|archive-(?P<archive>\d{1,9})\.atom|rss\.xml|atom\.xml|feed\.json))
    | index\.html | feeds\.opml | feeds/(?P<operations>operations)\.atom\.xml""",
    re.VERBOSE,
)
"""The paths that documents may have which readers are shown."""


def admit(readers: Sequence[Reader]) -> tuple[dict[str, Reader], dict[str, str]]:
    """Read the tokens of readers: whose each is, and by name why somebody is shown nothing."""
    admitted: dict[str, Reader] = {}
    refused: dict[str, str] = {}
    for reader in readers:
        try:
            token = reveal(reader.token, "token", "")
        except FetchError as exc:
            refused[reader.name] = exc.reason
            continue
        if not TOKEN.fullmatch(token):
            refused[reader.name] = (
                f"token: has to be at least {MIN_TOKEN} letters, digits, - and _, drawn by chance; "
                "`openssl rand -hex 32` makes one"
            )
        elif token in admitted:
            refused[reader.name] = f'token: is that of "{admitted[token].name}"; each reader has another one'
        else:
            admitted[token] = reader
    return admitted, refused


class PrivateOutput:
    """Makes documents for readers, one at a time, and remembers those that were asked for last.

    All readers are shown the same, as far as their categories are. So in place of a reader's token, addresses
    have a text that stands for it; nobody ever sees that one, and neither memory nor tracebacks have tokens.
    """

    def __init__(self, config: Config, store: Store, theme: Mapping[str, str]) -> None:
        self._stand_in = token_urlsafe()
        self.site = config.site.model_copy(
            update={"url": f"{config.site.root}/{paths.PRIVATE}/{self._stand_in}"}
        )
        update = {
            "site": self.site,
            "output": config.output.model_copy(update={"posts": None}),
            "websub": Websub(),
        }
        self._documents = Documents(config.model_copy(update=update), store, None, theme, private=True)
        self._store = store
        self._made: LRUCache[tuple[tuple[str, ...], str], tuple[object, bytes]] = LRUCache(MAX_SIZE, _size)

    def for_reader(self, body: bytes, token: str) -> bytes:
        """A document with the addresses of one reader."""
        return body.replace(self._stand_in.encode(), token.encode())

    def shown(self, categories: tuple[str, ...]) -> tuple[Store, Documents]:
        """What a reader with these categories sees of the store, and what documents are made of it."""
        store = Excerpt(self._store, categories) if categories else self._store
        return store, self._documents.of(store)

    def read(self, categories: tuple[str, ...], path: str) -> bytes | None:
        """The document at a path, for :meth:`for_reader`; None where there is none. Raises StoreError."""
        mark = self._store.position()
        self._documents.follow(mark.lineage)
        held = self._made.get((categories, path))
        if held and held[0] == mark:
            return held[1]
        made = {one.path.removeprefix("site/"): one.body for one in self._make(categories, path)}
        if path not in made:
            return None
        for name, body in made.items():
            if _size((mark, body)) <= MAX_SIZE:
                self._made[categories, name] = mark, body
        return made[path]

    def _make(self, categories: tuple[str, ...], path: str) -> Sequence[Document]:
        """Render the document at a path, with those that are rendered together with it."""
        place = PLACE.fullmatch(path)
        if place is None:
            return ()
        store, documents = self.shown(categories)
        if place["article"]:
            kept = store.find(place["article"])
            return documents.article(kept, store.surroundings([kept])[kept.id]) if kept else ()
        topic = Topic(cast("TopicKind", place["kind"] or place["operations"] or "all"), place["name"] or "")
        if topic == OPERATIONS and categories:
            return ()  # the program's own news are of all categories
        state = store.topic(topic)
        if topic not in (EVERYTHING, OPERATIONS) and not state.topic.label:
            return ()  # there is none of that name
        if place["archive"]:
            archive = store.archive(topic, int(place["archive"]))
            return documents.write(documents.archive(topic, archive)) if archive else ()
        if place["page"]:
            return _list(documents, state, int(place["page"]))
        return documents.front(state)


def _list(documents: Documents, state: TopicState, number: int) -> Sequence[Document]:
    if not 0 < number <= state.parts(LIST_SIZE):
        return ()
    return documents.write(documents.listing(state, number))


def _size(made: tuple[object, bytes]) -> int:
    return len(made[1]) + OVERHEAD
