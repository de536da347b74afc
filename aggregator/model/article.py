"""What we hold and what we write: articles, their categories, documents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from aggregator.model.digest import hexdigest
from aggregator.model.entry import Attachment, Field, episodes_of
from aggregator.model.provenance import Provenance
from aggregator.model.topic import Headline, MediaFile
from aggregator.model.value import Value


@dataclass(frozen=True, slots=True)
class Label(Value):
    """A category as a source names it, with the tag that goes with it (empty: the category itself)."""

    category: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Article(Value):
    """What we hold of an entry: complete, clean, ours."""

    namespace: str
    key: str
    source: str
    title: str
    address: str
    """The article's own page at its source; empty where it has none."""
    content: str
    """Sanitised HTML with absolute addresses."""
    published: datetime
    """The time first seen where ``dated`` is false."""
    updated: datetime
    labels: tuple[Label, ...]
    dated: bool = True
    share_url: str = ""
    """The page that the configuration names for the article."""
    summary: str = ""
    """Plain text."""
    author: str = ""
    """The names of its authors, one a line."""
    origin: str = ""
    language: str = ""
    attachments: tuple[Attachment, ...] = ()
    complete: bool = True
    """False where a digest stands in for a text that the source did not give."""
    future: datetime | None = None
    """The date that the source states where it lies in the future; ``dated`` is then false."""
    day: date | None = None
    """The day that the source states where it states no time; ``published`` is then its midnight there."""
    fields: tuple[Field, ...] = ()
    """Named facts, such as the number of an official document."""

    @property
    def authors(self) -> tuple[str, ...]:
        """The names of its authors."""
        return tuple(filter(None, self.author.split("\n")))

    @property
    def byline(self) -> str:
        """The names of its authors in one line."""
        return ", ".join(self.authors)

    @property
    def facts(self) -> dict[str, str | list[str]]:
        """The values of its named facts by their names."""
        return {one.name: list(one.values) if one.type == "list" else one.value for one in self.fields}

    @property
    def digest(self) -> str:
        """Hash of everything whose change a reader would notice.

        Times first seen are left out, and so is ``day``, of which ``published`` says enough.
        """
        facts: tuple[object, ...] = (
            self.title,
            self.address,
            self.content,
            self.published.isoformat() if self.dated else "",
            self.share_url,
            self.summary,
            self.byline,
            self.origin,
            self.language,
            self.attachments,
            self.complete,
        )
        # Articles without these keep the digest that they had before there were such values.
        if self.future:
            facts += (self.future.isoformat(),)
        if self.fields:
            facts += (self.fields,)
        replaced = tuple(item.digest for item in self.attachments if item.digest)
        read = tuple((item.text, item.fault) for item in self.attachments if item.text)
        return hexdigest(repr(facts + episodes_of(self.attachments) + replaced + read))


@dataclass(frozen=True, slots=True)
class Category(Value):
    """Where articles are filed: a slug that is safe as a file name and a label for people."""

    slug: str
    label: str


@dataclass(frozen=True, slots=True)
class Filing(Value):
    """An article in a category, under a tag (the category's label where none is configured)."""

    category: Category
    tag: str
    former: tuple[Category, ...] = ()
    """What the category was called before; its old feeds go on."""


Shown = Literal["full", "summary", "link"]
"""How much of an article is published: all of it, its summary, or a link with its title."""


@dataclass(frozen=True, slots=True)
class KeptArticle(Value):
    """An article as the store holds it."""

    id: str
    """The public id, given once and for ever."""
    version: int
    """Counts from 1."""
    sequence: int
    """Grows with every arrival and change in the whole store."""
    first_seen: datetime
    article: Article
    filings: tuple[Filing, ...]
    """In the order in which they were added."""
    media: Mapping[str, MediaFile] = field(default_factory=dict)
    """The mirrored files of its images and attachments, by their addresses at the source."""
    shown: Shown = "full"
    """How much of the article this is; it may be less than what the store holds."""
    label: str = ""
    """What people see of its source; empty where that is the source's name."""
    missing_since: datetime | None = None
    """Since when its source does not show it any more; None where it does."""
    withdrawn: datetime | None = None
    """Since when that counts as withdrawn."""
    changed: datetime | None = None
    """When its last material change was found."""
    changes: int = 0
    """How many material changes were found."""
    number: int = 0
    """Grows with every arrival."""
    provenance: Provenance | None = None
    """Where it came from, as far as that was looked up and is known."""
    former_path: str = ""
    """Where it was on the site that it was moved from; empty for what came here first."""

    @property
    def source_label(self) -> str:
        """What people see of its source."""
        return self.label or self.article.source


@dataclass(frozen=True, slots=True)
class Revision(Value):
    """An earlier state of an article."""

    version: int
    replaced_at: datetime
    article: Article
    provenance: Provenance | None = None
    """Where it came from, as far as that was looked up and is known."""


Relation = Literal["cites", "repeals", "cited_by", "repealed_by"]


@dataclass(frozen=True, slots=True)
class Citation(Value):
    """What an article has to do with another one, by the numbers of documents in their texts."""

    relation: Relation
    headline: Headline
    """Of the other one."""


@dataclass(frozen=True, slots=True)
class Surroundings(Value):
    """What the page of an article leads to: other articles and its own earlier states."""

    previous: Headline | None = None
    """The one that came before it, in its first category's order of arrival."""
    next: Headline | None = None
    earlier: tuple[Revision, ...] = ()
    """Oldest first."""
    copies: tuple["KeptArticle", ...] = ()
    """The others that are one text: of a copy the one that leads, of that one its first copies."""
    citations: tuple[Citation, ...] = ()
    """The newest articles that it cites or repeals, or by which it is cited or repealed."""


@dataclass(frozen=True, slots=True)
class Document(Value):
    """A file we write."""

    path: str
    """Below the output's root, with ``/`` between parts."""
    body: bytes = field(hash=False)  # which would be read whole for it
