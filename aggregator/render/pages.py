"""The pages a person reads: home, a category, an article's mirror, and the list of feeds."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from importlib.resources import files
from itertools import groupby
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from aggregator.content.excerpt import opening, shorten
from aggregator.content.opml import Subscription, write_opml
from aggregator.content.text import fold, scrub
from aggregator.model import Article, Attachment, Category, KeptArticle, Page
from aggregator.render import paths
from aggregator.render.texts import Texts
from aggregator.settings import Site

FORMS = {
    "rss": ("RSS", "application/rss+xml"),
    "atom": ("Atom", "application/atom+xml"),
    "json": ("JSON", "application/feed+json"),
}
EXCERPT = 120
LONG_TITLE = 70
TOP_CATEGORIES = 40
# Endings that name a format; .php and .aspx name the program that sends the file.
_ENDINGS = frozenset(
    "7z csv doc docx epub et gif jpg json m4a mp3 mp4 odp ods odt ofd ogg pdf png ppt pptx rar rtf svg txt"
    " wav webm wps xls xlsx xml zip".split()
)


@dataclass(frozen=True, slots=True)
class _Feeds:
    """The feeds of one topic: its label and, for each format, (name, media type, path)."""

    label: str
    forms: tuple[tuple[str, str, str], ...]


class Pages:
    """Renders articles and categories of a site as HTML. The same input gives the same bytes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._texts = Texts(site.language)
        self._environment = Environment(
            loader=PackageLoader("aggregator.render", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        self._environment.globals |= {
            "site": site,
            "text": self._texts,
            "home_path": paths.HOME,
            "style_path": paths.STYLE,
            "opml_path": paths.OPML,
            "share_path": paths.share_path,
            "category_path": paths.category_path,
            "long_title": LONG_TITLE,
        }
        self._environment.filters |= {
            "local": partial(_local, zone=ZoneInfo(site.timezone)),
            "days": partial(_days, zone=ZoneInfo(site.timezone)),
            "voice": _voice,
            "teaser": _teaser,
            "file_name": _file_name,
            "file_kind": _file_kind,
            "file_size": _file_size,
        }

    def share(self, kept: KeptArticle) -> Page:
        """An article as a page of its own, naming its original as canonical."""
        article = kept.article
        path = paths.share_path(kept.id)
        return self._page(
            path,
            "share.html",
            kept=kept,
            article=article,
            updated=kept.version > 1 and article.updated - article.published > timedelta(minutes=1),
            # Where the mirror is all there is, no link may claim to lead to the source.
            source_address=article.address or article.share_url,
            canonical=paths.original(self._site, kept),
            mirror=paths.absolute(self._site, path),
            description=_teaser(article),
            feeds=self._feeds(*dict.fromkeys(filing.category for filing in kept.filings), None),
        )

    def category(self, category: Category, articles: Sequence[KeptArticle], total: int) -> Page:
        """A category's page: ``articles`` in the order given (newest first) out of ``total``."""
        path = paths.category_path(category)
        return self._page(
            path,
            "category.html",
            category=category,
            articles=articles,
            total=total,
            canonical=paths.absolute(self._site, path),
            description=self._texts("category_description", label=category.label, site=self._site.title),
            feeds=self._feeds(category, None),
        )

    def home(self, articles: Sequence[KeptArticle], categories: Sequence[tuple[Category, int]]) -> Page:
        """The home page: ``articles`` in the order given (newest first), categories with their counts."""
        ranked = sorted(categories, key=lambda item: (-item[1], item[0].slug))
        return self._page(
            paths.HOME,
            "home.html",
            articles=articles,
            top=ranked[:TOP_CATEGORIES],
            # Who opens the long tail looks for a name, and slugs sort Chinese labels by sound.
            rest=sorted(ranked[TOP_CATEGORIES:], key=lambda item: item[0].slug),
            canonical=paths.absolute(self._site, paths.HOME),
            description=self._texts("home_description", site=self._site.title),
            feeds=self._feeds(None),
        )

    def opml(self, categories: Sequence[Category]) -> Page:
        """The list of all feeds, that of everything first (OPML 2.0)."""
        absolute = partial(paths.absolute, self._site)
        everything = absolute(paths.feed_path(None, "rss"))
        feeds = [Subscription(self._site.title, everything, absolute(paths.HOME))]
        feeds += [
            Subscription(
                category.label,
                absolute(paths.feed_path(category, "rss")),
                absolute(paths.category_path(category)),
            )
            for category in categories
        ]
        title = self._texts("feeds_title", site=self._site.title)
        return Page(paths.OPML, write_opml(title, feeds))

    def assets(self) -> Iterator[Page]:
        """The files that every page needs: the style sheet."""
        style = files("aggregator.render") / "assets" / "style.css"
        yield Page(paths.STYLE, style.read_bytes())

    def _page(self, path: str, template: str, **values: object) -> Page:
        rendered = self._environment.get_template(template).render(to=partial(_relative, path), **values)
        return Page(path, scrub(rendered).encode())

    def _feeds(self, *topics: Category | None) -> list[_Feeds]:
        return [
            _Feeds(
                topic.label if topic else self._texts("everything"),
                tuple((*FORMS[form], paths.feed_path(topic, form)) for form in FORMS),
            )
            for topic in topics
        ]


def _relative(document: str, target: str) -> str:
    """The link from one of our pages to another, which holds wherever the whole output is put."""
    return quote("../" * document.count("/") + target)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)


def _days(articles: Sequence[KeptArticle], zone: ZoneInfo) -> Iterator[tuple[date, list[KeptArticle]]]:
    """Articles in their order, put together by the day of publication."""
    for day, group in groupby(articles, lambda kept: _local(kept.article.published, zone).date()):
        yield day, list(group)


def _voice(article: Article) -> str:
    """Who speaks, as well as we know."""
    return article.origin or article.author or article.source


def _teaser(article: Article) -> str:
    """The first characters of the summary, or else of the body."""
    summary = fold(article.summary)
    return shorten(summary, EXCERPT) if summary else opening(article.content, EXCERPT)


def _file_name(attachment: Attachment) -> str:
    """What to call an attachment: its title, or its file's name, or where it lies."""
    return attachment.title or unquote(_file(attachment)) or attachment.address


def _file_kind(attachment: Attachment) -> str:
    """An attachment's type for people: PDF, DOCX and their like by the address, else the media type."""
    ending = posixpath.splitext(_file(attachment))[1].removeprefix(".").lower()
    return ending.upper() if ending in _ENDINGS else attachment.media_type


def _file(attachment: Attachment) -> str:
    return posixpath.basename(re.split("[?#]", attachment.address, maxsplit=1)[0])


def _file_size(length: int) -> str:
    """A length in bytes for people; 1 KB is 1,024 bytes."""
    size = float(length)
    for unit in ("B", "KB", "MB"):
        if round(size, 1) < 1024:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GB"
