"""An answer with the headers that every one of ours has."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

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
    "Content-Security-Policy": POLICY,
}


def answer(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Response:
    """Make an answer."""
    return Response(body, status, {**SECURITY, **(headers or {})})
