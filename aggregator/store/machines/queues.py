"""What waits in the queues of a cluster."""

from sqlalchemy import column, func, inspect, select, table, text

from aggregator.model import WaitingJobs
from aggregator.store.codec import read_row
from aggregator.store.columns import Time
from aggregator.store.database import Database

# Of procrastinate, which makes and keeps these tables itself.
_jobs = table("procrastinate_jobs", column("id"), column("queue_name"), column("task_name"), column("status"))
_events = table("procrastinate_events", column("job_id"), column("type"), column("at", Time()))
_WAITING = (
    select(
        _jobs.c.queue_name.label("name"),
        _jobs.c.task_name.label("task"),
        func.count().label("waiting"),
        func.min(_events.c.at).label("oldest"),
    )
    .join_from(_jobs, _events, _events.c.job_id == _jobs.c.id)
    .where(_jobs.c.status == text("'todo'"), _events.c.type == text("'deferred'"))
    .group_by(_jobs.c.queue_name, _jobs.c.task_name)
    .order_by(_jobs.c.task_name, _jobs.c.queue_name)
)


class Queued(Database):
    """Jobs that no node has taken yet; only PostgreSQL can be asked."""

    def queues(self) -> list[WaitingJobs]:
        """Return what waits, by task and by who may take it; nothing before the first node has run."""
        with self._read() as connection:
            if not inspect(connection).has_table("procrastinate_jobs"):
                return []
            return [read_row(WaitingJobs, row) for row in connection.execute(_WAITING)]
