"""``[source.fields]``: named facts of an article, and where each of them stands."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from aggregator.settings.values import Listed, Patterns, Table

FIELD_NAME = r"^[a-z][a-z0-9_]*$"


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class FieldRule(Table):
    """``[source.fields.NAME]``: where a named fact stands, and what it is.

    ``select`` is a CSS selector on the article's page, ``path`` the JMESPath in an item of an api. ``label``
    is what stands before it on the page, blanks or not (索 引 号), in a cell of its own or not. ``pattern``
    finds it ``within`` the title, the first lines of the text (head), its last lines (tail) or all of it,
    then in the article's files; its first group counts. The first of these that finds something counts.
    ``title`` is what people see instead of the name. ``type`` is ``text``, ``list``, ``date``, ``number``
    (an amount) or ``reference`` (the number of an official document).
    """

    title: str = ""
    type: Literal["text", "list", "date", "number", "reference"] = "text"
    select: str = ""
    path: str = ""
    label: Listed = ()
    pattern: Patterns = ()
    within: Annotated[
        tuple[Literal["title", "head", "tail", "text"], ...], Field(strict=False), BeforeValidator(_listed)
    ] = ("text",)

    @model_validator(mode="after")
    def _stands_somewhere(self) -> Self:
        if not (self.select or self.path or self.label or self.pattern):
            raise ValueError("says nowhere where it stands: by select, path, label or pattern")
        return self
