"""Queries of the configuration, and the lists of words in files that they name."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from aggregator.settings import Source

_LIST = re.compile(r'(?<![^\s(:-])@([^\s()"]+\.txt)(?=[\s)]|$)')


def read_query(query: str, folder: Path) -> str:
    """Return a query with the words of each list in place of its name, such as ``@watchwords.txt``.

    A list has a word or phrase a line; blank lines and those that begin with # count for nothing.
    Raises ValueError where a list cannot be read, or the query.
    """
    from aggregator.text.query import MAX_CONFIGURED, parse_query  # few configurations have a query

    whole = _LIST.sub(lambda found: _any_of(folder / found[1]), query)
    parse_query(whole, longest=MAX_CONFIGURED)
    return whole


def read_new_query(query: str, folder: Path, facts: Collection[str]) -> str:
    """Return a query as ``read_query`` does, of a table that is younger than the language.

    Raises ValueError also where it has what hardly means what it says; ``facts`` are names for colons.
    """
    from aggregator.text.query import find_stray

    if stray := find_stray(query, facts):
        raise ValueError(stray)
    return read_query(query, folder)


def read_filter(query: str, folder: Path, source: Source) -> str:
    """Return a query of what a source keeps or leaves out, as ``read_new_query`` does.

    Raises ValueError also where it asks for something that is not known when an article is made.
    """
    from aggregator.text.query import MAX_CONFIGURED, parse_query
    from aggregator.text.query.syntax import Moment, leaves

    whole = read_new_query(query, folder, facts_of([source]))
    for leaf in leaves(parse_query(whole, longest=MAX_CONFIGURED).root):
        if isinstance(leaf, Moment) and leaf.of in ("changed", "withdrawn"):
            raise ValueError(f"{leaf.of}: is not known yet when an article is read; leave it out")
    return whole


def facts_of(sources: Iterable[Source]) -> set[str]:
    """Return by what names queries may ask for the facts that sources give."""
    return {
        name for source in sources for key, rule in source.fields.items() for name in (key, rule.title or key)
    }


def _any_of(file: Path) -> str:
    try:
        lines = [line.strip() for line in file.read_text("utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as exc:
        raise ValueError(
            f"cannot read the list of words {file}: {exc.strerror if isinstance(exc, OSError) else exc}"
        ) from exc
    words = [line.replace('"', "") for line in lines if line and not line.startswith("#")]
    if not words:
        raise ValueError(f"the list of words {file} has none")
    quoted = (f'"{word}"' for word in words)
    return f"({' OR '.join(quoted)})"
