"""The way to a process that renders: one of our own, or one that systemd starts behind a socket."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from aggregator.worker.processes import end_family

LONGEST_LINE = 65536
# What a browser needs of our environment; secrets may be in the rest of it.
KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "PLAYWRIGHT_BROWSERS_PATH", "PYTHONPATH")

Channel = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def open_channel(socket: str) -> AbstractAsyncContextManager[Channel]:
    """Speak to the renderer behind a Unix socket or, without one, to a child process started for it.

    Nothing of it is left behind in the end. Raises OSError where it cannot be reached or started.
    """
    return _behind(socket) if socket else _started()


@asynccontextmanager
async def _behind(socket: str) -> AsyncIterator[Channel]:
    reader, writer = await asyncio.open_unix_connection(socket, limit=LONGEST_LINE)
    try:
        yield reader, writer
    finally:
        # systemd ends the process with all that it started, once it sees this.
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
            limit=LONGEST_LINE,
        )
        try:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("started without pipes")
            yield process.stdout, process.stdin
        finally:
            end_family(process.pid)
            await process.wait()


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    # Everything that it writes goes with the folder; no desktop is asked for anything.
    ours = dict.fromkeys(("TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), folder)
    return kept | ours | {"DBUS_SESSION_BUS_ADDRESS": "disabled:"}
