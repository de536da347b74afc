"""Processes of a cluster, each in a network namespace of its own where that is wanted."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.support.workplace import PATIENCE, Workplace, environment

_numbers = itertools.count(os.getpid() * 16)


class Network:
    """A bridge of this machine, and network namespaces whose only way leads over it; as root.

    ``address`` gives the addresses of this machine on it: 1 and those that follow.
    """

    def __init__(self, addresses: int) -> None:
        number = next(_numbers)
        self._subnet = f"10.{100 + number // 250 % 100}.{number % 250}"
        self._name = f"agg{number % 10**8}"
        self._spaces: list[str] = []
        _ip("link", "add", self._name, "type", "bridge")
        _ip("link", "set", self._name, "up")
        for last in range(1, addresses + 1):
            _ip("address", "add", f"{self.address(last)}/24", "dev", self._name)

    @staticmethod
    def why_not() -> str:
        """Say why there can be no such networks here; nothing where there can."""
        if os.geteuid():
            return "network namespaces are made as root"
        if missing := [name for name in ("ip", "iptables") if not shutil.which(name)]:
            return f"{' and '.join(missing)} missing (Debian: apt install iproute2 iptables)"
        try:
            with Network(1) as network:
                _filter(network.space(250), "-L")
        except subprocess.CalledProcessError as exc:
            return f"network namespaces cannot be made here: {exc.stderr.strip()}"
        return ""

    def address(self, last: int) -> str:
        """Return an address of the network by its last number."""
        return f"{self._subnet}.{last}"

    @property
    def subnet(self) -> str:
        """All addresses of the network."""
        return f"{self._subnet}.0/24"

    def space(self, last: int) -> str:
        """Make a namespace with that address, and return its name."""
        space, inside = f"{self._name}-{last}", f"{self._name}.{last}"
        _ip("netns", "add", space)
        self._spaces.append(space)
        _ip("link", "add", inside, "type", "veth", "peer", "name", "eth0", "netns", space)
        _ip("link", "set", inside, "master", self._name, "up")
        _ip("-n", space, "address", "add", f"{self.address(last)}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", space, "link", "set", device, "up")
        return space

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for space in self._spaces:
            _ip("netns", "delete", space)
        _ip("link", "delete", self._name)


class Node:
    """A process of a cluster, by the name of its folder; it is started, killed, stopped and started again."""

    def __init__(
        self, folder: Path, command: str, settings: str, network: Network | None = None, last: int = 0
    ) -> None:
        self.name, self.command = folder.name, command
        self.workplace = Workplace(folder)
        self.workplace.config.parent.mkdir(parents=True)
        self.workplace.config.write_text(settings, "utf-8")
        self.address = network.address(last) if network else ""
        self.space = network.space(last) if network else ""
        self.ends: list[str] = []
        """What its processes said last that ended by themselves."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process, where one runs."""
        running = self._process and self._process.poll() is None
        return self._process.pid if self._process and running else None

    @property
    def log(self) -> str:
        """What all of its processes said."""
        return (self.workplace.folder / "log").read_text("utf-8")

    def start(self) -> None:
        """Start it, unless it runs; as systemd would, also where it ended by itself."""
        if self.pid:
            return
        self._note_end()
        before = ["ip", "netns", "exec", self.space] if self.space else []
        with (self.workplace.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*before, *self.workplace.command(self.command)],
                cwd=self.workplace.folder,
                env=environment(),
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and hold it to its exit code; one that has hardly started ends by the signal."""
        if not self.pid:
            return
        code = self._end(signal.SIGTERM)
        assert code in (0, -signal.SIGTERM), (self.name, code, self.log[-3000:])

    def cut(self, address: str) -> None:
        """Let nothing pass between it and an address."""
        _filter(self.space, "-A", "OUTPUT", "-d", address, "-j", "DROP")
        _filter(self.space, "-A", "INPUT", "-s", address, "-j", "DROP")

    def mend(self) -> None:
        """Let everything pass again."""
        _filter(self.space, "-F")

    def unplug(self) -> None:
        """Take its device down, with the addresses of all others."""
        _ip("-n", self.space, "link", "set", "eth0", "down")

    def plug(self) -> None:
        """Bring its device up again."""
        _ip("-n", self.space, "link", "set", "eth0", "up")

    def _end(self, number: int) -> int:
        self._note_end()
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code, self._process = self._process.wait(PATIENCE), None
        return code

    def _note_end(self) -> None:
        if self._process and not self.pid:
            self.ends.append(self.log[-1000:])
            self._process = None


def who_asks(nodes: Sequence[Node], address: tuple[str, int]) -> str:
    """Name the node at the other end of a connection: by its address, or by the process that has its port."""
    for node in nodes:
        if node.address == address[0]:
            return node.name
    socket = f"socket:[{_inode(address[1])}]"
    for node in nodes:
        if node.pid and socket in _open_files(node.pid):
            return node.name
    return "nobody"


def _inode(port: int) -> str:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].rpartition(":")[2], 16) == port and fields[9] != "0":
            return fields[9]
    return ""


def _open_files(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(os.readlink(file))
    return found


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=PATIENCE)


def _filter(space: str, *arguments: str) -> None:
    _ip("netns", "exec", space, "iptables", *arguments)
