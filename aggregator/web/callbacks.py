"""Where hubs ask back and push (W3C WebSub): one address a source, which nobody guesses."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.poll.push import Subscriber
from aggregator.web.responses import answer

AT_ONCE = 8  # pushes that are coming in, one a source
LATER = {"Retry-After": "60"}


def callback_routes(subscriber: Subscriber) -> list[Route]:
    """The callbacks of a subscriber, at ``/websub/TOKEN``."""
    coming: set[str] = set()

    async def verify(request: Request) -> Response:
        said = dict(request.query_params)
        try:
            challenge = await run_in_threadpool(subscriber.verify, request.path_params["token"], said)
        except StoreError as exc:
            raise HTTPException(503, headers=LATER) from exc
        if challenge is None:
            raise HTTPException(404)
        headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
        return answer(200, challenge.encode(), headers)

    async def push(request: Request) -> Response:
        token, said = request.path_params["token"], request.headers
        try:
            # Asked first: from somebody who does not know the address no body is read.
            source = await run_in_threadpool(subscriber.expected, token)
            if source is None:
                raise HTTPException(404)
            if source in coming or len(coming) >= AT_ONCE:
                raise HTTPException(503, headers=LATER)
            coming.add(source)
            try:
                body = await _read(request, subscriber.largest)
                signature, media = said.get("x-hub-signature", ""), said.get("content-type", "")
                await subscriber.take(token, signature, media, body)
            finally:
                coming.discard(source)
        except StoreError as exc:
            raise HTTPException(503, headers=LATER) from exc
        return answer(202)

    return [
        Route("/websub/{token}", verify, methods=["GET"]),
        Route("/websub/{token}", push, methods=["POST"]),
    ]


async def _read(request: Request, largest: int) -> bytes:
    """Read a body; how long it may take, the server sees to."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > largest:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    return bytes(body)
