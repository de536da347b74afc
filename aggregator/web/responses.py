"""Responses, each with our security headers: bodies in memory, and open files."""

import os
import re
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

# Mirrored articles are foreign text: scripts, frames and requests to other servers are forbidden, and a form
# may only lead to our own search.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": POLICY,
}

PIECE = 65536
"""Bytes."""
_RANGE = rb"(\d+-\d*|-\d+)[ \t]*"
RANGES = re.compile(rb"bytes=[ \t,]*" + _RANGE + rb"(,[ \t]*(" + _RANGE + rb")?)*", re.IGNORECASE)
"""What Range may say (RFC 9110, section 14.1.2); Starlette would answer anything else with 400."""


class Whole(Response):
    """A body in memory, sent in pieces, so that only one piece is copied for a slow client."""

    @cached_property
    def head(self) -> tuple[bytes, bytes]:
        """The status line and the headers as they are sent, without those of the server between the two."""
        lines = [b"%b: %b\r\n" % header for header in self.raw_headers]
        line = f"HTTP/1.1 {self.status_code} {HTTPStatus(self.status_code).phrase}\r\n"
        return line.encode(), b"".join([*lines, b"\r\n"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and the body, or only the head to a HEAD."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = b"" if scope["method"] == "HEAD" else bytes(self.body)
        for start in range(0, len(body), PIECE):
            piece = body[start : start + PIECE]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def answer(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Whole:
    """Make a response of a body in memory, with our security headers."""
    return Whole(body, status, {**SECURITY, **(headers or {})})


class Streamed(FileResponse):
    """An open file, sent in pieces, or the ranges that the request names; it is closed at the end."""

    chunk_size = 256 * 1024  # each chunk is read in a thread

    def __init__(self, descriptor: int, headers: Mapping[str, str]) -> None:
        self._descriptor = descriptor
        # This path leads to the file that was opened, even if another one has replaced it since.
        path = f"/dev/fd/{descriptor}"
        super().__init__(path, headers={**SECURITY, **headers}, stat_result=os.fstat(descriptor))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file or its ranges; a Range of another unit, or of a HEAD, is ignored (RFC 9110, 14.2)."""
        ranged = scope["method"] == "GET"
        sent = [
            (name, value)
            for name, value in scope["headers"]
            if name != b"range" or (ranged and RANGES.fullmatch(value))
        ]

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():  # Starlette's refusal of a range lacks them
                    headers.setdefault(name, value)
            await send(message)

        try:
            await super().__call__({**scope, "headers": sent}, receive, send_secured)
        finally:
            os.close(self._descriptor)
