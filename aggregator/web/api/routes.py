"""The read API, whose description (OpenAPI) is made of what stands here. Nothing in it changes anything."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Path, Query, Request
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from aggregator import __version__
from aggregator.app import App
from aggregator.web.api.holdings import Batch, Holdings, fill
from aggregator.web.api.parameters import USUAL_ITEMS, ArticleQuery, ListQuery
from aggregator.web.api.problems import described, handle_problems
from aggregator.web.api.records import (
    ArticlePage,
    ArticleRecord,
    ChangePage,
    FeedRecord,
    RevisionRecord,
    SourceRecord,
)
from aggregator.web.negotiation import not_modified
from aggregator.web.operator import OperatorAccess
from aggregator.web.responses import SECURITY, answer

MAX_READING = 4
"""Reads of the database at the same time."""
MAX_STREAMS = 16
"""Answers by lines at the same time; each holds a batch of texts for a client that may be slow."""
JSON, LINES = "application/json", "application/jsonl"
BUSY = {"Retry-After": "5"}

Id = Annotated[str, Path(description="The article's id.", max_length=300)]
Value = TypeVar("Value")


class Responder:
    """Makes answers, a few at a time, each with a tag by which it is known again."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._reading = asyncio.Semaphore(MAX_READING)
        self._streams = asyncio.Semaphore(MAX_STREAMS)

    async def value(self, request: Request, holdings: Holdings, read: Callable[[], object]) -> Response:
        """Answer with what is read."""
        return await self._send(request, holdings, lambda: _json(read()))

    async def changing(self, read: Callable[[], object]) -> Response:
        """Answer with what is another one at each time."""
        response = await self._call(lambda: _json(read()))
        response.headers["Cache-Control"] = "no-store"
        return response

    async def listing(
        self, request: Request, holdings: Holdings, batches: Iterator[Batch[Any]], asked: ListQuery
    ) -> Response:
        """Answer with a page of a list, or its lines."""
        if asked.format == "json":
            return await self._send(
                request, holdings, lambda: _json(fill(batches, asked.limit or USUAL_ITEMS))
            )
        if self._streams.locked():
            raise HTTPException(503, headers=BUSY)

        def begin() -> Response:
            # What is wrong with what is asked for shows in the first batch.
            first = next(batches)
            items = self._lines(first, batches, asked.limit, is_head="is_head" in request.scope)
            return StreamingResponse(items, media_type=LINES, headers=SECURITY)

        return await self._send(request, holdings, begin)

    async def _send(self, request: Request, holdings: Holdings, make: Callable[[], Response]) -> Response:
        """Answer a request, or say that nothing is otherwise than when it was asked last."""
        address = f"{request.url.path}?{request.url.query}"
        tag = await run_in_threadpool(holdings.mark, self._mark, address)
        caching = "private, no-cache" if holdings.whole else "no-cache"
        headers = {"ETag": f'"{tag}"', "Cache-Control": caching, "Vary": "Authorization"}
        if "if-none-match" in request.headers and not_modified(request.headers, tag, 0):
            return answer(304, headers=headers)
        response = await self._call(make)
        response.headers.update(headers)
        return response

    async def _call(self, read: Callable[[], Value]) -> Value:
        if self._reading.locked():
            raise HTTPException(503, headers=BUSY)
        async with self._reading:
            return await run_in_threadpool(read)

    async def _lines(
        self, batch: Batch[Any] | None, batches: Iterator[Batch[Any]], limit: int | None, *, is_head: bool
    ) -> AsyncIterator[bytes]:
        left = limit
        async with self._streams:
            while batch is not None and left != 0 and not is_head:
                items = batch.items if left is None else batch.items[:left]
                left = None if left is None else left - len(items)
                yield b"".join(item.model_dump_json().encode() + b"\n" for item in items)
                async with self._reading:
                    batch = await run_in_threadpool(next, batches, None)


