"""Addresses: which may be asked, and where a redirect leads."""

import re
from functools import lru_cache
from urllib.parse import quote_from_bytes

import httpx

from aggregator.errors import FetchError

HOST = re.compile(r"[\w.:-]+")  # a name or an IP address; httpx lets anything through, percent-encoded
USERINFO = re.compile(r"(?<=//)[^/?#]*@")
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


@lru_cache(1024)  # sources have the same addresses at every poll, each in a KB; of many more, it knows none
def read_address(address: str) -> httpx.URL:
    """Read an http or https address. Raises FetchError where it is none, or may not be asked."""
    # Errors go to logs and pages, so they show no password.
    shown = USERINFO.sub("", address)
    try:
        url = httpx.URL(address)
        host = url.host  # decodes "xn--…", which may be nonsense
    except (httpx.InvalidURL, ValueError) as exc:
        raise FetchError(shown, f"not an address{_detail(exc)}") from exc
    if url.userinfo:
        raise FetchError(shown, "refused: a user name or password in the address; use [source.auth]")
    if url.scheme not in ("http", "https"):
        raise FetchError(shown, "refused: not an http or https address")
    if not HOST.fullmatch(host):
        raise FetchError(shown, "not an address: names no host")
    if url.port is not None and not 0 < url.port < 65536:
        raise FetchError(shown, f"not an address: there is no port {url.port}")
    return url


def follow(url: httpx.URL, location: bytes) -> httpx.URL:
    """Resolve a Location against the address that sent it (RFC 9110, 10.2.2). Raises FetchError."""
    try:
        target = location.decode()
    except UnicodeDecodeError:
        # Sites in GBK send their bytes unquoted, and find pages by the same bytes.
        target = quote_from_bytes(location, safe=PRINTABLE)
    if not target:
        raise FetchError(str(url), "redirected without saying where")
    try:
        return read_address(str(url.join(target)))
    except (httpx.InvalidURL, ValueError) as exc:
        raise FetchError(str(url), f"redirected to something that is not an address{_detail(exc)}") from exc


def _detail(exc: Exception) -> str:
    # A secret that is cut off would not be found and masked, so a long detail is left out whole.
    return f": {exc}" if len(str(exc)) <= 80 else ""
