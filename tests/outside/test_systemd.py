"""The service that docs/install.md installs, judged by systemd's own tools."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
SERVICE = CHECKOUT / "systemd" / "aggregator.service"
BROWSER = SERVICE.with_name("aggregator-browser@.service")
WORKER = SERVICE.with_name("aggregator-worker@.service")
SYSUSERS = CHECKOUT / "systemd" / "aggregator.sysusers"
INSTALL = CHECKOUT / "docs" / "install.md"


def tool(name: str) -> str:
    """Where one of systemd's tools lies; the test is skipped without it."""
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed (on Debian: apt install systemd)")
    return found


def said(*command: str | Path, text: str | None = None) -> str:
    """Everything that a command prints; most of systemd's tools exit 0 on bad units too."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


@pytest.mark.parametrize("service", [SERVICE, WORKER, BROWSER], ids=["daemon", "worker", "browser"])
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path, service: Path) -> None:
    """With the program in its place, `systemd-analyze verify` is silent."""
    analyze = tool("systemd-analyze")
    program = tmp_path / "aggregator"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit, replaced = re.subn(r"(?m)^ExecStart=/\S+(.*[^\\])$", rf"ExecStart={program}\1", service.read_text())
    assert replaced == 1
    (tmp_path / service.name).write_text(unit)
    shutil.copy(BROWSER.with_name("aggregator-browser.socket"), tmp_path)
    assert said(analyze, "verify", tmp_path / service.name) == ""


def test_the_program_is_the_one_that_is_installed() -> None:
    """The unit starts what the install steps put there, with the configuration they put there."""
    lines = [line for line in SERVICE.read_text().splitlines() if line.startswith("ExecStart=")]
    assert lines == ["ExecStart=/opt/aggregator/bin/aggregator run --config /etc/aggregator/aggregator.toml"]
    steps = INSTALL.read_text()
    assert "python3 -m venv --upgrade-deps /opt/aggregator" in steps
    assert " /etc/aggregator/aggregator.toml" in steps


def test_a_worker_has_the_fences_of_the_daemon() -> None:
    """Its unit differs in what it is called and in the command."""
    lines = [path.read_text().splitlines() for path in (SERVICE, WORKER)]
    different = [(one, other) for one, other in zip(*lines, strict=True) if one != other]
    assert [one.partition("=")[0] for pair in different for one in pair] == [
        *["Description"] * 2,
        *["ExecStart"] * 2,
    ]
    assert different[1][1] == different[1][0].replace("aggregator run", "aggregator worker")


@pytest.mark.parametrize(("service", "most"), [(SERVICE, 2.0), (WORKER, 2.0), (BROWSER, 3.0)])
def test_the_service_is_shut_in(service: Path, most: float) -> None:
    """The exposure that `systemd-analyze security` finds; a browser needs to make a sandbox of its own."""
    report = said(tool("systemd-analyze"), "security", "--offline=true", "--no-pager", service)
    score = re.search(r"Overall exposure level for \S+\.service: (\d+\.\d+)", report)
    assert score, report
    assert float(score[1]) <= most, report


def test_the_user_and_group_of_the_service_are_made(tmp_path: Path) -> None:
    """systemd-sysusers makes one user, who cannot log in, and a group; the unit runs as them."""
    (tmp_path / "etc").mkdir()
    report = said(tool("systemd-sysusers"), f"--root={tmp_path}", "-", text=SYSUSERS.read_text())
    name, _, uid, gid, _, home, shell = (tmp_path / "etc/passwd").read_text().strip().split(":")
    assert (name, home) == ("aggregator", "/var/lib/aggregator"), report
    assert shell.endswith("/nologin")
    assert 0 < int(uid) < 1000
    assert (tmp_path / "etc/group").read_text() == f"aggregator:x:{gid}:\n"
    unit = SERVICE.read_text().splitlines()
    assert {"User=aggregator", "Group=aggregator", "WorkingDirectory=/var/lib/aggregator"} <= set(unit)


def test_five_commands_install_the_service() -> None:
    """The steps are five lines, and every file that they copy from the checkout is there."""
    block = re.search(r"```sh\n(.*?)```", INSTALL.read_text(), re.DOTALL)
    assert block
    commands = block[1].strip().splitlines()
    assert len(commands) == 5
    copied = [word for line in commands for word in line.split() if re.match(r"(systemd|aggregator)/", word)]
    assert copied
    assert [path for path in copied if not (CHECKOUT / path).is_file()] == []