def build_api(app: App, access: OperatorAccess, clock: Callable[[], datetime]) -> FastAPI:
    """Make the API of an app's store."""
    documents, zone = app.publisher.documents, app.config.site.timezone
    public, whole = (Holdings(app.config, app.store, documents, whole=one) for one in (False, True))
    responder = Responder(app.publisher.fingerprint)
    api = FastAPI(
        title=app.config.site.title,
        version=__version__,
        description="What this site holds, for programs: to be read, and never changed.",
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,
        redoc_url=None,
        responses=described(400, 401, 429, 503),
    )
    handle_problems(api)

    async def admitted(request: Request) -> Holdings:
        return whole if await access.recognises(request) else public

    # FastAPI looks at annotations when a route is made.
    admission = Depends(admitted)

    @api.get("/articles", response_model=ArticlePage, responses=_LISTS)
    async def articles(
        request: Request, asked: Annotated[ArticleQuery, Query()], holdings: Holdings = admission
    ) -> Response:
        """Articles, each once, as they are now.

        Whoever goes on behind the last cursor gets what came or changed since then.
        """
        found = holdings.articles(asked.wanted(zone, order=asked.order))
        return await responder.listing(request, holdings, found, asked)

    @api.get("/withdrawals", response_model=ArticlePage, responses=_LISTS)
    async def withdrawals(
        request: Request, asked: Annotated[ListQuery, Query()], holdings: Holdings = admission
    ) -> Response:
        """Articles that their sources show no more, in the order in which they came or changed."""
        found = holdings.articles(asked.wanted(zone, withdrawn=True))
        return await responder.listing(request, holdings, found, asked)

    @api.get("/changes", response_model=ChangePage, responses=_LISTS)
    async def changes(
        request: Request, asked: Annotated[ListQuery, Query()], holdings: Holdings = admission
    ) -> Response:
        """All that happened, once each: arrivals, changes, withdrawals, returns, removals.

        Whoever goes on behind the last cursor misses nothing. Removals are told whatever the query.
        """
        return await responder.listing(request, holdings, holdings.changes(asked.wanted(zone)), asked)

    @api.get("/articles/{article_id}", response_model=ArticleRecord, responses=described(404, 410))
    async def article(request: Request, article_id: Id, holdings: Holdings = admission) -> Response:
        """One article."""
        return await responder.value(
            request, holdings, lambda: _found(holdings, article_id, holdings.article(article_id))
        )

    @api.get(
        "/articles/{article_id}/revisions",
        response_model=list[RevisionRecord],
        responses=described(404, 410),
    )
    async def revisions(request: Request, article_id: Id, holdings: Holdings = admission) -> Response:
        """The earlier states of an article, as far as they are published, oldest first."""
        return await responder.value(
            request, holdings, lambda: _found(holdings, article_id, holdings.revisions(article_id))
        )

    @api.get("/feeds", response_model=list[FeedRecord])
    async def feeds(request: Request, holdings: Holdings = admission) -> Response:
        """The feeds of this site."""
        return await responder.value(request, holdings, holdings.feeds)

    @api.get("/sources", response_model=list[SourceRecord])
    async def sources(request: Request, holdings: Holdings = admission) -> Response:
        """The sources; for the operator, with how they do."""
        if holdings is whole:
            return await responder.changing(lambda: holdings.sources(clock()))
        return await responder.value(request, holdings, lambda: holdings.sources(clock()))

    for path in api.openapi()["paths"].values():
        # FastAPI describes refusals of parameters as its own; ours are problems with status 400.
        path["get"]["responses"].pop("422", None)
    return api


_LISTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page, or an item a line.", "content": {LINES: {"schema": {"type": "string"}}}}
}


def _json(value: object) -> Response:
    return answer(200, to_json(value), {"Content-Type": JSON})


def _found(holdings: Holdings, article_id: str, found: Value | None) -> Value:
    if found is None:
        raise HTTPException(410 if holdings.is_removed(article_id) else 404)
    return found
