"""Descriptions of answers in words, for the errors of kinds that expected something else."""

import html
import re

from aggregator.content.sniffing import OLE, ZIP, find_ending
from aggregator.errors import ReadError
from aggregator.model import Fetched
from aggregator.text.charset import decode
from aggregator.text.text import fold

HEAD_SIZE = 16384
"""Bytes of a page in which its title is looked for."""

_TITLE = re.compile(r"<title\b[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_FILES = {"pdf": "a PDF file", **dict.fromkeys(("avif", "gif", "jpg", "png", "webp"), "an image")}


def refuse(fetched: Fetched, due: str) -> ReadError:
    """Make the error that says what was expected (``due``, such as "a feed") and what came instead."""
    return ReadError(
        f"is not {due}, but {describe(fetched)}", fault="wrong-type" if fetched.body.strip() else "empty"
    )


def describe(fetched: Fetched) -> str:
    """Name what an answer is: a page by its title, an unknown type by its first words."""
    start = _start(fetched)
    if not start:
        return "an empty answer"
    if is_html(fetched):
        title = page_title(fetched)
        return f"an HTML page titled {title!r}" if title else "an HTML page"
    if name := _FILES.get(find_ending(fetched.body[:512])):
        return name
    if fetched.body.startswith((ZIP, OLE)):
        return "a ZIP or Office file" if fetched.body.startswith(ZIP) else "an Office file"
    if start.startswith((b"{", b"[")):
        return "JSON"
    first = fold(decode(fetched.body[:400], fetched.content_type))[:60]
    return f"something else ({fetched.content_type or 'no content type'}) that begins {first!r}"


def is_html(fetched: Fetched) -> bool:
    """Tell whether an answer is an HTML page, whatever its content type says."""
    start = _start(fetched)
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return True
    # An XML declaration may begin XHTML; JSON may hold a page in a string.
    return not start.startswith((b"{", b"[")) and (b"<html" in start or b"<body" in start)


def page_title(fetched: Fetched) -> str:
    """Give the title of a page in one line; empty without one."""
    match = _TITLE.search(decode(fetched.body[:HEAD_SIZE], fetched.content_type))
    return fold(html.unescape(match[1]))[:80] if match else ""


def _start(fetched: Fetched) -> bytes:
    """Give the first bytes in lower case, without a byte order mark and blanks."""
    return fetched.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
