"""nginx with the block of docs/install.md: it says what the daemon's own server says, each header once."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from docs.site.blocks import CHECKOUT, block
from tests.support.proxied import OURS, READER, Proxied, answers, require_closed, served
from tests.support.running import free_port, get, until

pytestmark = pytest.mark.slow


@contextmanager
def nginx(folder: Path, text: str) -> Iterator[str]:
    """The address of an nginx with this block, which its own test finds sound."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        pytest.skip("nginx is not installed (Debian: apt install nginx)")
    address = f"127.0.0.1:{free_port()}"
    assert "listen 80;" in text
    text = text.replace("listen 80;", f"listen {address};")
    # Its workers read what is below a folder of ours.
    head = f"user root;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
    config = folder / "nginx.conf"
    config.write_text(
        f"{head}http {{\ninclude /etc/nginx/mime.types;\naccess_log {folder}/access.log;\n{text}}}\n"
    )
    command = [program, "-p", str(folder), "-c", str(config)]
    said = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "warn" not in said.stderr
    process = subprocess.Popen([*command, "-g", "daemon off;"])
    try:
        until(lambda: answers(f"http://{address}"))
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of nginx and of the daemon, which serve one site."""
    text = block("docs/install.md", "Behind nginx")
    with served(tmp_path_factory.mktemp("served")) as (workplace, ours):
        for name, here in (
            ("/var/lib/aggregator/public", f"{workplace.folder}/public"),
            ("127.0.0.1:8080", ours),
        ):
            assert name in text
            text = text.replace(name, here)
        with nginx(workplace.folder, text) as address:
            yield address, f"http://{ours}"


class TestNginx(Proxied):
    """It says what the daemon says, and shows nobody what is the operator's."""


def test_no_log_has_the_address_of_a_reader(tmp_path: Path) -> None:
    """Neither that of accesses nor, where the daemon is away, that of errors; others are there."""
    text = block("docs/install.md", "Behind nginx").replace("127.0.0.1:8080", f"127.0.0.1:{free_port()}")
    with nginx(tmp_path, text.replace("/var/lib/aggregator/public", f"{tmp_path}")) as address:
        for path in ("/search?q=Title", f"/r/{READER}/feeds/rss.xml"):
            assert get(f"{address}{path}").status_code == 502
    for name in ("access.log", "error.log"):
        log = (tmp_path / name).read_text("utf-8")
        assert "/search?q=Title" in log
        assert READER not in log


@pytest.mark.parametrize("root", ["/", "/news/"])
def test_it_passes_everything_on(servers: tuple[str, str], tmp_path: Path, root: str) -> None:
    """By the single location that the page has for the site's address with and without a path."""
    page = (CHECKOUT / "docs" / "install.md").read_text("utf-8")
    found = re.search(rf"`(location {root} {{[^`]*}})`", page)
    assert found
    location = found[1].replace("http://127.0.0.1:8080", servers[1])
    with nginx(tmp_path, f"server {{\nlisten 80;\n{location}\n}}\n") as address:
        for path in ("", "feeds/rss.xml", "search/rss.xml?q=Title"):
            theirs, ours = get(f"{address}{root}{path}"), get(f"{servers[1]}/{path}")
            assert theirs.content == ours.content
            for name in OURS:
                assert theirs.headers.get_list(name) == ours.headers.get_list(name), name
        for path in ("status", "metrics"):
            require_closed(f"{address}{root}", path)
