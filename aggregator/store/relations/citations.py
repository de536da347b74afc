"""Which articles cite which documents by their numbers, where both are held."""

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, delete, select

from aggregator.model import Article, Citation, Headline, Relation
from aggregator.store.categories import count_up
from aggregator.store.database import change_in, rows_in
from aggregator.store.rows import insert_rows
from aggregator.store.schema import articles, citations, lower_id
from aggregator.text.references import cited_references, own_prefixes, own_reference

MAX_SHOWN = 50
"""Articles that the page of a document names as citing it, and as many as cited: those that arrived last."""

_OWN, _CITING = citations.alias("own"), citations.alias("citing")
_FITS = (
    _OWN.c.core == _CITING.c.core,
    _OWN.c.relation == "own",
    _CITING.c.relation != "own",
    _OWN.c.article != _CITING.c.article,
    # Nobody can tell where a cited prefix begins. Prefixes are letters, so none is a wildcard.
    _CITING.c.prefix.endswith(_OWN.c.prefix),
)
_DIRECTIONS = ((_CITING, _OWN), (_OWN, _CITING))
_PASSIVE: Mapping[str, Relation] = {"cites": "cited_by", "repeals": "repealed_by"}
_HEADLINE = tuple(articles.c[name] for name in Headline._fields)


def save_citations(
    connection: Connection,
    new: Mapping[int, Article],
    replaced: Mapping[int, Article],
    retitled: Collection[int],
) -> None:
    """Note the numbers that new and other articles have and cite.

    Where these changed, or a title, those on whose pages the article stands are published again.
    """
    numbered = {**new, **replaced}
    noted: dict[int, dict[tuple[str, str], str]] = {number: {} for number in numbered}
    for row in rows_in(connection, select(citations), citations.c.article, replaced):
        noted[row.article][row.core, row.prefix] = row.relation
    found = {number: _numbers_of(article) for number, article in numbered.items()}
    changed = [one for one in numbered if found[one] != noted[one] or (one in retitled and found[one])]
    if not changed:
        return
    touched = _counterparts(connection, changed)
    change_in(connection, delete(citations), citations.c.article, changed)
    rows = [
        {"article": number, "core": core, "prefix": prefix, "relation": relation}
        for number in changed
        for (core, prefix), relation in found[number].items()
    ]
    insert_rows(connection, citations, rows)
    count_up(connection, (touched | _counterparts(connection, changed)) - numbered.keys())


def forget_citations(connection: Connection, number: int) -> None:
    """Forget the numbers of an article that goes; those on whose pages it stands are published again."""
    count_up(connection, _counterparts(connection, [number]))
    connection.execute(delete(citations).where(citations.c.article == number))


_CITED = select(articles.c.id, articles.c.number).join(citations).distinct()


def read_citations(connection: Connection, ids: Collection[str]) -> dict[str, tuple[Citation, ...]]:
    """Return by id which articles others cite or repeal, and by which they are cited or repealed."""
    rows = list(rows_in(connection, _CITED, lower_id, [one.lower() for one in ids]))
    return {row.id: tuple(dict.fromkeys(_citations_of(connection, row.number))) for row in rows}


def _citations_of(connection: Connection, number: int) -> Iterator[Citation]:
    for mine, other in _DIRECTIONS:
        query = select(_CITING.c.relation, articles.c.number, *_HEADLINE).where(
            *_FITS, mine.c.article == number
        )
        query = query.join_from(other, articles, articles.c.number == other.c.article).distinct()
        for row in connection.execute(query.order_by(articles.c.number.desc()).limit(MAX_SHOWN)):
            relation = row.relation if mine is _CITING else _PASSIVE[row.relation]
            yield Citation(relation, Headline._make(row[2:]))


def _counterparts(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Return the articles that cite some, or that these cite."""
    return {
        row.article
        for mine, other in _DIRECTIONS
        for row in rows_in(connection, select(other.c.article).where(*_FITS), mine.c.article, numbers)
    }


def _numbers_of(article: Article) -> dict[tuple[str, str], str]:
    """Return the numbers that an article has or cites, as core and prefix, each with the relation to it."""
    found: dict[tuple[str, str], str] = {
        (one.core, one.prefix): relation for one, relation in cited_references(article).items()
    }
    if own := own_reference(article):
        found |= {(own.core, prefix): "own" for prefix in own_prefixes(article)}
    return found
