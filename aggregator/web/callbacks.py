"""Callbacks where hubs verify and push (W3C WebSub): one secret address for each source."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.poll.push import Subscriber
from aggregator.web.responses import answer

MAX_PUSHES = 8
"""Pushes that are received at the same time, one of each source at most."""
RETRY_LATER = {"Retry-After": "60"}


def callback_routes(subscriber: Subscriber) -> list[Route]:
    """Make the routes of a subscriber's callbacks, at ``/websub/TOKEN``."""
    receiving: set[str] = set()

    async def verify(request: Request) -> Response:
        token, parameters = request.path_params["token"], dict(request.query_params)
        try:
            challenge = await run_in_threadpool(subscriber.verify, token, parameters)
        except StoreError as exc:
            raise HTTPException(503, headers=RETRY_LATER) from exc
        if challenge is None:
            raise HTTPException(404)
        headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
        return answer(200, challenge.encode(), headers)

    async def push(request: Request) -> Response:
        token = request.path_params["token"]
        try:
            # The body is read only after the token is known to be right.
            source = await run_in_threadpool(subscriber.expected, token)
            if source is None:
                raise HTTPException(404)
            if source in receiving or len(receiving) >= MAX_PUSHES:
                raise HTTPException(503, headers=RETRY_LATER)
            receiving.add(source)
            try:
                body = await read_body(request, subscriber.largest)
                signature = request.headers.get("x-hub-signature", "")
                await subscriber.take(token, signature, request.headers.get("content-type", ""), body)
            finally:
                receiving.discard(source)
        except StoreError as exc:
            raise HTTPException(503, headers=RETRY_LATER) from exc
        return answer(202)

    return [
        Route("/websub/{token}", verify, methods=["GET"]),
        Route("/websub/{token}", push, methods=["POST"]),
    ]


async def read_body(request: Request, max_size: int) -> bytes:
    """Read a body; its time limit is set by the server (see ``Limits``).

    Raises HTTPException where it is larger, or breaks off.
    """
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > max_size:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    return bytes(body)
