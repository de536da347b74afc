"""Every document of the output, each rendered from what the store holds at that moment."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import chain
from operator import attrgetter

from aggregator.model import (
    ARCHIVE_SIZE,
    EVERYTHING,
    LIST_SIZE,
    SITEMAP_SIZE,
    WITHDRAWN,
    Archive,
    Category,
    Change,
    ChangeKind,
    Document,
    KeptArticle,
    Surroundings,
    Topic,
    TopicState,
)
from aggregator.publish.descriptions import Descriptions
from aggregator.publish.labels import Labels
from aggregator.render import paths
from aggregator.render.articles import Look, Placed, make_renderer, render_articles
from aggregator.render.events import EventTexts
from aggregator.render.feeds import Items, render_changes, render_feeds, render_operations
from aggregator.render.feeds.item import Item
from aggregator.render.fronts import FeedsOf, Front, page_of, write_archive
from aggregator.render.pages import Pages
from aggregator.render.search_page import SearchPage
from aggregator.render.sitemap import (
    MAX_NEWS,
    news_sitemap,
    robots_txt,
    sitemap_index,
    sitemap_pages,
    sitemap_part,
)
from aggregator.settings import Config, NamedFeed
from aggregator.store import Store

FRONT_SIZE = 100
"""Articles on the home page and on the front of a category."""
MAX_TOMBSTONES = 50
MAX_EVENTS = 100
"""Entries of the operations feed."""
MAX_AGED_FEED = 1000
"""Articles in a feed that the user gave an age and no limit."""
TOLD: tuple[ChangeKind, ...] = ("changed", "withdrawn", "back", "unsteady")
"""What a feed of changes tells; that an article is missing may be a broken site for a while."""
NEWS_AGE = timedelta(days=2)
"""Google's limit for a news sitemap, counted back from the newest article."""


