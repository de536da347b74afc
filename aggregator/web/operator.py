"""Who is the operator: by a token, or by asking from this machine where no token is configured."""

import asyncio
import base64
import binascii
import hmac
import ipaddress
from collections.abc import Mapping
from hmac import compare_digest
from urllib.parse import urlsplit

import structlog
from cachetools import TTLCache
from starlette.exceptions import HTTPException
from starlette.requests import Request

from aggregator.errors import FetchError
from aggregator.fetch.secrets import reveal
from aggregator.publish.private import MIN_TOKEN, TOKEN
from aggregator.settings import Operator

CHALLENGE = {"WWW-Authenticate": 'Basic realm="aggregator", charset="UTF-8"', "Cache-Control": "no-store"}
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers by which proxies say that they ask for somebody else."""
MAX_WRONG = 10
"""Wrong tokens of one client before the next ones are refused unread, until it rests for a minute."""
REST_SECONDS = 60
DELAY_SECONDS = 1.0
MAX_CLIENTS = 4096
MAX_DELAYED = 16
"""Answers that are held back at the same time; guesses must not take the connections of everybody else."""

log = structlog.get_logger()


class OperatorAccess:
    """Tells the operator from everybody else, by the requests that they make.

    Without a configured ``token`` (None) those count as the operator's that come from this machine, past no
    proxy, and to a loopback name: the names of other sites may resolve to it, too. With one, the token alone
    counts, as a bearer's (RFC 6750) or as the password of any user (RFC 7617). An empty one admits nobody.
    A wrong one is answered after ``delay`` seconds.
    """

    def __init__(self, token: str | None, delay: float = DELAY_SECONDS) -> None:
        self._token = token
        self._delay = delay
        self._wrong: TTLCache[str, int] = TTLCache(MAX_CLIENTS, REST_SECONDS)
        self._delayed = asyncio.Semaphore(MAX_DELAYED)

    async def recognises(self, request: Request) -> bool:
        """Tell whether a request is the operator's; False also where it says nothing of a token.

        Raises HTTPException, 401 or 429, where it has a token that is wrong.
        """
        if self._token is None:
            return _is_from_here(request)
        if "authorization" not in request.headers:
            return False
        client = _client(request)
        wrong = self._wrong.get(client, 0)
        if wrong >= MAX_WRONG:
            raise HTTPException(429, headers={"Retry-After": str(REST_SECONDS), "Cache-Control": "no-store"})
        given = _given_token(request.headers["authorization"])
        if self._token and compare_digest(given, self._token.encode()):
            return True
        self._wrong[client] = wrong + 1
        if wrong + 1 == MAX_WRONG:
            log.warning("somebody guesses the token of the operator", client=client)
        if not self._delayed.locked():
            async with self._delayed:
                await asyncio.sleep(self._delay)
        raise HTTPException(401, headers=CHALLENGE)

    @property
    def form_token(self) -> str:
        """What a form of ours brings with it, and no form of another site can; empty without a token."""
        return hmac.digest(self._token.encode(), b"forms", "sha256").hex() if self._token else ""

    def require_ours(self, request: Request, form: Mapping[str, str]) -> None:
        """Let what changes something pass: it was sent by a page of ours, or by a program with the token.

        Browsers send the password of a page along with whatever another site makes them send there; a bearer
        token they do not. Raises HTTPException 403.
        """
        headers = request.headers
        origin = headers.get("origin")
        elsewhere = origin is not None and _host(origin) != headers.get("host", "").lower()
        if elsewhere or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise HTTPException(403)
        by_program = headers.get("authorization", "").lower().startswith("bearer ")
        if not by_program and not compare_digest(form.get("token", "").encode(), self.form_token.encode()):
            raise HTTPException(403)

    async def require(self, request: Request) -> None:
        """Let the operator pass. Raises HTTPException for others: 401 or 429, or 404 without a token."""
        if not await self.recognises(request):
            raise HTTPException(404) if self._token is None else HTTPException(401, headers=CHALLENGE)


def operator_access(operator: Operator, delay: float = DELAY_SECONDS) -> OperatorAccess:
    """Read the operator's token; where it cannot be used, nobody is admitted, and the log says why."""
    if operator.token is None:
        return OperatorAccess(None, delay)
    try:
        token, problem = reveal(operator.token, "token", ""), ""
    except FetchError as exc:
        token, problem = "", exc.reason
    if not problem and not TOKEN.fullmatch(token):
        problem = f"token: has to be at least {MIN_TOKEN} letters, digits, - and _"
    if problem:
        log.error("nobody counts as the operator", reason=problem)
    return OperatorAccess("" if problem else token, delay)


def _given_token(authorization: str) -> bytes:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip().encode()
    try:
        user_and_password = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return user_and_password.partition(b":")[2] if scheme.lower() == "basic" else b""


def _is_from_here(request: Request) -> bool:
    # The oldest proxies speak HTTP/1.0 and add no header; no browser and no Prometheus does.
    if request.scope["http_version"] == "1.0" or any(name in request.headers for name in FORWARDED):
        return False
    host = request.headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    named = name.lower().rstrip(".") == "localhost" or _is_loopback(name.strip("[]"))
    return named and request.client is not None and _is_loopback(request.client.host)


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if found.version == 6 else None
    return (mapped or found).is_loopback


def _client(request: Request) -> str:
    """Name who asks: by the address that a proxy of this machine saw, and of IPv6 by its network alone."""
    peer = request.client.host if request.client else ""
    if forwarded := request.headers.getlist("x-forwarded-for") if not peer or _is_loopback(peer) else []:
        peer = forwarded[-1].rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{address}/64", strict=False) if address.version == 6 else address)
