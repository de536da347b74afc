"""Cookies of a site, as RFC 6265 lets them be set and sent, within limits."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit
from urllib.request import Request as UrllibRequest

import httpx

from aggregator.text.addresses import registered_domain

if TYPE_CHECKING:
    from http.client import HTTPResponse

MAX_COOKIES = 50  # of a session; RFC 6265, section 6.1, wants as many of a domain
MAX_COOKIE_SIZE = 4096  # bytes of its name and value (RFC 6265, section 6.1)
MAX_PATH = 1024
MAX_RESPONSE_COOKIES = 100  # Set-Cookie headers of one answer that are read
LONG_AGE = re.compile(r"(?i)(max-age\s*=\s*-?\d{15})\d+")
"""A Max-Age of more digits than thirty million years have."""
SENDABLE = re.compile(r"[\x20-\x3a\x3c-\x7e\xa0-\xff]*")  # neither control characters nor semicolons
MIN_SECRET_RUN = 16
"""Letters and digits in one piece by which a value that a server gave is taken for a secret.

Values such as a language, an address or the slug of an article have no such run: they are on pages, too.
"""
SECRET_RUN = re.compile(
    rf"[A-Za-z0-9]{{{MIN_SECRET_RUN},}}|[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"
)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A cookie as it is kept."""

    name: str
    value: str
    domain: str
    path: str
    domain_wide: bool
    """Whether the domain's other hosts get it, too."""
    secure: bool
    expires: int | None
    """In seconds since 1970; None for one that ends with its session."""


class Jar:
    """Cookies; those of hosts or domains that they do not belong to, or beyond the limits, are not taken."""

    def __init__(self) -> None:
        self._cookies = CookieJar(_Policy(self))

    def take(self, response: httpx.Response) -> None:
        """Take the cookies of an answer."""
        given = response.headers.get_list("set-cookie")[:MAX_RESPONSE_COOKIES]
        short = [one for one in given if len(one) <= MAX_COOKIE_SIZE + MAX_PATH + 512]
        # Python's jar takes none of an answer's cookies where one lasts longer than a float can say.
        sound = [LONG_AGE.sub(r"\1", one) for one in short]
        # Python's jar asks for no more of an answer than its cookies.
        answer = cast("HTTPResponse", SimpleNamespace(info=lambda: _Given(sound)))
        self._cookies.extract_cookies(answer, UrllibRequest(str(response.request.url)))  # noqa: S310

    def pairs(self, url: httpx.URL) -> list[tuple[str, str]]:
        """Give the names and values that an address gets (RFC 6265, section 5.4)."""
        probe = UrllibRequest(str(url))  # noqa: S310 - it is not sent
        self._cookies.add_cookie_header(probe)
        pairs = (pair.partition("=") for pair in (probe.get_header("Cookie") or "").split("; ") if pair)
        return [(name, value) for name, _, value in pairs]

    def secrets(self) -> Iterator[str]:
        """Give the values, and the parts of them, that look as if they let their holder in."""
        for cookie in self._cookies:
            if runs := SECRET_RUN.findall(cookie.value or ""):
                yield from (cookie.value or "", *runs)

    def held(self) -> dict[tuple[str, str, str], Cookie]:
        """Give the cookies by domain, path and name."""
        return {(one.domain, one.path, one.name): one for one in self._cookies}

    def clear(self) -> None:
        """Throw all away."""
        self._cookies.clear()

    def dump(self) -> list[dict[str, Any]]:
        """Give the cookies as values of JSON, in order."""
        return [asdict(_kept(one)) for _, one in sorted(self.held().items())]

    def load(self, cookies: Sequence[Mapping[str, Any]]) -> None:
        """Put cookies that ``dump`` gave in the place of what is held."""
        self.clear()
        for one in cookies:
            self._cookies.set_cookie(_cookie(_Kept(**one)))

    def __bool__(self) -> bool:
        return any(True for _ in self._cookies)


class _Given:
    """The Set-Cookie headers of an answer, as Python's jar asks for them."""

    def __init__(self, cookies: list[str]) -> None:
        self._cookies = cookies

    def get_all(self, name: str, default: list[str] | None = None) -> list[str] | None:
        """Give the headers of a name."""
        return self._cookies if name.lower() == "set-cookie" else default


class _Policy(DefaultCookiePolicy):
    """Which cookies are taken. Python's own rules are those of RFC 2965, in part looser than RFC 6265's."""

    def __init__(self, jar: Jar) -> None:
        # Without the flag, a cookie of one host would go to the hosts below it, too.
        super().__init__(strict_ns_domain=self.DomainStrictNonDomain, secure_protocols=("https",))
        self._jar = jar

    def set_ok(self, cookie: Cookie, request: UrllibRequest) -> bool:
        """Tell whether a cookie may be set."""
        host = (urlsplit(request.full_url).hostname or "").rstrip(".")
        if not (_is_sound(cookie) and _is_of(cookie, host) and _is_safe(cookie, request.type)):
            return False
        held = self._jar.held()
        before = held.get((cookie.domain, cookie.path, cookie.name))
        full = before is None and len(held) >= MAX_COOKIES
        # What was set by https is not overwritten in clear.
        spoilt = before is not None and before.secure and request.type != "https"
        return not (full or spoilt) and super().set_ok(cookie, request)


def _is_sound(cookie: Cookie) -> bool:
    """Tell whether a cookie is short enough to be kept, and can be sent as it is."""
    texts = (cookie.name, cookie.value or "", cookie.path)
    short = len(texts[0]) + len(texts[1]) <= MAX_COOKIE_SIZE and len(texts[2]) <= MAX_PATH
    return bool(cookie.name) and short and all(map(SENDABLE.fullmatch, texts))


def _is_of(cookie: Cookie, host: str) -> bool:
    """Tell whether a host may set a cookie for this domain, which is no public suffix."""
    if not cookie.domain_specified:
        return True
    domain = cookie.domain.lstrip(".").lower()
    registered = registered_domain(host)
    if not registered:
        return domain == host
    inside = host == domain or host.endswith(f".{domain}")
    return inside and (domain == registered or domain.endswith(f".{registered}"))


def _is_safe(cookie: Cookie, scheme: str) -> bool:
    """Tell whether a cookie that is only for https was set by https, and is what its prefix says of it."""
    secure = cookie.secure and scheme == "https"
    if cookie.name.startswith("__Host-"):
        return secure and not cookie.domain_specified and cookie.path == "/"
    return secure or not (cookie.secure or cookie.name.startswith("__Secure-"))


def _kept(cookie: Cookie) -> _Kept:
    return _Kept(
        cookie.name,
        cookie.value or "",
        cookie.domain,
        cookie.path,
        cookie.domain_specified,
        cookie.secure,
        cookie.expires,
    )


def _cookie(kept: _Kept) -> Cookie:
    return Cookie(
        version=0,
        name=kept.name,
        value=kept.value,
        port=None,
        port_specified=False,
        domain=kept.domain,
        domain_specified=kept.domain_wide,
        domain_initial_dot=kept.domain.startswith("."),
        path=kept.path,
        path_specified=True,
        secure=kept.secure,
        expires=kept.expires,
        discard=kept.expires is None,
        comment=None,
        comment_url=None,
        rest={},
    )
