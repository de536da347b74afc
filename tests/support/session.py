"""A folder with some sources that were polled, and a shell in it: the blocks of a page, typed one after another."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from threading import Thread

from docs.site.blocks import CHECKOUT
from tests.support.forkserver import fork
from tests.support.loopback import Answer, Received, Site
from tests.support.running import free_port, healthy, until
from tests.support.samples import feed, item
from tests.support.workplace import HEAD, PATIENCE, Workplace, environment

PROGRAM = """#!/bin/bash
# The program as the documentation calls it. What it begins polls loopback, and its daemon is stopped once it is up.
case "$1" in
  run|demo)
    [[ $1 != demo ]] || set -- demo --config {folder}/demo.toml
    coproc daemon {{ exec {python} -m aggregator "$@"; }}
    process=$daemon_PID
    while read -r line <&"${{daemon[0]}}"; do
      echo "$line"
      [[ $line != Ctrl-C* ]] || {{ kill -TERM "$process"; break; }}
    done
    wait "$process" ;;
  init)
    {client} "$@" || exit
    sed -i 's/127.0.0.1:8080/127.0.0.1:{port}/; s/^\\[network\\]/&\\nallow_private = ["127.0.0.0\\/8"]\\ndelay = "0s"/' "$2/config/aggregator.toml" ;;
  *)
    exec {client} "$@" ;;
esac
"""
CLIENT = """#!{python} -IS
# Has a command run by a process that has imported the program already, and says what it says.
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect("{address}")
    order = dict(arguments=sys.argv[1:], folder=os.getcwd(), environ=dict(os.environ))
    asked.sendall(json.dumps(order).encode() + b"\\n")
    out, err, code = json.load(asked.makefile())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""
SOURCES = """
[server]
listen = "127.0.0.1:{port}"

[operator]
token = {{ file = "operator.token" }}

[[receiver]]
name = "desk"
url = "{site}/hook"

[[reader]]
name = "trade"
token = {{ env = "TRADE_TOKEN" }}

[[source]]
name = "members"
kind = "listing"
url = "{site}/members"
full_text = "never"
[source.list]
entry = "li"
[source.session]
signed_in = "/logout"
[source.session.login]
url = "{site}/login"
user = "reader"
password = {{ env = "MEMBERS_PASSWORD" }}
"""
SOURCE = """
[[source]]
name = "{name}"
kind = "feed"
url = "{site}/feed.xml?{name}"
full_text = "never"
"""
KEYS = {
    "old-paper": "",
    "town-paper": 'category = "Town"\n',
    "NAME": 'category = "市场监管总局"\narchive = "warc"\n',
}
"""The sources of the folder, with keys of their own. The first one's table is taken out after the poll."""
TOKENS = {
    "MEMBERS_PASSWORD": "a password",
    "TRADE_TOKEN": "trade-" + "t" * 40,
    "TOKEN": "operator-" + "o" * 40,
}
MAKE = f'#!/bin/sh\nexec {shutil.which("make")} --dry-run --directory={CHECKOUT} "$@"\n'
"""What ``make`` would run is shown, and a test of its own runs the demo."""
FRONT_PAGE = b"<html><head><title>News</title><link rel='alternate' type='application/rss+xml' href='/more.xml'></head></html>"


def _login(request: Received) -> Answer:
    form = (
        b"<html><body><form method=post><input name=user><input name=word type=password></form></body></html>"
    )
    entered = {"Location": "/members", "Set-Cookie": "sid=1; Path=/"}
    return Answer(status=302, headers=entered) if request.method == "POST" else Answer(form)


def _members(request: Received) -> Answer:
    rows = b"<html><body><a href=/logout>Leave</a><ul><li><a href=/1>Circular 1</a> 2026-03-05</ul></body></html>"
    return (
        Answer(rows)
        if "sid=1" in request.headers.get("cookie", "")
        else Answer(status=302, headers={"Location": "/login"})
    )


def site() -> Site:
    """A site with a feed, a page that names another, a list for members, and a place for messages."""
    more = feed(*(item(n, "more text of") for n in range(4, 7)))
    pages = {"/feed.xml": feed(*map(item, range(1, 4))), "/more.xml": more, "/": FRONT_PAGE, "/hook": b"{}"}
    return Site({**pages, "/login": _login, "/members": _members})


