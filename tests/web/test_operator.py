"""Who counts as the operator, and what becomes of those who guess."""

import asyncio
import base64
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.settings import Operator
from aggregator.settings.access import Secret
from aggregator.web.operator import MAX_DELAYED, MAX_WRONG, OperatorAccess, operator_access
from aggregator.web.responses import answer
from tests.support.website import serving

TOKEN = "a1" * 20
PEERS = {"X-Forwarded-For": "203.0.113.9"}


@contextmanager
def guarded(folder: Path, token: str | None) -> Iterator[httpx.Client]:
    """A server with a route for the operator, and one that tells whether it knows the operator."""
    access = OperatorAccess(token, delay=0)

    async def secret(request: Request) -> Response:
        await access.require(request)
        return answer(200, b"shown")

    async def known(request: Request) -> Response:
        return answer(200, b"yes" if await access.recognises(request) else b"no")

    with serving(folder, more=[Route("/secret", secret), Route("/known", known)]) as client:
        yield client


@pytest.fixture
def tokenless(tmp_path: Path) -> Iterator[httpx.Client]:
    """A server without a configured token."""
    with guarded(tmp_path, None) as client:
        yield client


@pytest.fixture
def site(tmp_path: Path) -> Iterator[httpx.Client]:
    """A server with a token."""
    with guarded(tmp_path, TOKEN) as client:
        yield client


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "[::1]:8080", "[::1]", "127.1.2.3"]
)
def test_this_machine_is_the_operator_s(tokenless: httpx.Client, host: str) -> None:
    """Without a token, whoever asks from here by a name of here."""
    assert tokenless.get("/secret", headers={"Host": host}).text == "shown"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "news.example.org"},  # a proxy, or a name of a stranger that resolves to this machine
        {"Host": "localhost.example.org"},
        {"Host": "127.0.0.1.example.org:80"},
        {"Host": "[fe80::1]"},
        {"Host": "localhost@example.org"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"X-Real-IP": "127.0.0.1"},
    ],
)
def test_others_find_nothing(tokenless: httpx.Client, headers: dict[str, str]) -> None:
    """It looks as a page that is missing does."""
    refused = tokenless.get("/secret", headers=headers)
    missing = tokenless.get("/no-such-page", headers=headers)
    assert (refused.status_code, refused.content) == (404, missing.content)
    assert "WWW-Authenticate" not in refused.headers
    assert tokenless.get("/known", headers=headers).text == "no"


def test_an_old_proxy_finds_nothing(tokenless: httpx.Client) -> None:
    """It speaks HTTP/1.0, and says nothing of whom it asks for."""
    address = tokenless.base_url
    with socket.create_connection((address.host, address.port)) as connection:
        connection.sendall(b"GET /known HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert connection.makefile("rb").read().endswith(b"no")


def basic(user_and_password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(user_and_password.encode()).decode()}"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"Authorization": f"bearer  {TOKEN}"},
        basic(f":{TOKEN}"),
        basic(f"anybody:{TOKEN}"),
        {"Authorization": f"Bearer {TOKEN}", "Host": "news.example.org", **PEERS},
    ],
)
def test_a_token_is_the_operator_s(site: httpx.Client, headers: dict[str, str]) -> None:
    """From wherever."""
    assert site.get("/secret", headers=headers).text == "shown"
    assert site.get("/known", headers=headers).text == "yes"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": TOKEN},
        {"Authorization": f"Digest {TOKEN}"},
        {"Authorization": "Basic %%%"},
        {"Authorization": "Basic \xff".encode("latin-1")},
        basic(TOKEN),
        basic(f"{TOKEN}:"),
    ],
)
def test_a_wrong_token_is_asked_for_again(site: httpx.Client, headers: dict[str, str]) -> None:
    """Also where others would have been told less."""
    for path in ("/secret", "/known"):
        refused = site.get(path, headers=headers)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")
        assert refused.headers["Cache-Control"] == "no-store"


def test_who_says_nothing_is_asked(site: httpx.Client) -> None:
    """With a token, this machine is no better than others: not every proxy says that it is one."""
    assert site.get("/secret").status_code == 401
    assert site.get("/known").text == "no"
    assert site.get("/secret", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize("at_once", [1, 8])
def test_guesses_end(site: httpx.Client, at_once: int, capsys: pytest.CaptureFixture[str]) -> None:
    """After some, even the right one is not read from that client; others are not held up."""
    guesser, other = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}, {"X-Forwarded-For": "203.0.113.10"}

    def guess(number: int) -> int:
        return site.get("/secret", headers={"Authorization": f"Bearer {number:040}", **guesser}).status_code

    with ThreadPoolExecutor(at_once) as threads:
        said = list(threads.map(guess, range(MAX_WRONG + 10)))
    assert sorted(said) == [401] * MAX_WRONG + [429] * 10
    right = {"Authorization": f"Bearer {TOKEN}"}
    refused = site.get("/secret", headers={**right, **guesser})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert site.get("/secret", headers={**right, **other}).status_code == 200


def test_guesses_of_one_network_count_together(site: httpx.Client) -> None:
    """Who has one address of IPv6 has 2^64."""
    said = [
        site.get(
            "/secret", headers={"Authorization": "Bearer x", "X-Forwarded-For": f"2001:db8::{number:x}"}
        ).status_code
        for number in range(MAX_WRONG + 1)
    ]
    assert said == [401] * MAX_WRONG + [429]


@pytest.mark.parametrize("content", [None, "", "short", "with a blank" * 4, "é" * 40])
def test_a_token_that_cannot_be_used_admits_nobody(tmp_path: Path, content: str | None) -> None:
    """Not even who asks from here, or sends none."""
    if content is not None:
        (tmp_path / "token").write_text(content, "utf-8")
    access = operator_access(Operator(token=Secret(file=str(tmp_path / "token"))), delay=0)

    async def secret(request: Request) -> Response:
        await access.require(request)
        return answer(200, b"shown")

    with serving(tmp_path, more=[Route("/secret", secret)]) as client:
        for given in ({}, basic(":"), basic(f":{content or ''}")):
            assert client.get("/secret", headers=given).status_code == 401


def test_a_token_is_read(tmp_path: Path) -> None:
    """Where it is kept."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    access = operator_access(Operator(token=Secret(file=str(tmp_path / "token"))))

    async def known(request: Request) -> Response:
        return answer(200, b"yes" if await access.recognises(request) else b"no")

    with serving(tmp_path, more=[Route("/known", known)]) as client:
        assert client.get("/known", headers={"Authorization": f"Bearer {TOKEN}"}).text == "yes"
        assert client.get("/known").text == "no"


def test_a_wrong_token_waits_for_its_answer() -> None:
    """As long as few wait; more of them would take the connections of everybody else."""
    access = OperatorAccess(TOKEN, delay=3600)

    async def ask(client: int) -> bool:
        peer, headers = (f"203.0.113.{client}", 1), [(b"authorization", b"Bearer wrong")]
        return await access.recognises(Request({"type": "http", "client": peer, "headers": headers}))

    async def guess() -> None:
        waiting = [asyncio.create_task(ask(client)) for client in range(MAX_DELAYED)]
        await asyncio.sleep(0)
        with pytest.raises(HTTPException):
            await ask(MAX_DELAYED)
        assert not any(one.done() for one in waiting)

    asyncio.run(guess())
