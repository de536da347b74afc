"""Podman and buildah with a store, a network and mounts of their own, and base images without a registry."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TOOLS = ("podman", "buildah", "debootstrap", "podman-compose", "unshare", "nsenter", "ip")
CERTIFICATES = Path(os.environ.get("PIP_CERT", "/etc/ssl/certs/ca-certificates.crt"))
STORAGE = """[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""
# A machine without systemd, which may not raise limits, in whose containers nobody counts memory.
SETTINGS = """[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
cgroups = "disabled"
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
NAMESPACE = """umount --recursive /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup
ip link set lo up && echo ready && exec sleep infinity"""
ASK = """
import sys, urllib.error, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=9) as answer:
        print(answer.status, answer.read().decode())
except urllib.error.HTTPError as exc:
    print(exc.code)
except OSError as exc:
    print(0, exc)
"""


def obstacle() -> str:
    """What keeps this machine from running containers; empty where nothing does."""
    if os.geteuid() != 0:
        return "only root can make an image without a registry"
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"{missing[0]} is not installed (on Debian: apt install podman buildah debootstrap podman-compose)"
    probe = subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, check=False)
    return "" if probe.returncode == 0 else "this machine lets nobody mount anything"


class Engine:
    """Builds on this machine's network, and runs on one of its own; all of it goes with :meth:`close`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in (("storage.conf", STORAGE), ("containers.conf", SETTINGS)):
            (folder / name).write_text(text.format(folder=folder))
        self._env = os.environ | {
            "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
            "CONTAINERS_CONF": f"{folder}/containers.conf",
        }
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", "--net", "--propagation=private", "sh", "-c", NAMESPACE],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._keeper.stdout
        assert self._keeper.stdout.readline() == "ready\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run("podman", "rm", "--all", "--force", "--time=1", expect=None)
        self._keeper.kill()
        self._keeper.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)

    def make_base(self, suite: str) -> str:
        """Make Debian's base system of packages, as the image would have it, and give the image's name."""
        root = self.folder / "root"
        self._do("debootstrap", "--variant=minbase", suite, str(root))
        # This machine may reach its registries by a certificate of its own.
        shutil.copy(CERTIFICATES, root / "etc" / "certificates.pem")
        (root / "etc" / "pip.conf").write_text("[global]\ncert = /etc/certificates.pem\n")
        shutil.rmtree(root / "var" / "cache" / "apt" / "archives")
        archive = self.folder / "root.tar"
        self._do("tar", f"--directory={root}", "--create", f"--file={archive}", ".")
        self._do("podman", "import", "--quiet", str(archive), "localhost/base")
        archive.unlink()
        shutil.rmtree(root)
        return "localhost/base"

    def build(self, context: Path, tag: str, *options: str, **arguments: str) -> None:
        """Build the Containerfile of a folder, with these arguments of it."""
        given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        command = ["buildah", "bud", "--isolation=chroot", "--format=docker", "--tag", tag]
        self._do(*command, *options, *given, str(context))

    def run(self, *command: str, expect: int | None = 0, folder: Path | None = None, **environ: str) -> str:
        """Run a command of the engine beside its containers, and give all that it printed."""
        enter = ["nsenter", f"--target={self._keeper.pid}", "--mount", "--net", "--wd=."]
        done = subprocess.run(
            [*enter, *command],
            cwd=folder,
            env=self._env | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        # Podman would like to ask systemd for health checks, each time.
        said = re.sub(
            r"^time=.*healthcheck.*\n|^failed to connect to syslog.*\n", "", done.stdout, flags=re.MULTILINE
        )
        assert expect is None or done.returncode == expect, f"{command}\n{said}"
        return said

    def ask(self, address: str) -> tuple[int, str]:
        """Ask an address on the network of the containers: status and body, 0 where nobody answers."""
        status, _, body = self.run(sys.executable, "-c", ASK, address).partition(" ")
        return int(status), body

    def address(self, container: str) -> str:
        """The address of a container's server."""
        networks = self.run("podman", "inspect", "--format={{.NetworkSettings.IPAddress}}", container)
        return f"http://{networks.strip()}:8080"

    def _do(self, *command: str, **options: Any) -> None:
        done = subprocess.run(command, env=self._env, capture_output=True, text=True, check=False, **options)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
