"""The wheel and the source distribution: what is in them, the same bytes wherever they are built, and pipx."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from docs.site.blocks import CHECKOUT
from tests.support.workplace import PATIENCE

pytestmark = pytest.mark.slow

LONG_AGO = 978_307_200
DEMO = """
import fcntl, json, signal, socket, struct, subprocess, sys, time, urllib.request
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # the loopback of this namespace is up
demo = subprocess.Popen([sys.argv[1], "demo"])
titles = []
while len(titles) < 20 and demo.poll() is None:
    time.sleep(0.2)
    try:
        with urllib.request.urlopen("http://127.0.0.1:8080/feeds/feed.json", timeout=9) as answer:
            titles = [item["title"] for item in json.load(answer)["items"]]
    except OSError:
        pass
demo.send_signal(signal.SIGTERM)
print(len(titles), demo.wait())
"""


def tracked() -> set[str]:
    """The files of the project, by git."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    return set(listed.stdout.decode().split("\0")) - {""}


@dataclass
class Built:
    """What one build made."""

    wheel: Path
    sdist: Path

    @property
    def sources(self) -> dict[str, bytes]:
        """The files of the source distribution."""
        with tarfile.open(self.sdist) as archive:
            files = [one for one in archive if one.isfile()]
            return {one.name.partition("/")[2]: archive.extractfile(one).read() for one in files}  # type: ignore[union-attr]

    @property
    def names(self) -> set[str]:
        """The files of the wheel."""
        return set(zipfile.ZipFile(self.wheel).namelist())


def build(folder: Path, target: Path, *before: str, **environ: str) -> Built:
    """Build both from the sources in a folder, with the tool that pyproject.toml names."""
    command = [*before, sys.executable, "-m", "hatchling", "build", "--directory", str(target)]
    subprocess.run(
        command, cwd=folder, env=os.environ | environ, check=True, capture_output=True, timeout=300
    )
    return Built(next(target.glob("*.whl")), next(target.glob("*.tar.gz")))


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with what a user may have put beside it."""
    folder = tmp_path_factory.mktemp("one") / "aggregator"
    for name in tracked():
        if (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, folder / name)
    for name in ("config/aggregator.toml", "config/sources.d/secret.toml", "var/notes.db", "cookies.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    return folder


@pytest.fixture(scope="module")
def built(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """What is built from it."""
    return build(sources, tmp_path_factory.mktemp("built"))


def test_another_machine_builds_the_same_bytes(
    sources: Path, built: Built, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In another folder, at another time, with other dates of files, which others may not read, in another zone and language."""
    folder = tmp_path_factory.mktemp("two") / "some" / "where"
    shutil.copytree(sources, folder)
    for path in folder.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
        path.chmod(path.stat().st_mode & 0o700)
    clock = [shutil.which("faketime") or pytest.skip("faketime is not installed"), "2031-05-06 07:08:09"]
    other = build(
        folder, tmp_path_factory.mktemp("again"), *clock, TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="7"
    )
    assert other.wheel.name == built.wheel.name
    assert other.wheel.read_bytes() == built.wheel.read_bytes()
    assert other.sdist.read_bytes() == built.sdist.read_bytes()


def test_the_sources_make_the_wheel(built: Built, tmp_path: Path) -> None:
    """What distributions build from is all that the wheel was built from."""
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    assert build(folder, tmp_path / "built").wheel.read_bytes() == built.wheel.read_bytes()


def test_the_source_distribution_is_the_project(built: Built) -> None:
    """Tests and all that git has, byte for byte, and nothing that lies beside it."""
    files = built.sources
    assert set(files) == tracked() | {"PKG-INFO"}
    assert {
        name
        for name, content in files.items()
        if name != "PKG-INFO" and content != (CHECKOUT / name).read_bytes()
    } == set()


def test_the_wheel_has_all_that_runs(built: Built) -> None:
    """Every file of the package, the demo's configuration, and nothing else but what describes it."""
    said = {name for name in built.names if ".dist-info/" not in name}
    assert said == {name for name in tracked() if name.startswith("aggregator/")} | {
        "aggregator/demo/demo.toml"
    }


def test_pipx_installs_it(built: Built, tmp_path: Path) -> None:
    """As docs/install.md says; the demo runs from an empty folder, with nothing of the checkout in sight."""
    pipx = shutil.which("pipx") or pytest.skip("pipx is not installed (on Debian: apt install pipx)")
    alone = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a network of its own for the demo's two ports")
    env = os.environ | {"PIPX_HOME": f"{tmp_path}/pipx", "PIPX_BIN_DIR": f"{tmp_path}/bin"}
    env.pop("PYTHONPATH", None)
    subprocess.run([pipx, "install", str(built.wheel)], env=env, check=True, capture_output=True, timeout=600)
    empty = tmp_path / "empty"
    empty.mkdir()
    program = f"{tmp_path}/bin/aggregator"
    demo = [*alone, sys.executable, "-c", DEMO, program]
    done = subprocess.run(
        demo, cwd=empty, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    articles, status = done.stdout.split()[-2:]
    assert (int(articles) >= 20, status) == (True, "0"), done.stderr
    assert [path.name for path in empty.iterdir()] == ["var"]
    assert str(CHECKOUT) not in done.stdout + done.stderr
