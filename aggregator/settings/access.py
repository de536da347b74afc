"""Access to a source's servers: headers, cookies, sessions, authentication, proxy, browser, secrets."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    model_validator,
)

from aggregator.settings.values import Address, Period, Table

TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2
RESERVED_HEADERS = frozenset(
    "accept-encoding connection content-length host if-modified-since if-none-match keep-alive "
    "proxy-authorization proxy-connection range te trailer transfer-encoding upgrade".split()
)
"""Headers of one connection (RFC 9110, section 7.6.1), and those that the fetcher sets itself."""
PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


class Secret(Table):
    """``{ env = "NAME" }``: where a secret is stored, in the environment, a file, or a credential.

    Exactly one key says where. The secret itself is read when it is needed; no settings value has it.
    """

    env: str = ""
    """The name of a variable of the environment."""
    file: str = ""
    """The path of a file."""
    credential: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@-]*$")] = ""
    """The name of a file in `$CREDENTIALS_DIRECTORY` (systemd's `LoadCredential=`)."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if sum(map(bool, (self.env, self.file, self.credential))) != 1:
            raise ValueError("names one place")
        return self


def _check_hidden(value: Any) -> str | Secret:
    try:
        return value if isinstance(value, str) else Secret.model_validate(value)
    except ValidationError:
        # Pydantic's own message would repeat the value, which may be the secret.
        raise ValueError(
            'is a text or names its place: { env = "NAME" }, { file = "path" } or { credential = "name" }'
        ) from None


def _is_elsewhere(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(
            'is kept elsewhere, where only the program reads it: { env = "NAME" }, { file = "path" } or '
            '{ credential = "name" }'
        )
    return value


Elsewhere = Annotated[Secret, BeforeValidator(_is_elsewhere)]
"""A secret that must not stand in the configuration itself."""


def _write_hidden(value: str | Secret) -> str | dict[str, str]:
    return value if isinstance(value, str) else value.model_dump(exclude_defaults=True)


Hidden = Annotated[str | Secret, PlainValidator(_check_hidden), PlainSerializer(_write_hidden)]
"""A text, or the secret that it stands for."""


def check_proxy(address: str) -> str:
    """Give a proxy's address back. Raises ValueError without the address, which may hold a password."""
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named or parts.scheme not in PROXY_SCHEMES or re.search(r"\s", address):
        raise ValueError('a proxy looks like "http://host:port", "https://host:port" or "socks5://host:port"')
    return address


def _check_headers(headers: dict[str, Hidden]) -> dict[str, Hidden]:
    for name, value in headers.items():
        if not TOKEN.fullmatch(name):
            raise ValueError(f'"{name}" is not the name of a header')
        if name.lower() in RESERVED_HEADERS:
            raise ValueError(f"{name} is set by the program itself")
        _check_text(name, value)
    return headers


def _check_cookies(cookies: dict[str, Hidden]) -> dict[str, Hidden]:
    for name, value in cookies.items():
        if not TOKEN.fullmatch(name):
            raise ValueError(f'"{name}" is not the name of a cookie')
        _check_text(name, value)
        if isinstance(value, str) and ";" in value:
            raise ValueError(f"{name} has a semicolon in it: name each cookie by itself")
    return cookies


def _check_text(name: str, value: Hidden) -> None:
    if isinstance(value, str) and not re.fullmatch(r"[\x20-\x7e\xa0-\xff]*", value):
        raise ValueError(f"{name} holds characters that no header can carry")


def _check_hidden_proxy(value: Hidden) -> Hidden:
    return check_proxy(value) if isinstance(value, str) and value else value


Headers = Annotated[dict[str, Hidden], AfterValidator(_check_headers), Field(repr=False)]
Cookies = Annotated[dict[str, Hidden], AfterValidator(_check_cookies), Field(repr=False)]
Proxy = Annotated[Hidden, AfterValidator(_check_hidden_proxy), Field(repr=False)]


class Auth(Table):
    """``[source.auth]``: user and password, or a bearer token."""

    user: Hidden = ""
    """The name for Basic authentication (RFC 7617)."""
    password: Annotated[Hidden, Field(repr=False)] = ""
    """The password that goes with `user`."""
    token: Annotated[Hidden, Field(repr=False)] = ""
    """A bearer token (RFC 6750), in place of `user` and `password`."""

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if bool(self.token) == bool(self.user):
            raise ValueError("has either user and password, or token")
        return self


class Browser(Table):
    """``[source.browser]``: pages are rendered with Chromium before they are read."""

    wait_for: str = ""
    """A CSS selector that must be there before the page is read; without it, the page must have
    stopped talking to its server.
    """
    timeout: Period = timedelta(seconds=30)
    """For one page; then its browser is killed."""


class Login(Table):
    """``[source.session.login]``: how to log in, with a user and a password from outside."""

    url: Address
    """The page of the login form; with the format `json`, the address that takes user and password."""
    user: Annotated[Hidden, Field(repr=False)]
    """Who logs in."""
    password: Elsewhere
    """Where the password is stored; it never stands in the configuration itself."""
    format: Literal["form", "json"] = "form"
    """How they are sent: with the form of a page, or as a JSON object."""
    form: str = ""
    """A CSS selector of the form, where it is not the one that asks for a password once."""
    user_field: str = ""
    """The name of the field for the user; else the one before the password, or `username` in JSON."""
    password_field: str = ""
    """The name of the field for the password; else the form's own, or `password` in JSON."""
    fields: Annotated[dict[str, Hidden], Field(repr=False)] = Field(default_factory=dict)
    """Further values by their names. What a form holds itself, hidden fields too, goes along as it is."""
    token: str = ""
    """The JMESPath, in a JSON answer, of a token that is then sent as `Authorization: Bearer` (RFC 6750)."""

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if self.format == "json" and self.form:
            raise ValueError('has either form, or format = "json"')
        if self.format != "json" and self.token:
            raise ValueError('has a token only with format = "json"')
        return self


class SiteSession(Table):
    """``[source.session]``: the cookies of a site are kept between visits, encrypted."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*$")] = ""
    """Sources of one site that give the same name share one session; else each has its own."""
    signed_in: str = ""
    """A text that every page has for who is logged in, as it stands in its HTML."""
    signed_out: str = ""
    """A text that no answer has for who is logged in, as it stands in its HTML or JSON."""
    login: Login | None = None
    """How to log in, where no session is kept or it has ended."""


class Access(Table):
    """What goes along with every request of a source to its own hosts (see :attr:`Source.access`)."""

    hosts: tuple[str, ...]
    secure: tuple[str, ...] = ()
    """Hosts that the configuration names only by https; over http, they get none of it."""
    headers: Headers = Field(default_factory=dict)
    cookies: Cookies = Field(default_factory=dict)
    auth: Auth | None = None
    proxy: Proxy = ""
    browser: Browser | None = None
    session: SiteSession | None = None
    """The session that is kept; its name is set."""
    robots: Literal["", "obey", "ignore"] = ""
    """Whether the robots.txt of each host is obeyed; empty for addresses that are made for programs."""
    archive: str = ""
    """The source in whose archive every answer is kept; empty where none is."""
