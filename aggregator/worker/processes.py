"""Processes: their trees, kept together and ended together, and their memory."""

import contextlib
import ctypes
import gc
import os
import signal
import sys
from pathlib import Path

PROC = Path("/proc")
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # from <sys/prctl.h>


def keep_together() -> None:
    """Adopt whatever our children leave behind, and end with our own parent (Linux).

    A process group would not do: Chromium starts in a session of its own.
    """
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def collect_rarely() -> None:
    """Let Python look for garbage that refers to itself after 10,000 new objects, and not after 700.

    Polls and publications make many that last as long as they do; to look through them again and again took
    8 % of a publication's time.
    """
    gc.set_threshold(10_000, 5, 5)


def give_back_memory() -> None:
    """Give the system back what is free between pieces in use; glibc by itself gives what is behind them.

    After a large publication that is 20 MB, after reading ten thousand sources 40.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def end_tree(leader: int) -> None:
    """Kill the leader of a process group with all that it started, itself last: it adopts them until then."""
    killed: set[int] = set()
    # A killed process starts nothing more, so this comes to an end.
    while fresh := _descendants(leader) - killed:
        killed |= fresh
        for process in fresh:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.killpg(leader, signal.SIGKILL)


def _descendants(ancestor: int) -> set[int]:
    """Give every process below one, by /proc; none where there is no /proc."""
    children: dict[int, list[int]] = {}
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The line is "pid (name) state parent …", where the name may hold anything.
            parent = int((folder / "stat").read_text("latin-1").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    found: set[int] = set()
    waiting = [ancestor]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found
