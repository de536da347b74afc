"""Watches the folder of a configuration's sources."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

QUIET = 500
"""Milliseconds without a change after which a file counts as written."""
MAX_WAIT = 5000
"""Milliseconds after which changes count that do not end; how often a folder that is gone is looked for."""


async def changes(folder: Path) -> AsyncIterator[None]:
    """Yield after each change in a folder, which may be replaced, or gone for a while; for ever.

    Raises OSError where the system watches no more folders.
    """
    from watchfiles import awatch  # only where it is wanted

    while True:
        number = _number(folder)
        watched = [one for one in (folder.parent, folder) if one.is_dir()]
        if not watched:
            await asyncio.sleep(MAX_WAIT / 1000)
            continue
        is_fresh = True
        async for found in awatch(
            *watched,
            recursive=False,
            watch_filter=lambda _, path: folder.name in Path(path).parts[-2:],
            step=QUIET,
            debounce=MAX_WAIT,
            rust_timeout=MAX_WAIT,
            yield_on_timeout=True,
        ):
            # What changed before it was watched is found at the first time-out.
            if found or is_fresh:
                is_fresh = False
                yield
            if _number(folder) != number:
                break


def _number(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from any other at its place."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
