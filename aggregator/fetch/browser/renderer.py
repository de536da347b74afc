"""The process that renders a page: ``python -m aggregator.fetch.browser.renderer``.

The fetcher or systemd starts it.
It reads a :class:`Task` as a line of JSON from stdin and writes a line of JSON, a :class:`Rendered`, and the
page's HTML to stdout. It leaves Chromium running: whoever started it ends it with all its children.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aggregator.worker.processes import keep_together

if TYPE_CHECKING:
    from playwright.async_api import Page, Playwright, Response

FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Nothing bypasses the proxy, neither WebRTC nor the resolving of names.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--js-flags=--max-old-space-size=256",
)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOT_LOADED = frozenset({"Image", "Media", "Font"})
IDLE_TIMEOUT = 10.0  # seconds after which a page that still talks to its server is taken as it is
CHALLENGE_TIMEOUT = 5.0  # seconds that a challenge gets to let us in


@dataclass(frozen=True, slots=True)
class Task:
    """What to render, through which proxy, and what to send with its requests."""

    address: str
    wait_for: str
    timeout: float
    """Seconds."""
    user_agent: str
    max_size: int
    proxy: str
    proxy_user: str
    proxy_password: str
    hosts: tuple[str, ...] = ()
    """Hosts that get the headers and cookies."""
    clear_hosts: tuple[str, ...] = ()
    """Those of them that get them by http, too."""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Rendered:
    """What came of a task."""

    address: str = ""
    status: int = 0
    error: str = ""
    """One of those in browser.py, or the browser's own word; empty for none."""
    missed: bool = False
    """Whether ``wait_for`` did not appear; there is HTML all the same."""
    length: int = 0
    """Bytes of the HTML."""


