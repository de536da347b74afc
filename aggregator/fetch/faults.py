"""What goes wrong in an exchange, in plain words, and whether another attempt can help."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.guard import RefusedError, UnresolvedError

CLOSED = "closed the connection in the middle"

# Of the library behind the extra "socks", where it is installed: httpx lets them through.
SOCKS = (import_module("socksio").SOCKSError,) if find_spec("socksio") else ()

# Everything that an exchange is known to raise; TLS errors are OSErrors, UnicodeErrors ValueErrors.
FOREIGN = (httpx.HTTPError, httpx.InvalidURL, RefusedError, UnresolvedError, OSError, ValueError, *SOCKS)


class PassingError(FetchError):
    """A FetchError that may have passed by the next attempt."""


def explain(address: str, exc: BaseException, via: str = "") -> FetchError:
    """The FetchError for one of ``FOREIGN``; ``via`` stands before its reason."""
    kind, reason = _read(exc)
    return kind(address, via + reason)


def _read(exc: BaseException) -> tuple[type[FetchError], str]:
    match exc:
        case RefusedError():
            return FetchError, str(exc)
        case UnresolvedError():
            return PassingError if exc.passing else FetchError, str(exc)
        case httpx.TimeoutException():
            return PassingError, "timed out while connecting"
        case httpx.RemoteProtocolError() if re.search("closed|disconnected", str(exc)):
            return PassingError, CLOSED
        case httpx.RemoteProtocolError():
            return FetchError, "sent an answer that is not HTTP"
        case httpx.ProxyError():
            # Its words are the proxy's own; the status is all that is safe to repeat.
            said = re.match(r"\d{3}\b", str(exc))
            return FetchError, f"the proxy answered {said[0]}" if said else "the proxy refused"
        case _ if isinstance(exc, SOCKS):
            return FetchError, "the proxy does not speak SOCKS 5"
        case httpx.NetworkError() | OSError():
            return _read_network(exc)
        case _:
            return FetchError, f"cannot be asked: {type(exc).__name__}"


def _read_network(exc: BaseException) -> tuple[type[FetchError], str]:
    for cause in _causes(exc):
        match cause:
            case ssl.SSLCertVerificationError():
                return FetchError, f"certificate: {cause.verify_message}"
            case ssl.SSLEOFError():
                return PassingError, CLOSED
            case ssl.SSLError():
                return FetchError, f"TLS: {(cause.reason or 'failed').lower().replace('_', ' ')}"
            case ConnectionRefusedError():
                return PassingError, "connection refused"
            case ConnectionError():
                return PassingError, CLOSED
            case OSError(strerror=str(said)):
                return PassingError, f"cannot connect: {said}"
    return PassingError, CLOSED


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """An exception and those that led to it, the outermost first."""
    seen: BaseException | None = exc
    while seen is not None:
        yield seen
        # httpcore raises again "from None", which leaves only the context.
        seen = seen.__cause__ or seen.__context__
