"""The image of the Containerfile and the services of compose.yaml, built and run: ``make test-systemd``.

No registry is asked: Debian's base image is made of its packages, and the images of PostgreSQL and nginx are stood in
for by Debian's programs, started as those images start theirs.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from docs.site.blocks import CHECKOUT, block
from tests.support.engine import Engine, obstacle
from tests.support.workplace import PATIENCE

pytestmark = [
    pytest.mark.systemd,
    pytest.mark.skipif(bool(obstacle()), reason=f"no engine to run containers with: {obstacle()}"),
]

STATE = "/var/lib/aggregator"
VOLUME = f"news:{STATE}"
FEED = """<rss version="2.0"><channel><title>Paper</title>
<item><guid>1</guid><title>A bridge is open</title><description>All may cross it.</description></item>
</channel></rss>"""
SOURCE = """[[source]]
name = "paper"
kind = "feed"
url = "http://site:8000/feed.xml"
full_text = "never"
"""
SITE = '[site]\nurl = "http://127.0.0.1"\n[server]\nlisten = "0.0.0.0:8080"\n'
PRIVATE = '[network]\nallow_private = ["10.0.0.0/8"]\ndelay = "0s"\n'
STAND_INS = """ARG BASE
FROM ${BASE} AS postgres
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql
COPY postgres.sh /
ENV PGHOST=/tmp
CMD ["sh", "/postgres.sh"]

FROM ${BASE} AS nginx
RUN apt-get update && apt-get install --yes --no-install-recommends nginx-light \\
 && rm -r /etc/nginx/sites-enabled /var/lib/nginx && ln -s /var/cache/nginx /var/lib/nginx \\
 && ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log
CMD ["nginx", "-g", "daemon off;"]
"""
POSTGRES = """#!/bin/sh
set -eu
export PGDATA=/var/lib/postgresql/data PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
as="setpriv --reuid=postgres --regid=postgres --clear-groups"
chown postgres $PGDATA
if ! [ -s $PGDATA/PG_VERSION ]; then
    echo "$POSTGRES_PASSWORD" > /tmp/password
    $as initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --encoding=UTF8 --no-sync
    echo "host all all all scram-sha-256" >> $PGDATA/pg_hba.conf
    $as pg_ctl --wait start -o "-c listen_addresses= -c unix_socket_directories=/tmp"
    $as createdb --host=/tmp --username="$POSTGRES_USER" "$POSTGRES_DB"
    $as pg_ctl --wait stop
fi
exec $as postgres -c listen_addresses='*' -c unix_socket_directories=/tmp
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with the image, built from the checkout by its own file, but for where the base comes from."""
    with Engine(tmp_path_factory.mktemp("engine")) as engine:
        text = (CHECKOUT / "Containerfile").read_text()
        suite = re.search(r"^ARG BASE=docker\.io/library/debian:(\w+)-slim$", text, re.MULTILINE)
        assert suite
        base = engine.make_base(suite[1])
        engine.build(CHECKOUT, "aggregator", BASE=base, PACKAGES="postgresql-client")
        yield engine


def until(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for something that is bound to happen."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.5)


def healthy(engine: Engine, container: str) -> bool:
    """Whether the health check of the image finds it well."""
    engine.run("podman", "healthcheck", "run", container, expect=None)
    return engine.run("podman", "exec", container, "python3", "/opt/aggregator/healthy.py", expect=None) == ""


def start(engine: Engine, name: str, *options: str) -> None:
    """Start the daemon in a container and wait until it is well."""
    engine.run("podman", "run", "--detach", "--name", name, *options, "aggregator")
    until(lambda: healthy(engine, name))


def stop(engine: Engine, name: str) -> str:
    """Stop a container, which ends in peace, and give its log."""
    engine.run("podman", "stop", name)
    assert engine.run("podman", "inspect", "--format={{.State.ExitCode}}", name).strip() == "0"
    log = engine.run("podman", "logs", name)
    engine.run("podman", "rm", name)
    return log


def test_the_image_has_what_runs_and_little_else(engine: Engine) -> None:
    """No package tool of Python, no sources, no lists of packages; one user, who is not root, and a health check."""
    image = json.loads(engine.run("podman", "image", "inspect", "aggregator"))[0]
    assert image["Config"]["User"] == "10001:10001"
    assert image["Healthcheck"]["Test"][0] == "CMD"
    assert "Volumes" not in image["Config"]  # one that nobody named would go unseen
    assert image["Size"] < 600_000_000
    look = "ls -d /src /opt/aggregator/bin/pip /var/lib/apt/lists/* 2>/dev/null; find / -xdev -user aggregator -not -path '/proc/*'"
    said = engine.run(
        "podman", "run", "--rm", "--user=root", "--entrypoint=sh", "aggregator", "-c", look, expect=None
    )
    assert said.split() == [STATE]
    assert engine.run("podman", "run", "--rm", "--read-only", "aggregator", "--version").startswith(
        "aggregator "
    )


def test_without_a_volume_it_works_and_says_that_nothing_is_kept(engine: Engine) -> None:
    """Also on a tmpfs; and its operator's pages are closed to whoever is not inside."""
    for options in ([], [f"--tmpfs={STATE}:mode=1777"]):
        start(engine, "unkept", *options)
        assert engine.ask(f"{engine.address('unkept')}/healthz")[0] == 200
        for path in ("/status", "/metrics"):
            assert engine.ask(f"{engine.address('unkept')}{path}")[0] == 404
        log = stop(engine, "unkept")
        assert f"NOTHING IS KEPT: {STATE} is no volume" in log
        assert f"--volume aggregator:{STATE}" in log


