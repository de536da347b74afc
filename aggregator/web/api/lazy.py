"""The API as a route that is built when it is first asked for: what it needs takes memory and a moment."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime

from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.app import App
from aggregator.web.operator import OperatorAccess


def api_routes(app: App, access: OperatorAccess, clock: Callable[[], datetime]) -> list[BaseRoute]:
    """Make the route of the API; ``access`` tells for whom it is answered."""
    api = _Lazy(app, access, clock)
    route = Mount("/api/v1", app=api)
    # A line break in a path is refused by the API as anything else that it does not know.
    route.path_regex = re.compile(route.path_regex.pattern, re.DOTALL)
    return [route, Route("/api/v1", api)]


class _Lazy:
    def __init__(self, app: App, access: OperatorAccess, clock: Callable[[], datetime]) -> None:
        self._parts = app, access, clock
        self._lock = asyncio.Lock()
        self._built: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._lock:
            if self._built is None:
                self._built = await asyncio.to_thread(self._build)
        built = self._built
        # A HEAD is answered as a GET, of which the server leaves the body out (RFC 9110, 9.3.2).
        is_head = scope["method"] == "HEAD"
        scope = {**scope, "method": "GET", "is_head": is_head} if is_head else scope
        await built(scope, receive, send)

    def _build(self) -> ASGIApp:
        from aggregator.web.api.routes import build_api

        return build_api(*self._parts)
