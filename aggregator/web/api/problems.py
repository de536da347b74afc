"""Refusals of the API as problem details (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from aggregator.errors import StoreError
from aggregator.text.query import QueryError
from aggregator.web.api.cursors import CursorError
from aggregator.web.api.records import Problem
from aggregator.web.responses import answer

MEDIA_TYPE = "application/problem+json"
UNKNOWN = "extra_forbidden"
"""Pydantic's name for a parameter that is not ours."""
RETRY = {"Retry-After": "5"}
DETAILS = {
    401: "this token is not the operator's",
    404: "there is no such thing here; /api/v1/openapi.json says what there is",
    405: "it is only for reading: GET and HEAD",
    410: "the article was removed",
    429: "too many wrong tokens; wait a minute",
    503: "too much is asked at the same time; try again in a moment",
}


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, fault: str = "", place: str = ""
) -> Response:
    """Answer with a problem."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, fault=fault, place=place)
    sent = {"Cache-Control": "no-store", **(headers or {}), "Content-Type": MEDIA_TYPE}
    return answer(status, body.model_dump_json().encode(), sent)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe problems for OpenAPI."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content, "model": Problem}
        for status in statuses
    }


def handle_problems(app: FastAPI) -> None:
    """Let an app answer with problems whatever it refuses."""

    @app.exception_handler(HTTPException)
    async def refuse(request: Request, exc: HTTPException) -> Response:
        return problem(exc.status_code, DETAILS.get(exc.status_code, exc.detail), exc.headers)

    @app.exception_handler(RequestValidationError)
    async def refuse_parameters(request: Request, exc: RequestValidationError) -> Response:
        first = exc.errors()[0]
        name = str(first["loc"][-1])
        message = "there is no such parameter" if first["type"] == UNKNOWN else first["msg"]
        if name == "after":
            message = "is no cursor of ours; begin without one"
        return problem(400, f"{name}: {message}", fault="cursor" if name == "after" else "parameter")

    @app.exception_handler(QueryError)
    async def refuse_query(request: Request, exc: QueryError) -> Response:
        return problem(400, f"the query {exc}", fault=exc.fault, place=exc.place)

    @app.exception_handler(CursorError)
    async def refuse_cursor(request: Request, exc: CursorError) -> Response:
        return problem(400, str(exc), fault="cursor")

    @app.exception_handler(StoreError)
    async def refuse_store(request: Request, exc: StoreError) -> Response:
        # The message may name files; whoever runs the program finds it in the log of polls.
        said = str(exc) if "the search took" in str(exc) else "the database does not answer"
        return problem(503, said, RETRY)
