"""A worker process: a job that hangs or crashes costs the worker, not the program.

A job is a function with its arguments, pickled; it comes by the socket on stdin, where its result goes back.
"""

import contextlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from aggregator.errors import AggregatorError, ReadError
from aggregator.worker.processes import keep_together
from aggregator.worker.quiet import tame_libraries

JOB_TIMEOUT = 60.0  # seconds that a job may take
MAX_IDLE = 300.0  # seconds without a job after which a worker ends; the next one takes half a second to start
LONG_JOB = 5.0
"""Seconds after which a job takes long, so that the next one waits no more: a process takes some to start."""
LAST_CALL = 10.0  # seconds before that in which it gets no job any more, over which it would end
MAX_AHEAD = 100_000  # bytes of a job that waits in the socket; a larger one would wait for a reader half sent
MAX_MEMORY = 150_000_000  # bytes that a worker may keep in memory after a job
GROUP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that Ctrl-C and systemd send to the whole process group.

Workers ignore them so that a running job can finish.
"""

P = ParamSpec("P")
T = TypeVar("T")


class EndedError(ReadError):
    """The process ended over a job."""


class HeldUpError(EndedError):
    """The process is at a job before it that takes long."""


class Worker:
    """A worker process, which ends with the thread that made it. Raises OSError where it cannot start.

    Several threads may give it jobs at a time, and it does them in order. So the next one is at hand when one
    is done; a thread of a busy program takes milliseconds to hand it over.
    """

    def __init__(self) -> None:
        # They are blocked until the worker ignores them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, GROUP_SIGNALS)
        self._socket, theirs = Pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-P", "-m", "aggregator.worker.worker", str(os.getpid())],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,  # what a library prints
                # It imports the same modules from the same places.
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        finally:
            theirs.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._used = time.monotonic()
        self.has_started = False
        """Whether it has done a job; before the first one it loads what that takes."""
        self._is_stuck = False
        self._sending = threading.Lock()
        self._last = threading.Event()
        """Set when the result of the last job has been taken."""
        self._last.set()

    @property
    def alive(self) -> bool:
        """Whether it can do another job; one that failed, took too much or was idle for long cannot."""
        is_fresh = time.monotonic() - self._used < MAX_IDLE - LAST_CALL
        return is_fresh and not self._is_stuck and self._process.poll() is None

    @property
    def memory(self) -> int:
        """Bytes that it has in memory."""
        return _memory(str(self._process.pid))

    def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a job, and return or raise what it does; this waits for its end.

        ``work`` is found by its module and name. Raises EndedError where the process ends over it or over the
        job before it, HeldUpError where that one takes long, and ReadError where the job itself takes too
        long or its answer cannot be taken over.
        """
        job = pickle.dumps((work, args, kwargs), pickle.HIGHEST_PROTOCOL)
        try:
            value, error = self._exchange(job)
        except EndedError:
            raise
        except (EOFError, ConnectionError) as exc:
            raise EndedError(self._why_ended()) from exc
        except BaseException as exc:
            self.close()
            if isinstance(exc, ReadError):
                raise
            raise ReadError(f"what was read cannot be taken over ({type(exc).__name__}: {exc})") from exc
        if error is not None:
            raise error
        return cast("T", value)

    def close(self) -> None:
        """End the process, whatever it does."""
        # The socket closes with the last thread that listens to it, and none mistakes another's file for it.
        self._process.kill()
        self._process.wait()

    def _exchange(self, job: bytes) -> tuple[Any, BaseException | None]:
        taken = threading.Event()
        with self._sending:
            before, self._last = self._last, taken
            if len(job) > MAX_AHEAD:
                self._await(before)
            self._socket.send_bytes(job)
        self._await(before)
        try:
            return self._receive()
        finally:
            taken.set()

    def _await(self, before: threading.Event) -> None:
        if not before.wait(LONG_JOB):
            self._is_stuck = True
            raise HeldUpError("the process that should read it is held up")

    def _receive(self) -> tuple[Any, BaseException | None]:
        if not self._socket.poll(JOB_TIMEOUT):
            raise ReadError(f"reading it takes longer than {JOB_TIMEOUT:g} s")
        keeps_much, answer = self._socket.recv_bytes().split(b":", 1)
        self._used, self.has_started = time.monotonic(), True
        if keeps_much == b"True" or self._is_stuck:
            self.close()
        value, error = pickle.loads(answer)  # noqa: S301 - from a process of our own
        return value, error

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
    socket = Connection(os.dup(0))
    with contextlib.suppress(EOFError, ConnectionError):
        while socket.poll(MAX_IDLE):
            work, args, kwargs = pickle.loads(socket.recv_bytes())  # noqa: S301 - from our own parent
            answer = _done(work, args, kwargs)
            socket.send_bytes(b"%r:" % (_memory() > MAX_MEMORY) + answer)


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
