"""How many jobs a second processes take from the queue and end, side by side, on one PostgreSQL."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any

import psycopg
from procrastinate.jobs import Job

from aggregator.daemon.cluster.dispatcher import MAX_WAITING
from aggregator.daemon.cluster.node import MAX_JOBS
from aggregator.daemon.cluster.queue import VISIT, Queue
from benchmarks.scale.server import database, load, took_ms

PROCESSES = (1, 2, 4)
_LEFT = "SELECT count(*) FROM procrastinate_jobs"


def measure() -> Iterator[dict[str, Any]]:
    """Yield how fast jobs that do nothing are put and ended, as many as may wait."""
    with database(1024**3) as address:
        Queue(address).prepare()
        for count in PROCESSES:
            figures = {"processes": count, "waiting": MAX_WAITING, **_race(address, count), "load": load()}
            print(figures, file=sys.stderr, flush=True)
            yield figures


def _race(address: str, count: int) -> dict[str, float]:
    context = get_context("spawn")
    ready = context.Barrier(count + 1)
    workers = [context.Process(target=_take_jobs, args=(address, ready)) for _ in range(count)]
    for worker in workers:
        worker.start()
    ready.wait()
    queue = Queue(address)
    with psycopg.connect(address) as connection:
        put = took_ms(lambda: queue.put([_job(number) for number in range(MAX_WAITING)], connection))
    begun = time.perf_counter()
    with psycopg.connect(address, autocommit=True) as connection:
        while (connection.execute(_LEFT).fetchone() or (0,))[0]:
            time.sleep(0.05)
    seconds = time.perf_counter() - begun
    for worker in workers:
        worker.kill()
        worker.join()
    return {"put_ms": put, "jobs": MAX_WAITING / seconds}


def _job(number: int) -> Job:
    return Job(
        queue="bench",
        lock=f"host{number}",
        queueing_lock=f"source{number}",
        task_name=VISIT,
        task_kwargs={"source": f"source{number}"},
    )


def _take_jobs(address: str, ready: Barrier) -> None:
    """Take jobs until this process is killed."""

    async def visit(source: str) -> None:
        pass

    async def work() -> None:
        queue = Queue(address)
        queue.add_task(VISIT, visit)
        await queue.open()
        ready.wait()
        await queue.work(["bench"], MAX_JOBS, 1.0)

    asyncio.run(work())
