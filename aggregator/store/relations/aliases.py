"""What else an article is known by: aliases, other forms of its address, its path on a former site."""

from collections.abc import Mapping, Set

from sqlalchemy import Connection, Integer, bindparam, select, update

from aggregator.errors import StoreError
from aggregator.model import Article, Outcome
from aggregator.store.database import rows_in
from aggregator.store.identity import identify, identify_address
from aggregator.store.rows import insert_missing, upsert
from aggregator.store.schema import aliases, articles


def save_aliases(
    connection: Connection, outcome: Outcome, numbers: Mapping[str, int], own: Set[str]
) -> dict[str, int]:
    """Save an outcome's aliases, but none of ``own`` identities, and return their articles' numbers."""
    links: dict[str, int] = {}
    for alias, key in outcome.aliases:
        target = identify(outcome.namespace, key)
        number = links.get(target, numbers.get(target))
        if number is None:
            raise StoreError(f"{outcome.source} names an alias of what is no article: {key!r}", refused=True)
        if (identity := identify(outcome.namespace, alias)) not in own:
            links[identity] = number
    rows = [{"identity": identity, "article": number} for identity, number in links.items()]
    upsert(connection, aliases, rows, [aliases.c.identity])
    return links


def save_forms(connection: Connection, arrived: Mapping[str, Article], numbers: Mapping[str, int]) -> None:
    """Let articles whose key is an address be found by its other forms; the first of a form stays."""
    forms: dict[str, int] = {}
    for identity, article in arrived.items():
        if form := identify_address(article.namespace, article.key):
            forms.setdefault(form, numbers[identity])
    rows = [{"identity": form, "article": number} for form, number in forms.items()]
    insert_missing(connection, aliases, rows, [aliases.c.identity])


def save_paths(
    connection: Connection, outcome: Outcome, numbers: Mapping[str, int], new: Set[int]
) -> set[int]:
    """Note where articles were on another site, and return those that were held without it.

    These are published again.
    """
    if not outcome.former_paths:
        return set()
    paths = {numbers[identify(outcome.namespace, key)]: path for key, path in outcome.former_paths.items()}
    held = select(articles.c.number, articles.c.former_path)
    rows = [
        {"of_article": row.number, "path": paths[row.number], "more": int(row.number not in new)}
        for row in rows_in(connection, held, articles.c.number, [*paths])
        if row.former_path != paths[row.number]
    ]
    if rows:
        more = articles.c.version + bindparam("more", type_=Integer)
        noted = update(articles).values(former_path=bindparam("path"), version=more)
        connection.execute(noted.where(articles.c.number == bindparam("of_article")), rows)
    return {int(row["of_article"]) for row in rows} - new
