"""What a file is by its name: its media type, how long it may be kept, and what a browser may do with it."""

from __future__ import annotations

import re

from aggregator.output.compression import is_text
from aggregator.text.filetypes import MEDIA_TYPES, ending_of

NAMED = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json",
}
IN_UTF_8 = ("text/", "application/atom", "application/xml")
# Pages and feeds are asked for again each time, which a 304 makes cheap: whoever polls us sets the pace, and
# what was taken out is gone at once. Numbered lists are no exception, since they lead to those after them.
FRESH = "no-cache"
ARCHIVE = re.compile(r".*/archive-\d+\.atom")
LARGE = 1024**2  # bytes of a file that is no text from which on it is sent piece by piece
# Foreign bytes: whatever they are, nothing in them runs.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


def media_type(name: str) -> str:
    """Content-Type of a file by its name; the system's own table differs between machines."""
    media = MEDIA_TYPES.get(ending_of(name), "application/octet-stream")
    return NAMED.get(name) or (f"{media}; charset=utf-8" if media.startswith(IN_UTF_8) else media)


def is_streamed(path: str, media: str, size: int) -> bool:
    """Whether a file is read from the disk as it is sent, and in parts where a client asks for parts.

    Players ask for parts of sounds and films, however small. Text of ours is sent whole, since its packed
    form is checked against all of it.
    """
    return media.startswith(("audio/", "video/")) or (size > LARGE and not is_packable(path))


def is_packable(path: str) -> bool:
    """Whether the file at a path may have a packed form beside it."""
    return is_text(f"site{path}")


def headers_of(path: str, media: str) -> dict[str, str]:
    """How long the file at a path may be kept, and for a mirrored one what may be done with it.

    A mirrored file is named after its content and stays for ever. An archive is written again only where
    something was taken out of it, which must not stay in caches for long.
    """
    if path.startswith("/media/"):
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Security-Policy": SANDBOX,
            # Readers in browsers show our pictures on pages of their own.
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return headers if media.startswith("image/") else headers | {"Content-Disposition": "attachment"}
    if ARCHIVE.fullmatch(path):
        return {"Cache-Control": "public, max-age=86400"}
    if media.startswith(("text/css", "image/", "font/")):
        return {"Cache-Control": "public, max-age=3600"}
    return {"Cache-Control": FRESH}
