"""``[source.fields]``: named facts of an article, and where each of them stands."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from aggregator.settings.values import Listed, Patterns, Table

FIELD_NAME = r"^[a-z][a-z0-9_]*$"


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class FieldRule(Table):
    """``[source.fields.NAME]``: where a named fact stands, and what it is.

    Any of ``select``, ``path``, ``label`` and ``pattern`` will do; of several, the first that finds something
    counts, in this order.
    """

    title: str = ""
    """What people see in place of the name."""
    type: Literal["text", "list", "date", "number", "reference"] = "text"
    """What the fact is: `"text"`, `"list"`, `"date"`, `"number"` (an amount) or `"reference"` (the
    number of an official document, in its one spelling).
    """
    select: str = ""
    """A CSS selector on the article's page."""
    path: str = ""
    """The JMESPath in an item of an `api`."""
    label: Listed = ()
    """What stands before the fact on the page, blanks or not (`索 引 号`), in a cell of its own or not."""
    pattern: Patterns = ()
    """A regular expression; its first group counts."""
    within: Annotated[
        tuple[Literal["title", "head", "tail", "text"], ...], Field(strict=False), BeforeValidator(_listed)
    ] = ("text",)
    """Where `pattern` looks before it looks into the article's files: `"title"`, `"head"` (the first
    lines), `"tail"` (the last) or `"text"` (all).
    """

    @model_validator(mode="after")
    def _stands_somewhere(self) -> Self:
        if not (self.select or self.path or self.label or self.pattern):
            raise ValueError("says nowhere where it stands: by select, path, label or pattern")
        return self
