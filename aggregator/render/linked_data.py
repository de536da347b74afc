"""An article as schema.org's NewsArticle in JSON-LD, for programs that read pages."""

import json
from typing import Any

from markupsafe import Markup

from aggregator.model import KeptArticle
from aggregator.render import paths
from aggregator.render.filters import iso
from aggregator.settings import Site
from aggregator.text.text import scrub

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def news_article(site: Site, kept: KeptArticle, image: str) -> Markup:
    """JSON that may stand inside a ``script`` element as it is; ``image`` is an address, or empty."""
    article = kept.article
    original = article.address or article.share_url
    published = article.day or article.published
    authors = [{"@type": "Person", "name": name} for name in article.authors]
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": scrub(article.title),
        "inLanguage": article.language or site.language,
        "identifier": article.facts.get("number"),
        "url": paths.absolute(site, paths.share_path(kept.id)),
        "isBasedOn": original,
        "datePublished": iso(published),
        "dateModified": iso(article.updated) if article.updated > article.published else "",
        "author": authors if len(authors) > 1 else next(iter(authors), None),
        "publisher": {"@type": "Organization", "name": article.origin or kept.source_label},
        "articleSection": [filing.category.label for filing in kept.filings],
        "image": image,
    }
    text = _ENCODER.encode({key: value for key, value in data.items() if value})
    # The text must neither end the script element nor begin a comment.
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704
