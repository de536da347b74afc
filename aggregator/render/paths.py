"""The path of each document below the output's root, and the addresses made of it."""

import re
import uuid
from functools import lru_cache
from urllib.parse import quote

from aggregator.model import (
    EVERYTHING,
    OPERATIONS,
    WITHDRAWN,
    Article,
    Category,
    Change,
    Event,
    Field,
    KeptArticle,
    Topic,
    TopicKind,
)
from aggregator.settings import Site

HOME = "index.html"
OPML = "feeds.opml"
STYLE = "assets/style.css"
ICON = "assets/icon.svg"
NOT_FOUND = "404.html"
OPERATIONS_FEED = "feeds/operations.atom.xml"
FEEDS_PAGE = "feeds.html"
WITHDRAWN_PAGE = "withdrawn/index.html"
# A sitemap covers its own folder and what is below (sitemaps.org, "location"), so it lies at the root.
SITEMAP = "sitemap.xml"
SITEMAP_NEWS = "sitemap-news.xml"
SITEMAP_PAGES = "sitemap-pages.xml"
ROBOTS = "robots.txt"
SEARCH = "search"
PRIVATE = "r"
"""The folder of readers; what is in it is answered and never written."""
# For ids as UUIDs, version 5 (RFC 9562), made from the identity alone and never from [site] url.
NAMESPACE = uuid.UUID("0b6f6e0e-52a2-5f0f-9c0b-6d1f3a1d5f4e")
FEED_FILES = {"rss": "rss.xml", "atom": "atom.xml", "json": "feed.json"}
NAMED_KINDS: tuple[TopicKind, ...] = ("category", "source", "tag", "feed")
"""The kinds of topics of which there are several, each in a folder of its name."""
_OF_TOPIC = re.compile(r"(.+)/(?:rss\.xml|atom\.xml|feed\.json|archive-\d+\.atom|page-\d+\.html)")


def share_path(article_id: str) -> str:
    """Path of an article's share page."""
    return f"share/{article_id}.html"


def revision_path(article_id: str, version: int) -> str:
    """Path of the page of an earlier state of an article."""
    return f"share/{article_id}/{version}.html"


def category_path(category: Category) -> str:
    """Path of a category's page."""
    return f"category/{category.slug}.html"


def field_scheme(site: Site, field: Field) -> str:
    """The URI that tells the values of a named fact from other categories (RFC 4287, 4.2.2.2)."""
    return f"{site.root}/#{field.name}"


def category_topic(category: Category) -> Topic:
    """The topic whose feeds are the category's."""
    return Topic("category", category.slug, category.label)


def source_topic(name: str) -> Topic:
    """The topic whose feeds are a source's."""
    return Topic("source", name, name)


def list_path(category: Category, number: int) -> str:
    """Path of a category's numbered page; they count from 1, in order of arrival."""
    return f"category/{category.slug}/page-{number}.html"


def page_path(topic: Topic) -> str:
    """Path of the page that shows a topic's articles: its own where it has one, else the home page."""
    if topic.kind == "withdrawn":
        return WITHDRAWN_PAGE
    return category_path(Category(topic.name, topic.label)) if topic.kind == "category" else HOME


def topic_folder(topic: Topic) -> str:
    """Folder of a topic's feeds, such as ``category/gongxu``; ``feeds`` for everything."""
    return "feeds" if topic.kind == "all" else f"{topic.kind}/{topic.name}".rstrip("/")


def topic_at(path: str) -> Topic | None:
    """The topic whose feed, archive or page lies at a path; None where something else does."""
    if path in ("", HOME):
        return EVERYTHING
    if path == OPERATIONS_FEED:
        return OPERATIONS
    if page := re.fullmatch(r"category/([^/]+)\.html", path):
        return Topic("category", page[1])
    found = _OF_TOPIC.fullmatch(path)
    kind, _, name = (found[1] if found else "").partition("/")
    if not name:
        return {"feeds": EVERYTHING, "withdrawn": WITHDRAWN}.get(kind)
    return next((Topic(one, name) for one in NAMED_KINDS if one == kind), None)


def feed_path(topic: Topic, form: str) -> str:
    """Path of a topic's feed; ``form`` is a key of FEED_FILES, Atom where it is the program's own news."""
    if topic.kind == "operations":
        return OPERATIONS_FEED
    return f"{topic_folder(topic)}/{FEED_FILES[form]}"


def archive_path(topic: Topic, number: int) -> str:
    """Path of a closed archive of a topic's feed (RFC 5005, 4); they count from 1."""
    return f"{topic_folder(topic)}/archive-{number}.atom"


def sitemap_path(number: int) -> str:
    """Path of a part of the sitemap; they count from 1."""
    return f"sitemap-{number}.xml"


def absolute(site: Site, path: str) -> str:
    """Public address of a path; the index of a folder is the folder's with a slash at its end."""
    return below(site.root, path)


@lru_cache(1024)  # the same categories and sources are named by many articles
def below(root: str, path: str) -> str:
    """Address of a path below that of a site."""
    return f"{root}/{quote(path if path.rpartition('/')[2] != HOME else path.removesuffix(HOME))}"


def original(site: Site, kept: KeptArticle) -> str:
    """The canonical address: the source's page, else the configured one, else our share page."""
    article = kept.article
    return article.address or article.share_url or absolute(site, share_path(kept.id))


def article_urn(namespace: str, key: str) -> str:
    """``urn:uuid`` of an article, made of its identity."""
    return uuid.uuid5(NAMESPACE, f"article\n{namespace}\n{key}").urn


def feed_urn(topic: Topic) -> str:
    """``urn:uuid`` of a topic's feed."""
    return uuid.uuid5(NAMESPACE, f"{topic.kind}\n{topic.name}" if topic.kind != "all" else "everything").urn


def event_urn(event: Event, to: str = "owner") -> str:
    """``urn:uuid`` of an event, as the owner is told of it or as subscribers are."""
    return uuid.uuid5(NAMESPACE, f"event\n{event.number}\n{event.opened.isoformat()}\n{to}").urn


def change_urn(article: Article, change: Change) -> str:
    """``urn:uuid`` of something that happened to an article."""
    what = f"change\n{article.namespace}\n{article.key}\n{change.version}\n{change.kind}"
    return uuid.uuid5(NAMESPACE, what).urn
