"""An answer with the headers that every one of ours has."""

from __future__ import annotations

import os
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

# Mirrored articles are foreign text: no script runs, nothing is framed, no other server is asked, and a form
# leads only to our own search.
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


class _Whole(Response):
    """A body that is there as a whole, sent in pieces: a slow reader makes us copy one of them, not all."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = b"" if scope["method"] == "HEAD" else bytes(self.body)
        for start in range(0, len(body), PIECE):
            piece = body[start : start + PIECE]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def answer(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Response:
    """Make an answer."""
    return _Whole(body, status, {**SECURITY, **(headers or {})})


class Streamed(FileResponse):
    """An open file, sent piece by piece, in parts where the request names ranges; closed at the end."""

    chunk_size = 256 * 1024  # each one is read in another thread

    def __init__(self, descriptor: int, headers: Mapping[str, str]) -> None:
        self._descriptor = descriptor
        # The file as it was opened, whatever stands at its path by now.
        path = f"/dev/fd/{descriptor}"
        super().__init__(path, headers={**SECURITY, **headers}, stat_result=os.fstat(descriptor))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is asked for."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():  # ranges that cannot be had are refused without them
                    headers.setdefault(name, value)
            await send(message)

        try:
            await super().__call__(scope, receive, send_secured)
        finally:
            os.close(self._descriptor)
