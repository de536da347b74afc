"""Routes of the server: the output's files, share links of the earlier system, and health."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.publish.media_types import REVALIDATE, headers_of
from aggregator.web.files import File, Files, Large
from aggregator.web.negotiation import not_modified, wants_gzip
from aggregator.web.responses import Streamed, Whole, answer

OLD_ID = re.compile(r"[A-Za-z0-9_-]{6,64}")
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
SHARE = re.compile(r"/share/([A-Za-z0-9_-]+)\.html")


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the program: ``live`` (it works), ``ready`` (it serves), ``detail`` as JSON values."""

    live: bool
    ready: bool
    detail: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WebApp:
    """An ASGI app, and a faster way to those of its answers that are in memory."""

    app: ASGIApp
    files: Files | None = None
    mount: str = ""
    """The path of the site's address, which a proxy may leave before the paths of requests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self.app({**scope, "path": self._below_mount(scope["path"])}, receive, send)

    def held(self, path: str, headers: Headers) -> Whole | None:
        """Give what a GET of a decoded path is answered with, if its file is in memory and up to date."""
        path = self._below_mount(path)
        file = self.files.held(path) if self.files else None
        return _answer_whole(path, file, headers) if file else None

    def _below_mount(self, path: str) -> str:
        return path.removeprefix(self.mount) if path.startswith(f"{self.mount}/") else path


def build_app(
    files: Files,
    *,
    health: Callable[[], Health],
    removed: Callable[[str], bool] = lambda article_id: False,
    more: Sequence[BaseRoute] = (),
    mount: str = "",
) -> WebApp:
    """Serve ``files``, ``/healthz``, and ``more`` routes.

    ``health`` is called in a thread, and so is ``removed``, which tells for share pages that are missing
    whether their id is that of an article that was removed.
    """

    async def missing(article_id: str) -> HTTPException:
        gone = bool(article_id) and await run_in_threadpool(removed, article_id)
        return HTTPException(410 if gone else 404)

    async def file(request: Request) -> Response:
        # The route's parameter would lose a line break at the end of the path.
        path = request.scope["path"]
        found = await files.get(path)
        if not found:
            if place := await _beside(files, path):
                return answer(301, headers={"Location": place})
            share = SHARE.fullmatch(path)
            raise await missing(share[1] if share else "")
        return answer_file(path, found, request.headers)

    async def old_share_page(request: Request) -> Response:
        """Redirect a link of the earlier system to the article's share page, wherever the site is mounted."""
        article_id = request.query_params.get("infoCode", "")
        if not OLD_ID.fullmatch(article_id):
            raise HTTPException(404)
        if not await files.exists(f"/share/{article_id}.html"):
            raise await missing(article_id)
        return answer(301, headers={"Location": f"../share/{article_id}.html"})

    async def refuse(request: Request, exc: Exception) -> Response:
        status = exc.status_code if isinstance(exc, HTTPException) else 500
        own_headers = (exc.headers or {}) if isinstance(exc, HTTPException) else {}
        # Revalidated, since a page that is missing now may be published in a minute.
        headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": REVALIDATE, **own_headers}
        body = f"{status} {HTTPStatus(status).phrase}\n".encode()
        if status in (404, 410):
            # Only browsers get the error page.
            headers["Vary"] = "Accept"
            readable = "text/html" in request.headers.get("accept", "")
            if isinstance(page := await files.get("/404.html") if readable else None, File):
                headers["Content-Type"], body = page.media, page.body
        return answer(status, body, headers)

    async def healthz(request: Request) -> Response:
        state = await run_in_threadpool(health)
        body = json.dumps({**state.detail, "live": state.live, "ready": state.ready}, default=str)
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return answer(200 if state.live and state.ready else 503, body.encode(), headers)

    app = Starlette(
        routes=[
            Route("/healthz", healthz, methods=["GET"]),
            Route("/html_News/NewsShare.html", old_share_page, methods=["GET"]),
            *more,
            Route("/{path:path}", file, methods=["GET"]),
        ],
        exception_handlers={HTTPException: refuse, Exception: refuse},
    )
    return WebApp(app, files, mount)


async def _beside(files: Files, path: str) -> str:
    """Give the relative address of the page that an address without its end means; empty where there is none.

    Sites that moved here had such addresses: ``/about`` is ``about.html`` or the index of ``about/``.
    """
    name = path.rpartition("/")[2]
    places = (f"{name}.html", f"{name}/") if name else ()
    for place in places:
        if await files.exists(f"{path}{place.removeprefix(name)}"):
            return f"./{quote(place)}"
    return ""


def answer_file(
    path: str, found: File | Large, asked: Headers, more: Mapping[str, str] = NO_HEADERS
) -> Response:
    """Answer a request for the file at a path; ``more`` headers take the place of ours."""
    if isinstance(found, File):
        return _answer_whole(path, found, asked, more)
    headers = {**_headers(path, found, found.digest), **more}
    if not_modified(asked, found.digest, found.modified):
        found.close()
        return answer(304, headers=headers)
    return Streamed(found.descriptor, {**headers, "Content-Type": found.media})


def _answer_whole(path: str, file: File, asked: Headers, more: Mapping[str, str] = NO_HEADERS) -> Whole:
    packed = file.packed is not None and wants_gzip(asked.getlist("accept-encoding"))
    tag = f"{file.digest}-gzip" if packed else file.digest
    status = 304 if not_modified(asked, tag, file.modified) else 200
    if made := file.answers.get((status, packed)):
        return made
    headers, body = {**_headers(path, file, tag), **more}, b""
    if status == 200:
        body = (file.packed if packed else None) or file.body
        headers |= {"Content-Type": file.media} | ({"Content-Encoding": "gzip"} if packed else {})
    file.answers[status, packed] = made = answer(status, body, headers)
    return made


def _headers(path: str, found: File | Large, tag: str) -> dict[str, str]:
    return {
        "ETag": f'"{tag}"',
        "Last-Modified": formatdate(found.modified, usegmt=True),
        **headers_of(path, found.media),
        **({"Vary": "Accept-Encoding"} if found.varies else {}),
    }
