"""What goes wrong in an exchange, in plain words, and whether another attempt can help."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.guard import RefusedError, UnresolvedError

CLOSED = "closed the connection in the middle"

# Everything that an exchange is known to raise; TLS errors are OSErrors, UnicodeErrors ValueErrors.
FOREIGN = (httpx.HTTPError, httpx.InvalidURL, RefusedError, UnresolvedError, OSError, ValueError)


class PassingError(FetchError):
    """A FetchError that may have passed by the next attempt."""


def explain(address: str, exc: BaseException) -> FetchError:
    """The FetchError for one of ``FOREIGN``."""
    match exc:
        case RefusedError():
            return FetchError(address, str(exc))
        case UnresolvedError():
            return (PassingError if exc.passing else FetchError)(address, str(exc))
        case httpx.TimeoutException():
            return PassingError(address, "timed out while connecting")
        case httpx.RemoteProtocolError() if re.search("closed|disconnected", str(exc)):
            return PassingError(address, CLOSED)
        case httpx.RemoteProtocolError():
            return FetchError(address, f"sent an answer that is not HTTP: {exc!s:.60}")
        case httpx.NetworkError() | OSError():
            return _explain_network(address, exc)
        case _:
            return FetchError(address, f"cannot be asked: {exc!s:.80}")


def _explain_network(address: str, exc: BaseException) -> FetchError:
    for cause in _causes(exc):
        match cause:
            case ssl.SSLCertVerificationError():
                return FetchError(address, f"certificate: {cause.verify_message}")
            case ssl.SSLEOFError():
                return PassingError(address, CLOSED)
            case ssl.SSLError():
                return FetchError(address, f"TLS: {(cause.reason or 'failed').lower().replace('_', ' ')}")
            case ConnectionRefusedError():
                return PassingError(address, "connection refused")
            case ConnectionError():
                return PassingError(address, CLOSED)
            case OSError(strerror=str(said)):
                return PassingError(address, f"cannot connect: {said}")
    return PassingError(address, CLOSED)


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """An exception and those that led to it, the outermost first."""
    seen: BaseException | None = exc
    while seen is not None:
        yield seen
        # httpcore raises again "from None", which leaves only the context.
        seen = seen.__cause__ or seen.__context__
