"""Routes of the operator's pages, which only read."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.output.compression import MIN_SIZE, compress
from aggregator.render.status import SCRIPT, STATUS_SHEET, StatusPages, asset
from aggregator.web.negotiation import wants_gzip
from aggregator.web.operator import OperatorAccess
from aggregator.web.responses import POLICY, answer
from aggregator.web.status.json import write_page, write_source
from aggregator.web.status.overview import Overview

MAX_PAGES = 2
"""Pages that are made at the same time; each may sort ten thousand sources."""
HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": f"{POLICY}; script-src 'self'; connect-src 'self'",
}
HTML, JSON = "text/html; charset=utf-8", "application/json"
MEDIA = {SCRIPT: "text/javascript; charset=utf-8", STATUS_SHEET: "text/css; charset=utf-8"}
Result = TypeVar("Result")


def status_routes(overview: Overview, pages: StatusPages, access: OperatorAccess) -> list[Route]:
    """Make the routes of the operator's pages, for whom ``access`` admits."""
    slots = asyncio.Semaphore(MAX_PAGES)

    async def make(work: Callable[..., Result], *said: Any) -> Result:
        try:
            async with slots:
                return await run_in_threadpool(work, *said)
        except StoreError as exc:
            raise HTTPException(503, headers={"Retry-After": "10"}) from exc

    async def sources(request: Request) -> Response:
        await access.require(request)
        body = await make(lambda: pages.sources(overview.page(request.query_params)))
        return await _answer(request, body, HTML)

    async def sources_json(request: Request) -> Response:
        await access.require(request)
        body = await make(lambda: write_page(overview.page(request.query_params)))
        return await _answer(request, body, JSON)

    async def source(request: Request) -> Response:
        await access.require(request)
        page = await make(overview.source, request.path_params["name"])
        if page is None:
            raise HTTPException(404)
        if request.url.path.endswith(".json"):
            return await _answer(request, await make(write_source, page), JSON)
        return await _answer(request, await make(pages.source, page), HTML)

    async def asset_of(request: Request) -> Response:
        await access.require(request)
        name = request.url.path.rpartition("/")[2]
        return await _answer(request, asset(name), MEDIA[name])

    return [
        Route("/status", sources, methods=["GET"]),
        Route("/status.json", sources_json, methods=["GET"]),
        *(Route(f"/status/{name}", asset_of, methods=["GET"]) for name in MEDIA),
        Route("/status/{name}.json", source, methods=["GET"]),
        Route("/status/{name}", source, methods=["GET"]),
    ]


async def _answer(request: Request, body: bytes, media: str) -> Response:
    headers = {**HEADERS, "Content-Type": media, "Vary": "Accept-Encoding"}
    if len(body) >= MIN_SIZE and wants_gzip(request.headers.getlist("accept-encoding")):
        packed = await run_in_threadpool(compress, body)
        return answer(200, packed, {**headers, "Content-Encoding": "gzip"})
    return answer(200, body, headers)
