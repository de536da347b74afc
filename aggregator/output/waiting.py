"""How to wait for another process of ours that publishes."""

import time
from collections.abc import Callable

from aggregator.errors import BusyError

RETRY_SECONDS = 0.1


def wait_for(
    take: Callable[[], bool],
    what: str,
    *,
    wait: float,
    on_wait: Callable[[str], None],
    stopped: Callable[[], bool],
) -> None:
    """Take a lock, or wait for whoever has it, up to ``wait`` seconds or until ``stopped``.

    ``take`` tells whether it got the lock, ``what`` says in messages what is published; ``on_wait`` gets one
    of them once. Raises BusyError in the end.
    """
    deadline = time.monotonic() + wait
    warned = False
    while not take():
        if not warned:
            on_wait(f"another aggregator is publishing {what}; waiting for it")
            warned = True
        if time.monotonic() >= deadline or stopped():
            raise BusyError(f"another aggregator is publishing {what}; try again later")
        time.sleep(RETRY_SECONDS)
