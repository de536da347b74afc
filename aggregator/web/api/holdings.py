"""What is held, as records, for the public or for the operator: of lists, batch by batch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Generic, Literal, TypeVar

from aggregator.decide.explanation import explain
from aggregator.errors import ReadError, StoreError
from aggregator.model import KeptArticle, PollState, Topic
from aggregator.model.digest import hexdigest
from aggregator.publish import Documents
from aggregator.publish.descriptions import Descriptions
from aggregator.render import paths
from aggregator.settings import Config, Source
from aggregator.store import Search, SourceOverview, Store
from aggregator.store.search import SEARCH_TIMEOUT
from aggregator.text.query import ANYTHING, Query
from aggregator.text.query.syntax import All, Moment
from aggregator.web.api.cursors import Cursors, ticks_of, time_of
from aggregator.web.api.records import (
    ArticleRecord,
    ChangeRecord,
    FeedRecord,
    ListedArticle,
    OperationRecord,
    RevisionRecord,
    SourceRecord,
)

BATCH_SIZE = 50
"""Articles that are read at a time; texts may be long."""
MAX_PART_SIZE = 4 * 1024**2
"""Characters of texts in a part of a list, which ends early then."""
MAX_LOOKED = 5000
"""What is looked through for a part, where a query leaves most of it out."""

Item = TypeVar("Item", ListedArticle, ChangeRecord)
Order = Literal["changed", "newest", "arrived"]
_CURSORS = {"changed": "art", "newest": "new", "arrived": "num"}
"""What the cursors of each order begin with."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which articles, or what happened to them, and from where on."""

    query: Query | None = None
    order: Order = "changed"
    after: str = ""
    """A cursor; empty for the beginning."""
    since: datetime | None = None
    """What came or changed last before this time is left out."""
    withdrawn: bool = False
    """Whether only withdrawn articles are wanted."""
    batch: int = BATCH_SIZE
    seconds: int = SEARCH_TIMEOUT
    """How long each batch may take."""


@dataclass(frozen=True, slots=True)
class Batch(Generic[Item]):
    """Some items of a list, and the cursor behind what was looked through for them."""

    items: Sequence[Item]
    cursor: str
    looked: int
    """How many were looked through."""


@dataclass(frozen=True, slots=True)
class Part(Generic[Item]):
    """A part of a list."""

    items: Sequence[Item]
    next: str
    """The cursor behind it."""
    more: bool
    """Whether there may be more already."""


def fill(batches: Iterator[Batch[Item]], limit: int) -> Part[Item]:
    """Put a part together, until it has ``limit`` items, is long enough, or enough was looked through."""
    items: list[Item] = []
    cursor, size, looked = "", 0, 0
    for batch in batches:
        for item in batch.items:
            if len(items) == limit or size > MAX_PART_SIZE:
                return Part(items, items[-1].cursor, more=True)
            items.append(item)
            size += _size(item)
        cursor, looked = batch.cursor, looked + batch.looked
        if looked >= MAX_LOOKED:
            return Part(items, cursor, more=True)
    return Part(items, cursor, more=False)


