"""Where each page lies below the output's root, and the addresses made from it."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from aggregator.model import Category, KeptArticle
from aggregator.settings import Site

HOME = "index.html"
OPML = "feeds.opml"
STYLE = "assets/style.css"
# Names of feeds as UUIDs, version 5 (RFC 9562): made from the identity alone, never from [site] url.
NAMESPACE = uuid.UUID("0b6f6e0e-52a2-5f0f-9c0b-6d1f3a1d5f4e")
FEED_FILES = {"rss": "rss.xml", "atom": "atom.xml", "json": "feed.json"}


def share_path(article_id: str) -> str:
    """Path of an article's share page."""
    return f"share/{article_id}.html"


def category_path(category: Category) -> str:
    """Path of a category's page."""
    return f"category/{category.slug}.html"


def feed_path(category: Category | None, form: str) -> str:
    """Path of a feed: of a category, or of everything; ``form`` is a key of FEED_FILES."""
    folder = f"category/{category.slug}" if category else "feeds"
    return f"{folder}/{FEED_FILES[form]}"


def absolute(site: Site, path: str) -> str:
    """Public address of a path; the home page is the site's own address with a slash at its end."""
    return f"{site.root}/{'' if path == HOME else quote(path)}"


def original(site: Site, kept: KeptArticle) -> str:
    """The canonical address: the source's page, else the configured one, else our share page."""
    article = kept.article
    return article.address or article.share_url or absolute(site, share_path(kept.id))


def article_urn(kept: KeptArticle) -> str:
    """``urn:uuid`` of an article, made of its identity (namespace, key)."""
    return uuid.uuid5(NAMESPACE, f"article\n{kept.article.namespace}\n{kept.article.key}").urn


def feed_urn(category: Category | None) -> str:
    """``urn:uuid`` of a feed's topic: a category, or everything."""
    return uuid.uuid5(NAMESPACE, f"category\n{category.slug}" if category else "everything").urn
