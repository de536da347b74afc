"""A process with everything that it started: kept together, and ended together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

PROC = Path("/proc")
# <sys/prctl.h>
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def keep_together() -> None:
    """Stay the parent of whatever our children leave behind, and end with our own parent (Linux).

    Chromium is started in a session of its own, so that a process group does not hold it.
    """
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def end_family(leader: int) -> None:
    """Kill the leader of a process group and all that it started, itself last: until then it adopts them."""
    killed: set[int] = set()
    # Whoever has been killed starts nothing more, so this comes to its end.
    while fresh := _descendants(leader) - killed:
        killed |= fresh
        for process in fresh:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.killpg(leader, signal.SIGKILL)


def _descendants(ancestor: int) -> set[int]:
    """Everything below a process, as /proc has it; nothing where there is no /proc."""
    children: dict[int, list[int]] = {}
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # "pid (name) state parent …"; the name may hold anything.
            parent = int((folder / "stat").read_text("latin-1").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    found: set[int] = set()
    waiting = [ancestor]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found
