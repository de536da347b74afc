"""Puts together what receivers are told, no more than is published; a text of several sources stands once."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from aggregator.decide.alerts import is_told, query_of
from aggregator.errors import ReadError
from aggregator.model import Change, KeptArticle, Surroundings
from aggregator.publish.documents import Documents
from aggregator.render.difference import difference
from aggregator.render.message import Hit
from aggregator.settings import Config, Rule
from aggregator.store import Store
from aggregator.store.history.outbox import Due
from aggregator.text.query import Query, either, fold_case, searched
from aggregator.text.text import text_of

Happened = tuple[Change, KeptArticle, Sequence[str]]
"""What happened to an article, and the names of the rules that tell of it."""


class Hits:
    """Makes hits of what happened."""

    def __init__(self, config: Config, store: Store, documents: Documents) -> None:
        self._config = config
        self._store = store
        self._documents = documents
        self._zone = ZoneInfo(config.site.timezone)
        self._authority = {source.name: source.authority for source in config.sources}

    def of(self, happened: Sequence[Happened]) -> list[Hit]:
        """Return the hits of one message; of the articles of one text one stands, which names the others."""
        stories = self._store.stories([kept.id for _, kept, _ in happened])
        folded: dict[tuple[str, str], list[Happened]] = {}
        for one in happened:
            change, kept, _ = one
            folded.setdefault((stories.get(kept.id, (kept,))[0].id, change.kind), []).append(one)
        hits = []
        for some in folded.values():
            story = stories.get(some[0][1].id, ())
            names = tuple(dict.fromkeys(name for _, _, rules in some for name in rules))
            hits += [
                self._hit(change, kept, names, story) for change, kept in self._shown(some, names, story)
            ]
        return hits

    def find(self, happened: Sequence[Change | Due]) -> list[KeptArticle | None]:
        """Find the article of each, or what stands in its place for an event as it stood then."""
        ids = [one.id for one in happened]
        kept, events = {one.id: one for one in self._store.find_all(ids)}, self._store.find_events(ids)
        written = self._documents.events.article
        return [
            written(events[one.id], one.kind) if one.id in events else kept.get(one.id) for one in happened
        ]

    def _shown(
        self, some: Sequence[Happened], names: Sequence[str], story: Sequence[KeptArticle]
    ) -> list[tuple[Change, KeptArticle]]:
        """Choose what is shown of what happened to one text: to its article that leads, if it is meant."""
        change, first, _ = some[0]
        if change.kind == "new" and story and self._is_meant(story[0], change, names):
            return [(replace(change, id=story[0].id, version=story[0].version), story[0])]
        order = {one.id: place for place, one in enumerate(story)}
        first = min((kept for _, kept, _ in some), key=lambda kept: order.get(kept.id, len(order)))
        return [(change, kept) for change, kept, _ in some if kept.id == first.id]

    def _is_meant(self, kept: KeptArticle, change: Change, names: Sequence[str]) -> bool:
        if kept.withdrawn:
            return False
        words, zone = self._store.searched([kept])[kept.id], self._config.site.timezone
        try:
            return any(is_told(rule, change, words, zone) for rule in self._rules(names))
        except ReadError:
            return False

    def _rules(self, names: Sequence[str]) -> list[Rule]:
        return [rule for rule in self._config.rules if rule.name in names]

    def _hit(
        self, change: Change, kept: KeptArticle, names: tuple[str, ...], story: Sequence[KeptArticle]
    ) -> Hit:
        shown = self._documents.descriptions.shown(kept) if kept.version else kept
        query = either([query_of(rule, self._config.site.timezone) for rule in self._rules(names)])
        differs = None
        if change.kind == "changed" and shown.shown == "full":
            states = self._store.surroundings([kept]).get(kept.id, Surroundings()).earlier
            before = next((one for one in reversed(states) if one.version < change.version), None)
            after = next((one.article for one in states if one.version >= change.version), kept.article)
            differs = difference(before.article, after, self._zone) if before else None
        return Hit(
            shown,
            change,
            names,
            query,
            differs,
            others=tuple(self._documents.descriptions.shown(one) for one in story if one.id != kept.id),
            authority=self._authority.get(kept.article.source, 0),
            file_text=self._file_text(shown, query),
        )

    def _file_text(self, shown: KeptArticle, query: Query) -> str:
        """Return the text of the file in which words of a query stand, where the article itself has none."""
        article = shown.article
        if shown.shown != "full" or any(word in text for word in query.words for text in searched(article)):
            return ""
        files = (self._store.file_text(item.text) for item in article.attachments if item.text)
        texts = (text_of(file.content) for file in files if file)
        return next((text for text in texts if any(word in fold_case(text) for word in query.words)), "")
