"""Listening on an address, and uvicorn inside a process that is somebody else's."""

from __future__ import annotations

import errno
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from aggregator.errors import AggregatorError, BusyError

PATIENCE = 3  # seconds that requests under way may take at the end


def bind(host: str, port: int) -> socket.socket:
    """Listen on an address; port 0 lets the system choose one.

    Raises BusyError where another program listens there, AggregatorError where the address is not
    one that this machine can listen on.
    """
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # IPv4 first: "localhost" is also ::1 by name where the machine has no IPv6 at all.
        family, kind, protocol, _, address = min(found, key=lambda info: info[0] != socket.AF_INET)
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as exc:  # UnicodeError: a name that no host can have
        raise AggregatorError(_refusal(where, exc)) from exc
    try:
        # A restarted daemon takes its port back at once; listening claims it from any other program.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError as exc:
        listener.close()
        if exc.errno == errno.EADDRINUSE:
            raise BusyError(f"{where} is in use by another program; change [server] listen") from exc
        raise AggregatorError(_refusal(where, exc)) from exc
    return listener


def _refusal(where: str, exc: OSError | UnicodeError) -> str:
    reason = exc.strerror if isinstance(exc, OSError) else "this is no name of a host"
    return f"cannot listen on {where}: {reason}; change [server] listen"


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the daemon, which has more to end than this server."""
        yield


class Server:
    """Serves an app on a listening socket until told to stop."""

    def __init__(self, app: ASGIApp, sock: socket.socket) -> None:
        self._socket = sock
        self._server = _Uvicorn(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=PATIENCE,
            )
        )

    async def serve(self) -> None:
        """Answer requests until :meth:`stop`; those under way get three seconds. Closes the socket."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """End :meth:`serve` soon, or as soon as it begins."""
        self._server.should_exit = True
