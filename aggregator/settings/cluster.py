"""``[cluster]``: several machines that share the work."""

from typing import Literal

from aggregator.settings.values import Table


class Cluster(Table):
    """``[cluster]``: several machines share one database of PostgreSQL and [the work](cluster.md)."""

    engine: Literal["procrastinate"]
    """What hands out the work: `"procrastinate"`, which needs the extra `aggregator[cluster]`."""
