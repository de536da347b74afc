"""Where an article came from: the answers that it was read from, and the rule that found each field."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from aggregator.model.exchange import Fetched
from aggregator.model.value import Value

HEADERS = ("content-type", "etag", "last-modified", "date", "server")
"""The headers of an answer that say what it is, which state of it, and who sent it."""


@dataclass(frozen=True, slots=True)
class Receipt(Value):
    """What a server answered, without the answer itself."""

    asked: str
    """The address that was asked."""
    time: datetime
    address: str
    """The final one."""
    status: int
    headers: Mapping[str, str] = field(hash=False)
    """Those of ``HEADERS`` that were sent."""
    digest: str
    """SHA-256 of the body, unpacked and without secrets of ours, in hexadecimal digits."""
    robots: str = ""
    """What robots.txt said of the address; empty where it is not asked."""

    @classmethod
    def of(cls, answer: Fetched, asked: str, time: datetime) -> Self:
        """Make the receipt of an answer."""
        headers = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
        digest = hashlib.sha256(answer.body).hexdigest()
        return cls(asked, answer.taken or time, answer.address, answer.status, headers, digest, answer.robots)


@dataclass(frozen=True, slots=True)
class Provenance(Value):
    """Where one state of an article came from."""

    receipts: tuple[Receipt, ...]
    """Of its list first, then of its own pages, where it was read from them."""
    rules: Mapping[str, str] = field(hash=False)
    """By field the selector, element or fallback that gave it."""
