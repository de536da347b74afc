"""What a file is by its name: its media type, how long it may be kept, and what a browser may do with it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from aggregator.output.compression import is_text

NAMED = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json",
}
SUFFIXES = {
    ".7z": "application/x-7z-compressed",
    ".atom": "application/atom+xml; charset=utf-8",
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".epub": "application/epub+zip",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ofd": "application/ofd",
    ".ogg": "audio/ogg",
    ".opml": "text/x-opml; charset=utf-8",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".ppt": "application/vnd.ms-powerpoint",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rar": "application/vnd.rar",
    ".rtf": "application/rtf",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml; charset=utf-8",
    ".zip": "application/zip",
}
# Pages and feeds are asked for again each time, which a 304 makes cheap: whoever polls us sets the pace, and
# what was taken out is gone at once. Numbered lists are no exception, since they lead to those after them.
FRESH = "no-cache"
ARCHIVE = re.compile(r".*/archive-\d+\.atom")
LARGE = 1024**2  # bytes of a file that is no text from which on it is sent piece by piece
# Foreign bytes: whatever they are, nothing in them runs.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


def media_type(name: str) -> str:
    """Content-Type of a file by its name; the system's own table differs between machines."""
    return NAMED.get(name) or SUFFIXES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")


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
