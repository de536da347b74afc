"""The HTML pages: home, categories, share pages of articles, feeds, search; and the list of feeds as OPML."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from html import unescape
from importlib.resources import files
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, DictLoader, Environment, PackageLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from aggregator.model import EVERYTHING, Category, Document, KeptArticle, Neighbours, Topic
from aggregator.render import filters, paths
from aggregator.render.body import PageBody, is_only_files, mirrored_attachments, page_body
from aggregator.render.linked_data import news_article
from aggregator.render.links import TopicFeeds, forms_of, links_from
from aggregator.render.opml import Subscription, write_opml
from aggregator.render.search_page import MAX_COUNT, SearchPage
from aggregator.render.texts import Texts
from aggregator.settings import Site
from aggregator.text.text import scrub

MAX_FRAGMENTS = 2048
"""Pieces of pages that are remembered, each of a few KB: three for each category, or set of them."""
LONG_TITLE = 70
"""Characters from which on a title is set in smaller type."""
TOP_CATEGORIES = 40
"""Categories that the home page shows by size; the others follow by name."""
# The texts above topics of each kind, in the order of the page of feeds.
KINDS = {
    "all": "everything",
    "feed": "kind_feed",
    "category": "categories",
    "source": "kind_source",
    "tag": "kind_tag",
}
SHOWN = {"full": "", "summary": "shown_summary", "link": "shown_link"}
STYLE_SHEET = "style.css"
# Noncharacters, which XML allows and HTML forbids: U+FDD0 to U+FDEF, and the last two of each further plane.
NONCHARACTERS = re.compile(rb"\xef\xb7[\x90-\xaf]"), re.compile(rb"[\xf0-\xf4].\xbf[\xbe\xbf]", re.DOTALL)
PICTURE = re.compile(r'<img [^>]*?\bsrc="([^"]+)"')


class Pages:
    """Renders the HTML pages of a site. The same input gives the same bytes.

    ``theme`` has the user's own templates, style sheet and texts by file name, in place of ours. ``search``
    says whether a server answers searches.
    """

    def __init__(self, site: Site, *, theme: Mapping[str, str] | None = None, search: bool = False) -> None:
        self._site = site
        self._theme = theme or {}
        self._texts = Texts(site.language, self._theme)
        # The sandbox is for templates of the user's own.
        environment = (
            SandboxedEnvironment if any(name.endswith(".html") for name in self._theme) else Environment
        )
        self._environment = environment(
            loader=ChoiceLoader([DictLoader(self._theme), PackageLoader("aggregator.render", "templates")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        self._fragment = lru_cache(MAX_FRAGMENTS)(self._render_fragment)
        zone = ZoneInfo(site.timezone)
        self._environment.globals |= {
            "site": site,
            "text": self._texts,
            "home_path": paths.HOME,
            "style_path": paths.STYLE,
            "opml_path": paths.OPML,
            "feeds_path": paths.FEEDS_PAGE,
            "search_path": paths.SEARCH if search else "",
            "share_path": paths.share_path,
            "category_path": paths.category_path,
            "list_path": paths.list_path,
            "absolute": partial(paths.absolute, site),
            "long_title": LONG_TITLE,
        }
        self._environment.tests["timed"] = lambda value: isinstance(value, datetime)
        self._environment.filters |= filters.page_filters(site, zone) | {"is_only_files": is_only_files}

    def share(self, kept: KeptArticle, neighbours: Neighbours = Neighbours()) -> Document:  # noqa: B008 - frozen
        """The share page of an article; it names the original as canonical."""
        article = kept.article
        path = paths.share_path(kept.id)
        categories = tuple(dict.fromkeys(filing.category for filing in kept.filings))
        description = filters.teaser(article)
        image = self._image(kept)
        body = self._body(kept, path)
        only_files = is_only_files(article)
        rest = [item for item in article.attachments if item.address not in body.linked]
        attachments = mirrored_attachments(
            self._site, replace(kept, article=replace(article, attachments=tuple(rest)))
        )
        return self._page(
            path,
            "share.html",
            kept=kept,
            article=article,
            categories=categories,
            body=Markup(body.html),  # noqa: S704 - cleaned when it came in
            attachments=attachments,
            only_files=only_files,
            neighbours=neighbours,
            updated=filters.is_updated(kept),
            # Empty where the source has no page, so that no link claims to lead there.
            source_address=article.address or article.share_url,
            canonical=paths.original(self._site, kept),
            mirror=paths.absolute(self._site, path),
            description=description,
            image=image,
            shown_note=self._texts(SHOWN[kept.shown]) if SHOWN[kept.shown] else "",
            linked_data=news_article(self._site, kept, description, image),
            feeds=self._feeds(*categories, None),
        )

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
                [TopicFeeds(self._label(topic), forms_of(topic)) for topic in ordered if topic.kind == kind],
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

    def moved(self, path: str, topic: Topic) -> Document:
        """A page that leads on to that of a category which was called otherwise."""
        category = Category(topic.name, topic.label)
        target = paths.category_path(category)
        return self._page(
            path,
            "moved.html",
            category=category,
            canonical=paths.absolute(self._site, target),
            description=self._texts("moved", label=topic.label),
            feeds=self._feeds(category, None),
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
        """All feeds as OPML 2.0: that of everything first, then a folder for each kind of topic."""
        absolute = partial(paths.absolute, self._site)
        feeds = []
        for topic in sorted(topics, key=lambda topic: list(KINDS).index(topic.kind)):
            feed = absolute(paths.feed_path(topic, "rss"))
            page = absolute(paths.page_path(topic))
            folders = () if topic.kind == "all" else (str(self._texts(KINDS[topic.kind])),)
            feeds.append(Subscription(self._label(topic), feed, page, folders))
        return Document(paths.OPML, write_opml(self._texts("feeds_title", site=self._site.title), feeds))

    def style_sheet(self) -> Document:
        """The style sheet of every page: the theme's, else ours."""
        ours = files("aggregator.render") / "assets" / STYLE_SHEET
        style = self._theme.get(STYLE_SHEET)
        return Document(paths.STYLE, ours.read_bytes() if style is None else style.encode())

    def _page(
        self,
        path: str,
        template: str,
        *,
        feeds: tuple[TopicFeeds, ...],
        to: Callable[[str], str] | None = None,
        **values: object,
    ) -> Document:
        to = to or links_from(path.count("/"))
        fragment = partial(self._fragment, to=to, feeds=feeds)
        found = self._environment.get_template(template)
        rendered = found.render(to=to, feeds=feeds, fragment=fragment, **values)
        body = scrub(rendered).encode()
        for forbidden in NONCHARACTERS:
            body = forbidden.sub(b"", body)
        return Document(path, body)

    def _render_fragment(self, name: str, to: Callable[[str], str], feeds: tuple[TopicFeeds, ...]) -> Markup:
        """What is the same on all pages of a depth and with these feeds, rendered once for them."""
        template = self._environment.get_template(name)
        return Markup(template.render(to=to, feeds=feeds))  # noqa: S704 - a template escapes

    def _body(self, kept: KeptArticle, path: str) -> PageBody:
        to_root = "../" * path.count("/")
        return page_body(kept, to_root, picture=str(self._texts("picture")), table=str(self._texts("table")))

    def _image(self, kept: KeptArticle) -> str:
        """The address of the first mirrored picture, for cards: no other server is asked."""
        for found in PICTURE.finditer(kept.article.content):
            if file := kept.media.get(unescape(found[1])):
                return paths.absolute(self._site, file.path)
        return ""

    def _label(self, topic: Topic) -> str:
        return self._site.title if topic.kind == "all" else topic.label

    def _feeds(self, *categories: Category | None) -> tuple[TopicFeeds, ...]:
        topics = [paths.category_topic(one) if one else EVERYTHING for one in categories]
        everything = str(self._texts("everything"))
        return tuple(TopicFeeds(topic.label or everything, forms_of(topic)) for topic in topics)
