"""Routes of readers: documents of their own, below addresses that hold their tokens."""

import asyncio
import re
from collections.abc import Mapping
from hmac import compare_digest
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.errors import StoreError
from aggregator.model.digest import hexdigest
from aggregator.output.compression import MIN_SIZE, compress
from aggregator.publish import PrivateOutput
from aggregator.publish.media_types import media_type
from aggregator.render.paths import HOME, PRIVATE, SEARCH
from aggregator.settings import Reader
from aggregator.text.query import QueryError
from aggregator.web.files import Files
from aggregator.web.finder import Finder
from aggregator.web.negotiation import not_modified, wants_gzip
from aggregator.web.responses import answer
from aggregator.web.routes import answer_file
from aggregator.web.search import Searches, refusal

# Asked for again each time, so that what a browser keeps ends with its reader's token.
HEADERS = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex, nofollow"}
OF_OTHERS = re.compile(r"(?:assets|media)/.+")
"""What is no document: the style sheet, and mirrored files; to those of the public site, readers are led."""


def private_routes(
    output: PrivateOutput, readers: Mapping[str, Reader], files: Files, own_files: Files
) -> list[Route]:
    """Make the routes of readers, who are named by their tokens.

    Mirrored files lie among the ``files`` of the public site or, for readers alone, among their own.
    Whoever has no token gets what any missing file gets.
    """
    searches = Searches()
    making = asyncio.Lock()

    def admitted(token: str) -> Reader:
        for other, reader in readers.items():
            if compare_digest(other.encode(), token.encode()):
                return reader
        raise HTTPException(404)

    async def find(reader: Reader, path: str, request: Request) -> bytes:
        first, _, name = path.partition("/")
        if first == SEARCH:
            finder = Finder(output.site, *output.shown(reader.categories))
            return await searches.find(finder, request.query_params, name)
        try:
            async with making:
                body = await run_in_threadpool(output.read, reader.categories, path)
        except StoreError as exc:
            raise HTTPException(503, headers={"Retry-After": "60"}) from exc
        if body is None:
            raise HTTPException(404)
        return body

    async def entrance(request: Request) -> Response:
        """Lead to the folder, in which the links of pages hold."""
        token = request.path_params["token"]
        admitted(token)
        return answer(301, headers={**HEADERS, "Location": f"{token}/"})

    async def document(request: Request) -> Response:
        # The route's parameters would lose a line break at the end of the path.
        *_, token, path = request.scope["path"].split("/", 3)
        reader = admitted(token)
        if OF_OTHERS.fullmatch(path) and (file := await own_files.get(f"/{path}")):
            return answer_file(f"/{path}", file, request.headers, HEADERS)
        if OF_OTHERS.fullmatch(path) and await files.exists(f"/{path}"):
            to_root = "../" * (path.count("/") + 2)
            return answer(301, headers={**HEADERS, "Location": f"{to_root}{quote(path)}"})
        path = path if path and not path.endswith("/") else f"{path}{HOME}"
        try:
            found = await find(reader, path, request)
        except QueryError as exc:
            return refusal(exc, path.rpartition("/")[2])
        return await run_in_threadpool(_answer, request, path, output.for_reader(found, token))

    return [
        Route(f"/{PRIVATE}/{{token}}", entrance, methods=["GET"]),
        Route(f"/{PRIVATE}/{{token}}/{{path:path}}", document, methods=["GET"]),
    ]


def _answer(request: Request, path: str, body: bytes) -> Response:
    packed = len(body) >= MIN_SIZE and wants_gzip(request.headers.getlist("accept-encoding"))
    tag = f"{hexdigest(body)}-gzip" if packed else hexdigest(body)
    headers = {**HEADERS, "ETag": f'"{tag}"', "Vary": "Accept-Encoding"}
    if "if-none-match" in request.headers and not_modified(request.headers, tag, 0):
        return answer(304, headers=headers)
    name = path.rpartition("/")[2]
    headers["Content-Type"] = "text/html; charset=utf-8" if path == SEARCH else media_type(name)
    if packed:
        return answer(200, compress(body), {**headers, "Content-Encoding": "gzip"})
    return answer(200, body, headers)
