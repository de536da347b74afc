"""The configuration as frozen values: every key, its type, its default and what makes it wrong.

``config`` reads the files and reports; this module knows nothing of files.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
SIZES = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
NAME = r"^[A-Za-z0-9_-]+$"


def parse_duration(value: Any) -> timedelta:
    """Read ``"15m"``, ``"1h30m"``, ``"0s"`` (units s, m, h, d, w). Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhdw])", value) if isinstance(value, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise ValueError('a duration looks like "30s", "15m", "1h30m" or "1d"')
    return timedelta(seconds=sum(float(number) * UNITS[unit] for number, unit in parts))


def parse_size(value: Any) -> int:
    """Read ``"10MB"`` as bytes (B, KB, MB, GB; 1 KB is 1,024 bytes). Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?B)", value.upper()) if isinstance(value, str) else None
    if not match or not float(match[1]):
        raise ValueError('a size looks like "500KB" or "10MB"')
    return int(float(match[1]) * SIZES[match[2]])


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than zero")
    return value


def check_address(value: str) -> str:
    """Give an http(s) address back as it is. Raises ValueError saying what is wrong with it."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as exc:
        raise ValueError(f"is not an address: {exc}") from exc
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError('must be an address that begins with "http://" or "https://" and names a host')
    host = parts.hostname.rstrip(".")
    if ":" not in host and not all(re.fullmatch(r"\w([\w-]*\w)?", part) for part in host.split(".")):
        raise ValueError(f'names no host that can be: "{parts.hostname}"')
    if re.search(r"\s", value):
        raise ValueError("has a blank in it; write it as %20")
    return value


def _bare(value: str) -> str:
    if re.search(r"[?#]", value):
        raise ValueError("may have a path, but no ? and no #: links are made by adding to it")
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as exc:
        raise ValueError(
            'is not a time zone; they are called "Asia/Shanghai", "Europe/Berlin", "UTC"'
        ) from exc
    return value


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError as exc:
            raise ValueError(f'{exc}; a network looks like "127.0.0.0/8"') from exc
    return values


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise ValueError('looks like "127.0.0.1:8080"')
    return value


def _database(value: str) -> str:
    if not re.match(r"(sqlite:///.|postgresql://.)", value):
        raise ValueError('looks like "sqlite:///var/aggregator.db" or "postgresql://user@host/name"')
    return value


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Size = Annotated[int, BeforeValidator(parse_size)]
Address = Annotated[str, AfterValidator(check_address)]
TimeZone = Annotated[str, AfterValidator(_timezone)]


class Table(BaseModel):
    """A TOML table: frozen, strict about types, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Site(Table):
    """``[site]``: how the output presents itself."""

    title: Annotated[str, Field(min_length=1)] = "News"
    url: Annotated[Address, AfterValidator(_bare)]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$")] = "zh-CN"
    timezone: TimeZone = "Asia/Shanghai"

    @property
    def root(self) -> str:
        """The public address without a slash at its end, to put paths behind."""
        return self.url.rstrip("/")


class Storage(Table):
    """``[storage]``: where articles are kept."""

    database: Annotated[str, AfterValidator(_database)] = "sqlite:///var/aggregator.db"

    @property
    def file(self) -> str:
        """The file of an SQLite database; empty for PostgreSQL."""
        return self.database.removeprefix("sqlite:///") if self.database.startswith("sqlite:") else ""


class Output(Table):
    """``[output]``: the folders that are written, relative to the working directory."""

    site: Annotated[str, Field(min_length=1)] = "public"
    posts: Annotated[str, Field(min_length=1)] | None = None
    post_template: str | None = None


class Server(Table):
    """``[server]``: the address on which the daemon serves the output."""

    listen: Annotated[str, AfterValidator(_listen)]

    @property
    def host(self) -> str:
        """The host part, without the brackets of an IPv6 address."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port number; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])


class Network(Table):
    """``[network]``: what may be asked, how fast, for how long and how much."""

    allow_private: Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_networks)] = ()
    delay: Duration = timedelta(seconds=1)
    per_host: Annotated[int, Field(ge=1, le=64)] = 1
    timeout: Annotated[Duration, AfterValidator(_positive)] = timedelta(seconds=30)
    max_size: Size = 10 * 1024**2


class ListRules(Table):
    """``[source.list]``: what in a list is an entry, and where in it each field stands.

    CSS selectors for a listing, JMESPath for an api.
    """

    entry: str = ""
    id: str = ""
    link: str = ""
    title: str = ""
    date: str = ""
    summary: str = ""
    author: str = ""
    body: str = ""


class ArticleRules(Table):
    """``[source.article]``: where on an article's own page each field stands."""

    body: str = ""
    title: str = ""
    date: str = ""
    author: str = ""
    origin: str = ""
    remove: Annotated[tuple[str, ...], Field(strict=False)] = ()


class Source(Table):
    """``[[source]]``: a place we poll.

    ``category``, ``tag``, ``article_url`` and ``share_url`` are templates over an entry's fields.
    ``budget`` is how many article pages one poll fetches; the rest wait for the next one.
    """

    name: Annotated[str, Field(pattern=NAME)]
    kind: Annotated[str, Field(min_length=1)]
    url: Address
    preset: str = ""
    category: str = ""
    tag: str = ""
    namespace: str = ""
    interval: Annotated[Duration, AfterValidator(_positive)] = timedelta(minutes=15)
    timezone: TimeZone = "UTC"
    language: str = ""
    article_url: str = ""
    share_url: str = ""
    budget: Annotated[int, Field(ge=1)] = 100
    list: ListRules = ListRules()
    article: ArticleRules = ArticleRules()

    @property
    def identity(self) -> str:
        """The namespace of this source's keys: its own, or the one it shares with others."""
        return self.namespace or self.name

    @property
    def fingerprint(self) -> str:
        """Hash of what decides how answers are read: validators got under another one do not count."""
        # Without the defaults, so that a key which a later version adds changes nothing.
        said = self.model_dump_json(exclude={"interval", "budget", "preset"}, exclude_defaults=True)
        return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


class Config(Table):
    """A whole configuration, every file read and every preset and default applied."""

    site: Site
    storage: Storage = Storage()
    output: Output = Output()
    server: Server | None = None
    network: Network = Network()
    sources: tuple[Source, ...] = ()

    def source(self, name: str) -> Source | None:
        """The source of that name, or None."""
        return next((source for source in self.sources if source.name == name), None)
