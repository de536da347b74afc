"""Types of the configuration's values with their checks: durations, sizes, addresses, patterns."""

import difflib
import ipaddress
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache, lru_cache
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
SIZES = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
MAX_LISTED = 50
"""Words that are listed where none is like the one that was given; there may be ten thousand sources."""


def parse_duration(value: Any) -> timedelta:
    """Read ``"15m"``, ``"1h30m"``, ``"0s"`` (units s, m, h, d, w). Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and (found := _duration(value)) is not None:
        return found
    raise ValueError('a duration looks like "30s", "15m", "1h30m" or "1d"')


@lru_cache(1000)  # many sources have the same one, and share it
def _duration(text: str) -> timedelta | None:
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhdw])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return timedelta(seconds=sum(float(number) * UNITS[unit] for number, unit in parts))


def parse_size(value: Any) -> int:
    """Read ``"10MB"`` as bytes (B, KB, MB, GB; 1 KB is 1,024 bytes). Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?B)", value.upper()) if isinstance(value, str) else None
    if not match or not float(match[1]):
        raise ValueError('a size looks like "500KB" or "10MB"')
    return int(float(match[1]) * SIZES[match[2]])


def closest(word: str, known: Iterable[str]) -> str:
    """Suggest the known word that is spelt most like this one, else list them, as far as people read them."""
    known = list(known)
    if near := difflib.get_close_matches(word, known, n=1, cutoff=0.6):
        return f'; did you mean "{near[0]}"?'
    more = f" and {len(known) - MAX_LISTED} more" if len(known) > MAX_LISTED else ""
    return f"; there are {', '.join(known[:MAX_LISTED]) or 'none'}{more}"


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
    if parts.username is not None:
        raise ValueError("has a user name or password in it; use [source.auth]")
    if re.search(r"\s", value):
        raise ValueError("has a blank in it; write it as %20")
    return value


def _bare(value: str) -> str:
    if re.search(r"[?#]", value):
        raise ValueError("may have a path, but no ? and no #: links are made by adding to it")
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as exc:
        raise ValueError(f"is not a regular expression: {exc}") from exc
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def check_timezone(value: str) -> str:
    """Give the name of a time zone back. Raises ValueError where there is no such zone."""
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


def check_listen(value: str) -> str:
    """Give a host and a port back. Raises ValueError where it is not both."""
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise ValueError('looks like "127.0.0.1:8080"')
    return value


def _database(value: str) -> str:
    if not re.match(r"(sqlite:///.|postgresql://.)", value):
        raise ValueError('looks like "sqlite:///var/aggregator.db" or "postgresql://user@host/name"')
    return value


def _place(value: str) -> str:
    if (value.startswith("s3:") or "://" in value) and not _BUCKET.fullmatch(value):
        raise ValueError('the address of a bucket looks like "s3://bucket" or "s3://bucket/prefix"')
    return value


BUCKET = "s3://"
"""How the address of a bucket begins."""


def bucket_of(place: str) -> str:
    """The name of the bucket that an address is in; empty for a folder."""
    return place.split("/")[2] if place.startswith(BUCKET) else ""


_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w-][\w.-]*)*/?", re.ASCII)
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Size = Annotated[int, BeforeValidator(parse_size)]
Period = Annotated[Duration, AfterValidator(_positive)]
Address = Annotated[str, AfterValidator(check_address)]
SiteAddress = Annotated[Address, AfterValidator(_bare)]
Place = Annotated[str, Field(min_length=1), AfterValidator(_place)]
"""The path of a folder, or the address of a bucket."""
DatabaseAddress = Annotated[str, AfterValidator(_database)]
Listen = Annotated[str, AfterValidator(check_listen)]
Networks = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_networks)]
TimeZone = Annotated[str, AfterValidator(check_timezone)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Patterns = Annotated[tuple[Pattern, ...], Field(strict=False), BeforeValidator(_listed)]
"""One regular expression or several of which one must match."""
Shared = Annotated[str, AfterValidator(sys.intern)]
"""A text that many sources have alike, and hold once."""
Listed = Annotated[tuple[str, ...], Field(strict=False), BeforeValidator(_listed)]
"""One text or several."""


@cache
def _shared_set(names: frozenset[str]) -> set[str]:
    return set(names)


class Table(BaseModel):
    """A TOML table: frozen, strict about types, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    def model_post_init(self, context: Any, /) -> None:
        """Share the set of the keys that were written: ten thousand sources have one, not one each."""
        shared = _shared_set(frozenset(self.model_fields_set))
        object.__setattr__(self, "__pydantic_fields_set__", shared)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy that derives anew what this table has derived of its keys."""
        copied = super().model_copy(update=update, deep=deep)
        for derived in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[derived]
        return copied
