"""What `aggregator doctor` checks: this machine, the hosts of the sources, what is stored and written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was looked at."""

    what: str
    ok: bool | None
    """Whether it is as it should be; None where there was nothing to look at."""
    found: str
    mend: str = ""
    """What to do where it is not."""
