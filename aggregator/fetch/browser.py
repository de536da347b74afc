"""Pages rendered with Chromium: a process for each, which reaches nothing but our own proxy."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime

from aggregator.errors import FetchError
from aggregator.fetch.addresses import read_address
from aggregator.fetch.body import format_size
from aggregator.fetch.errand import Errand
from aggregator.fetch.exchange import Answer
from aggregator.fetch.guard import Guard
from aggregator.fetch.processes import end_family
from aggregator.fetch.render import Rendered, Task
from aggregator.fetch.retry import gate_error
from aggregator.fetch.tunnel import USER, Tunnel, origin_of
from aggregator.model import Fetched
from aggregator.settings import Network
from aggregator.settings.access import Browser

GRACE = 5.0  # seconds beyond a page's timeout in which its process must have said so
LONGEST_LINE = 65536
# What a browser needs of our environment; secrets may be in the rest of it.
KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "PLAYWRIGHT_BROWSERS_PATH", "PYTHONPATH")

MEND = "[source.browser] needs `pip install aggregator[browser]` and Chromium"
SAID = {
    "no-browser": MEND,
    "no-start": "[source.browser]: Chromium does not start (docs/configuration.md says what it needs)",
    "no-sandbox": "[source.browser]: Chromium does not start: the system gives it no sandbox",
    "failed": "the browser cannot show it",
    "download": "is a download, not a page",
}


class Renderer:
    """Renders one page at a time."""

    def __init__(self, network: Network, guard: Guard, user_agent: str) -> None:
        self._network = network
        self._guard = guard
        self._user_agent = user_agent
        self.place = asyncio.Semaphore(1)

    async def render(self, address: str, browser: Browser, errand: Errand) -> Fetched:
        """Open a page in a fresh browser and give its HTML as it stands there in the end.

        The caller holds ``place``. Raises FetchError.
        """
        if errand.proxy():
            raise FetchError(address, "[source.browser] and proxy do not go together")
        told = errand.luggage(address)
        async with Tunnel(self._guard) as tunnel:
            task = Task(
                address=address,
                wait_for=browser.wait_for,
                timeout=browser.timeout.total_seconds(),
                user_agent=self._user_agent,
                max_size=self._network.max_size,
                proxy=f"http://127.0.0.1:{tunnel.port}",
                proxy_user=USER,
                proxy_password=tunnel.password,
                hosts=tuple(told.hosts),
                clear_hosts=tuple(told.clear_hosts),
                headers=told.headers,
                cookies=told.cookies,
            )
            rendered, html = await _run(task)
            return _read(rendered, html, task, tunnel)


async def _run(task: Task) -> tuple[Rendered, bytes]:
    """Start the process, and leave nothing of it behind."""
    with tempfile.TemporaryDirectory(prefix="aggregator-", ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "aggregator.fetch.render",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(folder),
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(task.timeout + GRACE):
                out = await _talk(process, json.dumps(asdict(task)).encode(), task.max_size)
        except TimeoutError:
            return Rendered(task.address, error="timeout"), b""
        finally:
            end_family(process.pid)
            await process.wait()
    line, _, html = out.partition(b"\n")
    try:
        return Rendered(**json.loads(line)), html
    except (ValueError, TypeError):
        # The shipped unit, for one, lets neither Playwright nor Chromium run: it takes a drop-in.
        return Rendered(task.address, error="no-start"), b""


def _read(rendered: Rendered, html: bytes, task: Task, tunnel: Tunnel) -> Fetched:
    """What a rendered page comes to. Raises FetchError where that is nothing."""
    url = read_address(rendered.address or task.address)
    address = str(url)
    answer = Answer(url, rendered.status, {"content-type": "text/html; charset=utf-8"}, body=html)
    answered = 200 <= rendered.status < 300
    if not answered and (refused := tunnel.refused.get(origin_of(url))):
        raise FetchError(address, refused)
    if rendered.error == "too-large":
        said = f"larger than {format_size(task.max_size)} when rendered ([network] max_size)"
        raise FetchError(address, said, fault="too-large")
    if rendered.error == "timeout":
        raise FetchError(address, f"not rendered after {task.timeout:g} s ([source.browser] timeout)")
    if rendered.error:
        raise FetchError(address, SAID.get(rendered.error, f"the browser says {rendered.error}"))
    if gate := answer.gate(redirected=address != task.address):
        raise gate_error(answer, gate, datetime.now(UTC))
    if not answered:
        raise FetchError(address, f"answered {answer.phrase}", status=answer.status)
    if rendered.missed:
        raise FetchError(address, f'"{task.wait_for}" did not appear ([source.browser] wait_for)')
    return Fetched(address, answer.status, answer.headers, html)


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    # Everything that it writes goes with the folder; no desktop is asked for anything.
    ours = dict.fromkeys(("TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), folder)
    return kept | ours | {"DBUS_SESSION_BUS_ADDRESS": "disabled:"}


async def _talk(process: asyncio.subprocess.Process, said: bytes, max_size: int) -> bytes:
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise RuntimeError("started without pipes")
    stdin.write(said)
    stdin.close()
    out = bytearray()
    while (piece := await stdout.read(65536)) and len(out) <= max_size + LONGEST_LINE:
        out += piece
    return bytes(out)
