"""Bodies of answers: read, counted and decompressed piece by piece, whole or not at all."""

import asyncio
import contextlib
import zlib

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.faults import CLOSED, PassingError, explain

FRAMED, BARE = 47, -15  # what zlib calls RFC 1952 or 1950 (it tells them apart), and RFC 1951 without a frame
GZIP_BEGINS, ZLIB_METHOD = 0x1F, 8
EXCERPT_SIZE = 65536  # bytes of an error's body, enough to tell what it is
EXCERPT_TIMEOUT = 5.0  # seconds that an error's body may take

PACKINGS = frozenset(
    "gzip x-gzip deflate compress x-compress br zstd dcb dcz bzip2 xz lzma exi pack200-gzip".split()
)
"""Names of packings (IANA's registry of content codings and the usual others).

Servers also write charsets, ``none`` or ``aws-chunked`` there. Browsers ignore what names no packing.
"""


async def read_body(response: httpx.Response, max_size: int) -> bytes:
    """Return the unpacked body of a response whose headers were read.

    Raises FetchError where it is larger than ``max_size`` bytes (packed or unpacked), packed in an unknown
    way or broken off, and where the connection fails.
    """
    address = str(response.url)
    inflater = _inflater(address, response.headers.get("content-encoding", ""))
    body, received = bytearray(), 0
    try:
        async for chunk in response.aiter_raw():
            received += len(chunk)
            body += inflater.unpack(chunk, max_size + 1 - len(body)) if inflater else chunk
            if max(received, len(body)) > max_size:
                reason = f"larger than {format_size(max_size)} ([network] max_size)"
                raise FetchError(address, reason, fault="too-large")
    except zlib.error as exc:
        raise FetchError(address, "sent data that cannot be unpacked") from exc
    except (httpx.NetworkError, httpx.RemoteProtocolError) as exc:
        error = explain(address, exc)
        raise _cut_off(address) if error.reason == CLOSED else error from exc
    if (inflater and received and not inflater.ended) or (
        not inflater and _ends_early(response.headers, body)
    ):
        raise _cut_off(address)
    return bytes(body)


async def read_excerpt(response: httpx.Response) -> bytes:
    """Return the beginning of an error's body, or what comes of it; a broken one raises nothing."""
    body, received = bytearray(), 0
    with contextlib.suppress(FetchError, zlib.error, httpx.HTTPError, TimeoutError):
        inflater = _inflater(str(response.url), response.headers.get("content-encoding", ""))
        async with asyncio.timeout(EXCERPT_TIMEOUT):
            async for chunk in response.aiter_raw():
                received += len(chunk)
                body += inflater.unpack(chunk, EXCERPT_SIZE - len(body)) if inflater else chunk
                if max(received, len(body)) >= EXCERPT_SIZE:
                    break
    return bytes(body[:EXCERPT_SIZE])


def _cut_off(address: str) -> PassingError:
    return PassingError(address, CLOSED, fault="cut-off")


def _ends_early(headers: httpx.Headers, body: bytearray) -> bool:
    """Tell whether an HTML page lacks its closing tags, where only the closed connection ends it.

    HTTP/1.0 knows no other end (RFC 9112, section 6.3, rule 8).
    """
    if "content-length" in headers or "transfer-encoding" in headers:
        return False
    if "html" not in headers.get("content-type", "html").lower():
        return False
    if b"<html" not in body[:4096].lower():
        return False
    return not any(end in body.lower() for end in (b"</html", b"</body"))


class _Inflater:
    """Undoes ``gzip`` or ``deflate``; a gzip body may have several members (RFC 1952, section 2.2)."""

    def __init__(self, *, frame_required: bool) -> None:
        self._frame_required = frame_required
        self._stream: zlib._Decompress | None = None

    @property
    def ended(self) -> bool:
        """Whether the compressed data came to its proper end."""
        return self._stream is not None and self._stream.eof

    def unpack(self, packed: bytes, limit: int) -> bytes:
        """Decompress the next piece, up to ``limit`` bytes; what is beyond is lost."""
        unpacked = b""
        while packed and len(unpacked) < limit:
            if self._stream is None:
                self._stream = zlib.decompressobj(self._format(packed[0]))
            elif self._stream.eof:
                if packed[0] != GZIP_BEGINS:
                    break  # padding
                self._stream = zlib.decompressobj(FRAMED)
            unpacked += self._stream.decompress(packed, limit - len(unpacked))
            packed = self._stream.unused_data
        return unpacked

    def _format(self, first: int) -> int:
        # Some servers send "deflate" without the frame that RFC 9110, section 8.4.1.2, asks for.
        framed = self._frame_required or first == GZIP_BEGINS or first & 0x0F == ZLIB_METHOD
        return FRAMED if framed else BARE


def _inflater(address: str, encoding: str) -> _Inflater | None:
    """Give what undoes a Content-Encoding; None where the body is not encoded."""
    codings = [one for coding in encoding.lower().split(",") if (one := coding.strip()) in PACKINGS]
    if not codings:
        return None
    if len(codings) > 1 or codings[0] not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(address, f"packed in an unknown way: {', '.join(codings)}")
    return _Inflater(frame_required=codings != ["deflate"])


def format_size(size: int) -> str:
    """Write a size as the configuration does: ``10 MB``."""
    for unit, number in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if size >= number:
            return f"{size / number:.4g} {unit}"
    return f"{size} B"
