"""Checks of the CSS selectors in a source's table."""

from collections.abc import Iterator

from aggregator.settings import Source, Table

PARTS = ("remove", "unwrap")
"""Keys of ``[source.article]`` that are selectors even where the answer is JSON, since its text is HTML."""
PAGE = ("body", "title", "date", "author", "origin", "next", "attachments", *PARTS)
LIST = ("entry", "id", "link", "title", "date", "summary", "author", "body", "attachments")


def check_page(source: Source) -> Iterator[tuple[str, str]]:
    """Find the values of ``[source.article]`` that are no CSS selectors, for articles that are HTML pages."""
    yield from check("article", source.article, *PAGE)


def check(table: str, rules: Table, *keys: str) -> Iterator[tuple[str, str]]:
    """Find the values of these keys of a table that are no CSS selectors."""
    for key in keys:
        value = getattr(rules, key)
        for selector in (value,) if isinstance(value, str) else value:
            if not selector:
                continue
            import soupsieve  # loads beautifulsoup4, which tables without selectors need not wait for

            try:
                soupsieve.compile(selector)
            except (soupsieve.SelectorSyntaxError, ValueError, NotImplementedError) as exc:
                yield f"{table}.{key}", f"{selector!r} is not a CSS selector: {str(exc).splitlines()[0]}"
