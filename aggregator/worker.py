"""A process that computes for ours: what takes its time or its life, takes neither from us.

It is given a function with its arguments on stdin, and says on stdout what came of it, both pickled.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from aggregator.errors import AggregatorError, ReadError
from aggregator.libraries import tame_libraries

LONGEST = 120  # seconds
LARGEST = 150_000_000  # bytes that it may keep in memory after a job

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """A process of our own; it ends with ours. Raises OSError where it cannot be started."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # -P: a file that lies in the working folder is no module of ours.
            [sys.executable, "-P", "-m", "aggregator.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    @property
    def alive(self) -> bool:
        """Whether it can be given more to do; one that kept too much memory cannot."""
        return self._process.poll() is None

    def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Have something computed, and return or raise what it does; waits for it.

        ``work`` is found by its module and name. Raises ReadError where it takes too long, or the process
        ends over it.
        """
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("started without pipes")
        job = pickle.dumps((work, args, kwargs), pickle.HIGHEST_PROTOCOL)
        try:
            process.stdin.write(job)
            process.stdin.flush()
            value, error = pickle.load(process.stdout)  # noqa: S301 - from a process of our own
            last = pickle.load(process.stdout)  # noqa: S301
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as exc:
            raise ReadError(_why_ended(process.wait())) from exc
        if last:
            self.close()
        if error:
            raise error
        return cast("T", value)

    def close(self) -> None:
        """End it, whatever it is at."""
        # It may have left a job half read, which the end of the pipe cannot take any more.
        with contextlib.suppress(BrokenPipeError), self._process:
            self._process.kill()


def _why_ended(code: int) -> str:
    if code == -signal.SIGALRM:
        return f"reading it takes longer than {LONGEST} s"
    said = signal.Signals(-code).name if -code in set(signal.Signals) else f"exit {code}"
    return f"the process that read it ended ({said})"


def serve() -> None:
    """Do what stdin says, until it ends."""
    # Ctrl-C and systemd mean the whole family, but our parent may still want what we are at.
    for unmeant in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(unmeant, signal.SIG_IGN)
    tame_libraries()
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a library prints is for nobody, least of all for who waits for an answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    while True:
        try:
            work, args, kwargs = pickle.load(jobs)  # noqa: S301 - from our own parent
        except EOFError:
            return
        # Nobody is asked: this ends a loop in C, too, and one whose parent is no more.
        signal.alarm(LONGEST)
        answer = _done(work, args, kwargs)
        signal.alarm(0)
        answers.write(answer + pickle.dumps(_memory() > LARGEST))
        answers.flush()


def _done(work: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    try:
        return pickle.dumps((work(*args, **kwargs), None), pickle.HIGHEST_PROTOCOL)
    except Exception as exc:
        where = "" if isinstance(exc, AggregatorError) else traceback.format_exc()
        try:
            error = pickle.loads(pickle.dumps(exc))  # noqa: S301 - not every error can be made again
        except Exception:
            error = RuntimeError(f"{type(exc).__name__}: {exc}")
        if where:
            error.add_note(where)
        return pickle.dumps((None, error))


def _memory() -> int:
    """The bytes that this process has in memory; 0 where the system does not say (Linux does)."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    serve()
