"""Routes of searches: a page, and the same results as feeds."""

import asyncio
import json
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.model.digest import hexdigest
from aggregator.render.paths import FEED_FILES
from aggregator.text.query import QueryError
from aggregator.web.finder import Finder, SearchRequest
from aggregator.web.media_types import media_type
from aggregator.web.negotiation import not_modified
from aggregator.web.responses import answer

MAX_SEARCHES = 4


def search_routes(finder: Finder) -> list[Route]:
    """Make the routes; further searches than ``MAX_SEARCHES`` at a time are refused."""
    slots = asyncio.Semaphore(MAX_SEARCHES)

    async def run(work: Callable[[], bytes]) -> bytes:
        if slots.locked():
            raise HTTPException(503, headers={"Retry-After": "5"})
        async with slots:
            try:
                return await run_in_threadpool(work)
            except StoreError as exc:
                raise HTTPException(503, headers={"Retry-After": "60"}) from exc

    async def page(request: Request) -> Response:
        asked = SearchRequest.read(request.query_params)
        body = await run(lambda: finder.page(asked))
        return _conditional(request, body, "text/html; charset=utf-8")

    async def feed(request: Request) -> Response:
        asked = SearchRequest.read(request.query_params)
        name = request.path_params["name"]
        form = next((form for form, file in FEED_FILES.items() if file == name), "")
        if not form:
            raise HTTPException(404)
        try:
            body = await run(lambda: finder.feed(asked, form))
        except QueryError as exc:
            return _refusal(exc, form)
        return _conditional(request, body, media_type(name))

    return [
        Route("/search", page, methods=["GET"]),
        Route("/search/{name}", feed, methods=["GET"]),
    ]


def _refusal(error: QueryError, form: str) -> Response:
    """Say to a program what is wrong with its query, in JSON where it asked for that."""
    said = {"error": f"the query {error}", "fault": error.fault, "place": error.place}
    body, media = f"{said['error']}\n", "text/plain"
    if form == "json":
        body, media = json.dumps(said, ensure_ascii=False), "application/json"
    return answer(400, body.encode(), {"Content-Type": f"{media}; charset=utf-8"})


def _conditional(request: Request, body: bytes, media: str) -> Response:
    tag = hexdigest(body)
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache", "Content-Type": media}
    if "if-none-match" in request.headers and not_modified(request.headers, tag, 0):
        return answer(304, headers=headers)
    return answer(200, body, headers)