class Holdings:
    """Reads a store; the ``whole`` of its texts is for the operator, others get what is published."""

    def __init__(self, config: Config, store: Store, documents: Documents, *, whole: bool) -> None:
        self._config = config
        self._store = store
        self._documents = documents
        self.whole = whole
        self._descriptions = Descriptions(config.sources, store, private=whole)

    def mark(self, *more: str) -> str:
        """Return a text that is another one whenever anything that is asked for with ``more`` may be."""
        position = self._store.position()
        return hexdigest("\n".join([position.lineage, str(position.sequence), str(self.whole), *more]))

    def articles(self, wanted: Wanted) -> Iterator[Batch[ListedArticle]]:
        """Yield articles. Raises CursorError, StoreError."""
        cursors = Cursors(_CURSORS[wanted.order], self._store.position().lineage)
        behind = self._store.number_before(wanted.since) if wanted.since else 0
        place = cursors.read(wanted.after) if wanted.after else _beginning(wanted.order, behind)
        query = wanted.query or ANYTHING
        if wanted.withdrawn:
            query = Query(All((query.root, Moment("withdrawn"))))
        public = self._descriptions.public_part()
        while True:
            asked = Search(
                query,
                order=wanted.order,
                limit=wanted.batch,
                public=public,
                after=place[0] if len(place) == 1 else (time_of(place[0]), place[1]),
                behind=behind,
                seconds=wanted.seconds,
            )
            items = []
            for kept in (found := self._store.search(asked)):
                place = _place_of(kept, wanted.order)
                items.append(ListedArticle(cursor=cursors.write(*place), **dict(self._record(kept))))
            yield Batch(items, cursors.write(*place), len(items))
            if len(found) < wanted.batch:
                return

    def changes(self, wanted: Wanted) -> Iterator[Batch[ChangeRecord]]:
        """Yield what happened to articles, of which removals are told whatever the query.

        Raises CursorError, StoreError.
        """
        cursors = Cursors("log", self._store.position().lineage)
        after = cursors.read(wanted.after)[0] if wanted.after else 0
        if wanted.since:
            after = max(after, self._store.number_before(wanted.since))
        yield Batch((), cursors.write(after), 0)
        while logged := self._store.log(after, wanted.batch):
            after = logged[-1].number
            ids = list(dict.fromkeys(one.id for one in logged if one.kind != "removed"))
            kept = self._store.find_all(ids)
            meant = {one.id: self._record(one) for one in self._meant(kept, wanted.query)}
            items = [
                ChangeRecord.of(one, cursors.write(one.number), meant.get(one.id))
                for one in logged
                if one.kind == "removed" or one.id in meant
            ]
            yield Batch(items, cursors.write(after), len(logged))

    def article(self, article_id: str) -> ArticleRecord | None:
        """Return an article, or None."""
        kept = self._store.find(article_id)
        return self._record(kept) if kept else None

    def is_removed(self, article_id: str) -> bool:
        """Tell whether an article of this id was removed."""
        return self._store.is_removed(article_id)

    def revisions(self, article_id: str) -> list[RevisionRecord] | None:
        """Return the earlier states of an article as far as they are shown, oldest first; None without it."""
        kept = self._store.find(article_id)
        if kept is None:
            return None
        shown = self._descriptions.shown(kept).shown
        return [RevisionRecord.of(one) for one in self._store.revisions(kept.id)] if shown == "full" else []

    def sources(self, now: datetime) -> list[SourceRecord]:
        """Return the sources of the configuration; how they do is for the operator alone."""
        counts = {one.topic.name: one.articles for one in self._store.topics() if one.topic.kind == "source"}
        known = {one.state.name: one for one in self._store.overview()} if self.whole else {}
        return [
            SourceRecord(
                name=source.name,
                label=source.shown_as,
                shown=source.publish,
                articles=counts.get(source.name, 0),
                feeds=self._addresses(paths.source_topic(source.name)),
                operation=_operation(source, known, now) if self.whole else None,
            )
            for source in self._config.sources
        ]

    def feeds(self) -> list[FeedRecord]:
        """Return the feeds that people are to find."""
        return [
            FeedRecord(
                kind=one.topic.kind,
                name=one.topic.name,
                label=self._documents.labels.of(one.topic),
                articles=one.articles,
                addresses=self._addresses(one.topic),
            )
            for one in self._documents.labels.found(self._store.topics())
            if one.topic.kind != "operations"
        ]

    def _record(self, kept: KeptArticle) -> ArticleRecord:
        return ArticleRecord.of(self._config.site, self._descriptions.shown(kept))

    def _meant(self, kept: Sequence[KeptArticle], query: Query | None) -> list[KeptArticle]:
        if query is None:
            return list(kept)
        held, public = self._store.searched(kept), self._descriptions.public_part()
        try:
            return [one for one in kept if query.matches((public and public.words(one)) or held[one.id])]
        except ReadError as exc:
            raise StoreError(str(exc)) from exc

    def _addresses(self, topic: Topic) -> dict[str, str]:
        return {
            form: paths.absolute(self._config.site, paths.feed_path(topic, form)) for form in paths.FEED_FILES
        }


def _size(item: ListedArticle | ChangeRecord) -> int:
    article = item.article if isinstance(item, ChangeRecord) else item
    return len(article.content) if article else 0


def _beginning(order: Order, behind: int) -> list[int]:
    """Return the place before the first article of an order."""
    return {"changed": [behind], "newest": [ticks_of(datetime.max.replace(tzinfo=UTC)), 0], "arrived": [0]}[
        order
    ]


def _place_of(kept: KeptArticle, order: Order) -> list[int]:
    """Return the place of an article in an order."""
    if order == "newest":
        return [ticks_of(kept.article.published), kept.number]
    return [kept.sequence if order == "changed" else kept.number]


def _operation(source: Source, known: Mapping[str, SourceOverview], now: datetime) -> OperationRecord:
    new = SourceOverview(PollState(source.name, now), articles=0, leased=False, owed=())
    item = known.get(source.name, new)
    told = explain(source, item.state, now, owed=item.owed, leased=item.leased)
    return OperationRecord(
        kind=source.kind,
        url=source.url,
        polled=item.state.polled,
        succeeded=item.state.succeeded,
        owed=len(item.owed),
        **asdict(told),
    )
