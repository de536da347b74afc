"""What differs between two states of an article, for pages, feeds and the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal

from aggregator.model import Article, Attachment, Field
from aggregator.text.difference import Block, Spans, compare, compare_words, in_context

Fact = Literal["title", "published", "author", "origin", "original", "summary"]
"""A fact of an article, by the key of its text in the interface."""

MARKS = {"same": "{}", "added": "{{+{}+}}", "removed": "[-{}-]"}


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two states of an article."""

    facts: tuple[tuple[Fact, Spans], ...]
    passages: tuple[tuple[Block, ...], ...]
    """The parts of its text that differ, each with the blocks before and after them."""
    too_long: bool
    """Whether the texts are too long, and have too little in common, to be compared."""
    fields: tuple[tuple[Field, Spans], ...] = ()
    """The named facts that differ, each as one of the two states has it."""
    gone: tuple[Attachment, ...] = ()
    came: tuple[Attachment, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing that is shown differs, as where a file was replaced at its address."""
        return not (self.facts or self.fields or self.passages or self.too_long or self.gone or self.came)

    @property
    def lines(self) -> list[Spans]:
        """What was changed, a line for each fact and block that differs."""
        blocks = [block for passage in self.passages for block in passage if block.kind != "same"]
        return [*(spans for _, spans in self.facts), *(cell for block in blocks for cell in block.cells)]


def difference(before: Article, after: Article, zone: tzinfo = UTC) -> Difference:
    """Compare two states of an article; times are shown in a zone."""
    blocks = compare(before.content, after.content)
    return Difference(
        facts=tuple(_facts(before, after, zone)),
        passages=tuple(map(tuple, in_context(blocks or []))),
        too_long=blocks is None,
        fields=tuple(_fields(before, after)),
        gone=_without(before.attachments, after.attachments),
        came=_without(after.attachments, before.attachments),
    )


def marked(spans: Spans) -> str:
    """Write a line in which something differs as plain text, such as ``[-10-]{+12+} crowns``."""
    return "".join(MARKS[span.kind].format(span.text) for span in spans)


def _facts(before: Article, after: Article, zone: tzinfo) -> Iterator[tuple[Fact, Spans]]:
    pairs: tuple[tuple[Fact, str, str], ...] = (
        ("title", before.title, after.title),
        ("published", _date(before, zone), _date(after, zone)),
        ("author", before.byline, after.byline),
        ("origin", before.origin, after.origin),
        ("original", before.address, after.address),
        # A summary that is a part of the text would say everything twice.
        ("summary", *(("", "") if after.content else (before.summary, after.summary))),
    )
    yield from ((name, compare_words(old, new)) for name, old, new in pairs if old != new)


def _fields(before: Article, after: Article) -> Iterator[tuple[Field, Spans]]:
    old, new = ({one.name: one for one in article.fields} for article in (before, after))
    for name, one in (old | new).items():
        values = [", ".join(some[name].values) if name in some else "" for some in (old, new)]
        if values[0] != values[1]:
            yield one, compare_words(*values)


def _date(article: Article, zone: tzinfo) -> str:
    if not article.dated:
        return ""
    return str(article.day) if article.day else f"{article.published.astimezone(zone):%Y-%m-%d %H:%M}"


def _without(some: Sequence[Attachment], others: Sequence[Attachment]) -> tuple[Attachment, ...]:
    return tuple(one for one in some if one not in others)
