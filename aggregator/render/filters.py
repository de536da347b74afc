"""Filters of the templates: short texts on an article and its files."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import groupby
from posixpath import basename
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from markupsafe import Markup

from aggregator.model import Article, Attachment, Field, KeptArticle
from aggregator.render.texts import Texts
from aggregator.settings import Site
from aggregator.text.difference import Block
from aggregator.text.excerpt import opening, shorten
from aggregator.text.filetypes import FORMATS, ending_of, without_query
from aggregator.text.text import fold

HAN, KANA = re.compile("[\u4e00-\u9fff]{2}"), re.compile("[\u3040-\u30ff]")
NUMBERS = re.compile(r"(\d{1,18})")
TEASER_LENGTH = 120
LEAST_TEASER = 8
"""Characters below which a teaser says nothing."""
SAME_BEGINNING = 16
"""Characters in which teasers of a list must differ; Chinese names an office in as many."""


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment in the site's time zone."""
    return moment.astimezone(zone)


def when(moment: datetime | date, zone: ZoneInfo) -> datetime | date:
    """The moment in the site's time zone, or its day alone at midnight, which stands for no time."""
    if not isinstance(moment, datetime):
        return moment
    here = local(moment, zone)
    return here if here.time() != time() else here.date()


def published(article: Article, zone: ZoneInfo) -> datetime | date:
    """When an article was published: its day alone where its source states no time."""
    return article.day or when(article.published, zone)


def modified(article: Article, zone: ZoneInfo) -> datetime | date:
    """When an article was changed last: when it was published where nothing came after that."""
    later = article.updated > article.published
    return when(article.updated, zone) if later else published(article, zone)


def iso(moment: datetime | date) -> str:
    """A moment to the second, or a day, in ISO 8601."""
    return moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else moment.isoformat()


def days(articles: Sequence[KeptArticle], zone: ZoneInfo) -> Iterator[tuple[date, list[KeptArticle]]]:
    """Articles by the day of publication, the last day first; within a day in their order."""
    # A day that another zone's source states may begin in the midst of one of ours.
    grouped: defaultdict[date, list[KeptArticle]] = defaultdict(list)
    for kept in articles:
        day = kept.article.day or local(kept.article.published, zone).date()
        grouped[day].append(kept)
    yield from sorted(grouped.items(), reverse=True)


def tongue(article: Article, site_language: str) -> str:
    """The language of an article: as it says, else Chinese where its title is, else the site's."""
    if article.language or site_language.lower().startswith(("zh", "ja")) or not HAN.search(article.title):
        return article.language or site_language
    return site_language if KANA.search(article.title) else "zh"


def lang(language: str, site_language: str) -> Markup:
    """The attribute that names the language of a text on a page; nothing where it is the page's own."""
    return Markup("") if language == site_language else Markup(' lang="{}"').format(language)


def voices(kept: KeptArticle, known: Collection[str] = ()) -> list[str]:
    """Who speaks in an article: its source by its label, such as a regulator, then the origin or the author.

    What is ``known`` is left out. Where there is nobody else and nothing known, it is the name of the source.
    """
    article = kept.article
    spoken = dict.fromkeys(filter(None, (kept.label, article.origin or article.byline)))
    return [voice for voice in spoken if voice not in known] or ([] if spoken or known else [article.source])


def labels(kept: KeptArticle) -> list[str]:
    """The labels of the categories of an article."""
    return [filing.category.label for filing in kept.filings]


def field_label(field: Field, texts: Texts) -> str:
    """What people see of a named fact: our word where we have one, else what the configuration calls it."""
    return texts.find(f"field_{field.name}") or field.label or field.name


def is_updated(kept: KeptArticle) -> bool:
    """Tell whether an article was changed after it was published."""
    later = kept.article.updated - kept.article.published > timedelta(minutes=1)
    return kept.changes > 0 or (kept.version > 1 and later)


def teaser(article: Article) -> str:
    """The first characters of the summary, or else of the body."""
    summary = fold(article.summary)
    return shorten(summary, TEASER_LENGTH) if summary else opening(article.content, TEASER_LENGTH)


def teasers(
    articles: Sequence[KeptArticle], beyond: Callable[[KeptArticle], str] | None = None
) -> dict[str, str]:
    """The teasers of a list, by id: only those that say what neither their title nor another teaser says.

    Notices begin alike, with the offices to which they are sent or the law on which they stand. ``beyond``
    gives the teaser of one article where that of ``beyond_title`` is remembered.
    """
    found = {kept.id: beyond(kept) if beyond else beyond_title(kept.article) for kept in articles}
    beginnings = Counter(text[:SAME_BEGINNING] for text in found.values())
    return {key: text for key, text in found.items() if text and beginnings[text[:SAME_BEGINNING]] == 1}


def beyond_title(article: Article) -> str:
    """The teaser without the title at its beginning; empty where next to nothing is left."""
    text, title = teaser(article), fold(article.title)
    if title and text.startswith(title[:TEASER_LENGTH]):
        text = text[len(title) :].lstrip(" .:：。，,—-|")
    names = {file_name(attachment) for attachment in article.attachments}
    return "" if text in names or len(text) < LEAST_TEASER else text


def natural(name: str) -> list[tuple[int, str]]:
    """A key by which names sort with their numbers as numbers: page 2 before page 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in NUMBERS.split(name)]


def file_name(attachment: Attachment) -> str:
    """The name of an attachment: its title, else its file's name, else its address."""
    return attachment.title or unquote(basename(without_query(attachment.address))) or attachment.address


def file_kind(attachment: Attachment) -> str:
    """The type of an attachment: PDF, DOCX and the like by its address, else its media type."""
    ending = ending_of(attachment.address)
    return ending.upper() if ending in FORMATS else attachment.media_type


def file_facts(attachment: Attachment) -> str:
    """The type, size and duration of an attachment, as far as they are known."""
    size = file_size(attachment.length) if attachment.length else ""
    seconds = attachment.episode.duration if attachment.episode else None
    duration = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}" if seconds else ""
    return " · ".join(filter(None, (file_kind(attachment), size, duration)))


def file_size(length: int) -> str:
    """A length in bytes for people; 1 KB is 1,024 bytes."""
    size = float(length)
    for unit in ("B", "KB", "MB"):
        if round(size, 1) < 1024:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GB"


def by_table(blocks: Sequence[Block]) -> Iterator[tuple[bool, list[Block]]]:
    """Blocks in runs of rows of a table and of other blocks; the first of each pair tells which it is."""
    for in_table, run in groupby(blocks, lambda block: block.tag == "tr"):
        yield in_table, list(run)


def page_filters(site: Site, zone: ZoneInfo, texts: Texts) -> dict[str, Callable[..., object]]:
    """The filters of templates by their names there, for a site that shows times of a zone."""
    zoned = (local, when, published, modified, days)
    plain = (
        iso,
        voices,
        labels,
        is_updated,
        teasers,
        by_table,
        file_name,
        file_kind,
        file_size,
        file_facts,
        without_query,
    )
    found: dict[str, Callable[..., object]] = {one.__name__: partial(one, zone=zone) for one in zoned}
    found |= {one.__name__: one for one in plain}
    found |= {one.__name__: partial(one, site_language=site.language) for one in (tongue, lang)}
    return found | {"field_label": partial(field_label, texts=texts)}
