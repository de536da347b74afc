"""A worker process: a job that hangs or crashes costs the worker, not the program.

A job is a function with its arguments, pickled to stdin; its result comes pickled from stdout.
"""

import contextlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from aggregator.errors import AggregatorError, ReadError
from aggregator.worker.processes import keep_together
from aggregator.worker.quiet import tame_libraries

JOB_TIMEOUT = 60.0  # seconds that a job may take
MAX_IDLE = 300.0  # seconds without a job after which a worker ends; the next one takes half a second to start
LAST_CALL = 10.0  # seconds before that in which it gets no job any more, over which it would end
MAX_MEMORY = 150_000_000  # bytes that a worker may keep in memory after a job
GROUP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that Ctrl-C and systemd send to the whole process group.

Workers ignore them so that a running job can finish.
"""

P = ParamSpec("P")
T = TypeVar("T")


class EndedError(ReadError):
    """The process ended over a job."""


class Worker:
    """A worker process, which ends with the thread that made it. Raises OSError where it cannot start."""

    def __init__(self) -> None:
        # They are blocked until the worker ignores them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, GROUP_SIGNALS)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-P", "-m", "aggregator.worker.worker", str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # It imports the same modules from the same places.
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._used = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether it can do another job; one that failed, took too much or was idle for long cannot."""
        return self._process.poll() is None and time.monotonic() - self._used < MAX_IDLE - LAST_CALL

    @property
    def memory(self) -> int:
        """Bytes that it has in memory."""
        return _memory(str(self._process.pid))

    def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a job, and return or raise what it does; this waits for its end.

        ``work`` is found by its module and name. Raises EndedError where the process ends over it, and
        ReadError where it takes too long or its answer cannot be taken over.
        """
        job = pickle.dumps((work, args, kwargs), pickle.HIGHEST_PROTOCOL)
        try:
            value, error, last = self._exchange(job)
        except (EOFError, BrokenPipeError) as exc:
            raise EndedError(self._why_ended()) from exc
        except BaseException as exc:
            # Half a result may be left in the pipe, and would be taken for that of the next job.
            self.close()
            if isinstance(exc, ReadError):
                raise
            raise ReadError(f"what was read cannot be taken over ({type(exc).__name__}: {exc})") from exc
        self._used = time.monotonic()
        if last:
            self.close()
        if error is not None:
            raise error
        return cast("T", value)

    def close(self) -> None:
        """End the process, whatever it does."""
        # It may have left a job half read; the rest of it cannot be flushed any more.
        with contextlib.suppress(BrokenPipeError), self._process:
            self._process.kill()

    def _exchange(self, job: bytes) -> tuple[Any, BaseException | None, bool]:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("started without pipes")
        process.stdin.write(job)
        process.stdin.flush()
        if not wait([process.stdout.fileno()], JOB_TIMEOUT):
            raise ReadError(f"reading it takes longer than {JOB_TIMEOUT:g} s")
        value, error = pickle.load(process.stdout)  # noqa: S301 - from a process of our own
        return value, error, pickle.load(process.stdout)  # noqa: S301

    def _why_ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self.close()
        code = self._process.returncode
        how = signal.Signals(-code).name if -code in set(signal.Signals) else f"exit {code}"
        return f"the process that read it ended ({how})"


def serve(parent: int) -> None:
    """Do the jobs on stdin, until it ends or the parent does, or nobody has had one for long."""
    keep_together()
    if os.getppid() != parent:
        return  # the parent ended before the kernel was asked to tell
    for number in GROUP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, GROUP_SIGNALS)
    tame_libraries()
    # When memory runs out, the kernel shall kill this process rather than its parent.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a library prints must not mix with the results.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with contextlib.suppress(EOFError, BrokenPipeError):
        while wait([jobs.fileno()], MAX_IDLE):
            work, args, kwargs = pickle.load(jobs)  # noqa: S301 - from our own parent
            answer = _done(work, args, kwargs)
            answers.write(answer + pickle.dumps(_memory() > MAX_MEMORY))
            answers.flush()


def within(memory: int, work: Callable[..., T], *args: Any) -> T:
    """Do a job with so many bytes of memory at most; only a worker may, since it ends where it needs more."""
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
    try:
        return work(*args)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))


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


def _memory(process: str = "self") -> int:
    """Give the bytes that a process has in memory; 0 where the system does not say (Linux does)."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
