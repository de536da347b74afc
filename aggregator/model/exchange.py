"""A request to a server, and its answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from aggregator.model.digest import hexdigest
from aggregator.model.value import Value


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What one exchange took, for whoever counts."""

    status: int
    """That of the answer; 0 where none came that could be taken."""
    seconds: float
    """From the request to the end of the answer; waiting for the host's turn does not count."""
    received: int
    """Bytes of the body as they came, packed; 0 of an answer that was not taken."""


@dataclass(frozen=True, slots=True)
class Request(Value):
    """What to ask an HTTP server for."""

    address: str
    etag: str = ""
    """The validator of the last answer (RFC 9110, 13.1), as is ``last_modified``."""
    last_modified: str = ""
    method: Literal["GET", "POST"] = "GET"
    body: str | bytes = ""
    """Makes it a POST of this text, as JSON or as a form, whichever it looks like, or of these bytes."""
    media_type: str = ""
    """The type of the body, where it is neither."""
    once: bool = False
    """Whether it is sent once, whatever comes."""
    largest: int | None = None
    """Bytes that the answer may have, where that is not what ``[network]`` says."""


@dataclass(frozen=True, slots=True)
class Fetched(Value):
    """An answer with a body."""

    address: str
    """The final one."""
    status: int
    headers: Mapping[str, str]
    """Names are in lower case."""
    body: bytes
    """Unpacked."""
    moved: str = ""
    """How far permanent redirects alone led (301, 308); empty where the first step was none."""
    robots: str = ""
    taken: datetime | None = None
    """When it came, where that was not just now."""

    @property
    def content_type(self) -> str:
        """The Content-Type as sent, parameters included; empty where there was none."""
        return self.headers.get("content-type", "")

    @property
    def digest(self) -> str:
        """Hash of the body, which tells an unchanged answer from a changed one without parsing it."""
        return hexdigest(self.body)


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server says that nothing changed since the validators of the request (304)."""

    address: str
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    """They say how long that holds (RFC 9111, section 4.3.4)."""
    moved: str = ""
    """As in :class:`Fetched`."""
    robots: str = ""
