"""What an archive keeps of an exchange: all that was said, without credentials."""

from datetime import UTC, datetime

import httpx

from aggregator.fetch.archive.exchange import Exchange
from aggregator.fetch.archive.warc import renamed
from aggregator.fetch.session import Session
from aggregator.model import Fetched

HEADERS_SENT = frozenset(
    "accept accept-encoding accept-language content-length content-type host if-modified-since if-none-match "
    "user-agent".split()
)
"""Headers of a request that are kept; any other may be a credential."""
SESSION_HEADERS = frozenset({"set-cookie", "set-cookie2", "authentication-info"})
"""Headers of an answer that let their holder in."""


def record(response: httpx.Response, session: Session, body: bytes, *, cut: bool) -> Exchange:
    """Make what is kept of an exchange whose answer has this body, unpacked, or whose body begins so."""
    stream = response.extensions.get("network_stream")
    server = stream.get_extra_info("server_addr") if stream else None
    return Exchange(
        address=session.mask(str(response.request.url)),
        time=datetime.now(UTC),
        status=response.status_code,
        phrase=response.reason_phrase,
        head=tuple(_head(response, session)),
        body=session.mask_body(body),
        request=_request(response.request, session),
        ip=str(server[0]) if server else "",
        cut=cut,
    )


def record_rendered(rendered: Fetched) -> Exchange:
    """Make what is kept of a page that a browser rendered: what it showed in the end, under its address."""
    head = tuple(rendered.headers.items())
    return Exchange(rendered.address, datetime.now(UTC), rendered.status, head, rendered.body)


def _head(response: httpx.Response, session: Session) -> list[tuple[str, str]]:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw]
    return [
        (renamed(name), session.mask(value))
        for name, value in headers
        # Where a redirect leads is kept without the secret that is in it.
        if name.lower() not in SESSION_HEADERS
        and (name.lower() == "location" or session.mask(value) == value)
    ]


def _request(request: httpx.Request, session: Session) -> bytes:
    """Write a request as it was sent, but for its credentials."""
    sent = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    kept = [f"{name}: {value}" for name, value in sent if name.lower() in HEADERS_SENT]
    target = session.mask(request.url.raw_path.decode("ascii"))
    head = [f"{request.method} {target} HTTP/1.1", *(line for line in kept if session.mask(line) == line)]
    body = session.mask_body(request.read())
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body
