"""Messages to systemd about the state of the daemon: sd_notify(3) over a datagram socket."""

import contextlib
import os
import socket
import time
from collections.abc import Mapping
from datetime import timedelta


class Notifier:
    """Sends messages to the service manager that started this process, if there is one."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # "@" stands for the NUL byte of a name in Linux's abstract namespace (unix(7)).
        self._address = "\0" + address[1:] if address.startswith("@") else address
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        limit = environ.get("WATCHDOG_USEC", "") if ours else ""
        watched = limit.isdecimal() and int(limit) > 0
        self.watchdog_interval = timedelta(microseconds=int(limit) / 2) if watched else None
        """Half of the time allowed between two signs of life; None where none are expected."""

    def ready(self, status: str = "") -> None:
        """Tell that starting or reloading is over."""
        self._send("READY=1", *([_status(status)] if status else []))

    def reloading(self) -> None:
        """Tell that a reload begins; :meth:`ready` ends it."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send("RELOADING=1", f"MONOTONIC_USEC={now}")

    def stopping(self) -> None:
        """Tell that the daemon is stopping."""
        self._send("STOPPING=1")

    def watchdog(self) -> None:
        """Give a sign of life."""
        self._send("WATCHDOG=1")

    def _send(self, *assignments: str) -> None:
        if not self._address:
            return
        # The daemon works without the manager too, which acts by itself on missing signs of life.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.settimeout(1)  # a busy manager must not stall the event loop for longer
            sock.connect(self._address)
            sock.sendall("\n".join(assignments).encode())


def _status(text: str) -> str:
    return "STATUS=" + " ".join(text.split())  # a line break would begin another assignment
