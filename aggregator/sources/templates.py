"""Checks of the templates in a source's table against the fields that its kind has."""

from collections.abc import Iterator, Set

from aggregator.settings import Source
from aggregator.text.templates import placeholders

KEYS = ("category", "tag", "article_url", "share_url")
"""Keys of ``[[source]]`` whose values are templates."""


def check_templates(source: Source, fields: Set[str]) -> Iterator[tuple[str, str]]:
    """Find fields in braces that no entry of this kind has."""
    for key in KEYS:
        for name in sorted(placeholders(getattr(source, key)) - fields):
            yield key, f"{{{name}}} is not a field of this kind; there are {', '.join(sorted(fields))}"


def named_fields(source: Source) -> set[str]:
    """Give the fields that the templates of a source name."""
    return set().union(*(placeholders(getattr(source, key)) for key in KEYS))
