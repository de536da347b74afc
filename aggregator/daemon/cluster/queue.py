"""The queue of a cluster: procrastinate's tables, and jobs put into them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.errors import StoreError
from aggregator.store.engines import connect_options, read_url, reason_of
from aggregator.store.machines.nodes import SILENCE

if TYPE_CHECKING:
    import psycopg
    from procrastinate import App
    from procrastinate.jobs import Job

VISIT = "visit"
"""The task of a job that visits a source."""
POOL = 4
"""Connections by which a node takes and ends its jobs."""
CONNECT_SECONDS = 10
LONG_AGO = datetime.fromtimestamp(0, UTC)
"""A time that is over by the database's clock, whatever this machine's says."""
_SCHEMA_LOCK = 0x6167717565  # any number that no other program locks in this database
_MARK = "made for aggregator by "
"""Begins the comment that says up to which migration of procrastinate its tables are."""


class Queue:
    """Jobs of one database. All calls raise StoreError where it cannot be used."""

    def __init__(self, address: str) -> None:
        """Take the database's address. Raises StoreError where procrastinate is missing."""
        try:
            from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
            from psycopg_pool import AsyncConnectionPool
        except ImportError as exc:
            raise StoreError("[cluster] needs `pip install aggregator[cluster]`") from exc
        # Its log has several lines for each job, and an error for what we say ourselves.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
        self._address = address
        self._options = connect_options(read_url(address))
        self.app: App = App(connector=PsycopgConnector())
        # Each query is a transaction by itself. By default there would be four round trips for each.
        self._pool = AsyncConnectionPool(
            address,
            kwargs=self._options,
            configure=lambda connection: connection.set_autocommit(True),
            min_size=1,
            max_size=POOL,
            open=False,
        )
        # With a connection that it is given, it opens none of its own.
        self._jobs = App(connector=SyncPsycopgConnector(conninfo=address)).job_manager

    def prepare(self) -> None:
        """Make procrastinate's tables, or bring them up to date, by the SQL that it brings along."""
        import psycopg
        from procrastinate.schema import SchemaManager

        folder = Path(SchemaManager.get_migrations_path())
        migrations = sorted(folder.glob("*.sql"))
        try:
            with psycopg.connect(self._address, **self._options) as connection:
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [_SCHEMA_LOCK])
                found = _schema_mark(connection)
                if found is None:
                    missing = [SchemaManager.get_schema()]
                elif found > migrations[-1].name:
                    raise StoreError(
                        "the cluster's queue is of a newer version; `pip install --upgrade procrastinate`"
                    )
                else:
                    missing = [one.read_text("utf-8") for one in migrations if one.name > found]
                for script in missing:
                    connection.execute(script.encode())
                if missing:
                    mark = f"{_MARK}{migrations[-1].name}"
                    connection.execute(f"COMMENT ON TABLE procrastinate_jobs IS '{mark}'".encode())
        except psycopg.Error as exc:
            raise _unusable(exc) from exc

    async def open(self) -> None:
        """Connect to the database."""
        from psycopg_pool import PoolTimeout

        try:
            await self._pool.open(wait=True, timeout=CONNECT_SECONDS)
        except PoolTimeout as exc:
            raise _unusable(exc) from exc
        await self.app.open_async(self._pool)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    def add_task(self, name: str, work: Callable[..., Coroutine[Any, Any, None]]) -> None:
        """Say what a job of that name does."""

        async def run(**arguments: Any) -> None:
            job = asyncio.current_task()
            assert job  # noqa: S101 - it runs in one
            job.add_done_callback(self._job_ended)
            await work(**arguments)

        self.app.task(name=name)(run)

    async def work(self, queues: Sequence[str], concurrency: int, seconds: float) -> None:
        """Take jobs from queues until this is cancelled, or the queue is lost.

        It asks for new ones every so many ``seconds``, and whenever it is told of one. Jobs that run then may
        go on for as long as a node may be silent: nothing tells the others any more that these are alive.
        """
        from procrastinate.exceptions import ConnectorException

        try:
            async with asyncio.timeout(None) as self._taking:
                await self.app.run_worker_async(
                    queues=queues,
                    concurrency=concurrency,
                    delete_jobs="always",
                    fetch_job_polling_interval=seconds,
                    abort_job_polling_interval=60,
                    update_heartbeat_interval=5,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=SILENCE.total_seconds(),
                )
        except ConnectorException as exc:
            await self._pool.check()  # the server was away, and other connections are lost as well
            raise _unusable(exc) from exc
        except TimeoutError:
            await self._pool.check()
        raise StoreError("the connection to the cluster's queue was lost")

    def _job_ended(self, job: asyncio.Task[Any]) -> None:
        """End the worker where the queue was not told of a job's end.

        As long as its worker lives, the job would count as one that runs, and keep others from its host.
        """
        from procrastinate.exceptions import ConnectorException

        if not job.cancelled() and isinstance(job.exception(), ConnectorException):
            with suppress(RuntimeError):  # it has ended, or is about to
                self._taking.reschedule(0)

    def put(self, jobs: Sequence[Job], connection: Any) -> None:
        """Put jobs into queues, within a transaction of psycopg that ``connection`` has begun."""
        from procrastinate.exceptions import ConnectorException

        try:
            self._jobs.batch_defer_jobs(list(jobs), connection)
        except ConnectorException as exc:
            raise _unusable(exc) from exc

    async def put_once(self, job: Job) -> None:
        """Put a job into a queue unless one with its queueing lock waits already."""
        from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

        manager = self.app.job_manager
        try:
            if not await manager.list_jobs_async(queueing_lock=job.queueing_lock, status="todo"):
                with suppress(AlreadyEnqueued):
                    await manager.defer_job_async(job)
        except ConnectorException as exc:
            raise _unusable(exc) from exc

    async def take_out(self, wanted: Sequence[str]) -> None:
        """Take out the jobs that wait in other queues than those ``wanted``."""
        from procrastinate.exceptions import ConnectorException

        manager = self.app.job_manager
        try:
            waiting = await manager.list_jobs_async(status="todo")
            for job in waiting:
                if job.queue not in wanted and job.id:
                    await manager.cancel_job_by_id_async(job.id, delete_job=True)
        except ConnectorException as exc:
            raise _unusable(exc) from exc

    async def bury(self, seconds: float) -> None:
        """Let the jobs of workers that have been silent for so long wait again.

        They come before what has waited behind them meanwhile. A worker that comes back may still end such a
        job; then what it was for is due as before.
        """
        from procrastinate.exceptions import ConnectorException
        from procrastinate.jobs import Status

        manager = self.app.job_manager
        try:
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=seconds):
                try:
                    await manager.retry_job(job, LONG_AGO)
                except ConnectorException:
                    # Another waits for the same, or its worker came back at this moment, and ended it.
                    with suppress(ConnectorException):
                        await manager.finish_job(job, Status.FAILED, delete_job=True)
        except ConnectorException as exc:
            raise _unusable(exc) from exc


def _unusable(exc: BaseException) -> StoreError:
    return StoreError(f"the cluster's queue cannot be used: {reason_of(exc.__cause__ or exc)}")


def _schema_mark(connection: psycopg.Connection[Any]) -> str | None:
    """Return the last migration in procrastinate's tables, None where there are none. Raises StoreError."""
    query = "SELECT to_regclass('procrastinate_jobs'), obj_description(to_regclass('procrastinate_jobs'))"
    row = connection.execute(query).fetchone()
    table, comment = row or (None, None)
    if table is None:
        return None
    if not (comment or "").startswith(_MARK):
        raise StoreError("another program uses procrastinate in this database; give the cluster its own")
    return str(comment).removeprefix(_MARK)
