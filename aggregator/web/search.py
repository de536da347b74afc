"""Routes of searches: a page, and the same results as feeds."""

import asyncio
import json
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.model.digest import hexdigest
from aggregator.publish.media_types import media_type
from aggregator.render.paths import FEED_FILES
from aggregator.text.query import QueryError
from aggregator.web.finder import Finder, SearchRequest
from aggregator.web.negotiation import not_modified
from aggregator.web.responses import answer

MAX_SEARCHES = 4


class Searches:
    """Answers searches; further ones than ``MAX_SEARCHES`` at a time are refused."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(MAX_SEARCHES)

    async def find(self, finder: Finder, parameters: Mapping[str, str], name: str = "") -> bytes:
        """Render the page of results, or the feed with that file name. Raises QueryError, HTTPException."""
        asked = SearchRequest.read(parameters)
        form = next((form for form, file in FEED_FILES.items() if file == name), "")
        if name and not form:
            raise HTTPException(404)
        if self._slots.locked():
            raise HTTPException(503, headers={"Retry-After": "5"})
        async with self._slots:
            try:
                if form:
                    return await run_in_threadpool(finder.feed, asked, form)
                return await run_in_threadpool(finder.page, asked)
            except StoreError as exc:
                raise HTTPException(503, headers={"Retry-After": "60"}) from exc


def search_routes(finder: Finder) -> list[Route]:
    """Make the routes of searches by everybody."""
    searches = Searches()

    async def page(request: Request) -> Response:
        body = await searches.find(finder, request.query_params)
        return _conditional(request, body, "text/html; charset=utf-8")

    async def feed(request: Request) -> Response:
        name = request.path_params["name"]
        try:
            body = await searches.find(finder, request.query_params, name)
        except QueryError as exc:
            return refusal(exc, name)
        return _conditional(request, body, media_type(name))

    return [
        Route("/search", page, methods=["GET"]),
        Route("/search/{name}", feed, methods=["GET"]),
    ]


def refusal(error: QueryError, name: str) -> Response:
    """Say to a program what is wrong with its query, in JSON where it asked for a file of that."""
    said = {"error": f"the query {error}", "fault": error.fault, "place": error.place}
    body, media = f"{said['error']}\n", "text/plain"
    if name == FEED_FILES["json"]:
        body, media = json.dumps(said, ensure_ascii=False), "application/json"
    return answer(400, body.encode(), {"Content-Type": f"{media}; charset=utf-8"})


def _conditional(request: Request, body: bytes, media: str) -> Response:
    tag = hexdigest(body)
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache", "Content-Type": media}
    if "if-none-match" in request.headers and not_modified(request.headers, tag, 0):
        return answer(304, headers=headers)
    return answer(200, body, headers)
