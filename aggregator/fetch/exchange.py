"""One HTTP exchange: a request out, an answer back, no redirects and no second try."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from aggregator.errors import ArchiveError, FetchError
from aggregator.fetch.archive import Archive, Exchange
from aggregator.fetch.body import EXCERPT_SIZE, read_body, read_excerpt
from aggregator.fetch.gate import find_gate
from aggregator.fetch.record import record
from aggregator.fetch.session import Session
from aggregator.fetch.transports import Transport

NOT_MODIFIED = 304
PARTIAL = 206
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """What one exchange brought."""

    url: httpx.URL
    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    location: bytes | None = None
    """The Location of a redirect, as sent; None otherwise."""
    body: bytes | None = None
    """The body of a success; None otherwise."""
    excerpt: bytes = b""
    """The beginning of an error's body."""
    new_cookie: bool = False
    """Whether it set a cookie that its request did not bring."""
    received: int = 0
    """Bytes of the body as they came, packed."""

    @property
    def phrase(self) -> str:
        """The status in numbers and words, such as ``404 Not Found``."""
        return f"{self.status} {httpx.codes.get_reason_phrase(self.status)}".rstrip()

    def gate(self, *, redirected: bool) -> str:
        """Name the gate that stands before its content, empty for none."""
        body = self.excerpt if self.body is None else self.body
        return find_gate(self.status, self.headers, body, address=str(self.url) if redirected else "")


async def exchange(
    transport: Transport, url: httpx.URL, session: Session, max_size: int, archive: Archive | None = None
) -> Answer:
    """Send the request of a session to an address, and give the session the cookies of the answer.

    The archive keeps both where the session says so. Raises FetchError for a body that cannot be had whole or
    archived, and what httpx raises.
    """
    response = await transport.send(session.method, url, session.headers(url), session.content)
    try:
        return await _take(response, session, max_size, archive)
    finally:
        await response.aclose()


async def _take(response: httpx.Response, session: Session, max_size: int, archive: Archive | None) -> Answer:
    url, status, headers = response.url, response.status_code, dict(response.headers.items())
    new_cookie = session.collect(response)
    # Nobody asked for a part (206), so it would be half an answer.
    if response.is_success and status != PARTIAL:
        body = await read_body(response, max_size)
        if archive and session.archive:
            await keep(archive, session, record(response, session, body, cut=False))
        return Answer(
            url, status, headers, body=body, new_cookie=new_cookie, received=response.num_bytes_downloaded
        )
    if status == NOT_MODIFIED:
        async for _ in response.aiter_raw():
            pass  # it is empty, but unread it would cost the connection
    location = headers.get("location", "").encode("latin-1") if status in REDIRECTS else None
    excerpt = await read_excerpt(response) if response.is_error else b""
    if archive and session.archive:
        cut = len(excerpt) == EXCERPT_SIZE
        await keep(archive, session, record(response, session, excerpt, cut=cut))
    return Answer(url, status, headers, location, None, excerpt, new_cookie, response.num_bytes_downloaded)


async def keep(archive: Archive, session: Session, exchange: Exchange) -> None:
    """Archive an exchange, in a thread. Raises FetchError where that cannot be done."""
    try:
        await asyncio.to_thread(archive.keep, session.archive, exchange)
    except ArchiveError as exc:
        raise FetchError(exchange.address, f"its answer cannot be archived: {exc}") from exc
