"""A process that has imported the program already and forks for each command, which saves Python's start.

A forked command is a process of its own: it has its folder, environment, streams and signals, and ends as
Python ends. This file is both sides: :func:`fork` asks the server, which is this file run as a script.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import IO, Any

# The program imports these where it first needs them; the server imports them once for all commands.
LAZY = """
    alembic.command alembic.ddl alembic.runtime.migration dateparser feedgen.feed feedparser h11 jinja2.ext lxml.html
    lxml_html_clean protego pypinyin readability rich.progress rich.table sqlalchemy.dialects.sqlite trafilatura
    typer.rich_utils uvicorn
""".split()


class Forked:
    """A forked command, with what the tests use of :class:`subprocess.Popen`."""

    def __init__(self, control: socket.socket, order: Mapping[str, Any]) -> None:
        self.args = order["arguments"]
        self.returncode: int | None = None
        """The exit code, or minus the number of the signal that ended it; None while it runs."""
        self._answers, answering = socket.socketpair()
        out, out_written = os.pipe()
        err, err_written = os.pipe()
        try:
            socket.send_fds(
                control, [json.dumps(order).encode()], [out_written, err_written, answering.fileno()]
            )
        finally:
            os.close(out_written)
            os.close(err_written)
            answering.close()
        self.stdout: IO[str] | None = open(out, encoding="utf-8")  # noqa: SIM115 - communicate closes it
        self.stderr: IO[str] | None = open(err, encoding="utf-8")  # noqa: SIM115
        self.pid = self._answer(None)
        self._texts = ["", ""]
        self._readers: list[threading.Thread] = []

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit code."""
        if self.returncode is None:
            self.returncode = self._answer(timeout)
            self._answers.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Read both streams to their end, wait for the process, and return what was read."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self._readers:
            self._readers = [threading.Thread(target=self._read, args=(n,), daemon=True) for n in (0, 1)]
            for reader in self._readers:
                reader.start()
        for reader in self._readers:
            reader.join(None if deadline is None else max(0, deadline - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self.wait(None if deadline is None else max(1, deadline - time.monotonic()))
        return self._texts[0], self._texts[1]

    def send_signal(self, number: int) -> None:
        """Send it a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _read(self, number: int) -> None:
        if stream := (self.stdout, self.stderr)[number]:
            with stream:
                self._texts[number] = stream.read()

    def _answer(self, timeout: float | None) -> int:
        """The server's next number: that of the process first, its exit code at last."""
        if not select.select([self._answers], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        if not (answer := self._answers.recv(4)):
            raise RuntimeError("the fork server has ended")
        return int.from_bytes(answer, "little", signed=True)


def fork(arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Forked | None:
    """Run ``aggregator`` with these arguments in a folder; None where only a new Python can do that."""
    if sys.platform != "linux" or os.environ.get("AGGREGATOR_TESTS_START_PYTHON"):
        return None
    server, started_with = _server()
    if _read_at_start(environ) != started_with:
        return None
    order = {"arguments": list(arguments), "folder": str(folder), "environ": dict(environ)}
    return Forked(server, order)


def _read_at_start(environ: Mapping[str, str]) -> dict[str, str]:
    """What Python reads when it starts and never again; a forked process makes up for PYTHONPATH."""
    read = ("PYTHON", "LANG", "LC_", "LD_")
    return {key: value for key, value in environ.items() if key.startswith(read) and key != "PYTHONPATH"}


@functools.cache
def _server() -> tuple[socket.socket, dict[str, str]]:
    """Start the server, which ends with us; return our end of it and the environment that it read."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-P", __file__]
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours, _read_at_start(os.environ)


def import_all() -> None:
    """Import the program and what it imports late, where it is installed."""
    package = import_module("aggregator")
    modules = [module.name for module in walk_packages(package.__path__, "aggregator.")]
    for name in [*modules, *LAZY]:
        if name.endswith("__main__") or ".migrations." in name:
            continue  # these do their work when they are imported
        with contextlib.suppress(ImportError):
            import_module(name)
    gc.collect()
    gc.freeze()  # the collector would otherwise write to, and so copy, every page that we share


def serve(control: socket.socket) -> dict[str, Any]:
    """Fork for each order. Returns the order in the forked process; the server itself exits in here."""
    wakes, woken = socket.socketpair()
    woken.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([control, wakes], [], [])
        if wakes in ready:
            wakes.recv(4096)
            while running and (ended := os.waitpid(-1, os.WNOHANG))[0]:
                with running.pop(ended[0]) as answers, contextlib.suppress(OSError):
                    answers.send(_packed(os.waitstatus_to_exitcode(ended[1])))
        if control not in ready:
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 1_000_000, 3)
        if not message:
            sys.exit()
        out, err, answering = descriptors
        answers = socket.socket(fileno=answering)
        if process := os.fork():
            running[process] = answers
            os.close(out)
            os.close(err)
            answers.send(_packed(process))
            continue
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        for one in (wakes, woken, answers, *running.values()):
            one.close()
        control.detach()
        os.closerange(3, max(descriptors) + 3)
        order: dict[str, Any] = json.loads(message)
        return order


def _packed(number: int) -> bytes:
    return number.to_bytes(4, "little", signed=True)


def main() -> None:
    """Serve, and in each forked process be the program."""
    import_all()
    order = serve(socket.socket(fileno=0))
    # A shell that starts the tests in the background has Ctrl-C ignored, and its children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environ"])
    time.tzset()
    found = order["environ"].get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [order["folder"], *filter(None, found)]
    sys.argv = ["aggregator", *order["arguments"]]
    try:
        runpy.run_module("aggregator", run_name="__main__", alter_sys=True)
    except SystemExit as exc:
        if not isinstance(exc.code, int):
            raise
        # As Python ends, but without taking apart what is shared with the server, which would copy it.
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exc.code & 0xFF)


if __name__ == "__main__":
    main()
