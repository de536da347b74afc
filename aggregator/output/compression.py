"""The gzip of a page, made once when it is written: a file beside it, as nginx looks for it (gzip_static)."""

from __future__ import annotations

import gzip
import struct
import zlib

PACKED = ".gz"
TEXTS = (".html", ".css", ".xml", ".atom", ".json", ".opml", ".txt", ".svg")
# Bytes below which packing is not worth a file.
SMALL = 512
TRAILER = 8


def is_text(path: str) -> bool:
    """Whether a page is sent over HTTP and text of ours: no post, no file of others."""
    return path.startswith("site/") and not path.startswith("site/media/") and path.endswith(TEXTS)


def is_packed(path: str, body: bytes) -> bool:
    """Whether a page has a packed form beside it."""
    return is_text(path) and len(body) >= SMALL


def pack(body: bytes) -> bytes:
    """Compress without name and time, so that the same page gives the same bytes."""
    return gzip.compress(body, 6, mtime=0)


def trailer(body: bytes) -> bytes:
    """The end of every gzip of these bytes: their CRC-32 and length (RFC 1952, 2.3.1)."""
    return struct.pack("<II", zlib.crc32(body), len(body) & 0xFFFFFFFF)


def holds(packed: bytes, body: bytes) -> bool:
    """Whether a gzip is one member that unpacks to exactly these bytes."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        # One byte more than is due, so that whatever it holds costs no more memory than the page.
        return (
            unpacker.decompress(packed, len(body) + 1) == body and unpacker.eof and not unpacker.unused_data
        )
    except zlib.error:
        return False