class _Rendering:
    """One page in a browser, until its HTML is there."""

    def __init__(self, task: Task, page: Page, end: float) -> None:
        self._end = end  # by the loop's clock
        self.rendered = Rendered(task.address)
        self._task = task
        self._page = page
        self._deciding: set[asyncio.Task[None]] = set()
        page.on("response", self._note)

    async def _intercept(self) -> None:
        """Decide on every request of the page, each hop of a redirect by itself."""
        session = await self._page.context.new_cdp_session(self._page)

        async def decide(event: dict[str, Any]) -> None:
            request: dict[str, Any] = event["request"]
            paused: dict[str, Any] = {"requestId": event["requestId"]}
            if event.get("resourceType") in NOT_LOADED:
                await session.send("Fetch.failRequest", {**paused, "errorReason": "BlockedByClient"})
                return
            if self._task.headers and self._knows(request["url"]):
                headers = {name.lower(): value for name, value in request["headers"].items()}
                headers |= self._task.headers
                paused["headers"] = [{"name": name, "value": value} for name, value in headers.items()]
            await session.send("Fetch.continueRequest", paused)

        def start(event: dict[str, Any]) -> None:
            task = asyncio.ensure_future(decide(event))
            self._deciding.add(task)
            task.add_done_callback(self._decided)

        session.on("Fetch.requestPaused", start)
        await session.send("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})

    def _decided(self, task: asyncio.Task[None]) -> None:
        self._deciding.discard(task)
        if not task.cancelled():
            task.exception()  # the request may be gone by now, which is no error

    async def go(self) -> str:
        """Open the page, wait until it is there, and give its HTML."""
        from playwright.async_api import Error
        from playwright.async_api import TimeoutError as WaitedError

        await self._intercept()
        try:
            await self._page.goto(self._task.address, wait_until="domcontentloaded", timeout=0)
        except Error as exc:
            if "interrupted by another navigation" not in str(exc):
                raise
            await self._page.wait_for_load_state("domcontentloaded", timeout=0)
        if self._task.wait_for:
            # It ends a little before the deadline, so that there is time to read what is there instead.
            left = self._end - asyncio.get_running_loop().time() - min(5, self._task.timeout / 4)
            try:
                await self._page.wait_for_selector(
                    f"css={self._task.wait_for}", state="attached", timeout=max(left, 0.1) * 1000
                )
            except WaitedError:
                self.rendered.missed = True
        else:
            await self._settle(IDLE_TIMEOUT)
            if self.rendered.status >= 400:
                await self._let_in()
        return await self._content()

    async def _settle(self, seconds: float) -> None:
        from playwright.async_api import TimeoutError as WaitedError

        try:
            await self._page.wait_for_load_state("networkidle", timeout=seconds * 1000)
        except WaitedError:
            return

    async def _let_in(self) -> None:
        """Give a script that answers its own challenge the time to load the page again."""
        from playwright.async_api import TimeoutError as WaitedError

        try:
            await self._page.wait_for_event("response", self._is_page, timeout=CHALLENGE_TIMEOUT * 1000)
        except WaitedError:
            return
        await self._settle(IDLE_TIMEOUT)

    async def _content(self) -> str:
        from playwright.async_api import Error

        while True:
            try:
                content = await self._page.content()
            except Error as exc:
                if "navigating" not in str(exc):
                    raise
                await asyncio.sleep(0.1)
            else:
                self.rendered.address = self._page.url
                return content

    def _is_page(self, response: Response) -> bool:
        return response.request.is_navigation_request() and response.frame == self._page.main_frame

    def _note(self, response: Response) -> None:
        if self._is_page(response):
            self.rendered.status = response.status
            self.rendered.address = response.url

    def _knows(self, address: str) -> bool:
        parts = urlsplit(address)
        known = self._task.hosts if parts.scheme == "https" else self._task.clear_hosts
        return (parts.hostname or "").rstrip(".") in known


async def render(task: Task) -> tuple[Rendered, str]:
    """Render one page with a fresh browser, and leave the browser running."""
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError:
        return Rendered(error="no-browser"), ""
    rendering: _Rendering | None = None
    content = ""
    error = ""
    end = asyncio.get_running_loop().time() + task.timeout
    try:
        async with asyncio.timeout_at(end):
            playwright = await async_playwright().start()
            executable = _find_browser(playwright)
            if not executable:
                return Rendered(error="no-browser"), ""
            rendering = _Rendering(task, await _open(playwright, executable, task), end)
            content = await rendering.go()
    except TimeoutError:
        error = "timeout"
    except Error as exc:
        error = _error_code(str(exc), started=rendering is not None)
    rendered = rendering.rendered if rendering else Rendered(task.address)
    return replace(rendered, error=error), content


async def _open(playwright: Playwright, executable: str, task: Task) -> Page:
    browser = await playwright.chromium.launch(
        executable_path=executable,
        args=list(FLAGS),
        chromium_sandbox=os.geteuid() != 0,  # Chromium has none for root
        proxy={
            "server": task.proxy,
            "username": task.proxy_user,
            "password": task.proxy_password,
            "bypass": "<-loopback>",
        },
    )
    context = await browser.new_context(
        user_agent=task.user_agent, accept_downloads=False, service_workers="block"
    )
    for host in task.hosts:
        scheme = "http" if host in task.clear_hosts else "https"
        url = f"{scheme}://{f'[{host}]' if ':' in host else host}/"
        await context.add_cookies(
            [{"name": name, "value": value, "url": url} for name, value in task.cookies.items()]
        )
    page = await context.new_page()
    context.on("page", lambda popup: asyncio.ensure_future(popup.close()))
    return page


def _find_browser(playwright: Playwright) -> str:
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else next(filter(None, map(shutil.which, CHROMIUM)), "")


def _error_code(message: str, *, started: bool) -> str:
    """Give our word for an error, or the browser's own, such as ``CONNECTION_REFUSED``."""
    if not started:
        return "no-sandbox" if "no usable sandbox" in message.lower() else "no-start"
    if "Download is starting" in message:
        return "download"
    code = re.search(r"net::ERR_(\w+)", message)
    if not code:
        return "failed"
    # That is an error's status without a body; the status says more.
    return "" if code[1] == "HTTP_RESPONSE_CODE_FAILURE" else code[1]


async def _work(task: Task) -> None:
    rendered, content = await render(task)
    html = content.encode("utf-8", "replace")
    if len(html) > task.max_size:
        rendered, html = replace(rendered, error="too-large"), b""
    rendered = replace(rendered, length=len(html))
    sys.stdout.buffer.write(json.dumps(asdict(rendered)).encode() + b"\n" + html)
    sys.stdout.buffer.flush()
    # The reader ends this process with all its children. Nobody would end a child that outlives it.
    sys.stdin.buffer.read()


def main() -> None:
    """Do the task on stdin."""
    keep_together()
    fields = json.loads(sys.stdin.buffer.readline())
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    asyncio.run(_work(Task(**fields | lists)))


if __name__ == "__main__":
    main()
