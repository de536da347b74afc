"""What may be asked for of the lists of the API."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from aggregator.text.query import parse_query
from aggregator.text.query.parse import MAX_QUERY
from aggregator.web.api.cursors import MAX_LENGTH, PATTERN
from aggregator.web.api.holdings import BATCH_SIZE, Order, Wanted

MAX_ITEMS = 1000
"""Items on a page, or lines where so many are asked for."""
USUAL_ITEMS = 100


class Listing(BaseModel):
    """Which part of a list is wanted, and how it is written."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    q: Annotated[
        str | None, Field(min_length=1, max_length=MAX_QUERY, json_schema_extra={"format": "query"})
    ] = None
    """A query in the language of searches, such as `harbour -ferry category:news`."""
    after: Annotated[
        str | None, Field(pattern=PATTERN, max_length=MAX_LENGTH, json_schema_extra={"format": "cursor"})
    ] = None
    """The cursor of the last page or line; opaque, and good for as long as you like."""
    since: AwareDatetime | None = None
    """Without a cursor: leaves out what came or changed before this time."""
    limit: Annotated[int, Field(ge=1, le=MAX_ITEMS)] | None = None
    """Items at most; without it, 100 on a page, and all of them as lines."""
    format: Literal["json", "jsonl"] = "json"
    """`json` is a page; `jsonl` is an item a line."""

    def wanted(self, zone: str, *, order: Order = "changed", withdrawn: bool = False) -> Wanted:
        """Say what is wanted; the days of a query begin in ``zone``. Raises QueryError."""
        return Wanted(
            parse_query(self.q, zone) if self.q else None,
            order=order,
            after=self.after or "",
            since=self.since,
            withdrawn=withdrawn,
            batch=min((self.limit or USUAL_ITEMS) + 1, BATCH_SIZE),
        )


class ArticleListing(Listing):
    """Which part of the list of articles is wanted."""

    order: Order = "changed"
    """`changed` is the order in which they came or changed last, `newest` the newest first."""
