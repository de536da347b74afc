"""The gzip of a document that is read often, put beside it, where nginx's gzip_static looks.

The server packs the others when they are asked for: share pages are as many as articles, and few of them are
read on a day.
"""

import gzip
import re
import struct
import zlib

GZIP_SUFFIX = ".gz"
TEXT_SUFFIXES = (".html", ".css", ".xml", ".atom", ".json", ".opml", ".txt", ".svg")
MIN_SIZE = 512
"""Bytes from which on a document is compressed."""
SELDOM = re.compile(
    r"site/(?:share|source|tag)/|site/.*/(?:archive-\d+\.atom|page-\d+\.html)$|site/sitemap(?:-\w+)?\.xml$"
)
"""Share pages, feeds of sources and tags, archives, numbered pages, sitemaps: much that is read seldom."""
TRAILER_SIZE = 8
"""Bytes at the end of every gzip: CRC-32 and length (RFC 1952, 2.3.1)."""


def is_text(path: str) -> bool:
    """Whether a path is that of a text which we serve: posts and mirrored files are not."""
    return path.startswith("site/") and not path.startswith("site/media/") and path.endswith(TEXT_SUFFIXES)


def is_compressed(path: str, body: bytes) -> bool:
    """Whether a document has a gzip beside it."""
    return is_text(path) and len(body) >= MIN_SIZE and not SELDOM.match(path)


def compress(body: bytes) -> bytes:
    """Compress without name and time, so that the same document gives the same bytes."""
    return gzip.compress(body, 6, mtime=0)


def trailer(body: bytes) -> bytes:
    """The last bytes of every gzip of ``body``."""
    return struct.pack("<II", zlib.crc32(body), len(body) & 0xFFFFFFFF)


def unpacks_to(compressed: bytes, body: bytes) -> bool:
    """Whether a gzip is a single member that unpacks to exactly these bytes."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        # One byte more than expected is enough to see a difference, and bounds the memory.
        unpacked = unpacker.decompress(compressed, len(body) + 1)
    except zlib.error:
        return False
    return unpacked == body and unpacker.eof and not unpacker.unused_data
