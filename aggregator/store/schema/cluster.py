"""What the machines of a cluster know of each other."""

from sqlalchemy import Boolean, Float, Integer, Table

from aggregator.store.columns import String, Time, key, optional, required
from aggregator.store.schema.metadata import metadata

# The processes of a cluster; ``id`` also owns the leases of each. ``version`` is the program's,
# ``configuration`` the mark of its files, ``site`` the address that it publishes for. ``seen`` is by the
# database's clock, from which the node's own differs by ``offset`` seconds. ``jobs`` says how many run
# there, ``browser`` whether pages can be rendered there.
nodes = Table(
    "nodes",
    metadata,
    key("id", String),
    *required(String, "host", "kind", "version", "configuration", "site"),
    *required(Integer, "pid", "jobs"),
    *required(Boolean, "dispatches", "browser"),
    *required(Time, "started", "seen"),
    *optional(Float, "offset"),
)