def test_a_volume_is_kept(engine: Engine) -> None:
    """Shut in as docs/containers.md says, without any capability; the next container goes on with it."""
    assert "--read-only --cap-drop all" in block("docs/containers.md", "One container")
    shut = ("--read-only", "--cap-drop=all", f"--volume={VOLUME}")
    start(engine, "kept", *shut)
    rights = engine.run("podman", "exec", "kept", "cat", "/proc/1/status")
    assert re.search(r"^Uid:\t10001\t", rights, re.MULTILINE)
    assert re.search(r"^CapBnd:\t0{16}$", rights, re.MULTILINE)
    assert "A new database" in stop(engine, "kept")
    start(engine, "kept", *shut)
    log = stop(engine, "kept")
    assert "A new database" not in log
    assert "NOTHING IS KEPT" not in log


def test_what_it_may_not_write_to_is_said_with_the_mend(engine: Engine, tmp_path: Path) -> None:
    """A folder of root's is refused, with the command that mends it; so is a read-only root without a volume."""
    run = ("podman", "run", "--rm")
    said = engine.run(*run, "--read-only", "aggregator", expect=1)
    assert (
        said
        == f"This container is read-only, and {STATE} is no volume: run it with --volume aggregator:{STATE}\n"
    )
    folder = tmp_path / "data"
    folder.mkdir()
    bind = f"--volume={folder}:{STATE}"
    said = engine.run(*run, bind, "aggregator", expect=1)
    assert (
        "User 10001 of this container may not write to /var/lib/aggregator, which belongs to user 0." in said
    )
    mend = said.splitlines()[-1].partition(": ")[2].replace("FOLDER", str(folder))
    subprocess.run(["sh", "-euc", mend], check=True)
    start(engine, "mended", bind)
    stop(engine, "mended")
    assert (folder / "var" / "aggregator.db").exists()


def test_a_configuration_of_ones_own(engine: Engine, tmp_path: Path) -> None:
    """It takes the place of the image's; a mistake in it ends the container with status 2 and the place of the fault."""
    tmp_path.chmod(0o755)
    (tmp_path / "aggregator.toml").write_text(SITE.replace("url", "ulr"))
    said = engine.run(
        "podman", "run", "--rm", f"--volume={tmp_path}:/etc/aggregator:ro", "aggregator", expect=2
    )
    assert "ulr" in said


@pytest.fixture(scope="module")
def project(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The services of compose.yaml, brought up as the page says, with a site to poll beside them."""
    folder, stand_ins = tmp_path_factory.mktemp("project") / "news", tmp_path_factory.mktemp("stand-ins")
    shutil.copytree(CHECKOUT / "container", folder / "container")
    shutil.copy(CHECKOUT / "compose.yaml", folder)
    (folder / ".env").write_text("POSTGRES_PASSWORD=correct-horse\n")
    config = folder / "container" / "compose" / "aggregator.toml"
    config.write_text(config.read_text() + PRIVATE)
    (config.parent / "sources.d").mkdir()
    (config.parent / "sources.d" / "paper.toml").write_text(SOURCE)
    (stand_ins / "Containerfile").write_text(STAND_INS)
    (stand_ins / "postgres.sh").write_text(POSTGRES)
    services = yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    for target, name in (("postgres", "database"), ("nginx", "nginx")):
        engine.build(stand_ins, services[name]["image"], f"--target={target}", BASE="localhost/base")
    feed = tmp_path_factory.mktemp("site")
    feed.chmod(0o755)
    (feed / "feed.xml").write_text(FEED)
    compose(engine, folder, "up", "--detach", "--no-build")
    serve = ("-m", "http.server", "--directory=/srv", "8000")
    alias = (
        "--network=news_default",
        "--network-alias=site",
        f"--volume={feed}:/srv:ro",
        "--entrypoint=python3",
    )
    engine.run("podman", "run", "--detach", "--name=site", *alias, "aggregator", *serve)
    yield folder
    compose(engine, folder, "down")


def compose(engine: Engine, folder: Path, *arguments: str) -> None:
    """Call podman-compose in the project's folder."""
    engine.run("podman-compose", *arguments, folder=folder)


def polls(engine: Engine, container: str) -> bool:
    """Whether all sources answer."""
    said = engine.run("podman", "exec", container, "sh", "-c", "aggregator poll && echo polled", expect=None)
    return said.endswith("polled\n")


def shows(engine: Engine, title: str) -> bool:
    """Whether the feed that nginx passes on has an article."""
    status, body = engine.ask("http://127.0.0.1/feeds/feed.json")
    return status == 200 and title in body


def test_the_services_of_compose(engine: Engine, project: Path) -> None:
    """What is polled comes by nginx, the database has it, a backup was made of it, and all is as the store says."""
    # A moment after its start, the name of the site may not be known yet.
    until(lambda: polls(engine, "news_aggregator_1") and shows(engine, "A bridge is open"))
    assert engine.ask("http://127.0.0.1/search?q=bridge")[0] == 200
    for path in ("/status", "/status.json", "/metrics"):
        assert engine.ask(f"http://127.0.0.1{path}")[0] == 404
    inside = ("podman", "exec", "news_aggregator_1")
    until(lambda: ".pgdump" in engine.run(*inside, "ls", "backups"))
    assert "aggregator.db" not in engine.run(*inside, "ls", "-R", STATE)
    engine.run(*inside, "aggregator", "publish", "--check")
    assert "correct-horse" not in engine.run("podman", "logs", "news_aggregator_1")


def test_what_they_have_outlives_them(engine: Engine, project: Path) -> None:
    """Taken down and brought up, they go on with what their volumes hold."""
    until(lambda: shows(engine, "A bridge is open"))
    engine.run("podman", "rm", "--force", "--time=1", "site")
    compose(engine, project, "down")
    compose(engine, project, "up", "--detach", "--no-build")
    until(lambda: shows(engine, "A bridge is open"))
