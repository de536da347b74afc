"""One exchange with a server, as it is kept: a request without credentials, and the raw answer."""

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and what was answered, without secrets."""

    address: str
    time: datetime
    status: int
    head: tuple[tuple[str, str], ...]
    """The headers of the answer in their order, those of its packing renamed."""
    body: bytes
    """Unpacked."""
    phrase: str = ""
    request: bytes = b""
    """The request as it was sent; empty where a browser rendered the page."""
    ip: str = ""
    """The server's address."""
    cut: bool = False
    """Whether only the beginning of the body was read, as of an error's."""

    @property
    def digest(self) -> str:
        """SHA-256 of the body, as receipts have it."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def content_type(self) -> str:
        """The Content-Type; empty without one."""
        return next((value for name, value in self.head if name.lower() == "content-type"), "")

    @property
    def media_type(self) -> str:
        """The type that its Content-Type names; empty without one."""
        return self.content_type.partition(";")[0].strip().lower()
