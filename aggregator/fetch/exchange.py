"""One HTTP exchange: a request out, an answer back, no redirects and no second try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from aggregator.fetch.body import read_body
from aggregator.model import Request

NOT_MODIFIED = 304
PARTIAL = 206
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """What one exchange brought: header names in lower case.

    ``location`` is where a redirect leads, as sent; ``body`` is that of a success. Both are None otherwise.
    """

    url: httpx.URL
    status: int
    headers: Mapping[str, str]
    location: bytes | None = None
    body: bytes | None = None

    @property
    def phrase(self) -> str:
        """The status in numbers and words, such as ``404 Not Found``."""
        return f"{self.status} {httpx.codes.get_reason_phrase(self.status)}".rstrip()


async def exchange(client: httpx.AsyncClient, url: httpx.URL, request: Request, max_size: int) -> Answer:
    """Ask an address with the validators of a request.

    Header values are read and written as ISO 8859-1, so that any validator goes back as it came. Raises
    FetchError for a body that cannot be had whole, and what httpx raises.
    """
    validators = {"if-none-match": request.etag, "if-modified-since": request.last_modified}
    sent = httpx.Headers({name: value for name, value in validators.items() if value}, encoding="latin-1")
    async with client.stream("GET", url, headers=sent) as response:
        headers = dict(response.headers)
        # A part (206) was not asked for: it would be half an answer.
        if response.is_success and response.status_code != PARTIAL:
            body = await read_body(response, max_size)
            return Answer(url, response.status_code, headers, body=body)
        if response.status_code == NOT_MODIFIED:
            await response.aread()  # empty, but left unread it would cost the connection
        location = response.extensions.get("location")
        return Answer(url, response.status_code, headers, location=location)


async def set_aside_location(response: httpx.Response) -> None:
    """Move a redirect's Location to ``extensions``, as bytes: the hook that every client of ours needs.

    httpx reads it even where it does not follow, and fails on one that is no address.
    """
    response.headers.encoding = "latin-1"
    if response.status_code in REDIRECTS:
        response.extensions["location"] = response.headers.pop("location", "").encode("latin-1")
