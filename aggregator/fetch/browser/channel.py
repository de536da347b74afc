"""Channels to a process that renders: a child of ours, or one that systemd starts behind a socket."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from aggregator.worker.processes import end_tree

MAX_LINE = 65536  # bytes of a line that the process may send
PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "PLAYWRIGHT_BROWSERS_PATH", "PYTHONPATH")
"""Variables that a browser needs; secrets may be in the rest of our environment."""

Channel = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def open_channel(socket: str) -> AbstractAsyncContextManager[Channel]:
    """Open a channel to the renderer behind a Unix socket or, without one, to a child process.

    The child is ended with all that it started. Raises OSError where it cannot be reached or started.
    """
    return _behind(socket) if socket else _started()


@asynccontextmanager
async def _behind(socket: str) -> AsyncIterator[Channel]:
    reader, writer = await asyncio.open_unix_connection(socket, limit=MAX_LINE)
    try:
        yield reader, writer
    finally:
        # systemd then ends the process with all that it started.
        writer.close()


@asynccontextmanager
async def _started() -> AsyncIterator[Channel]:
    with tempfile.TemporaryDirectory(prefix="aggregator-", ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "aggregator.fetch.browser.renderer",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(folder),
            start_new_session=True,
            limit=MAX_LINE,
        )
        try:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("started without pipes")
            yield process.stdout, process.stdin
        finally:
            end_tree(process.pid)
            await process.wait()


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    # Whatever the browser writes is deleted with the folder; it asks no desktop for anything.
    ours = dict.fromkeys(("TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), folder)
    return kept | ours | {"DBUS_SESSION_BUS_ADDRESS": "disabled:"}
