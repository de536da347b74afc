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
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from aggregator.errors import AggregatorError, ReadError
from aggregator.worker.processes import keep_together
from aggregator.worker.quiet import tame_libraries

LONGEST = 60.0  # seconds
LARGEST = 150_000_000  # bytes that it may keep in memory after a job
# Ctrl-C and systemd mean the whole family, but we may still want what a worker is at.
FAMILY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """A process of our own; it ends with the thread that made it. Raises OSError where it cannot start."""

    def __init__(self) -> None:
        # It sees them once it is ready for them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, FAMILY)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-P", "-m", "aggregator.worker.worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # The modules that we know, in the places where we know them.
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @property
    def alive(self) -> bool:
        """Whether it can be given more to do; one that failed or kept too much memory cannot."""
        return self._process.poll() is None

    def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Have something computed, and return or raise what it does; waits for it.

        ``work`` is found by its module and name. Raises ReadError where it takes too long, the process ends
        over it, or its answer cannot be taken over.
        """
        job = pickle.dumps((work, args, kwargs), pickle.HIGHEST_PROTOCOL)
        try:
            value, error, last = self._exchange(job)
        except (EOFError, BrokenPipeError) as exc:
            raise ReadError(self._why_ended()) from exc
        except BaseException as exc:
            # Half an answer may be left in the pipe, and would be taken for that to the next job.
            self.close()
            if isinstance(exc, ReadError):
                raise
            raise ReadError(f"what was read cannot be taken over ({type(exc).__name__}: {exc})") from exc
        if last:
            self.close()
        if error is not None:
            raise error
        return cast("T", value)

    def close(self) -> None:
        """End it, whatever it is at."""
        # It may have left a job half read, which the end of the pipe cannot take any more.
        with contextlib.suppress(BrokenPipeError), self._process:
            self._process.kill()

    def _exchange(self, job: bytes) -> tuple[Any, BaseException | None, bool]:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("started without pipes")
        process.stdin.write(job)
        process.stdin.flush()
        if not wait([process.stdout.fileno()], LONGEST):
            raise ReadError(f"reading it takes longer than {LONGEST:g} s")
        value, error = pickle.load(process.stdout)  # noqa: S301 - from a process of our own
        return value, error, pickle.load(process.stdout)  # noqa: S301

    def _why_ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self.close()
        code = self._process.returncode
        said = signal.Signals(-code).name if -code in set(signal.Signals) else f"exit {code}"
        return f"the process that read it ended ({said})"


def serve(parent: int) -> None:
    """Do what stdin says, until it or the process of that number ends."""
    keep_together()
    if os.getppid() != parent:
        return  # it ended before we could ask to be told
    for number in FAMILY:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FAMILY)
    tame_libraries()
    # Where memory is at its end, the kernel shall take this process rather than its parent.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a library prints is for nobody, least of all for who waits for an answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            work, args, kwargs = pickle.load(jobs)  # noqa: S301 - from our own parent
            answer = _done(work, args, kwargs)
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
    serve(int(sys.argv[1]))
