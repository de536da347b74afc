"""Media types by file name, with the caching and the sandbox that go with them."""

import re

from aggregator.output.compression import is_text
from aggregator.text.filetypes import MEDIA_TYPES, ending_of

NAMED = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "operations.atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json",
}
IN_UTF_8 = ("text/", "application/atom", "application/xml")
REVALIDATE = "no-cache"
"""Pages, lists and feeds are revalidated each time, which a 304 makes cheap, so that removals show."""
ARCHIVE = re.compile(r".*/archive-\d+\.atom")
STREAM_SIZE = 1024**2
"""Bytes from which on a file that is not text is sent piece by piece."""
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""The policy of mirrored files: nothing in foreign bytes runs."""


def media_type(name: str) -> str:
    """Give the Content-Type for a file's name; the system's own table differs between machines."""
    media = MEDIA_TYPES.get(ending_of(name), "application/octet-stream")
    return NAMED.get(name) or (f"{media}; charset=utf-8" if media.startswith(IN_UTF_8) else media)


def is_streamed(path: str, media: str, size: int) -> bool:
    """Tell whether a file is read while it is sent, which allows requests for ranges of it.

    Players ask for ranges of audio and video of any size. Our texts are sent whole, since their packed form
    is checked against the whole text.
    """
    return media.startswith(("audio/", "video/")) or (size > STREAM_SIZE and not is_packable(path))


def is_packable(path: str) -> bool:
    """Tell whether the file at a path may have a packed form beside it."""
    return is_text(f"site{path}")


def headers_of(path: str, media: str) -> dict[str, str]:
    """Give the headers for caching, and for a mirrored file those of its sandbox.

    A mirrored file is named after its content and never changes. An archive is written again only when an
    article is removed from it, which must not stay in caches for long.
    """
    if path.startswith("/media/"):
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Security-Policy": SANDBOX,
            # Feed readers in browsers show our pictures on their own pages.
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return headers if media.startswith("image/") else headers | {"Content-Disposition": "attachment"}
    if ARCHIVE.fullmatch(path):
        return {"Cache-Control": "public, max-age=86400"}
    if media.startswith(("text/css", "image/", "font/")):
        return {"Cache-Control": "public, max-age=3600"}
    return {"Cache-Control": REVALIDATE}


def headers_in_bucket(path: str) -> dict[str, str]:
    """Give the headers of a document of the output, of which a bucket sends but a few."""
    name, below = path.rpartition("/")[2], path[path.index("/") :]
    media = media_type(name)
    headers = {"Content-Type": media, **headers_of(below, media)}
    if below.startswith("/media/") and media == "image/svg+xml":
        # A bucket sends no sandbox, and a drawing that is opened by itself may run scripts.
        headers["Content-Disposition"] = "attachment"
    return headers
