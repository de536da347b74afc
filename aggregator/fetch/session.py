"""The session of one fetch, from host to host: what is sent to whom, and the cookies that came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.addresses import follow
from aggregator.fetch.credentials import Credentials
from aggregator.fetch.sessions.jar import Jar
from aggregator.fetch.sessions.live import LiveSession
from aggregator.model import Fetched, Request
from aggregator.settings.access import Access

NOWHERE = Access(hosts=())
BECOME_GET = frozenset({301, 302, 303})  # after a POST (RFC 9110, section 15.4)


@dataclass(frozen=True, slots=True, repr=False)
class BrowserCredentials:
    """What a browser sends with every request to some hosts."""

    hosts: frozenset[str]
    clear_hosts: frozenset[str]
    """Those of them that get it by http, too."""
    headers: dict[str, str]
    cookies: dict[str, str]


class Session:
    """A request and its credentials on their way through redirects.

    Its cookies last for one fetch, but for those of the source's own hosts where there is a ``live`` session.
    ``hidden`` is what a login sends: a body that goes to no other host.
    """

    def __init__(
        self,
        request: Request,
        access: Access,
        live: LiveSession | None = None,
        hidden: Sequence[str] = (),
    ) -> None:
        self.method: str = request.method
        self.archive = access.archive
        self._request = request
        self._credentials = Credentials(access, request.address)
        self.live = live
        self.is_login = bool(hidden)
        self._jar: Jar | None = None  # most answers set none
        self._was_secret = False  # whether some hop was https: then nothing of it goes on in clear
        self._sent: dict[str, str] = {}
        for secret in hidden:
            self._credentials.learn(secret)

    @property
    def content(self) -> bytes | None:
        """The body to send; None for none."""
        body = self._request.body
        sent = body.encode() if isinstance(body, str) else body
        return sent if self.method == "POST" else None

    def headers(self, url: httpx.URL) -> dict[str, str]:
        """Give the headers that are sent to an address, names in lower case.

        Raises FetchError where a secret is missing.
        """
        sent: dict[str, str] = {}
        if self._request.method == "GET":
            sent = {"if-none-match": self._request.etag, "if-modified-since": self._request.last_modified}
            sent = {name: value for name, value in sent.items() if value}
        elif self.method == "POST":
            json = (self.content or b"").lstrip().startswith((b"{", b"["))
            usual = "application/json" if json else "application/x-www-form-urlencoded"
            sent = {"content-type": self._request.media_type or usual}
        cookies: dict[str, str] = {}
        if self.may_tell(url):
            sent |= self._credentials.headers()
            cookies = self._credentials.cookies()
            if self.live and self.live.token:
                sent.setdefault("authorization", f"Bearer {self.live.token}")
        cookies |= self._cookies_for(url)
        self._learn()  # a page may repeat what its own answer replaces
        if pairs := [*filter(None, [sent.get("cookie")]), *map("=".join, cookies.items())]:
            sent["cookie"] = "; ".join(pairs)
        self._sent = cookies
        return sent

    def may_tell(self, url: httpx.URL) -> bool:
        """Tell whether an address gets the configured headers and cookies."""
        return self._credentials.belong_to(url) and not self._in_clear(url)

    def is_kept(self, url: httpx.URL) -> bool:
        """Tell whether an address belongs to a session that is kept, and is no part of a login."""
        return self.live is not None and not self.is_login and self._credentials.belong_to(url)

    def proxy(self) -> str:
        """Give the proxy through which everything goes, empty for none. Raises FetchError."""
        return self._credentials.proxy()

    def for_browser(self, address: str) -> BrowserCredentials:
        """Give what a browser needs that opens an address. Raises FetchError."""
        headers = self._credentials.headers()
        pasted = (pair.partition("=") for pair in headers.pop("cookie", "").split(";") if "=" in pair)
        cookies = {name.strip(): value.strip() for name, _, value in pasted} | self._credentials.cookies()
        clear = set() if address.startswith("https:") else self._credentials.clear_hosts
        return BrowserCredentials(self._credentials.hosts, frozenset(clear), headers, cookies)

    def collect(self, response: httpx.Response) -> bool:
        """Take the cookies of an answer, and tell whether one of them is new to its request."""
        if "set-cookie" not in response.headers:
            return False
        url = response.request.url
        if self.live and self.may_tell(url):
            self.live.jar.take(response)
        else:
            self._jar = self._jar or Jar()
            self._jar.take(response)
        now = self._cookies_for(url)
        return any(self._sent.get(name) != value for name, value in now.items())

    def redirect(self, url: httpx.URL, status: int, location: bytes) -> httpx.URL:
        """Follow the redirect of an answer of ``url``, and give its target. Raises FetchError."""
        self._was_secret = self._was_secret or url.scheme == "https"
        if status in BECOME_GET:
            if self.method == "POST" and self._request.once:
                raise FetchError(str(url), f"redirected ({status}) to where what was posted does not go")
            self.method = "GET"
        target = follow(url, location)
        if self.method == "POST" and self._in_clear(target):
            raise FetchError(str(url), "refused: redirected from https to http with what was posted")
        if self.method == "POST" and self.is_login and not self.may_tell(target):
            raise FetchError(str(url), "refused: redirected to another host with the password")
        self._learn()
        if not self.may_tell(target) and self._credentials.are_in(str(target)):
            raise FetchError(str(url), "refused: redirected to another host with a secret in the address")
        return target

    def mask(self, text: str) -> str:
        """Take every secret that was sent out of a text."""
        self._learn()
        return self._credentials.mask(text)

    def masked(self, error: FetchError) -> FetchError:
        """Give an error without the secrets that a server may have repeated."""
        address, reason = self.mask(error.address), self.mask(error.reason)
        headers = self._without_secrets(error.headers)
        if (address, reason, headers) == (error.address, error.reason, error.headers):
            return error
        return type(error)(
            address,
            reason,
            status=error.status,
            retry_after=error.retry_after,
            fault=error.fault,
            headers=headers,
        )

    def masked_answer(self, fetched: Fetched) -> Fetched:
        """Give an answer without the secrets that a server may have repeated: all of it may be kept."""
        headers = self._without_secrets(fetched.headers)
        address, moved = self.mask(fetched.address), self.public(fetched.moved)
        body = self.mask_body(fetched.body)
        return replace(fetched, address=address, headers=headers, body=body, moved=moved)

    def mask_body(self, body: bytes) -> bytes:
        """Take the secrets that a server may have repeated out of a body."""
        self._learn()
        return self._credentials.mask_body(body)

    def public(self, address: str) -> str:
        """Give an address that may be kept and asked again: empty where a secret is in it."""
        return address if self.mask(address) == address else ""

    def _without_secrets(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in headers.items() if self.mask(value) == value}

    def _in_clear(self, url: httpx.URL) -> bool:
        return self._was_secret and url.scheme != "https"

    def _cookies_for(self, url: httpx.URL) -> dict[str, str]:
        """Give the cookies that an address gets of those that sites have set (RFC 6265, section 5.4)."""
        if self._in_clear(url):
            return {}
        pairs = self._jar.pairs(url) if self._jar else []
        if self.live and self.may_tell(url):
            pairs += self.live.jar.pairs(url)
        return dict(reversed(pairs))  # of one name, that of the longest path counts

    def _learn(self) -> None:
        """Treat as secrets what lets its holder into the live session."""
        for secret in self.live.secrets() if self.live else ():
            self._credentials.learn(secret)
