"""Where hubs ask back and push (W3C WebSub): one address a source, which nobody guesses."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.web.answers import answer
from aggregator.websub import Subscriber


def callback_routes(subscriber: Subscriber) -> list[Route]:
    """The callbacks of a subscriber, at ``/websub/TOKEN``."""

    async def verify(request: Request) -> Response:
        said = dict(request.query_params)
        challenge = await run_in_threadpool(subscriber.verify, request.path_params["token"], said)
        if challenge is None:
            raise HTTPException(404)
        headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
        return answer(200, challenge.encode(), headers)

    async def push(request: Request) -> Response:
        body = bytearray()
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > subscriber.largest:
                    raise HTTPException(413)
        except ClientDisconnect:
            raise HTTPException(400) from None
        said = request.headers
        taken = subscriber.take(
            request.path_params["token"],
            said.get("x-hub-signature", ""),
            said.get("content-type", ""),
            bytes(body),
        )
        if not taken:
            raise HTTPException(404)
        return answer(202)

    return [
        Route("/websub/{token}", verify, methods=["GET"]),
        Route("/websub/{token}", push, methods=["POST"]),
    ]
