"""What every poll works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aggregator.fetch import Fetcher
from aggregator.store import Store


@dataclass(frozen=True, slots=True)
class Tools:
    """The store, the fetcher and the clock that polls share; the clock gives aware times in UTC."""

    store: Store
    fetcher: Fetcher
    clock: Callable[[], datetime]
