"""Pages rendered with Chromium: a process for each, which reaches nothing but our own proxy."""

import asyncio
import json
import os
import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from aggregator.errors import FetchError
from aggregator.fetch.addresses import read_address
from aggregator.fetch.body import format_size
from aggregator.fetch.browser.channel import open_channel
from aggregator.fetch.browser.proxy import USER, BrowserProxy, origin_of
from aggregator.fetch.browser.renderer import CHROMIUM, Rendered, Task
from aggregator.fetch.exchange import Answer
from aggregator.fetch.guard import Guard
from aggregator.fetch.retry import gate_error
from aggregator.fetch.session import Session
from aggregator.model import Fetched
from aggregator.settings import Network
from aggregator.settings.access import Browser

GRACE = 5.0  # seconds beyond a page's timeout in which its process has to answer

MEND = "[source.browser] needs `pip install aggregator[browser]` and Chromium"
REASONS = {
    "no-browser": MEND,
    "no-start": "[source.browser]: Chromium does not start (docs/install.md: a browser beside it)",
    "no-sandbox": "[source.browser]: Chromium does not start: the system gives it no sandbox",
    "failed": "the browser cannot show it",
    "download": "is a download, not a page",
}
"""What to say for each error of the process."""


class Renderer:
    """Renders one page at a time."""

    def __init__(self, network: Network, guard: Guard, user_agent: str) -> None:
        self._network = network
        self._guard = guard
        self._user_agent = user_agent
        self.slot = asyncio.Semaphore(1)
        """Held by whoever renders a page."""

    async def render(self, address: str, browser: Browser, session: Session) -> Fetched:
        """Open a page in a fresh browser and give its HTML as it is in the end.

        The caller holds ``slot``. Raises FetchError.
        """
        if session.proxy():
            raise FetchError(address, "[source.browser] and proxy do not go together")
        credentials = session.for_browser(address)
        async with BrowserProxy(self._guard) as proxy:
            task = Task(
                address=address,
                wait_for=browser.wait_for,
                timeout=browser.timeout.total_seconds(),
                user_agent=self._user_agent,
                max_size=self._network.max_size,
                proxy=f"http://127.0.0.1:{proxy.port}",
                proxy_user=USER,
                proxy_password=proxy.password,
                hosts=tuple(credentials.hosts),
                clear_hosts=tuple(credentials.clear_hosts),
                headers=credentials.headers,
                cookies=credentials.cookies,
            )
            rendered, html = await _run(task, self._network.browser)
            return _read(rendered, html, task, proxy)


def can_render(network: Network) -> bool:
    """Tell whether there seems to be a browser, without starting it."""
    if network.browser:
        return Path(network.browser).exists()
    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright"
    found = any(map(shutil.which, CHROMIUM)) or any(Path(folder).glob("chromium*"))
    return found and find_spec("playwright") is not None


async def _run(task: Task, socket: str) -> tuple[Rendered, bytes]:
    """Have a process render the page. Raises FetchError where there is none to be had."""
    try:
        async with open_channel(socket) as (reader, writer), asyncio.timeout(task.timeout + GRACE):
            writer.write(json.dumps(asdict(task)).encode() + b"\n")
            rendered = Rendered(**json.loads(await reader.readline()))
            return rendered, await reader.readexactly(min(rendered.length, task.max_size))
    except TimeoutError:
        return Rendered(task.address, error="timeout"), b""
    except (ValueError, TypeError, EOFError, BrokenPipeError, ConnectionResetError):
        return Rendered(task.address, error="no-start"), b""
    except OSError as exc:
        where = f"{socket} ([network] browser)" if socket else "its process"
        raise FetchError(task.address, f"no browser behind {where}: {exc.strerror or exc}") from exc


def _read(rendered: Rendered, html: bytes, task: Task, proxy: BrowserProxy) -> Fetched:
    """Make an answer of a rendered page. Raises FetchError where it is none."""
    url = read_address(rendered.address or task.address)
    address = str(url)
    answer = Answer(url, rendered.status, {"content-type": "text/html; charset=utf-8"}, body=html)
    answered = 200 <= rendered.status < 300
    if not answered and (refused := proxy.refused.get(origin_of(url))):
        raise FetchError(address, refused)
    if rendered.error == "too-large":
        reason = f"larger than {format_size(task.max_size)} when rendered ([network] max_size)"
        raise FetchError(address, reason, fault="too-large")
    if rendered.error == "timeout":
        raise FetchError(address, f"not rendered after {task.timeout:g} s ([source.browser] timeout)")
    if rendered.error:
        raise FetchError(address, REASONS.get(rendered.error, f"the browser says {rendered.error}"))
    if gate := answer.gate(redirected=address != task.address):
        raise gate_error(answer, gate, datetime.now(UTC))
    if not answered:
        raise FetchError(address, f"answered {answer.phrase}", status=answer.status)
    if rendered.missed:
        raise FetchError(address, f'"{task.wait_for}" did not appear ([source.browser] wait_for)')
    return Fetched(address, answer.status, answer.headers, html)
