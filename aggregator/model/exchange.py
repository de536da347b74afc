"""What is asked of a server, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aggregator.model.digest import hexdigest


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask an HTTP server for; the validators are those of the last answer (RFC 9110, 13.1).

    With a ``body`` it is a POST of that text, as JSON or as a form, whichever it looks like. ``largest`` is
    how many bytes the answer may have, where that is not what ``[network]`` says.
    """

    address: str
    etag: str = ""
    last_modified: str = ""
    method: Literal["GET", "POST"] = "GET"
    body: str = ""
    largest: int | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer with a body: the final address, header names in lower case, the unpacked bytes.

    ``moved`` is how far permanent redirects alone led (301, 308); empty where the first step was none.
    ``robots`` is what robots.txt says of the address that was asked first; empty where it was not asked.
    """

    address: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    moved: str = ""
    robots: str = ""

    @property
    def content_type(self) -> str:
        """The Content-Type as sent, parameters included; empty where there was none."""
        return self.headers.get("content-type", "")

    @property
    def digest(self) -> str:
        """The body's hash, which tells an unchanged answer from a changed one without parsing it."""
        return hexdigest(self.body)


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server says that nothing changed since the validators of the request (304).

    Its ``headers`` say how long that holds (RFC 9111, section 4.3.4); ``moved`` and ``robots`` as in
    :class:`Fetched`.
    """

    address: str
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    moved: str = ""
    robots: str = ""
