"""What schemathesis has to know to ask for lists as programs do: queries are sentences, and cursors come from us."""

import json
import os
from typing import Any

import schemathesis
from hypothesis import strategies as st

CURSORS: dict[str, str] = json.loads(os.environ["CURSORS"])
"""A cursor of each list."""
QUERIES = ("harbour", "ferry OR text", '"text of"', "category:market -ferry", "/numb[e]r/", "")

schemathesis.openapi.format("query", st.sampled_from(QUERIES))
schemathesis.openapi.format("cursor", st.sampled_from([*CURSORS.values(), ""]))


@schemathesis.hook
def map_query(context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """Let every list be asked for with a cursor of its own."""
    if query and query.get("after") in CURSORS.values():
        name = "newest" if query.get("order") == "newest" else context.operation.path
        return {**query, "after": CURSORS[name]}
    return query
