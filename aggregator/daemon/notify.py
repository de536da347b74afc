"""Telling systemd how the daemon does: sd_notify(3) over a datagram socket."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping
from datetime import timedelta


class Notifier:
    """Speaks to the service manager that started this process; silent where there is none.

    ``watchdog_interval`` is half of what the manager allows between two signs of life, None where it
    watches for none or for those of another process.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # "@" stands for the NUL byte of a name in Linux's abstract namespace (unix(7)).
        self._address = "\0" + address[1:] if address.startswith("@") else address
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        limit = environ.get("WATCHDOG_USEC", "") if ours else ""
        self.watchdog_interval = (
            timedelta(microseconds=int(limit) / 2) if limit.isdecimal() and int(limit) else None
        )

    def ready(self, status: str = "") -> None:
        """Starting or reloading is over."""
        self._send("READY=1", *([_status(status)] if status else []))

    def reloading(self) -> None:
        """A reload begins; :meth:`ready` ends it."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send("RELOADING=1", f"MONOTONIC_USEC={now}")

    def stopping(self) -> None:
        """The daemon is on its way out."""
        self._send("STOPPING=1")

    def watchdog(self) -> None:
        """A sign of life."""
        self._send("WATCHDOG=1")

    def _send(self, *assignments: str) -> None:
        if not self._address:
            return
        # Whether the manager hears us or not, news has to be gathered: a failure here is no reason to
        # stop, and one that matters (no sign of life) the manager acts on by itself.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.settimeout(1)  # a manager too busy to read must not stall the event loop
            sock.connect(self._address)
            sock.sendall("\n".join(assignments).encode())


def _status(text: str) -> str:
    return "STATUS=" + " ".join(text.split())  # a line break would begin another assignment
