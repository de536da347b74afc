"""Every document of the output, each made from what the store holds at that moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.model import (
    ARCHIVE_SIZE,
    EVERYTHING,
    LIST_SIZE,
    SITEMAP_SIZE,
    Archive,
    Category,
    Document,
    KeptArticle,
    Neighbours,
    Topic,
    TopicState,
)
from aggregator.render import paths
from aggregator.render.feeds import render_archive, render_feeds
from aggregator.render.pages import Pages
from aggregator.render.post import PostTemplate
from aggregator.render.search_page import SearchPage
from aggregator.render.sitemap import news_sitemap, robots_txt, sitemap_index, sitemap_pages, sitemap_part
from aggregator.render.visibility import shown
from aggregator.settings import Config, NamedFeed
from aggregator.store import Store

ON_PAGE = 100
ON_HOME = 100
TOMBSTONES = 50
# In a feed that has an age and no limit.
MOST = 1000
# What a news sitemap may hold (Google's limits); the two days are counted back from the newest article.
NEWS, NEWS_AGE = 1000, timedelta(days=2)


class Documents:
    """Renders the documents of a configuration; a path begins with its folder (``site``, ``posts``)."""

    def __init__(self, config: Config, store: Store, template: str | None, theme: Mapping[str, str]) -> None:
        self._site = config.site
        self._hub = config.websub.hub
        self._feeds = {feed.name: feed for feed in config.feeds}
        self._modes = {source.name: source.publish for source in config.sources}
        self._store = store
        self._pages = Pages(config.site, theme=theme, search=config.server is not None)
        self._post = PostTemplate.load(template) if config.output.posts is not None else None

    def article(self, kept: KeptArticle, neighbours: Neighbours) -> list[Document]:
        """An article's share page and its post."""
        kept = self._shown(kept)
        pages = [_in("site", self._pages.share(kept, neighbours))]
        if self._post:
            pages.append(_in("posts", self._post.render(self._site, kept)))
        return pages

    def front(self, state: TopicState) -> Iterator[Document]:
        """What shows the newest of a topic: its feeds, a category's page, for everything the home page."""
        topic = state.topic
        yield from self._subscription(state)
        if topic.kind == "category":
            newest = self.shown_all(self._store.newest(topic, ON_PAGE))
            older = _older(state)
            category = Category(topic.name, topic.label)
            yield _in("site", self._pages.category(category, newest, state.articles, older))
        elif topic.kind == "all":
            yield from self._front_of_all(state)

    def listing(self, state: TopicState, number: int) -> Document:
        """A category's numbered page; the first holds what came first."""
        first = (number - 1) * LIST_SIZE + 1
        placed = self._store.placed(state.topic, first, first + LIST_SIZE - 1)
        articles = self.shown_all(sorted(placed, key=_published, reverse=True))
        category = Category(state.topic.name, state.topic.label)
        return _in("site", self._pages.listing(category, number, articles, _last(state.places, LIST_SIZE)))

    def sitemap(self, number: int) -> Document:
        """A part of the sitemap; the first holds what came first."""
        first = (number - 1) * SITEMAP_SIZE + 1
        headlines = self._store.headlines(EVERYTHING, first, first + SITEMAP_SIZE - 1)
        return _in("site", sitemap_part(self._site, number, headlines))

    def archive(self, topic: Topic, archive: Archive) -> Document:
        """A closed archive, of what of its members has not changed since."""
        articles = self.shown_all(self._store.changed(topic, archive.first, archive.last))
        return _in("site", render_archive(self._site, topic, archive.number, articles))

    def archive_path(self, topic: Topic, number: int) -> str:
        """Where an archive lies, with the name of its folder."""
        return f"site/{paths.archive_path(topic, number)}"

    def keeps_archives(self, topic: Topic) -> bool:
        """Tell whether a topic's feed has a history: not where the user set it an end."""
        feed = self._named(topic)
        return feed is None or (feed.limit is None and feed.age is None)

    def addresses_of_feeds(self, written: Sequence[str]) -> list[str]:
        """The public addresses of those paths which are subscription documents, for a hub to hear of."""
        if not self._hub:
            return []
        feeds = [
            path.removeprefix("site/")
            for path in written
            if path.rpartition("/")[2] in paths.FEED_FILES.values()
        ]
        return [paths.absolute(self._site, path) for path in feeds]

    def _subscription(self, state: TopicState) -> Iterator[Document]:
        topic, feed = state.topic, self._named(state.topic)
        limit = (feed.limit or (MOST if feed.age else None)) if feed else None
        articles = self._store.latest(topic, limit or 2 * ARCHIVE_SIZE)
        if self.keeps_archives(topic):
            # Fifty at least, and all that no archive holds: nothing may fall between the two.
            unarchived = self._store.unarchived(topic, state.archived, 2 * ARCHIVE_SIZE)
            articles = articles[: max(len(unarchived), ARCHIVE_SIZE)]
        elif feed and feed.age and articles:
            oldest = max(kept.first_seen for kept in articles) - feed.age
            articles = [kept for kept in articles if kept.first_seen >= oldest]
        pages = render_feeds(
            self._site,
            topic,
            self.shown_all(articles),
            tombstones=self._store.tombstones(topic, TOMBSTONES),
            archives=state.archives if self.keeps_archives(topic) else 0,
            hub=self._hub,
        )
        for page in pages:
            yield _in("site", page)

    def _front_of_all(self, state: TopicState) -> Iterator[Document]:
        states = self._store.topics()
        topics = [one.topic for one in states]
        counted = [
            (Category(one.topic.name, one.topic.label), one.articles)
            for one in states
            if one.topic.kind == "category" and one.articles
        ]
        newest = self.shown_all(self._store.newest(EVERYTHING, ON_HOME))
        yield _in("site", self._pages.home(newest, counted))
        yield _in("site", self._pages.feeds(topics))
        yield _in("site", self._pages.opml(topics))
        yield _in("site", self._pages.not_found())
        yield _in("site", sitemap_pages(self._site, [category for category, _ in counted]))
        yield _in("site", sitemap_index(self._site, _last(state.places, SITEMAP_SIZE)))
        yield _in("site", news_sitemap(self._site, self._store.news(NEWS_AGE, NEWS)))
        yield _in("site", robots_txt(self._site))
        for page in self._pages.assets():
            yield _in("site", page)

    def search(self, found: SearchPage) -> bytes:
        """The page of a search, which is answered and never written."""
        return self._pages.search(found).body

    def shown_all(self, articles: Sequence[KeptArticle]) -> list[KeptArticle]:
        """Articles as much of them as is published."""
        return [self._shown(kept) for kept in articles]

    def _named(self, topic: Topic) -> NamedFeed | None:
        return self._feeds.get(topic.name) if topic.kind == "feed" else None

    def _shown(self, kept: KeptArticle) -> KeptArticle:
        return shown(kept, self._modes.get(kept.article.source, "full"))


def _published(kept: KeptArticle) -> datetime:
    return kept.article.published


def _last(places: int, size: int) -> int:
    """The number of the newest part, where each holds ``size`` places."""
    return -(-places // size)


def _older(state: TopicState) -> int | None:
    """The numbered page on which to go on behind a category's front; None where that shows everything."""
    if state.articles <= ON_PAGE:
        return None
    return _last(state.places - ON_PAGE, LIST_SIZE)


def _in(folder: str, page: Document) -> Document:
    return Document(f"{folder}/{page.path}", page.body)
