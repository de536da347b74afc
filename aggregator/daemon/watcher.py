"""Watches the folder of a configuration's sources."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

from aggregator.errors import AggregatorError

QUIET = 500
"""Milliseconds without a change after which a file counts as written."""
MAX_WAIT = 5000
"""Milliseconds after which changes count that do not end, and after which a folder is looked at anyhow.

Nobody tells of changes that were made before it was watched, nor of those on a disk of another machine.
"""


async def changes(folder: Path) -> AsyncGenerator[None, None]:
    """Yield after each change in a folder, which may be replaced, or gone for a while; for ever.

    Raises AggregatorError where the system watches no more folders.
    """
    while True:
        number = _number(folder)
        watched = [one for one in (folder.parent, folder) if one.is_dir()]
        try:
            async with aclosing(_changes(watched, folder.name)) as found:
                async for _ in found:
                    yield
                    if _number(folder) != number:
                        break
        except (OSError, RuntimeError) as exc:
            raise AggregatorError(f"{exc}; a reload reads it all the same") from exc


async def _changes(watched: Sequence[Path], name: str) -> AsyncGenerator[None, None]:
    """Yield after changes that have to do with a name, and every few seconds in which there is none."""
    from watchfiles import awatch  # only where it is wanted

    if not watched:
        await asyncio.sleep(MAX_WAIT / 1000)
        yield
        return
    async for _ in awatch(
        *watched,
        recursive=False,
        watch_filter=lambda _, path: name in Path(path).parts[-2:],
        step=QUIET,
        debounce=MAX_WAIT,
        rust_timeout=MAX_WAIT,
        yield_on_timeout=True,
    ):
        yield


def _number(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from any other at its place."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
