"""Listening on an address, and uvicorn inside a process that is somebody else's."""

from __future__ import annotations

import errno
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.errors import AggregatorError, BusyError
from aggregator.web.protocol import LARGEST_HEAD, Limits, Protocol
from aggregator.web.responses import answer

PATIENCE = 3  # seconds that requests under way may take at the end
HANG_UP = {"Connection": "close"}
SENT_AHEAD = 262144  # bytes that the system keeps for a client that reads slowly; it would take millions


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
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_AHEAD)
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
    """Serves an app on a listening socket until told to stop, within ``limits`` for each client."""

    def __init__(self, app: ASGIApp, sock: socket.socket, limits: Limits | None = None) -> None:
        class Limited(Protocol):
            pass

        if limits:
            Limited.limits = limits
        self._socket = sock
        self._server = _Uvicorn(
            uvicorn.Config(
                _strict(app),
                http=Limited,
                h11_max_incomplete_event_size=LARGEST_HEAD,
                lifespan="off",
                ws="none",
                log_config=None,
                # A line for each request that is none would let strangers fill the log.
                log_level="error",
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


def _strict(app: ASGIApp) -> ASGIApp:
    """Refuse what h11 lets through.

    A large head that came in one piece; and what says in two ways how long it is, since whoever stands before
    us may have read the other one (RFC 9112, section 6.3).
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        said = {name for name, _ in scope["headers"]}
        size = len(scope["raw_path"]) + len(scope["query_string"])
        if size + sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEAD:
            await answer(431, b"431 Request Header Fields Too Large\n", HANG_UP)(scope, receive, send)
        elif b"transfer-encoding" in said and (b"content-length" in said or scope["http_version"] != "1.1"):
            await answer(400, b"400 Bad Request\n", HANG_UP)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return serve
