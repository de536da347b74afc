"""The memory of processes: what they hold, pages that they share counted once (PSS)."""

import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.load import children

PAUSE = 0.2


def held(pid: int) -> float:
    """Give the MB that a process and all that it started hold now."""
    total = 0
    for one in (pid, *descendants(pid)):
        with suppress(OSError):
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(rollup.partition("\nPss:")[2].split()[0])
    return total / 1024


def descendants(pid: int) -> list[int]:
    """Name the processes that a process started, and those that they started."""
    with suppress(OSError):
        return [one for child in children(pid) for one in (child, *descendants(child))]
    return []


class Peak:
    """The most that a process held, its children included, while this is open."""

    def __init__(self, pid: int) -> None:
        self.most = 0.0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._ended.wait(PAUSE):
            self.most = max(self.most, held(self._pid))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self.most = max(self.most, held(self._pid))