class Commands(StreamRequestHandler):
    """Runs a command for :data:`CLIENT`."""

    def handle(self) -> None:
        """Answer with its output, errors and exit code."""
        order = json.loads(self.rfile.readline())
        process = fork(order["arguments"], Path(order["folder"]), order["environ"]) or subprocess.Popen(
            [sys.executable, "-m", "aggregator", *order["arguments"]],
            cwd=order["folder"],
            env=order["environ"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        out, err = process.communicate(timeout=PATIENCE)
        self.wfile.write(json.dumps([out, err, process.returncode]).encode())


@contextmanager
def running_commands(address: Path) -> Iterator[None]:
    """Run commands for who asks at a Unix socket."""
    with ThreadingUnixStreamServer(str(address), Commands) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield
        server.shutdown()


class Session:
    """A shell in that folder, in which names of the documentation stand for places on loopback."""

    def __init__(self, folder: Path, site: Site, port: int) -> None:
        self.workplace, self.site, self.port = Workplace(folder), site, port
        path = f"{folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self.environ = environment() | TOKENS | {"PATH": path}

    def prepare(self, address: Path) -> None:
        """Write the folder's programs and configuration, and poll once; at the address commands are run."""
        folder = self.workplace.folder
        programs = folder / ".venv" / "bin"
        programs.mkdir(parents=True)
        client = programs / "client"
        program = PROGRAM.format(python=sys.executable, client=client, folder=folder, port=free_port())
        demo = (CHECKOUT / "config" / "demo.toml").read_text("utf-8")
        for port in ("8080", "8081"):
            demo = demo.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}")
        (folder / "demo.toml").write_text(demo, "utf-8")
        for name, text in (
            ("aggregator", program),
            ("make", MAKE),
            ("client", CLIENT.format(python=sys.executable, address=address)),
        ):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        (programs / "activate").write_text("")
        (folder / "operator.token").write_text(TOKENS["TOKEN"])
        (folder / "operator.token").chmod(0o600)
        (folder / "my-news").mkdir()
        (folder / "old-site" / "_posts").mkdir(parents=True)
        post = "---\ntitle: The ferry of old\n---\nIt left at dawn.\n"
        (folder / "old-site" / "_posts" / "2020-03-05-ferry.md").write_text(post)
        outline = f'<outline type="rss" title="More" xmlUrl="{self.site.url}/feed.xml"/>'
        for place in (folder, folder / "my-news"):
            text = f'<opml version="2.0"><body>{outline}</body></opml>'
            (place / "subscriptions.opml").write_text(text)
        self._configure(KEYS)
        self.run("aggregator poll")
        self._configure(dict(list(KEYS.items())[1:]))

    def copied(self, folder: Path) -> Session:
        """A session in a copy of this one's folder, as it is now."""
        shutil.copytree(self.workplace.folder, folder, dirs_exist_ok=True)
        return Session(folder, self.site, self.port)

    def _configure(self, sources: dict[str, str]) -> None:
        config = self.workplace.config
        config.parent.mkdir(exist_ok=True)
        tables = [SOURCE.format(name=name, site=self.site.url) + keys for name, keys in sources.items()]
        head = HEAD.format(url="https://news.example.org", output="")
        config.write_text(head + SOURCES.format(port=self.port, site=self.site.url) + "".join(tables))

    def run(self, text: str) -> str:
        """Type some lines; fails where one of them does. Gives what was printed."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._named(text)],
            cwd=self.workplace.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, text + done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr

    def _named(self, text: str) -> str:
        names = {
            "https://news.example.org": self.site.url,
            "127.0.0.1:8080": f"127.0.0.1:{self.port}",
            "/backup/": f"{self.workplace.folder}/",
            "/srv/news": str(self.workplace.folder),
        }
        for name, here in names.items():
            text = text.replace(name, here)
        articles = sorted(path.stem for path in self.workplace.folder.glob("public/share/*.html"))
        for name, here in zip(("ID", "OTHER"), articles, strict=False):
            text = re.sub(rf"(?<=\w ){name}\b", here, text)
        return text

    @contextmanager
    def daemon(self) -> Iterator[None]:
        """Let the daemon run meanwhile."""
        running = self.workplace.start("run", **TOKENS)
        try:
            until(lambda: healthy(self.port))
            yield
        finally:
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=PATIENCE)
