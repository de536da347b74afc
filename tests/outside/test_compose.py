"""The services of compose.yaml, judged by docker-compose without an engine; tests/outside/test_container.py runs them."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
import yaml

from docs.site.blocks import CHECKOUT

pytestmark = pytest.mark.slow


def config(**environ: str) -> subprocess.CompletedProcess[str]:
    """What docker-compose makes of the file, after it has held it to its schema."""
    if shutil.which("docker-compose") is None:
        pytest.skip("docker-compose is not installed (on Debian: apt install docker-compose)")
    env = {name: value for name, value in os.environ.items() if name != "POSTGRES_PASSWORD"} | environ
    command = ["docker-compose", "--file", "compose.yaml", "config"]
    return subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False)


def test_the_file_is_as_its_schema_says() -> None:
    """Only nginx is reached from outside; what writes anywhere writes to a volume."""
    done = config(POSTGRES_PASSWORD="correct-horse")
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    daemon = services["aggregator"]
    assert (daemon["read_only"], daemon["cap_drop"], daemon["init"]) == (True, ["ALL"], True)
    assert daemon["healthcheck"]["test"][0] == "CMD"
    for path in (
        daemon["build"]["dockerfile"],
        "container/compose/nginx.conf",
        "container/compose/aggregator.toml",
    ):
        assert (CHECKOUT / path).is_file()


def test_without_a_password_nothing_begins() -> None:
    """And it says where to write one."""
    done = config()
    assert done.returncode != 0
    assert "write it into the file .env" in done.stderr
