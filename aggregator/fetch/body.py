"""A body's bytes: read, counted and unpacked piece by piece, whole or not at all."""

from __future__ import annotations

import zlib

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.faults import CLOSED, PassingError

# What zlib calls the formats of RFC 1952 or 1950 (it tells them apart) and of RFC 1951 without a frame.
FRAMED, BARE = 47, -15
GZIP_BEGINS, ZLIB_METHOD = 0x1F, 8


async def read_body(response: httpx.Response, max_size: int) -> bytes:
    """Return the unpacked body of a response whose headers were read.

    Raises FetchError where it is larger than ``max_size`` bytes (packed or unpacked), packed in an unknown
    way or broken off, and httpx's errors where the connection fails.
    """
    address = str(response.url)
    inflater = _inflater(address, response.headers.get("content-encoding", ""))
    body, received = bytearray(), 0
    async for chunk in response.aiter_raw():
        received += len(chunk)
        try:
            body += inflater.unpack(chunk, max_size + 1 - len(body)) if inflater else chunk
        except zlib.error as exc:
            raise FetchError(address, "sent data that cannot be unpacked") from exc
        if max(received, len(body)) > max_size:
            raise FetchError(address, f"larger than {_format_size(max_size)} ([network] max_size)")
    if inflater and received and not inflater.ended:
        raise PassingError(address, CLOSED)
    return bytes(body)


class _Inflater:
    """Undoes ``gzip`` or ``deflate``; a gzip body may have several members (RFC 1952, section 2.2)."""

    def __init__(self, *, frame_required: bool) -> None:
        self._frame_required = frame_required
        self._stream: zlib._Decompress | None = None

    @property
    def ended(self) -> bool:
        """Whether the packed data came to its proper end."""
        return self._stream is not None and self._stream.eof

    def unpack(self, packed: bytes, limit: int) -> bytes:
        """Return what the next piece holds, at most ``limit`` bytes (the rest is lost then)."""
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
    """What undoes a Content-Encoding; None where there is nothing to undo."""
    codings = {coding.strip() for coding in encoding.lower().split(",")} - {"", "identity"}
    if not codings:
        return None
    if "," in encoding or not codings <= {"gzip", "x-gzip", "deflate"}:
        raise FetchError(address, f"packed in an unknown way: {encoding[:40]}")
    return _Inflater(frame_required=codings != {"deflate"})


def _format_size(size: int) -> str:
    for unit, number in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if size >= number:
            return f"{size / number:.4g} {unit}"
    return f"{size} B"
