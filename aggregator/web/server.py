"""The HTTP server: a listening socket, and uvicorn as a task of the daemon."""

import errno
import os
import socket
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.errors import AggregatorError, BusyError
from aggregator.web.protocol import MAX_HEAD_SIZE, Limits, Protocol
from aggregator.web.responses import Whole, answer
from aggregator.web.routes import WebApp

SHUTDOWN_SECONDS = 3
"""How long requests under way may take at the end."""
HANG_UP = {"Connection": "close"}
SEND_BUFFER = 262144
"""Bytes that the system buffers for a slow client; by itself it would take millions."""


def bind(host: str, port: int, key: str = "[server] listen") -> socket.socket:
    """Listen on an address, which ``key`` configures; port 0 lets the system choose one.

    Raises BusyError where another program listens there, AggregatorError where the machine does not have
    the address.
    """
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # IPv4 first: "localhost" may resolve to ::1 on a machine without IPv6.
        family, kind, protocol, _, address = min(found, key=lambda info: info[0] != socket.AF_INET)
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as exc:  # UnicodeError: the name cannot be encoded for DNS
        raise AggregatorError(_refusal(where, exc, key)) from exc
    with _closed_if_refused(listener, where, key):
        # With SO_REUSEADDR a restarted daemon gets its port back at once.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listener.bind(address)
        listener.listen()
    return listener


def bind_file(path: str, key: str) -> socket.socket:
    """Listen on a Unix socket at a path, open to our user and group; one that nobody listens on is replaced.

    Raises BusyError where another program listens there, AggregatorError where it cannot be made.
    """
    listener = socket.socket(socket.AF_UNIX)
    with _closed_if_refused(listener, path, key):
        with suppress(FileNotFoundError):
            if stat.S_ISSOCK(os.lstat(path).st_mode) and _is_deserted(path):
                os.unlink(path)
        listener.bind(path)
        # Nobody can connect before it listens.
        os.chmod(path, 0o660)
        listener.listen()
    return listener


@contextmanager
def _closed_if_refused(listener: socket.socket, where: str, key: str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        listener.close()
        if exc.errno == errno.EADDRINUSE:
            raise BusyError(f"{where} is in use by another program; end it, or change {key}") from exc
        raise AggregatorError(_refusal(where, exc, key)) from exc


def _is_deserted(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return True
    return False


def _refusal(where: str, exc: OSError | UnicodeError, key: str) -> str:
    reason = exc.strerror if isinstance(exc, OSError) else "this is no name of a host"
    return f"cannot listen on {where}: {reason}; change {key}"


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the daemon, which ends this server among other things."""
        yield


class Server:
    """Serves on a listening socket until told to stop, within ``limits`` for each client.

    Each request is answered by the app that ``current`` gives then.
    """

    def __init__(
        self, current: Callable[[], WebApp], sock: socket.socket, limits: Limits | None = None
    ) -> None:
        class Limited(Protocol):
            def held(self, path: str, headers: Headers) -> Whole | None:
                return current().held(path, headers)

        if limits:
            Limited.limits = limits
        self._socket = sock
        self._server = _Uvicorn(
            uvicorn.Config(
                _strict(lambda scope, receive, send: current()(scope, receive, send)),
                http=Limited,
                h11_max_incomplete_event_size=MAX_HEAD_SIZE,
                lifespan="off",
                ws="none",
                log_config=None,
                # Below this level, uvicorn logs each invalid request, with which anybody could fill the log.
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )

    async def serve(self) -> None:
        """Answer requests until :meth:`stop`; those under way get three seconds. Closes the socket."""
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """End :meth:`serve` soon, or as soon as it begins."""
        self._server.should_exit = True


def _strict(app: ASGIApp) -> ASGIApp:
    """Refuse two kinds of requests that h11 accepts.

    These are a too large head that came in one piece, and a body with two lengths, of which a proxy before us
    may have believed the other one (RFC 9112, section 6.3).
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        names = {name for name, _ in scope["headers"]}
        size = len(scope["raw_path"]) + len(scope["query_string"])
        if size + sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEAD_SIZE:
            await answer(431, b"431 Request Header Fields Too Large\n", HANG_UP)(scope, receive, send)
        elif b"transfer-encoding" in names and (b"content-length" in names or scope["http_version"] != "1.1"):
            await answer(400, b"400 Bad Request\n", HANG_UP)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return serve
