"""A news site for members: a login form against forgery, cookies that renew, sessions that end, a lockout."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

from tests.support.loopback import Answer, Handler, Received, Site
from tests.support.samples import LONG_TEXT
from tests.support.workplace import Workplace

USER, PASSWORD = "ferryman@example.org", "pass-canary-8c1f&=é"
MAX_WRONG = 3


class MemberSite(Site):
    """A list and articles of which members alone see anything; all others are led to the login.

    ``sessions`` are the cookies that let in; each lasts for ``lifetime`` requests, and is another after
    ``renew_after`` of them. ``wrong`` counts the wrong passwords, after ``MAX_WRONG`` of which the account is locked.
    """

    def __init__(
        self, pages: Mapping[str, bytes | Answer | Handler] | None = None, *, host: str = "127.0.0.1"
    ) -> None:
        own = {
            "/login": self._form,
            "/session": self._log_in,
            "/api/login": self._log_in_by_json,
            "/home": self._member(self._home),
            "/list.html": self._member(self._list),
            "/api/list": self._api_list,
        }
        super().__init__({**own, **(pages or {})}, host=host)
        self.numbers = [1, 2]
        self.sessions: dict[str, int] = {}
        self.every_session: list[str] = []
        self.tokens: list[str] = []
        self.lifetime = self.renew_after = 1_000_000
        self.logins = self.wrong = 0
        self.posted: list[dict[str, str]] = []
        self._forgery: dict[str, str] = {}

    def answer(self, request: Received) -> Answer:
        """Articles of any number are there."""
        if request.path.startswith("/art/"):
            return self._member(self._article)(request)
        return super().answer(request)

    def end_sessions(self) -> None:
        """Let no session in any more."""
        self.sessions.clear()
        self.tokens.clear()

    def begin(self) -> str:
        """Let somebody in, as a browser would be."""
        session = f"{secrets.token_hex(16)}.canary"
        self.sessions[session] = 0
        self.every_session.append(session)
        return session

    def secrets(self) -> list[str]:
        """Everything that must be found nowhere."""
        return [PASSWORD, *self.every_session, *self.tokens]

    def _member(self, page: Handler) -> Handler:
        def answer(request: Received) -> Answer:
            session = _cookies(request).get("sid", "")
            if session not in self.sessions:
                return Answer(status=302, headers={"Location": f"/login?next={request.path}"})
            self.sessions[session] += 1
            if self.sessions[session] > self.lifetime:
                del self.sessions[session]
                return Answer(status=302, headers={"Location": f"/login?next={request.path}"})
            shown = page(request)
            assert isinstance(shown, bytes)
            cookies = ()
            if self.sessions[session] % self.renew_after == 0:
                del self.sessions[session]
                cookies = (f"sid={self.begin()}; Path=/; HttpOnly",)
            return Answer(shown, headers={"Content-Type": "text/html; charset=utf-8"}, cookies=cookies)

        return answer

    def _form(self, request: Received) -> Answer:
        visitor, token = secrets.token_hex(16), secrets.token_hex(16)
        self._forgery[visitor] = token
        page = f"""<!doctype html><html><head><title>Member area</title></head><body><form action="/search"><input name="q"></form>
