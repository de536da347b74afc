"""The app of the operator's own listener: the pages, what changes something, and what asks a source."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.errors import AggregatorError, BusyError, StoreError
from aggregator.render.status import Match
from aggregator.settings import Source
from aggregator.web.callbacks import read_body
from aggregator.web.responses import answer
from aggregator.web.routes import WebApp
from aggregator.web.status.controls import Controls, Planned, StaleError
from aggregator.web.status.routes import StatusSite

MAX_FORM = 16384
"""Bytes."""


def operator_app(site: StatusSite, controls: Controls) -> WebApp:
    """Make the app that answers on the operator's own listener."""
    routes = [*site.routes(), *_action_routes(site, controls), *_addition_routes(site, controls)]
    return WebApp(Starlette(routes=routes, exception_handlers={HTTPException: _refuse, Exception: _refuse}))


def _action_routes(site: StatusSite, controls: Controls) -> list[Route]:
    def source_of(request: Request) -> Source:
        source = site.overview.configured(request.path_params["name"])
        if source is None:
            raise HTTPException(404)
        return source

    def changing(act: Callable[[Source, str], Awaitable[str]]) -> Callable[[Request], Awaitable[Response]]:
        async def change(request: Request) -> Response:
            form, source = await _form_of(site, request), source_of(request)
            try:
                done = await act(source, form.get("seen", ""))
            except StaleError:
                return await site.source(request, source.name, 409, "status_stale")
            except BusyError:
                return await site.source(request, source.name, 409, "status_done_polling")
            except StoreError as exc:
                raise HTTPException(503, headers={"Retry-After": "10"}) from exc
            return _led_to(f"../{source.name}?done={done}")

        return change

    async def preview(request: Request) -> Response:
        await _form_of(site, request)
        source = source_of(request)
        named, problem = (source.name, source.shown_as), ""
        matches: Sequence[Match] = ()
        notes: Sequence[str] = ()
        try:
            matches, notes = await controls.preview(source)
        except AggregatorError as exc:
            problem = str(exc)
        return await site.answer(
            request,
            lambda: site.pages.preview(named, matches, notes, problem, site.form_token),
            status=502 if problem else 200,
        )

    acts = {
        "poll": controls.poll,
        "pause": controls.pause,
        "resume": controls.resume,
        "accept": controls.accept,
    }
    return [
        *(Route(f"/status/{{name}}/{name}", changing(act), methods=["POST"]) for name, act in acts.items()),
        Route("/status/{name}/preview", preview, methods=["POST"]),
    ]


def _addition_routes(site: StatusSite, controls: Controls) -> list[Route]:
    async def show(
        request: Request, address: str = "", problem: str = "", planned: Planned | None = None
    ) -> Response:
        matches = planned.matches if planned else ()
        said = (planned.key, planned.table, planned.said) if planned else ("", "", ())

        def make() -> bytes:
            return site.pages.addition(address, problem, site.form_token, said, matches)

        return await site.answer(request, make, status=422 if problem else 200)

    async def begin(request: Request) -> Response:
        await site.access.require(request)
        return await show(request)

    async def find(request: Request) -> Response:
        address = (await _form_of(site, request)).get("address", "").strip()
        try:
            return await show(request, address, planned=await controls.find(address))
        except (AggregatorError, ValueError) as exc:
            return await show(request, address, str(exc))

    async def add(request: Request) -> Response:
        form = await _form_of(site, request)
        try:
            name = await controls.add(form.get("key", ""))
        except StaleError:
            return await show(request, problem=str(site.pages.text("status_stale")))
        except AggregatorError as exc:
            return await show(request, problem=str(exc))
        return _led_to(f"../{name}?done=add")

    return [
        Route("/status/-/add", begin, methods=["GET"]),
        Route("/status/-/add", find, methods=["POST"]),
        Route("/status/-/write", add, methods=["POST"]),
    ]


async def _form_of(site: StatusSite, request: Request) -> dict[str, str]:
    """Read the form of a request that may change something. Raises HTTPException for all others."""
    await site.access.require(request)
    body = await read_body(request, MAX_FORM)
    form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    site.access.require_ours(request, form)
    return form


def _led_to(place: str) -> Response:
    return answer(303, headers={"Location": place, "Cache-Control": "no-store"})


async def _refuse(request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    more = dict(exc.headers or {}) if isinstance(exc, HTTPException) else {}
    body = f"{status} {HTTPStatus(status).phrase}\n".encode()
    return answer(
        status, body, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", **more}
    )