class Documents:
    """Renders the documents of a configuration; a path begins with its folder (``site``, ``posts``).

    ``private`` ones show every text in full, and have nothing for search engines.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        template: str | None,
        theme: Mapping[str, str],
        *,
        private: bool = False,
    ) -> None:
        self._site = config.site
        self._hub = config.websub.hub
        self._telling = {source.name for source in config.sources if source.tell_subscribers}
        self._remembered: dict[str, tuple[object, list[Document]]] = {}
        self.lineage = ""
        self._store = store
        self.descriptions = Descriptions(config.sources, store, private=private)
        served, posts = config.server is not None, config.output.posts is not None
        self.look = Look(config.site, tuple(theme.items()), served, posts, template, private)
        renderer = make_renderer(self.look)
        self._pages = renderer.pages.for_store()
        self._renderer = replace(renderer, pages=self._pages, items=Items(config.site))
        self.labels = Labels(config, self.descriptions, self._pages)
        self.events = EventTexts(config.site, theme, self.descriptions.label)

    def of(self, store: Store) -> "Documents":
        """The same documents of another store, such as an excerpt of this one."""
        other = copy(self)
        other._store = store
        other._remembered = {}
        return other

    def follow(self, lineage: str) -> None:
        """Forget what was rendered of a database that was put back: it gives ids and versions to others."""
        self.lineage = lineage
        self._pages.follow(lineage)

    def article(self, kept: KeptArticle, around: Surroundings) -> list[Document]:
        """The share page of an article, those of its earlier states, and its post."""
        return self.articles([(kept, around)])[0]

    def articles(self, articles: Sequence[Placed]) -> list[list[Document]]:
        """The same of several, which takes less of each."""
        return render_articles(self.look, [self.placed(*one) for one in articles])

    def placed(self, kept: KeptArticle, around: Surroundings) -> Placed:
        """An article and its copies with as much of them as is published."""
        return self.descriptions.shown(kept), replace(
            around, copies=tuple(self.descriptions.shown_all(around.copies))
        )

    def front(self, state: TopicState) -> list[Document]:
        """What shows the newest of a topic: its feeds, and its pages."""
        return [*chain(*map(self.write, self.fronts(state))), *self.pages_of(state)]

    def fronts(self, state: TopicState) -> list[Front]:
        """What shows the newest articles of a topic, to be written here or elsewhere."""
        named, kind = self.labels.named(state.topic), state.topic.kind
        pages = [self._category(state)] if kind == "category" and not state.leads_to else []
        return pages if kind == "operations" or (named and named.changes) else [self._feeds(state), *pages]

    def _feeds(self, state: TopicState) -> Front:
        write = partial(
            render_feeds,
            self._site,
            self.labels.labelled(state.topic),
            self.descriptions.shown_all(self._articles_of_feed(state)),
            tombstones=self._store.tombstones(state.topic, MAX_TOMBSTONES),
            archives=state.archives if self.keeps_archives(state.topic) else 0,
            hub=self._hub,
            home=paths.absolute(self._site, paths.page_path(state.leads_to)) if state.leads_to else None,
            ended=self.labels.has_ended(state.topic),
            notice=self._notice(state.topic),
        )
        return FeedsOf(write)

    def write(self, front: Front) -> list[Document]:
        """Write what shows articles, with what is remembered of them here."""
        return in_site(front.documents(self._renderer))

    def pages_of(self, state: TopicState) -> list[Document]:
        """What else there is of the newest of a topic; for everything, the site's own."""
        topic, feed = state.topic, self.labels.named(state.topic)
        if topic.kind == "operations":
            events = map(self.events.entry, self._store.events(limit=MAX_EVENTS))
            return in_site([render_operations(self._site, self.labels.labelled(topic), tuple(events))])
        documents = (
            self._feeds_of_changes(topic, self._changes_of(feed, topic)) if feed and feed.changes else []
        )
        if state.leads_to:
            documents.append(self._pages.moved(paths.page_path(topic), state.leads_to))
        elif topic.kind == "all":
            documents += self._front_of_all(state)
        return in_site(documents)

    def listing(self, state: TopicState, number: int) -> Front:
        """A category's numbered page; the first holds what came first."""
        category = Category(state.topic.name, state.topic.label)
        if state.leads_to:
            return page_of(Pages.moved, paths.list_path(category, number), state.leads_to)
        first = (number - 1) * LIST_SIZE + 1
        placed = self._store.placed(state.topic, first, first + LIST_SIZE - 1)
        articles = self.descriptions.shown_all(
            sorted(placed, key=attrgetter("article.published"), reverse=True)
        )
        return page_of(Pages.listing, category, number, articles, state.parts(LIST_SIZE))

    def sitemap(self, number: int) -> Document:
        """A part of the sitemap; the first holds what came first."""
        first = (number - 1) * SITEMAP_SIZE + 1
        headlines = self._store.headlines(EVERYTHING, first, first + SITEMAP_SIZE - 1)
        return _in("site", sitemap_part(self._site, number, headlines))

    def archive(self, topic: Topic, archive: Archive) -> Front:
        """What writes a closed archive, with those of its members that have not changed since."""
        articles = self.descriptions.shown_all(self._store.changed(topic, archive.first, archive.last))
        labelled = self.labels.labelled(topic)
        return FeedsOf(partial(write_archive, self._site, labelled, archive.number, articles))

    def archive_path(self, topic: Topic, number: int) -> str:
        """Where an archive lies, with the name of its folder."""
        return f"site/{paths.archive_path(topic, number)}"

    def keeps_archives(self, topic: Topic) -> bool:
        """Tell whether a topic's feed has a history: it has none where the user limited it."""
        feed = self.labels.named(topic)
        return feed is None or (feed.limit is None and feed.age is None and not feed.changes)

    def ids_in_feed(self, state: TopicState) -> list[str]:
        """The ids of the articles that a topic's feeds show, or of which they tell what happened."""
        feed = self.labels.named(state.topic)
        if feed and feed.changes:
            return [change.id for change in self._changes_of(feed, state.topic)]
        return [kept.id for kept in self._articles_of_feed(state)]

    def addresses_of_feeds(self, written: Sequence[str]) -> list[str]:
        """The public addresses of the feeds among these paths, for a hub; none where there is no hub."""
        if not self._hub:
            return []
        names = paths.FEED_FILES.values()
        feeds = [path for path in written if path.rpartition("/")[2] in names]
        return [paths.absolute(self._site, path.removeprefix("site/")) for path in feeds]

    def search(self, found: SearchPage) -> bytes:
        """The page with the results of a search, which is answered and never written."""
        return self._pages.search(found).body

    def _changes_of(self, feed: NamedFeed, topic: Topic) -> list[Change]:
        return self._store.changes(limit=feed.limit or ARCHIVE_SIZE, kinds=TOLD, topic=topic)

    def _notice(self, topic: Topic) -> Item | None:
        """What the feed of a source says of its last long trouble, where its owner wants that."""
        told = topic.kind == "source" and topic.name in self._telling
        event = self._store.long_trouble(topic.name) if told else None
        return self.events.notice(event) if event else None

    def _feeds_of_changes(self, topic: Topic, changes: Sequence[Change]) -> list[Document]:
        held = {kept.id: kept for kept in self._store.find_all([change.id for change in changes])}
        around = self._store.surroundings(list(held.values()))
        items = [
            self._pages.change(self.descriptions.shown(held[one.id]), one, around.get(one.id, Surroundings()))
            for one in reversed(changes)
        ]
        return render_changes(self._site, self.labels.labelled(topic), items, self._hub)

    def _withdrawn(self) -> list[Document]:
        changes = self._store.changes(limit=FRONT_SIZE, kinds=("withdrawn", "back"))
        found = self.descriptions.shown_all(self._store.find_all([one.id for one in changes]))
        held = {kept.id: kept for kept in found}
        listed = [(change, held[change.id]) for change in reversed(changes)]

        def write() -> list[Document]:
            told = self._feeds_of_changes(WITHDRAWN, changes[-ARCHIVE_SIZE:])
            return [self._pages.withdrawn(listed), *told]

        return self._remember("withdrawn", listed, write)

    def _articles_of_feed(self, state: TopicState) -> list[KeptArticle]:
        topic, feed = state.topic, self.labels.named(state.topic)
        if feed is None or self.keeps_archives(topic):
            # Fifty at least, and all that no archive holds: nothing may fall between the two.
            unarchived = self._store.unarchived(topic, state.archived, 2 * ARCHIVE_SIZE)
            return self._store.latest(topic, max(len(unarchived), ARCHIVE_SIZE))
        articles = self._store.latest(topic, feed.limit or MAX_AGED_FEED)
        if feed.age and articles:
            oldest = max(kept.first_seen for kept in articles) - feed.age
            articles = [kept for kept in articles if kept.first_seen >= oldest]
        return articles

    def _category(self, state: TopicState) -> Front:
        category = Category(state.topic.name, state.topic.label)
        newest = self.descriptions.shown_all(self._store.newest(state.topic, FRONT_SIZE))
        # Behind the front, the numbered page with the first article goes on that the front may not show.
        older = -(-(state.places - FRONT_SIZE) // LIST_SIZE) if state.articles > FRONT_SIZE else None
        return page_of(Pages.category, category, newest, state.articles, older)

    def _front_of_all(self, state: TopicState) -> list[Document]:
        states = self.labels.found(self._store.topics())
        topics = sorted((one.topic for one in states), key=attrgetter("kind", "name"))
        counted = [
            (Category(one.topic.name, one.topic.label), one.articles)
            for one in states
            if one.topic.kind == "category" and one.articles
        ]
        newest = self.descriptions.shown_all(self._store.newest(EVERYTHING, FRONT_SIZE))
        pages = [
            self._pages.home(newest, counted),
            *self._remember("lists", topics, lambda: [self._pages.feeds(topics), self._pages.opml(topics)]),
            *self._withdrawn(),
        ]
        if self.look.private:
            return pages
        return [
            *pages,
            *self._remember("fixed", None, self._fixed),
            sitemap_pages(self._site, [category for category, _ in counted]),
            sitemap_index(self._site, state.parts(SITEMAP_SIZE)),
            news_sitemap(self._site, self._store.news(NEWS_AGE, MAX_NEWS)),
        ]

    def _fixed(self) -> list[Document]:
        """What no article changes."""
        return [
            self._pages.not_found(),
            robots_txt(self._site),
            self._pages.style_sheet(),
            self._pages.icon(),
        ]

    def _remember(self, what: str, shown: object, write: Callable[[], list[Document]]) -> list[Document]:
        """Documents that seldom change, as they were written for what they show."""
        known = self._remembered.get(what)
        if known is None or known[0] != shown:
            known = self._remembered[what] = shown, write()
        return known[1]


def in_site(documents: Sequence[Document]) -> list[Document]:
    """Documents in the folder of the site."""
    return [_in("site", document) for document in documents]


def _in(folder: str, document: Document) -> Document:
    return Document(f"{folder}/{document.path}", document.body)
