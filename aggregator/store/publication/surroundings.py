"""What the page of an article leads to: those beside it, its earlier states, the others of one text."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from aggregator.model import Citation, Headline, KeptArticle, Surroundings
from aggregator.store.articles import Articles
from aggregator.store.database import rows_in
from aggregator.store.relations.citations import read_citations
from aggregator.store.relations.copies import read_copies
from aggregator.store.schema import articles, lower_id, memberships, topics

_HEADLINES = select(articles.c.number, *(articles.c[name] for name in Headline._fields))


class Around(Articles):
    """What stands around articles."""

    def surroundings(self, kept: Sequence[KeptArticle]) -> dict[str, Surroundings]:
        """Return by id what the pages of articles lead to."""
        ids = [one.id for one in kept]
        earlier = {one.id: tuple(self.revisions(one.id)) for one in kept if one.changes}
        with self._read() as connection:
            beside = _neighbours(connection, kept)
            copies = read_copies(connection, ids)
            citations = read_citations(connection, ids)
        return {
            one: Surroundings(
                *beside.get(one, (None, None)),
                earlier=earlier.get(one, ()),
                copies=copies.get(one, ()),
                citations=_beside(copies.get(one, ()), citations.get(one, ())),
            )
            for one in ids
        }


def _neighbours(
    connection: Connection, kept: Sequence[KeptArticle]
) -> dict[str, tuple[Headline | None, Headline | None]]:
    """Return by id what stands before and after articles in their first category, if they are filed."""
    first = {(one.filings[0].category.slug, one.id) for one in kept if one.filings}
    filed = rows_in(connection, _AROUND, lower_id, [one.id.lower() for one in kept])
    found = [row for row in filed if row.kind == "category" and (row.name, row.id) in first]
    ends = {end for row in found for end in (row.before, row.after) if end}
    rows = rows_in(connection, _HEADLINES, articles.c.number, ends)
    links = {row.number: Headline._make(row[1:]) for row in rows}
    return {row.id: (links.get(row.before), links.get(row.after)) for row in found}


def _beside(copies: Sequence[KeptArticle], citations: Sequence[Citation]) -> tuple[Citation, ...]:
    """Leave out copies of the same text, which have its number in their own."""
    ids = {one.id for one in copies}
    return tuple(one for one in citations if one.headline.id not in ids)


def _around() -> Select[Any]:
    """Each topic of articles, and the articles before and after them there.

    Topics of other kinds are found as well: SQLite would begin with all members of the ones asked for.
    """
    other = memberships.alias()
    place, beside = other.c.place, select(other.c.article).where(other.c.topic == memberships.c.topic)
    before = beside.where(place < memberships.c.place).order_by(place.desc()).limit(1)
    after = beside.where(place > memberships.c.place).order_by(place).limit(1)
    return (
        select(
            articles.c.id,
            topics.c.kind,
            topics.c.name,
            before.scalar_subquery().label("before"),
            after.scalar_subquery().label("after"),
        )
        .select_from(articles)
        .join(memberships)
        .join(topics)
    )


_AROUND = _around()
