"""Routes of the operator's pages. What changes something is on a listener of its own (``actions.py``)."""

import asyncio
from collections.abc import Callable

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
from aggregator.web.status.controls import state_seen
from aggregator.web.status.json import write_page, write_source
from aggregator.web.status.overview import StatusOverview

MAX_PAGES = 2
"""Pages that are made at the same time; each may sort ten thousand sources."""
HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": f"{POLICY}; script-src 'self'; connect-src 'self'",
}
HTML, JSON = "text/html; charset=utf-8", "application/json"
MEDIA = {SCRIPT: "text/javascript; charset=utf-8", STATUS_SHEET: "text/css; charset=utf-8"}
NOTICES = ("poll", "polling", "pause", "resume", "accept", "add")
"""What was done before a page, as its address says."""


class StatusSite:
    """Answers requests for the operator's pages, which have ``forms`` where those are answered, too."""

    def __init__(
        self, overview: StatusOverview, pages: StatusPages, access: OperatorAccess, *, forms: bool = False
    ) -> None:
        self.overview = overview
        self.pages = pages
        self.access = access
        self.form_token = access.form_token if forms else ""
        self._slots = asyncio.Semaphore(MAX_PAGES)

    def routes(self) -> list[Route]:
        """Make the routes of what only reads."""
        return [
            Route("/status", self._sources, methods=["GET"]),
            Route("/status.json", self._sources, methods=["GET"]),
            *(Route(f"/status/{name}", self._asset, methods=["GET"]) for name in MEDIA),
            Route("/status/{name}.json", self._source, methods=["GET"]),
            Route("/status/{name}", self._source, methods=["GET"]),
        ]

    async def answer(
        self, request: Request, make: Callable[[], bytes], media: str = HTML, status: int = 200
    ) -> Response:
        """Answer with what is made in a thread."""
        try:
            async with self._slots:
                body = await run_in_threadpool(make)
        except StoreError as exc:
            raise HTTPException(503, headers={"Retry-After": "10"}) from exc
        headers = {**HEADERS, "Content-Type": media, "Vary": "Accept-Encoding"}
        if self.form_token:
            # With less, browsers would say of our own forms, too, that they come from nowhere.
            headers["Referrer-Policy"] = "same-origin"
        if len(body) >= MIN_SIZE and wants_gzip(request.headers.getlist("accept-encoding")):
            body = await run_in_threadpool(compress, body)
            headers["Content-Encoding"] = "gzip"
        return answer(status, body, headers)

    async def source(self, request: Request, name: str, status: int = 200, notice: str = "") -> Response:
        """Answer with the page of a source, and what is to be said before it."""

        def make() -> bytes:
            page = self.overview.source(name)
            if page is None:
                raise HTTPException(404)
            if request.url.path.endswith(".json"):
                return write_source(page)
            return self.pages.source(page, self.form_token, state_seen(page.state), notice)

        media = JSON if request.url.path.endswith(".json") else HTML
        return await self.answer(request, make, media, status)

    async def _sources(self, request: Request) -> Response:
        await self.access.require(request)
        asked = request.query_params
        if request.url.path.endswith(".json"):
            return await self.answer(request, lambda: write_page(self.overview.page(asked)), JSON)
        return await self.answer(
            request, lambda: self.pages.sources(self.overview.page(asked), self.form_token)
        )

    async def _source(self, request: Request) -> Response:
        await self.access.require(request)
        done = request.query_params.get("done", "")
        notice = f"status_done_{done}" if self.form_token and done in NOTICES else ""
        return await self.source(request, request.path_params["name"], notice=notice)

    async def _asset(self, request: Request) -> Response:
        await self.access.require(request)
        name = request.url.path.rpartition("/")[2]
        return await self.answer(request, lambda: asset(name), MEDIA[name])
