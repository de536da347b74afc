"""The habits of a source: what it says of its rhythm, and what its polls taught us."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model.value import Value


@dataclass(frozen=True, slots=True)
class Pace(Value):
    """How often a list asks to be polled: RSS 2.0 (ttl, skipHours, skipDays), RSS 1.0 (sy:updatePeriod)."""

    every: timedelta | None = None
    """The shortest wait."""
    hours: tuple[int, ...] = ()
    """Hours of UTC to skip, 0 to 23."""
    days: tuple[int, ...] = ()
    """Days of UTC to skip, 0 (Monday) to 6."""


@dataclass(frozen=True, slots=True)
class Rhythm(Value):
    """When a source publishes, by its arrivals. Older arrivals weigh less."""

    hours: tuple[float, ...] = ()
    """Weights by hour of the day (UTC)."""
    days: tuple[float, ...] = ()
    """Weights by day of the week (UTC, Monday first)."""
    since: datetime | None = None
    """When counting began."""
    at: datetime | None = None
    """The time for which the weights are computed."""


@dataclass(frozen=True, slots=True)
class Baseline(Value):
    """How the polls of a source usually are. Shares are running means from 0 to 1."""

    polls: int = 0
    """How many lists were read."""
    since: datetime | None = None
    """When the first was."""
    fewest: int = 0
    """Entries in the shortest list."""
    titles: float = 0.0
    """Distinct titles, as a share of the entries of a list."""
    dates: float = 0.0
    """Distinct dates, as a share of the entries."""
    dated: float = 0.0
    """The share of entries with a date."""
    addresses: float = 0.0
    """Distinct addresses, as a share of the entries."""
    places: tuple[str, ...] = ()
    """Parts of sites to which the entries lead; too many of them say nothing."""
    articles: int = 0
    """How many new articles came."""
    told: float = 0.0
    """The share of them with a date."""
    length: float = 0.0
    """The mean length of their texts, in characters."""
    repeated: float = 0.0
    """The share of text that repeats."""
    sentences: tuple[str, ...] = ()
    """Hashes of the sentences last seen."""
    latest: datetime | None = None
    """The latest date of an article."""
    pause: timedelta = timedelta(0)
    """The longest time between two dates."""
    last: datetime | None = None
    """The date of the last article."""
    run: int = 0
    """How many articles in a row have it."""
    run_since: datetime | None = None
    """When the first of those came."""
    longest_run: int = 0
    """How many in a row had one date before those."""
    broken: str = ""
    """Why the pages of its articles are not believed: too many are not there. Looks at them tell."""
    shared: tuple[str, ...] = ()
    """Keys under which several articles came, so that they are no entry's own. They outlast the rest."""
