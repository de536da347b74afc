"""The daemon as a process of its own: started, asked for its health, and stopped."""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import httpx

from tests.support.forkserver import Forked
from tests.support.loopback import Site
from tests.support.samples import feed_source
from tests.support.workplace import PATIENCE, Workplace

# Below the ports that the system gives away itself (from 32768), and for each process of tests another stretch.
_ports = itertools.count(10_000 + os.getpid() * 97 % 20_000)


def free_port() -> int:
    """A port that nobody listens on, and that nobody is given who asks for any."""
    while True:
        port = next(_ports)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def serving(site: Site, port: int, **keys: str) -> str:
    """A configuration of one source, served on that port."""
    return f'[server]\nlisten = "127.0.0.1:{port}"\n' + feed_source(site, **({"interval": "1s"} | keys))


def until(what: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for something that is bound to happen."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def get(address: str, **options: Any) -> httpx.Response:
    """Ask a server that may be busy."""
    return httpx.get(address, timeout=PATIENCE, trust_env=False, **options)


def healthy(port: int) -> bool:
    """Whether the daemon says that it is ready."""
    try:
        return get(f"http://127.0.0.1:{port}/healthz").json()["ready"] is True
    except httpx.TransportError:
        return False


@contextmanager
def daemon(workplace: Workplace, port: int, **environ: str) -> Iterator[subprocess.Popen[str] | Forked]:
    """A running daemon that is ready; killed at the end, unless it is stopped before."""
    process = workplace.start("run", **environ)
    try:
        until(lambda: healthy(port) or process.poll() is not None)
        yield process
    finally:
        process.kill()
        process.communicate()


def stop(process: subprocess.Popen[str] | Forked, number: int = signal.SIGTERM) -> tuple[str, str]:
    """Stop a daemon and hold it to its exit code."""
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    return out, err


class LoggedDaemon:
    """A daemon whose log is read as it comes; ``log`` is what it said so far."""

    def __init__(self, workplace: Workplace, port: int, *before: str, **environ: str) -> None:
        self.process = workplace.start("run", before=before, **environ)
        self.port = port
        self.log = ""
        self._readers = [
            threading.Thread(target=self._read, args=(pipe,))
            for pipe in (self.process.stdout, self.process.stderr)
            if pipe
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, pipe: IO[str]) -> None:
        for line in pipe:
            self.log += line

    def says(self, title: str) -> bool:
        """Whether its feed has an article."""
        answer = get(f"http://127.0.0.1:{self.port}/feeds/rss.xml")
        return f"<title>{title}</title>" in answer.text

    def limit(self, what: int, soft: int) -> None:
        """Set one of its limits from outside."""
        resource.prlimit(self.process.pid, what, (soft, resource.prlimit(self.process.pid, what)[1]))

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
        print(self.log)


@contextmanager
def logged_daemon(workplace: Workplace, port: int, *before: str, **environ: str) -> Iterator[LoggedDaemon]:
    """A daemon that is ready; killed at the end."""
    daemon = LoggedDaemon(workplace, port, *before, **environ)
    try:
        until(lambda: healthy(port))
        yield daemon
    finally:
        daemon.close()


@contextmanager
def running(workplace: Workplace, tables: str) -> Iterator[str]:
    """The daemon, which its own site address leads to."""
    address = f"127.0.0.1:{free_port()}"
    workplace.configure(f'{tables}\n[server]\nlisten = "{address}"\n', url=f"http://{address}")
    process = workplace.start("run")
    try:
        until(lambda: is_ready(address))
        yield f"http://{address}"
    finally:
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
        (workplace.folder / "log.txt").write_text(out + err)


def is_ready(address: str) -> bool:
    """Whether the daemon answers."""
    try:
        return get(f"http://{address}/healthz").status_code == 200
    except httpx.TransportError:
        return False
