"""The HTML pages beside those of articles: home, categories, feeds, search; and the list of feeds as OPML."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from html import unescape
from importlib.resources import files
from urllib.parse import quote, urlsplit

from aggregator.model import WITHDRAWN, Category, Change, Document, KeptArticle, Topic
from aggregator.render import filters, paths
from aggregator.render.links import TopicFeeds, forms_of
from aggregator.render.opml import Subscription, write_opml
from aggregator.render.search_page import MAX_COUNT, SearchPage
from aggregator.render.share import SharePages

TOP_CATEGORIES = 40
"""Categories that the home page shows by size; the others follow by name."""
# The texts above topics of each kind, in the order of the page of feeds.
KINDS = {
    "all": "everything",
    "feed": "kind_feed",
    "category": "categories",
    "source": "kind_source",
    "tag": "kind_tag",
    "withdrawn": "withdrawn",
    "operations": "operations",
}
STYLE_SHEET = "style.css"


class Pages(SharePages):
    """Renders all HTML pages of a site."""

    def category(
        self, category: Category, articles: Sequence[KeptArticle], total: int, older: int | None = None
    ) -> Document:
        """The front of a category, with ``articles`` in the order given (newest first) out of ``total``.

        ``older`` is the number of the page on which they go on.
        """
        path = paths.category_path(category)
        return self._page(
            path,
            "category.html",
            category=category,
            articles=articles,
            total=total,
            older=older,
            canonical=paths.absolute(self._site, path),
            description=self._texts("category_description", label=category.label, site=self._site.title),
            feeds=self._feeds(category, None),
        )

    def listing(
        self, category: Category, number: int, articles: Sequence[KeptArticle], last: int
    ) -> Document:
        """A numbered page of a category, of ``last``.

        It shows nothing that changes later: once there is a newer page, it stays as it is.
        """
        path = paths.list_path(category, number)
        return self._page(
            path,
            "list.html",
            category=category,
            number=number,
            newer=number + 1 if number < last else None,
            articles=articles,
            canonical=paths.absolute(self._site, path),
            description=self._texts("list_description", label=category.label, number=number),
            feeds=self._feeds(category, None),
        )

    def home(self, articles: Sequence[KeptArticle], categories: Sequence[tuple[Category, int]]) -> Document:
        """The front page: the newest of all articles, and every category with its count, biggest first."""
        ranked = sorted(categories, key=lambda item: (-item[1], filters.natural(item[0].slug)))
        return self._page(
            paths.HOME,
            "home.html",
            articles=articles,
            top=ranked[:TOP_CATEGORIES],
            # Whoever opens the rest looks for a name; slugs sort Chinese labels by their sound.
            rest=sorted(ranked[TOP_CATEGORIES:], key=lambda item: filters.natural(item[0].slug)),
            canonical=paths.absolute(self._site, paths.HOME),
            description=self._texts("home_description", site=self._site.title),
            feeds=self._feeds(None),
        )

    def feeds(self, topics: Sequence[Topic]) -> Document:
        """The page of all feeds, by kind of topic."""
        ordered = sorted(topics, key=lambda topic: filters.natural(topic.name))
        kinds = [
            (
                kind,
                [TopicFeeds(self.label(topic), forms_of(topic)) for topic in ordered if topic.kind == kind],
            )
            for kind in KINDS
        ]
        return self._page(
            paths.FEEDS_PAGE,
            "feeds.html",
            kinds=[(self._texts(KINDS[kind]), feeds) for kind, feeds in kinds if feeds],
            canonical=paths.absolute(self._site, paths.FEEDS_PAGE),
            description=self._texts("feeds_title", site=self._site.title),
            feeds=self._feeds(None),
        )

    def withdrawn(self, changes: Sequence[tuple[Change, KeptArticle]]) -> Document:
        """The page of what sources took back and of what came back, the last one first."""
        return self._page(
            paths.WITHDRAWN_PAGE,
            "withdrawn.html",
            changes=changes,
            canonical=paths.absolute(self._site, paths.WITHDRAWN_PAGE),
            description=self._texts("withdrawn_title"),
            feeds=(TopicFeeds(str(self._texts("withdrawn")), forms_of(WITHDRAWN)), *self._feeds(None)),
        )

    def moved(self, path: str, topic: Topic) -> Document:
        """A page that leads on to that of a category which was called otherwise."""
        category = Category(topic.name, topic.label)
        target = paths.category_path(category)
        return self._page(
            path,
            "moved.html",
            label=category.label,
            target=target,
            canonical=paths.absolute(self._site, target),
            description=self._texts("moved", label=topic.label),
            feeds=self._feeds(category, None),
        )

    def moved_article(self, kept: KeptArticle) -> Document:
        """A page that leads on from where an article was on the site that it was moved from."""
        target = paths.share_path(kept.id)
        return self._page(
            kept.former_path,
            "moved.html",
            label=kept.article.title,
            target=target,
            canonical=paths.absolute(self._site, target),
            description=self._texts("article_moved", label=kept.article.title),
            feeds=self._feeds(None),
        )

    def ended(self, label: str) -> str:
        """The label of a source that left the configuration."""
        return unescape(self._texts("ended", label=label))

    def not_found(self) -> Document:
        """The page for unknown addresses. Its links hold at any depth, since it is served at all of them."""
        root = urlsplit(self._site.root).path
        return self._page(
            paths.NOT_FOUND,
            "not_found.html",
            to=lambda target: quote(f"{root}/{target}".removesuffix(paths.HOME)),
            canonical="",
            description=self._texts("not_found"),
            feeds=self._feeds(None),
        )

    def search(self, found: SearchPage) -> Document:
        """The results of a search, rendered for each request and never written."""
        return self._page(
            paths.SEARCH,
            "search.html",
            found=replace(
                found, categories=tuple(sorted(found.categories, key=lambda one: filters.natural(one.slug)))
            ),
            most=MAX_COUNT,
            canonical="",
            description=self._texts("search_title"),
            feeds=self._feeds(None),
        )

    def opml(self, topics: Sequence[Topic]) -> Document:
        """All feeds as OPML 2.0: that of everything first, then a folder for each kind of topic, by name.

        The program's own news are for its owner, not for whoever reads all feeds.
        """
        absolute = partial(paths.absolute, self._site)
        feeds = []
        kinds = list(KINDS)
        for topic in sorted(topics, key=lambda topic: (kinds.index(topic.kind), filters.natural(topic.name))):
            if topic.kind == "operations":
                continue
            feed = absolute(paths.feed_path(topic, "rss"))
            page = absolute(paths.page_path(topic))
            folders = () if topic.kind == "all" else (str(self._texts(KINDS[topic.kind])),)
            feeds.append(Subscription(self.label(topic), feed, page, folders))
        return Document(paths.OPML, write_opml(self._texts("feeds_title", site=self._site.title), feeds))

    def style_sheet(self) -> Document:
        """The style sheet of every page: the theme's, else ours."""
        ours = files("aggregator.render") / paths.STYLE
        style = self._theme.get(STYLE_SHEET)
        return Document(paths.STYLE, ours.read_bytes() if style is None else style.encode())

    def icon(self) -> Document:
        """The icon of the site, for tabs and bookmarks."""
        return Document(paths.ICON, (files("aggregator.render") / paths.ICON).read_bytes())

    def label(self, topic: Topic) -> str:
        """What people see of a topic."""
        if topic.kind in ("withdrawn", "operations"):
            return unescape(self._texts(topic.kind))
        return self._site.title if topic.kind == "all" else topic.label
