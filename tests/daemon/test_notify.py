"""What the service manager hears from us."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.daemon.notify import Notifier


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A service manager's socket and its name as NOTIFY_SOCKET has it."""
    if request.param == "abstract" and sys.platform != "linux":
        pytest.skip("only Linux has abstract sockets")
    name = str(tmp_path / "notify") if request.param == "file" else f"@aggregator-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(name.replace("@", "\0", 1) if request.param == "abstract" else name)
        sock.settimeout(60)
        yield sock, name


def test_the_manager_hears_each_state(manager: tuple[socket.socket, str]) -> None:
    """Every state is one datagram of assignments, on a socket in the file system or an abstract one."""
    sock, name = manager
    notifier = Notifier({"NOTIFY_SOCKET": name})
    notifier.ready()
    notifier.ready("3 sources")
    notifier.ready("at\nwork: 消息")
    notifier.watchdog()
    notifier.stopping()
    heard = [sock.recv(4096).decode() for _ in range(5)]
    assert heard == [
        "READY=1",
        "READY=1\nSTATUS=3 sources",
        "READY=1\nSTATUS=at work: 消息",
        "WATCHDOG=1",
        "STOPPING=1",
    ]


def test_a_reload_tells_its_time(manager: tuple[socket.socket, str]) -> None:
    """A reload carries the monotonic time at which it began, in microseconds."""
    sock, name = manager
    before = time.monotonic_ns() // 1000
    Notifier({"NOTIFY_SOCKET": name}).reloading()
    state, _, moment = sock.recv(4096).decode().partition("\nMONOTONIC_USEC=")
    assert state == "RELOADING=1"
    assert before <= int(moment) <= time.monotonic_ns() // 1000


@pytest.mark.parametrize(
    ("environ", "interval"),
    [
        ({"WATCHDOG_USEC": "60000000"}, timedelta(seconds=30)),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, timedelta(seconds=30)),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "nonsense"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_asked(
    environ: dict[str, str], interval: timedelta | None
) -> None:
    """The interval is half the manager's, and none where it watches nobody or another process."""
    assert Notifier(environ).watchdog_interval == interval


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nonexistent/socket"}])
def test_without_a_manager_nothing_happens(environ: dict[str, str]) -> None:
    """Outside systemd, or when it is gone, the program goes on."""
    notifier = Notifier(environ)
    notifier.ready("fine")
    notifier.reloading()
    notifier.stopping()


def test_the_environment_is_read_once(manager: tuple[socket.socket, str]) -> None:
    """What changes in the environment later moves nothing."""
    sock, name = manager
    environ = {"NOTIFY_SOCKET": name}
    notifier = Notifier(environ)
    environ.clear()
    notifier.watchdog()
    assert sock.recv(4096) == b"WATCHDOG=1"
