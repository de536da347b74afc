"""Logging in by a recipe: a form, or names and values as JSON."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.exchange import Answer
from aggregator.fetch.retry import asked_wait
from aggregator.fetch.sessions.ended import holds
from aggregator.fetch.sessions.form import FormError, read_form
from aggregator.fetch.sessions.live import MAX_TOKEN, LiveSession
from aggregator.fetch.sessions.recipe import (
    TABLE,
    LoginSecrets,
    Note,
    RefusedLoginError,
    Say,
    Website,
    reveal_login,
)
from aggregator.model import Request
from aggregator.settings.access import Access, Login

TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500


class LogIn:
    """One login by the recipe of a source's session.

    ``note`` is awaited before a password is sent, ``say`` is told each step.
    """

    def __init__(self, access: Access, live: LiveSession, website: Website, note: Note, say: Say) -> None:
        assert access.session  # noqa: S101 - who has no recipe does not log in
        assert access.session.login  # noqa: S101
        self._session = access.session
        self._login = access.session.login
        # What is sent to the login is not archived, and a login is no page that robots.txt is about.
        self._access = access.model_copy(update={"archive": "", "robots": "", "cookies": {}})
        self._live = live
        self._website = website
        self._note = note
        self._say = say

    async def run(self) -> None:
        """Log in; the session begins anew with it.

        Raises RefusedLoginError where the site says no, and FetchError.
        """
        login, live = self._login, self._live
        hidden = reveal_login(login)
        live.begin_anew()
        await self._website.require_safe(login.url, self._access)
        if login.format == "json":
            request, page = _json_request(login, hidden), login.url
        else:
            request, page = await self._fill(hidden)
        await self._website.require_safe(request.address, self._access)
        await self._note()
        self._access = _as_from(page, self._access)
        answer = await self._ask(request, hidden)
        self._say(f"sent to {_shown(request.address)}: {answer.phrase}, at {_shown(str(answer.url))}")
        _require_success(answer)
        proved = await self._judge(answer)
        if not (live.jar or live.token):
            raise RefusedLoginError("the answer brought no cookie and no token")
        names = sorted({name for _, _, name in live.jar.held()})
        self._say(f"cookies of the session: {', '.join(names) or 'none'}")
        live.signed_in = True
        if proved:
            live.prove()

    async def _ask(self, request: Request, hidden: LoginSecrets) -> Answer:
        return await self._website.ask(request, self._access, self._live, hidden.texts())

    async def _fill(self, hidden: LoginSecrets) -> tuple[Request, str]:
        """Ask for the form, and fill it in; with it comes the address of its page. Raises FetchError."""
        login = self._login
        page = await self._ask(Request(login.url), hidden)
        address = str(page.url)
        self._say(f"asked {_shown(login.url)}: {page.phrase}, at {_shown(address)}")
        if page.body is None:
            raise _unanswered(page, "the login page")
        await self._website.require_safe(address, self._access)
        content_type = page.headers.get("content-type", "")
        try:
            form = await asyncio.to_thread(read_form, page.body, content_type, address, login)
        except FormError as exc:
            raise FetchError(address, f"the login page {exc} ({TABLE})") from None
        own = sum(name not in (form.user, form.password) for name, _ in form.fields)
        self._say(f"found a form with the fields {form.user}, {form.password} and {own} of its own")
        body = form.filled(hidden.user, hidden.password, hidden.fields)
        return Request(form.action, method="POST", body=body), address

    async def _judge(self, answer: Answer) -> bool:
        """Tell whether the answer to a login proves that it let us in. Raises RefusedLoginError."""
        session, login, body = self._session, self._login, answer.body or b""
        if session.signed_out and holds(body, session.signed_out):
            raise RefusedLoginError("the answer says what signed_out names")
        if login.token:
            self._live.token = await asyncio.to_thread(_token, login.token, body)
            self._say("took the token of the answer")
            return True
        if session.signed_in and holds(body, session.signed_in):
            return True
        if login.format == "form" and await _is_asked_again(login, answer):
            raise RefusedLoginError(
                "the form came again: the user or the password is wrong, or it wants more, such as a code"
            )
        return False


def _as_from(page: str, access: Access) -> Access:
    """Give an access with what a browser says of the page from which it posts; many sites look at that."""
    url = httpx.URL(page)
    said = {"Origin": f"{url.scheme}://{url.netloc.decode('ascii')}", "Referer": page.partition("#")[0]}
    return access.model_copy(update={"headers": {**said, **access.headers}})


def _json_request(login: Login, hidden: LoginSecrets) -> Request:
    names = {login.user_field or "username": hidden.user, login.password_field or "password": hidden.password}
    body = json.dumps({**names, **hidden.fields})
    return Request(login.url, method="POST", body=body, media_type="application/json")


def _require_success(answer: Answer) -> None:
    """Raise RefusedLoginError where a login is answered by a no, FetchError where by something passing."""
    if answer.body is not None:
        return
    if answer.status == TOO_MANY_REQUESTS or answer.status >= SERVER_ERROR:
        raise _unanswered(answer, "the login")
    raise RefusedLoginError(f"it was answered {answer.phrase}")


def _unanswered(answer: Answer, what: str) -> FetchError:
    wait = asked_wait(answer, datetime.now(UTC))
    reason = f"{what} was answered {answer.phrase}"
    return FetchError(str(answer.url), reason, status=answer.status, retry_after=wait)


async def _is_asked_again(login: Login, answer: Answer) -> bool:
    """Tell whether the answer to a login is its form once more."""
    content_type = answer.headers.get("content-type", "")
    try:
        await asyncio.to_thread(read_form, answer.body or b"", content_type, str(answer.url), login)
    except FormError:
        return False
    return True


def _token(path: str, body: bytes) -> str:
    """Find the token in a JSON answer. Raises RefusedLoginError."""
    import jmespath  # few logins need it

    try:
        found: Any = jmespath.search(path, json.loads(body))
    except (ValueError, RecursionError, jmespath.exceptions.JMESPathError):
        raise RefusedLoginError("the answer is not JSON in which a token could be looked for") from None
    fits = isinstance(found, str) and 0 < len(found) <= MAX_TOKEN
    if not fits or not (found.isascii() and found.isprintable()) or " " in found:
        raise RefusedLoginError(f'the answer has no token at "{path}"')
    return str(found)


def _shown(address: str) -> str:
    """Give an address without its query, which may hold what nobody shall see."""
    return address.partition("?")[0]