<form method="post" action="/session" id="enter"><input type="hidden" name="csrf" value="{token}">
<input name="mail" type="email"><input name="pw" type="password"><input type="checkbox" name="stay" checked value="1">
<input type="checkbox" name="letters" value="1"><select name="language"><option value="en">E<option value="zh" selected>Z</select>
<button type="submit" name="commit" value="Enter">Enter</button></form>{LONG_TEXT}</body></html>"""
        return Answer(
            page.encode(),
            headers={"Content-Type": "text/html"},
            cookies=(f"visitor={visitor}; Path=/; HttpOnly",),
        )

    def _log_in(self, request: Received) -> Answer:
        sent = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        self.posted.append(sent)
        visitor = _cookies(request).get("visitor", "")
        if request.headers.get("origin") != self.url or request.headers.get("referer") != f"{self.url}/login":
            return Answer(b"from elsewhere", status=403)
        if not visitor or self._forgery.pop(visitor, "") != sent.get("csrf"):
            return Answer(b"forged", status=422)
        if not self._is_right(sent.get("mail"), sent.get("pw")):
            return self._form(request)
        cookies = (f"sid={self.begin()}; Path=/; HttpOnly; SameSite=Lax", "language=zh; Max-Age=3600")
        return Answer(status=303, headers={"Location": "/home"}, cookies=cookies)

    def _log_in_by_json(self, request: Received) -> Answer:
        sent = json.loads(request.body)
        self.posted.append(sent)
        if not self._is_right(sent.get("username"), sent.get("password")):
            return Answer(b'{"error": "no"}', status=401)
        self.tokens.append(f"{secrets.token_hex(16)}-token")
        return Answer(json.dumps({"data": {"token": self.tokens[-1]}}).encode())

    def _is_right(self, user: str | None, password: str | None) -> bool:
        right = (user, password) == (USER, PASSWORD) and self.wrong < MAX_WRONG
        self.logins += right
        self.wrong += not right
        return right

    def _api_list(self, request: Received) -> Answer:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Answer(b"{}", status=401)
        items = [
            {"id": f"i{n}", "title": f"Title {n}", "url": f"/art/{n}.html", "body": LONG_TEXT}
            for n in self.numbers
        ]
        return Answer(json.dumps({"items": items}).encode(), headers={"Content-Type": "application/json"})

    def _home(self, request: Received) -> bytes:
        return b"<html><body><h1>Welcome</h1><a href='/logout'>Leave</a></body></html>"

    def _list(self, request: Received) -> bytes:
        rows = "".join(
            f"<li><a href='/art/{n}.html'>Title {n}</a><span class='time'>2026-03-05 10:{n:02}</span></li>"
            for n in self.numbers
        )
        return f"<html><body><a href='/logout'>Leave</a><ul>{rows}</ul></body></html>".encode()

    def _article(self, request: Received) -> bytes:
        session = _cookies(request).get("sid", "")
        number = request.path.removeprefix("/art/").removesuffix(".html")
        # Some sites write the session into their pages.
        return (
            f"<html><head><title>Title {number}</title></head><body><a href='/logout?s={session}'>Leave</a>"
            f"<div id='text'><h1>Title {number}</h1><p>For members, number {number} ({session}).</p>{LONG_TEXT}</div></body></html>"
        ).encode()


def _cookies(request: Received) -> dict[str, str]:
    return {name: one.value for name, one in SimpleCookie(request.headers.get("cookie", "")).items()}


LOGIN = f"""
[source.session.login]
url = "{{url}}/login"
user = "{USER}"
password = {{{{ file = "password.txt" }}}}
"""


def member_source(
    site: MemberSite, name: str = "paper", session: str = "", login: str = LOGIN, **keys: object
) -> str:
    """A listing source of that site with a session; ``login`` is its recipe, ``session`` further keys."""
    extra = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f"""
[[source]]
name = "{name}"
kind = "listing"
url = "{site.url}/list.html"
{extra}
[source.list]
entry = "li"
link = "a"
title = "a"
date = ".time"
[source.article]
body = "#text"
[source.session]
{session}
{login.format(url=site.url)}
"""


def write_password(workplace: Workplace, password: str = PASSWORD) -> None:
    """Put the password where the recipe looks for it."""
    (workplace.folder / "password.txt").write_text(f"{password}\n", "utf-8")


def traces(workplace: Workplace, hidden: list[str], *texts: str) -> list[str]:
    """Where a secret is found: in files below the workplace, its database unpacked, or in texts."""
    found = []
    for path in sorted(workplace.folder.rglob("*")):
        if path.is_file() and path.name != "password.txt":
            body = path.read_bytes()
            found += [f"{path}: {one}" for one in hidden if one.encode() in body]
    return found + [f"{text[:200]}: {one}" for text in texts for one in hidden if one in text]
