"""Hosts that are asked, as machines share them."""

from dataclasses import dataclass
from datetime import timedelta

from aggregator.errors import Fault


@dataclass(frozen=True, slots=True)
class HostTurn:
    """What came of asking for a host, which one machine asks at a time."""

    granted: bool
    """Whether it is ours now."""
    wait: float
    """Seconds: until its next request may begin, or, where it is not ours, until it is worth asking again."""
    delay: float
    """Seconds that its robots.txt wants between two requests; 0 for none."""


@dataclass(frozen=True, slots=True)
class KeptRobots:
    """What is known of a robots.txt, for ``left`` from now on."""

    left: timedelta
    text: str | None = None
    """The file; None where there is none, and everything may be asked for."""
    problem: str = ""
    """Why it cannot be had, so that nothing may be asked for; what follows is of that error."""
    status: int | None = None
    fault: Fault = "failed"
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RobotsClaim:
    """What came of asking for a robots.txt, which one machine reads for all."""

    kept: KeptRobots | None = None
    """What is known of it; None where nothing is."""
    ours: bool = False
    """Whether it is ours to read now; somebody else reads it where nothing is known."""
