"""What may be asked for of the lists of the API."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from aggregator.text.query import parse_query
from aggregator.text.query.parse import MAX_QUERY
from aggregator.web.api.cursors import MAX_LENGTH, PATTERN
from aggregator.web.api.holdings import BATCH_SIZE, Order, Wanted

MAX_ITEMS = 1000
"""Items on a page, or lines where so many are asked for."""
USUAL_ITEMS = 100


def _written(value: str) -> str:
    """Refuse plain numbers, which pydantic would take for seconds since 1970."""
    if "T" not in value.upper():
        raise ValueError("is no time of RFC 3339, such as 2026-03-05T00:00:00Z")
    return value


def _in_range(value: datetime) -> datetime:
    """Let times be UTC that are in no year of it otherwise."""
    return value if 1 < value.year < 9999 else value.replace(tzinfo=UTC)


Time = Annotated[AwareDatetime, AfterValidator(_in_range)]
"""A time with its zone."""


class ListQuery(BaseModel):
    """Which part of a list is wanted, and how it is written."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    q: Annotated[str, Field(max_length=MAX_QUERY, json_schema_extra={"format": "query"})] = ""
    """A query in the language of searches, such as `harbour -ferry category:news`."""
    after: Annotated[
        str, Field(pattern=f"^({PATTERN})?$", max_length=MAX_LENGTH, json_schema_extra={"format": "cursor"})
    ] = ""
    """The cursor of the last page or line, which never ages; empty for the beginning."""
    since: Annotated[
        Time | None,
        BeforeValidator(_written),
        WithJsonSchema({"type": "string", "format": "date-time"}),
    ] = None
    """Leaves out what came or changed last before this time."""
    limit: Annotated[
        Annotated[int, Field(ge=1, le=MAX_ITEMS)] | None,
        WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_ITEMS}),
    ] = None
    """Items at most; without it, 100 on a page, and all of them as lines."""
    format: Literal["json", "jsonl"] = "json"
    """`json` is a page; `jsonl` is an item a line."""

    def wanted(self, zone: str, *, order: Order = "changed", withdrawn: bool = False) -> Wanted:
        """Say what is wanted; the days of a query begin in ``zone``. Raises QueryError."""
        return Wanted(
            parse_query(self.q, zone) if self.q else None,
            order=order,
            after=self.after,
            since=self.since,
            withdrawn=withdrawn,
            batch=min((self.limit or USUAL_ITEMS) + 1, BATCH_SIZE),
        )


class ArticleQuery(ListQuery):
    """Which part of the list of articles is wanted."""

    order: Literal["changed", "newest"] = "changed"
    """`changed` is the order in which they came or changed last, `newest` the newest first."""
