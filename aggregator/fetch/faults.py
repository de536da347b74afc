"""Faults of an exchange, in plain words, and whether another attempt can help."""

import re
import ssl
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.guard import RefusedError, UnresolvedError

CLOSED = "closed the connection in the middle"

SOCKS = (import_module("socksio").SOCKSError,) if find_spec("socksio") else ()
"""Errors of the library behind the extra "socks", where it is installed: httpx does not wrap them."""
FOREIGN = (httpx.HTTPError, httpx.InvalidURL, RefusedError, UnresolvedError, OSError, ValueError, *SOCKS)
"""Everything that an exchange is known to raise; TLS errors are OSErrors, UnicodeErrors ValueErrors."""


class PassingError(FetchError):
    """A FetchError that the next attempt may not meet again."""


def explain(address: str, exc: BaseException, via: str = "") -> FetchError:
    """Make a FetchError of one of ``FOREIGN``; ``via`` is put before its reason."""
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
            # The message is the proxy's own; only the status is safe to repeat.
            status = re.match(r"\d{3}\b", str(exc))
            return FetchError, f"the proxy answered {status[0]}" if status else "the proxy refused"
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
            case OSError(strerror=str(reason)):
                return PassingError, f"cannot connect: {reason}"
    return PassingError, CLOSED


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """Give an exception and those that led to it, the outermost first."""
    seen: BaseException | None = exc
    while seen is not None:
        yield seen
        # httpcore raises again "from None", which leaves only the context.
        seen = seen.__cause__ or seen.__context__
