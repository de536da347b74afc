"""What a source's own hosts get with a request: headers, cookies, a name and a password."""

import base64
import json
import re
from functools import lru_cache
from html import escape
from importlib.util import find_spec
from urllib.parse import quote, unquote, unquote_plus

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.secrets import reveal
from aggregator.settings.access import Access, Auth, Hidden, check_proxy

MIN_SECRET = 6
"""Characters of a secret that is masked; a shorter text is part of too many words and addresses."""
MIN_IN_BODY, MIN_WRITTEN_IN_BODY, MIN_LETTERS_IN_BODY = 8, 12, 20
"""Characters of a secret that is masked in bodies, where nothing may be that could be a word of a text.

The second is for a text that stands in the configuration itself, such as a language, which may be harmless;
the third for letters alone, since no word is as long.
"""
MAX_ENCODINGS = 3
HIDDEN = "…"
HIDDEN_IN_BODY = b"***"  # the same in any charset
PUBLIC_HEADERS = re.compile(
    r"accept|accept-.*|cache-control|dnt|origin|pragma|referer|sec-.*|user-agent", re.I
)
"""Headers whose values are no secrets."""


class Credentials:
    """The headers, cookies and secrets of an Access, for one fetch of ``address``.

    A secret is read when it is first sent, so that a fetch which needs none fails for none.
    """

    def __init__(self, access: Access, address: str) -> None:
        self._access = access
        self._address = address
        self.hosts = _normal_hosts(access.hosts)
        self.clear_hosts = self.hosts - _normal_hosts(access.secure)
        self._seen: set[str] = set()
        self._not_in_bodies: set[str] = set()
        self._not_abroad: set[str] = set()

    def belong_to(self, url: httpx.URL) -> bool:
        """Tell whether an address is of a configured host, and of a scheme that the host may be asked by."""
        host = normal_host(url.host)
        return host in (self.hosts if url.scheme == "https" else self.clear_hosts)

    def headers(self) -> dict[str, str]:
        """Give the configured headers and the Authorization, names in lower case.

        Raises FetchError where a secret is missing.
        """
        sent: dict[str, str] = {}
        for name, value in self._access.headers.items():
            key = f"[source.headers] {name}"
            text = self._reveal(value, key, public=PUBLIC_HEADERS.fullmatch(name) is not None)
            if not _fits(text):
                raise FetchError(self._address, f"{key}: holds characters that no header can carry")
            sent[name.lower()] = text.strip(" ")
        if auth := self._access.auth:
            sent["authorization"] = self._bearer(auth.token) if auth.token else self._basic(auth)
        return sent

    def cookies(self) -> dict[str, str]:
        """Give the configured cookies. Raises FetchError where a secret is missing."""
        found = {}
        for name, value in self._access.cookies.items():
            key = f"[source.cookies] {name}"
            found[name] = self._reveal(value, key)
            if ";" in found[name] or not _fits(found[name]):
                raise FetchError(self._address, f"{key}: holds characters that no cookie can carry")
        return found

    def proxy(self) -> str:
        """Give the proxy's address, empty for none. Raises FetchError where it cannot be one."""
        if not self._access.proxy:
            return ""
        address = self._reveal(self._access.proxy, "[source] proxy")
        try:
            check_proxy(address)
        except ValueError as exc:
            raise FetchError(self._address, f"[source] proxy: {exc}") from None
        if address.startswith("socks") and find_spec("socksio") is None:
            raise FetchError(self._address, "[source] proxy: socks5 needs `pip install aggregator[socks]`")
        self._remember(httpx.URL(address).password, shortest=MIN_IN_BODY)
        return address

    def mask(self, text: str) -> str:
        """Take secrets out of a text that a server had a hand in, such as the target of a redirect."""
        for secret in sorted(self._seen, key=len, reverse=True):
            for form in dict.fromkeys((secret, quote(secret), quote(secret, safe=""))):
                text = re.sub(re.escape(form), HIDDEN, text, flags=re.IGNORECASE)  # hosts are in lower case
        return text

    def are_in(self, address: str) -> bool:
        """Tell whether an address holds something that is secret, however often it is percent-encoded."""
        forms = {address.lower()}
        for _ in range(MAX_ENCODINGS):
            forms |= {decode(form).lower() for form in forms for decode in (unquote, unquote_plus)}
        return any(secret.lower() in form for secret in self._not_abroad for form in forms)

    def mask_body(self, body: bytes) -> bytes:
        """Take secrets that a server has repeated out of a body."""
        for secret in sorted(self._not_in_bodies, key=len, reverse=True):
            quoted = (quote(secret), quote(secret, safe=""))
            small = [re.sub("%..", lambda found: found[0].lower(), form) for form in quoted]
            for form in (secret, *quoted, *small, escape(secret), json.dumps(secret)[1:-1]):
                body = body.replace(form.encode(), HIDDEN_IN_BODY)
        return body

    def learn(self, secret: str) -> None:
        """Treat a text as a secret from here on."""
        self._remember(secret, shortest=MIN_IN_BODY)
        self._keep_at_home(secret)

    def _basic(self, auth: Auth) -> str:
        user = self._reveal(auth.user, "[source.auth] user", public=isinstance(auth.user, str))
        if ":" in user:
            raise FetchError(self._address, "[source.auth] user: may hold no colon (RFC 7617, section 2)")
        password = self._reveal(auth.password, "[source.auth] password")
        packed = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._remember(packed, shortest=MIN_IN_BODY)
        self._remember(password, shortest=MIN_IN_BODY)
        self._keep_at_home(password)
        return f"Basic {packed}"

    def _bearer(self, token: Hidden) -> str:
        text = self._reveal(token, "[source.auth] token")
        if not text.isascii() or " " in text:
            raise FetchError(self._address, "[source.auth] token: holds characters that no header can carry")
        self._remember(text, shortest=MIN_IN_BODY)
        self._keep_at_home(text)
        return f"Bearer {text}"

    def _reveal(self, hidden: Hidden, key: str, *, public: bool = False) -> str:
        text = reveal(hidden, key, self._address)
        shortest = MIN_WRITTEN_IN_BODY if isinstance(hidden, str) else MIN_IN_BODY
        for word in (text, *text.split()):  # such as "Bearer …"
            self._remember(word, shortest=None if public else shortest)
        if not isinstance(hidden, str) and not public:
            self._keep_at_home(text)
        return text

    def _remember(self, secret: str, *, shortest: int | None) -> None:
        """Remember a secret; one of at least ``shortest`` characters is masked in bodies, too."""
        # What is part of the address is no secret: a Referer often is.
        if len(secret) < MIN_SECRET or secret in self._address:
            return
        self._seen.add(secret)
        if shortest is not None and len(secret) >= (MIN_LETTERS_IN_BODY if secret.isalpha() else shortest):
            self._not_in_bodies.add(secret)
            self._keep_at_home(secret)

    def _keep_at_home(self, secret: str) -> None:
        """Let no redirect carry a secret to a host that is not of the source."""
        if len(secret) >= MIN_SECRET and secret not in self._address:
            self._not_abroad.add(secret)


def _fits(text: str) -> bool:
    return all(ord(character) < 0x100 for character in text)


@lru_cache(1000)
def _normal_hosts(hosts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(normal_host, hosts))


@lru_cache(10_000)
def normal_host(host: str) -> str:
    """Give a host's name as it is compared: in ASCII and lower case, without a final dot."""
    try:
        raw = httpx.URL(scheme="http", host=host).raw_host
    except (httpx.InvalidURL, ValueError):
        return host
    return raw.decode("ascii").lower().rstrip(".")
