"""Copies are found before articles are filed; in most topics one of them stands for all."""

from collections.abc import Mapping, Sequence

import structlog

from aggregator.decide.copies import find_original
from aggregator.decide.shingles import bands_of, keys_of
from aggregator.decide.topics import NOTHING, topics_of
from aggregator.errors import ReadError
from aggregator.model import Article, KeptArticle, Topic
from aggregator.settings import Config
from aggregator.store import Store
from aggregator.text.query import Searchable
from aggregator.text.wording import Sentence, Wordings

log = structlog.get_logger()


class CopyFinder:
    """Finds the copies of one publication, and remembers the texts which it compares until that is over."""

    def __init__(self, store: Store, authority: Mapping[str, int]) -> None:
        self._store = store
        self._authority = authority
        self._wordings = Wordings()
        self._bands: dict[str, Sequence[int]] = {}

    def learn(self, content: str, bands: Sequence[int], sentences: Sequence[Sentence]) -> None:
        """Take over what somebody has read of a text that is compared next."""
        self._bands[content] = bands
        self._wordings.add(content, sentences)

    def find(self, articles: Sequence[KeptArticle]) -> bool:
        """Find of which others articles are copies; return whether those are to be filed again for it."""
        keyed = [(one, () if one.withdrawn else self._keys(one.article)) for one in articles]
        self._bands.clear()
        return self._store.find_copies(keyed, self._compare)

    def _keys(self, article: Article) -> Sequence[int]:
        bands = self._bands.get(article.content)
        return keys_of(article, bands_of(self._wordings.of(article).sentences) if bands is None else bands)

    def _compare(self, article: Article, others: Sequence[Article]) -> tuple[int | None, bool]:
        position = find_original(article, others, self._wordings.of)
        if position is None:
            return None, False
        mine, theirs = (self._authority.get(one.source, 0) for one in (article, others[position]))
        return position, mine > theirs


class Filer:
    """Says into which topics articles are filed."""

    def __init__(self, config: Config, store: Store) -> None:
        self._store = store
        self._feeds = config.feeds
        self._former = {source.name: source.was for source in config.sources if source.was}
        self.authority = {source.name: source.authority for source in config.sources}
        """Of the sources: of two that have one text, the article of the one with more leads."""
        self._keeping = {feed.name for feed in config.feeds if feed.duplicates == "keep"}

    def topics(self, articles: Sequence[KeptArticle]) -> dict[str, Sequence[Topic]]:
        """Return by id the topics of articles, of which copies were looked for."""
        grouped = self._store.grouped([kept.id for kept in articles])
        own = self.own_topics(articles)
        return {one: self._left(one, some) if one in grouped else some for one, some in own.items()}

    def own_topics(self, articles: Sequence[KeptArticle]) -> dict[str, Sequence[Topic]]:
        """Say by id to which topics articles belong, whether or not a copy stands there for them."""
        # Queries look into the files of articles, too.
        queried = any(feed.query for feed in self._feeds)
        words = self._store.searched(articles) if queried else {}
        return {kept.id: self._topics(kept, words.get(kept.id, NOTHING)) for kept in articles}

    def _topics(self, kept: KeptArticle, words: Searchable) -> Sequence[Topic]:
        try:
            return topics_of(kept, self._feeds, self._former, words)
        except ReadError as exc:
            log.warning(
                "a feed's query is too slow, so no such feed gets the article", article=kept.id, why=f"{exc}"
            )
            plain = [feed for feed in self._feeds if not feed.query]
            return topics_of(kept, plain, self._former, words)

    def _left(self, article_id: str, own: Sequence[Topic]) -> Sequence[Topic]:
        """Leave out the topics in which an article of the same text stands that came before."""
        before = [kept for kept in self._store.came_before(article_id) if not kept.withdrawn]
        taken = {topic for some in self.own_topics(before).values() for topic in some}
        return [topic for topic in own if topic not in taken or self._shows_all(topic)]

    def _shows_all(self, topic: Topic) -> bool:
        return topic.kind == "source" or (topic.kind == "feed" and topic.name in self._keeping)
