"""What programs are given: articles, what happened to them, sources and feeds, alike in every form."""

from datetime import date, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from aggregator.decide.explanation import Mood
from aggregator.model import Article, Attachment, KeptArticle, Logged, LogKind, Revision, Shown, TopicKind
from aggregator.render import paths
from aggregator.settings import Site


class Record(BaseModel):
    """A value that is handed out; it never changes."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class CategoryRecord(Record):
    """A category that an article is filed in."""

    slug: str
    label: str
    tag: str
    """The tag under which it stands there; the label where it has none of its own."""


class AttachmentRecord(Record):
    """A file that belongs to an article."""

    address: str
    title: str
    media_type: str
    length: int | None
    """Bytes, where they are known."""

    @classmethod
    def of(cls, file: Attachment) -> Self:
        """Make the record of a file."""
        return cls(address=file.address, title=file.title, media_type=file.media_type, length=file.length)


class StateRecord(Record):
    """What an article says, now or in an earlier state."""

    title: str
    address: str
    """Its page at its source; empty where it has none."""
    published: datetime | None
    """What its source states; midnight there where it states a day alone."""
    day: date | None
    """The day that its source states where it states no time."""
    authors: tuple[str, ...]
    origin: str
    """Whom its source names as where it is from."""
    language: str
    summary: str
    """Plain text."""
    content: str
    """Clean HTML with absolute addresses."""
    complete: bool
    """False where a summary stands in for a text that its source did not give."""
    fields: dict[str, str | list[str]]
    """Named facts."""
    attachments: tuple[AttachmentRecord, ...]


class ArticleRecord(StateRecord):
    """An article as it is now."""

    id: str
    """Given once and for ever."""
    version: int
    """Grows whenever anything of it is otherwise than before."""
    mirror: str
    """Its page on this site."""
    source: str
    """The name of its source."""
    source_label: str
    shown: Shown
    """How much of it is shown here: all, its summary, or a link with its title."""
    categories: tuple[CategoryRecord, ...]
    first_seen: datetime
    changed: datetime | None
    """When its last material change was found."""
    changes: int
    """How many were found."""
    missing_since: datetime | None
    """Since when its source does not show it."""
    withdrawn: datetime | None
    """Since when that counts as withdrawn."""

    @classmethod
    def of(cls, site: Site, kept: KeptArticle) -> Self:
        """Make the record of as much of an article as is given."""
        return cls(
            id=kept.id,
            version=kept.version,
            mirror=paths.absolute(site, paths.share_path(kept.id)),
            source=kept.article.source,
            source_label=kept.source_label,
            shown=kept.shown,
            categories=tuple(
                CategoryRecord(slug=one.category.slug, label=one.category.label, tag=one.tag)
                for one in kept.filings
            ),
            first_seen=kept.first_seen,
            changed=kept.changed,
            changes=kept.changes,
            missing_since=kept.missing_since,
            withdrawn=kept.withdrawn,
            **_state(kept.article),
        )


class RevisionRecord(StateRecord):
    """An earlier state of an article."""

    version: int
    replaced_at: datetime

    @classmethod
    def of(cls, revision: Revision) -> Self:
        """Make the record of a state."""
        return cls(version=revision.version, replaced_at=revision.replaced_at, **_state(revision.article))


class ListedArticle(ArticleRecord):
    """An article in a list."""

    cursor: str
    """Asks for what is behind it."""


class ChangeRecord(Record):
    """Something that happened to an article."""

    cursor: str
    """Asks for what happened behind it."""
    kind: LogKind
    at: datetime
    id: str
    """The article's."""
    source: str
    version: int
    """The article's from then on; 0 where it was removed."""
    article: ArticleRecord | None
    """As it is now; null where it was removed."""

    @classmethod
    def of(cls, one: Logged, cursor: str, article: ArticleRecord | None) -> Self:
        """Make the record of something that happened."""
        named = {name: getattr(one, name) for name in ("kind", "at", "id", "source", "version")}
        return cls(cursor=cursor, article=article, **named)


class Page(Record):
    """A part of a list."""

    next: str
    """The cursor that asks for what is behind this page, now or whenever there is more."""
    more: bool
    """Whether there may be more already."""


class ArticlePage(Page):
    """Some articles."""

    items: tuple[ListedArticle, ...]


class ChangePage(Page):
    """Some of what happened."""

    items: tuple[ChangeRecord, ...]


class OperationRecord(Record):
    """How a source does; for the operator alone."""

    kind: str
    url: str
    state: str
    """In words."""
    mood: Mood
    due: datetime | None
    """When it is visited next; null where it is not by itself."""
    why: str
    """Why it is visited then, or not."""
    obstacle: str
    mend: str
    """What to do about it."""
    polled: datetime | None
    succeeded: datetime | None
    owed: int
    """How many of its entries are no articles yet."""


class SourceRecord(Record):
    """A source whose articles are published."""

    name: str
    label: str
    shown: Shown
    """How much of its articles is published."""
    articles: int
    feeds: dict[str, str]
    """The addresses of its feeds, by their form."""
    operation: OperationRecord | None
    """How it does; null for all but the operator."""


class FeedRecord(Record):
    """A feed of this site, in its forms."""

    kind: TopicKind
    name: str
    label: str
    articles: int
    addresses: dict[str, str]
    """By its form: rss, atom, json."""


class Problem(Record):
    """Why there is no answer (RFC 9457)."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    """The status in words."""
    status: int
    detail: str
    """What is wrong, in a sentence."""
    fault: str = ""
    """What is wrong with a query or a cursor, in a word."""
    place: str = ""
    """The part of the query that cannot be read."""


def _state(article: Article) -> dict[str, Any]:
    return {
        "title": article.title,
        "address": article.address,
        "published": article.published if article.dated else None,
        "day": article.day,
        "authors": article.authors,
        "origin": article.origin,
        "language": article.language,
        "summary": article.summary,
        "content": article.content,
        "complete": article.complete,
        "fields": article.facts,
        "attachments": tuple(map(AttachmentRecord.of, article.attachments)),
    }
