"""What other programs send along with a request: headers, cookies, passwords, proxies, bodies.

What may be a secret is never written: a reference to the environment stands in its place (:class:`Hidden`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from aggregator.discover.peers.candidate import Hidden, Settings
from aggregator.settings.access import RESERVED_HEADERS, TOKEN

PLAIN_HEADERS = frozenset(
    "accept accept-language cache-control content-type dnt origin pragma referer user-agent "
    "x-requested-with".split()
)
"""Headers that hold no secret; any other one may."""
_SECRET = re.compile(r"passw|pwd|secret|token|api[-_]?key|session|auth", re.IGNORECASE)
_PROXY_TYPES = {"0": "http", "1": "http", "2": "https", "5": "socks5", "7": "socks5h"}
"""libcurl's CURLOPT_PROXYTYPE."""


def headers(settings: Settings, key: str, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Give the keys ``headers`` and ``cookies`` of a source for headers of a file."""
    found: dict[str, Any] = {}
    named: dict[str, Any] = {}
    for name, value in pairs:
        name = name.strip()
        if name.lower() == "cookie":
            found |= cookies(settings, key, value)
        elif not TOKEN.fullmatch(name) or name.lower() in RESERVED_HEADERS:
            settings.lose(key, f'has "{name[:40]}", which the program sets itself or which is no header')
        elif name.lower() in PLAIN_HEADERS:
            named[name] = " ".join(str(value).split())
        else:
            named[name] = Hidden(f"HEADER_{name}")
    return {**found, **({"headers": named} if named else {})}


def lines(text: str) -> list[tuple[str, str]]:
    """Read headers that stand one a line."""
    return [
        (name, value.strip())
        for name, sep, value in (line.partition(":") for line in text.splitlines())
        if sep
    ]


def cookies(settings: Settings, key: str, text: str) -> dict[str, Any]:
    """Give the key ``cookies`` for a header's text (RFC 6265, section 4.2.1)."""
    names = [part.partition("=")[0].strip() for part in text.split(";") if "=" in part]
    return cookies_named(settings, key, names)


def cookies_named(settings: Settings, key: str, names: Iterable[str]) -> dict[str, Any]:
    """Give the key ``cookies`` for cookies of these names."""
    fit = [name for name in names if TOKEN.fullmatch(name)]
    if not fit:
        settings.lose(key, "names no cookie: write cookies = { NAME = … } yourself")
        return {}
    return {"cookies": {name: Hidden(f"COOKIE_{name}") for name in fit}}


def login(user: str, password: str) -> dict[str, Any]:
    """Give the key ``auth`` for a name and a password."""
    if not user:
        return {}
    return {"auth": {"user": user, **({"password": Hidden("PASSWORD")} if password else {})}}


def address(text: str) -> tuple[str, dict[str, Any]]:
    """Give an address without the name and password in it, and the key ``auth`` for these."""
    try:
        parts = urlsplit(text.strip())
        user, password = parts.username, parts.password
    except ValueError:
        return text, {}
    if user is None:
        return text.strip(), {}
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return bare, login(unquote(user), password or "")


def proxy(text: str, kind: str = "") -> dict[str, Any]:
    """Give the key ``proxy``; ``kind`` is libcurl's number of its type, where the address has no scheme."""
    if not text:
        return {}
    if "@" in text:
        return {"proxy": Hidden("PROXY")}
    return {"proxy": text if "://" in text else f"{_PROXY_TYPES.get(kind, 'http')}://{text}"}


def body(settings: Settings, key: str, value: str | Mapping[str, Any]) -> dict[str, Any]:
    """Give the keys ``method`` and ``body`` of a POST; one that may hold a secret is left out and named."""
    text = value if isinstance(value, str) else urlencode(dict(value))
    if _SECRET.search(text):
        settings.lose(key, "may hold a secret, so it is not written: add method and body yourself")
        return {}
    return {"method": "POST", "body": text}
