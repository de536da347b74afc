"""A container of systemd's own, booted from this machine's root below a layer that is thrown away."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

TOOLS = ("systemd-nspawn", "unshare", "nsenter")
NAME = "aggregator-test"


def obstacle() -> str:
    """What keeps this machine from booting one; empty where nothing does."""
    if os.geteuid() != 0:
        return "only root can boot a container"
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"{missing[0]} is not installed (on Debian: apt install systemd-container)"
    if not Path("/usr/lib/systemd/systemd").exists() and not Path("/lib/systemd/systemd").exists():
        return "systemd is not installed (on Debian: apt install systemd)"
    probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return "" if probe.returncode == 0 else "this machine lets nobody mount anything"


class Container:
    """A machine to be filled (:meth:`install`), booted (:meth:`boot`) and asked (:meth:`run`).

    Its mounts live in a namespace of their own and go with it; the network is its own loopback alone.
    """

    def __init__(self, layer: Path) -> None:
        self.root = layer / "root"
        script = (
            f"mount -t tmpfs tmpfs {layer} && mkdir {layer}/upper {layer}/work {layer}/root && "
            f"mount -t overlay overlay -o lowerdir=/,upperdir={layer}/upper,workdir={layer}/work {self.root} && "
            "echo mounted && exec sleep infinity"
        )
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", "--propagation=private", "sh", "-c", script],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._keeper.stdout
        assert self._keeper.stdout.readline() == "mounted\n"
        self._inside = ["nsenter", f"--target={self._keeper.pid}", "--mount"]
        self._machine: subprocess.Popen[bytes] | None = None
        self._leader = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._machine:
            subprocess.run(["kill", "-KILL", str(self._leader)], check=False)
            self._machine.kill()
            self._machine.wait()
        self._keeper.kill()
        self._keeper.communicate()

    def install(self, *commands: str, folder: Path) -> None:
        """Run commands of a shell on its root before it is booted, in a folder of this machine."""
        for command in commands:
            script = f"cd {folder} && {command}"
            done = subprocess.run(
                [*self._inside, "chroot", str(self.root), "sh", "-euc", script],
                capture_output=True,
                text=True,
                check=False,
                # The system's own programs, whatever stands before them here.
                env=os.environ | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Put a file there, before or after it is booted."""
        script = f"mkdir -p {Path(path).parent} && cat > {path} && chmod {mode:o} {path}"
        enter = self._enter() if self._machine else [*self._inside, "chroot", str(self.root)]
        subprocess.run([*enter, "sh", "-euc", f"cd / && {script}"], input=text, text=True, check=True)

    def boot(self) -> None:
        """Start its systemd and wait until all that belongs to a boot is there."""
        self._machine = subprocess.Popen(
            [
                *self._inside,
                "systemd-nspawn",
                "--quiet",
                "--register=no",
                "--keep-unit",
                f"--directory={self.root}",
                f"--machine={NAME}",
                "--private-network",
                "--boot",
                "systemd.unit=multi-user.target",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 120
        while self._state() not in ("running", "degraded"):
            assert self._machine.poll() is None, "the container is gone"
            assert time.monotonic() < deadline, "the container does not boot"
            time.sleep(0.5)

    def run(self, *command: str, expect: int | None = 0) -> str:
        """Run a command inside and give what it printed; ``expect`` is its exit status, None for any."""
        done = subprocess.run([*self._enter(), *command], capture_output=True, text=True, check=False)
        assert expect is None or done.returncode == expect, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _enter(self) -> list[str]:
        return ["nsenter", f"--target={self._leader}", "--all", "--wd=/"]

    def _state(self) -> str:
        """What its systemd says of itself, once the first process of the container is there."""
        assert self._machine
        children = ["ps", "-o", "pid=,comm=", "--ppid", str(self._machine.pid)]
        for line in subprocess.run(children, capture_output=True, text=True, check=False).stdout.splitlines():
            process, name = line.split()
            if name == "systemd":
                self._leader = int(process)
        return self.run("systemctl", "is-system-running", expect=None).strip() if self._leader else ""
