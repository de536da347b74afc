"""The addresses that the server answers: the output's files, old share links, and its own health."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.web.conditions import not_modified, wants_gzip
from aggregator.web.files import Files, compressible

# Mirrored articles are foreign text: no script runs, nothing is framed, no form is sent; pictures may
# come from anywhere, and the articles keep the inline styles that the sanitiser let through.
POLICY = (
    "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src http: https: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": POLICY,
}
OLD_ID = re.compile(r"[A-Za-z0-9_-]{6,64}")


@dataclass(frozen=True, slots=True)
class Health:
    """How the program does: ``live`` (it works), ``ready`` (it serves), ``detail`` as JSON values."""

    live: bool
    ready: bool
    detail: dict[str, object] = field(default_factory=dict)


def build_app(root: Path, *, health: Callable[[], Health]) -> Starlette:
    """Serve the files below ``root`` and what ``health`` says. ``health`` is called for each request."""
    files = Files(root)

    async def file(request: Request) -> Response:
        # The path as asked for: a route's parameter would lose a line break at its end.
        found = await files.get(request.scope["path"])
        if not found:
            raise HTTPException(404)
        packed = found.packed if wants_gzip(request.headers.getlist("accept-encoding")) else None
        tag = f"{found.digest}-gzip" if packed is not None else found.digest
        headers = {
            "ETag": f'"{tag}"',
            "Last-Modified": formatdate(found.modified, usegmt=True),
            # Pages and feeds are asked for again each time, which a 304 makes cheap.
            "Cache-Control": "public, max-age=3600" if found.asset else "no-cache",
        }
        if compressible(found.media):
            headers["Vary"] = "Accept-Encoding"
        if not_modified(request.headers, tag, found.modified):
            return _answer(304, headers=headers)
        headers["Content-Type"] = found.media
        if packed is not None:
            headers["Content-Encoding"] = "gzip"
        return _answer(200, found.body if packed is None else packed, headers)

    async def old_share_page(request: Request) -> Response:
        """Lead a link of the earlier system to the article's share page, wherever the site is mounted."""
        article_id = request.query_params.get("infoCode", "")
        if not OLD_ID.fullmatch(article_id) or not files.exists(f"/share/{article_id}.html"):
            raise HTTPException(404)
        return _answer(301, headers={"Location": f"../share/{article_id}.html"})

    async def healthz(request: Request) -> Response:
        said = health()
        body = json.dumps({**said.detail, "live": said.live, "ready": said.ready}, default=str)
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return _answer(200 if said.live and said.ready else 503, body.encode(), headers)

    return Starlette(
        routes=[
            Route("/healthz", healthz, methods=["GET"]),
            Route("/html_News/NewsShare.html", old_share_page, methods=["GET"]),
            Route("/{path:path}", file, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _refuse, Exception: _refuse},
    )


async def _refuse(request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    allowed = (exc.headers or {}) if isinstance(exc, HTTPException) else {}
    body = f"{status} {HTTPStatus(status).phrase}\n".encode()
    # A page that is missing now may be published in a minute.
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-cache", **allowed}
    return _answer(status, body, headers)


def _answer(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, {**SECURITY, **(headers or {})})
