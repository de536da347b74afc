"""In which feeds an article is shown, and why not in the others."""

from dataclasses import dataclass

from aggregator.decide.topics import NOTHING, refusal
from aggregator.model import KeptArticle, Topic
from aggregator.publish.copies import Filer
from aggregator.publish.documents import Documents
from aggregator.render import paths
from aggregator.settings import Config
from aggregator.store import Filed, Store


@dataclass(frozen=True, slots=True)
class Whereabout:
    """A feed, and whether it shows an article."""

    path: str
    """Of the feed as Atom, below the site's address."""
    shown: bool
    why: str = ""
    """Why it does not."""


class Whereabouts:
    """Says of articles in which feeds they are."""

    def __init__(self, config: Config, store: Store, documents: Documents) -> None:
        self._feeds = config.feeds
        self._store = store
        self._documents = documents
        self._filer = Filer(config, store)

    def of(self, kept: KeptArticle) -> list[Whereabout]:
        """Say it of one article: of the feeds to which it belongs, and of every feed that the user named."""
        filed = {_name(one.topic): one for one in self._store.filed(kept.id)}
        own = self._filer.own_topics([kept])[kept.id]
        found = [self._in_own(kept, topic, filed.get(_name(topic))) for topic in own]
        words = self._store.searched([kept]).get(kept.id, NOTHING)
        named = {topic.name for topic in own if topic.kind == "feed"}
        for feed in self._feeds:
            if feed.name not in named:
                path = paths.feed_path(Topic("feed", feed.name), "atom")
                found.append(Whereabout(path, shown=False, why=refusal(feed, kept, words)))
        return found

    def _in_own(self, kept: KeptArticle, topic: Topic, filed: Filed | None) -> Whereabout:
        """Say of a feed to which an article belongs whether it shows it, or what shows its text there."""
        if filed is None:
            path = paths.feed_path(topic, "atom") if topic.name or topic.kind == "all" else topic.label
            return Whereabout(path, shown=False, why=self._why_unfiled(kept, topic))
        path = paths.feed_path(filed.topic, "atom")
        shown = self._documents.ids_in_feed(self._store.topic(filed.topic))
        why = "" if kept.id in shown else self._why_outside(filed, len(shown))
        return Whereabout(path, shown=not why, why=why)

    def _why_outside(self, filed: Filed, shown: int) -> str:
        """Say why a feed in whose topic an article stands does not show it."""
        topic = filed.topic
        if any(feed.changes and (topic.kind, topic.name) == ("feed", feed.name) for feed in self._feeds):
            return "it tells of changes, and nothing of late happened to this article"
        if filed.archive:
            return f"too old for its window; it is in {paths.archive_path(topic, filed.archive)}"
        return f"too old for its window: {shown} came or changed later"

    def _why_unfiled(self, kept: KeptArticle, topic: Topic) -> str:
        for other in self._store.came_before(kept.id):
            if any(_name(one.topic) == _name(topic) for one in self._store.filed(other.id)):
                same = f"“{other.article.title}” of {other.article.source} ({paths.share_path(other.id)})"
                return f"folded as a copy: {same} has the same text and stands there"
        return "not published yet: `aggregator publish`, or a running daemon, does it"


def _name(topic: Topic) -> tuple[str, str]:
    """What tells topics apart, where a tag's name is not known yet."""
    return topic.kind, topic.label if topic.kind == "tag" else topic.name
