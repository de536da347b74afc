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

# Hosts that are asked, or were of late. An ``owner`` may ask one until its time ``ends``. Those who wait for
# it are ``wanted``, in order; the first of them keeps its place until ``wanted_until``. No request may begin
# before ``starts``. Its robots.txt wants ``delay`` seconds between two. Times are by the database's clock.
hosts = Table(
    "hosts",
    metadata,
    key("name", String),
    *required(String, "owner", "wanted"),
    *required(Time, "ends", "starts", "wanted_until"),
    *required(Float, "delay"),
)

# The robots.txt of hosts, which count until ``ends``; ``reader`` reads one anew until ``reading_until``.
# ``text`` is empty where there is no file, ``problem`` says why it cannot be had.
robots = Table(
    "robots",
    metadata,
    key("file", String),
    *required(String, "reader", "problem", "fault"),
    *required(Time, "ends", "reading_until"),
    *optional(String, "text"),
    *optional(Integer, "status"),
    *optional(Float, "retry_after"),
)
