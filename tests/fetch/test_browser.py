"""Pages rendered with Chromium: what comes of them, and what they cannot do."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from aggregator.errors import FetchError
from aggregator.fetch import Fetcher, Services
from aggregator.fetch.archive import Archive
from aggregator.fetch.browser.proxy import USER, BrowserProxy
from aggregator.fetch.guard import Guard
from aggregator.model import Request
from aggregator.settings.access import Access, Auth, Browser
from aggregator.worker.processes import end_tree
from tests.support.fetching import limited, refusal, run, visit
from tests.support.loopback import Answer, Received, Site

HTML = {"Content-Type": "text/html; charset=utf-8"}
LIST = """<html><head><title>新闻</title><link rel=icon href="data:,"></head><body><ul></ul><script>
fetch("/data").then(answer => answer.json()).then(titles => {
  for (const title of titles) {
    const item = document.createElement("li");
    item.textContent = title;
    document.querySelector("ul").append(item);
  }
});</script><img src="/picture.png"></body></html>""".encode()
DATA = Answer('["桥梁通车", "图书馆开放"]'.encode(), {"Content-Type": "application/json"})
ONE_HOST = limited(allow_private=("127.0.0.1/32",))
OURS = ("127.0.0.1",)

needs_chromium = pytest.mark.skipif(
    importlib.util.find_spec("playwright") is None
    or not (shutil.which("chromium") or shutil.which("google-chrome")),
    reason="no Chromium, or no Playwright",
)


def browser(**changes: object) -> Access:
    """What renders pages."""
    seconds = changes.pop("timeout", 30)
    wait_for = changes.pop("wait_for", "")
    return Access(
        hosts=OURS,
        browser=Browser(timeout=timedelta(seconds=seconds), wait_for=wait_for),  # type: ignore[arg-type]
        **changes,  # type: ignore[arg-type]
    )


def page(script: str, after: str = "") -> Answer:
    """A page with a script."""
    return Answer(
        f"<html><head><link rel=icon href='data:,'></head><body><p>here</p><script>{script}</script>{after}</body></html>".encode(),
        HTML,
    )


def started(marker: str) -> list[str]:
    """The processes that live with a marker in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int(folder.name) != os.getpid() and marker.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text("utf-8", "replace"))
        except OSError:
            continue
    return found


@pytest.fixture
def marker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A word in the environment of everything that is started from here on."""
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{tmp_path}")
    return str(tmp_path)


@needs_chromium
def test_a_list_that_a_script_builds_is_rendered(marker: str) -> None:
    """The HTML as it stands in the end, in UTF-8; pictures are not loaded, and no process is left."""
    with Site({"/": Answer(LIST, HTML), "/data": DATA}) as site:
        fetched = visit(f"{site.url}/", browser(wait_for="li"), ONE_HOST)
        assert "<li>图书馆开放</li>".encode() in fetched.body
        assert (fetched.address, fetched.content_type) == (f"{site.url}/", "text/html; charset=utf-8")
        assert site.paths() == ["/", "/data"]
        assert site.requests[0].headers["user-agent"] == "aggregator-tests"
        assert "<li>图书馆开放</li>".encode() in visit(f"{site.url}/", browser(), ONE_HOST).body
    assert started(marker) == []


@needs_chromium
def test_what_it_shows_is_archived(tmp_path: Path) -> None:
    """As a resource of its own: the page as it stands in the end, and nothing of what the script asked for."""
    archive = Archive(tmp_path)

    async def fetch(address: str) -> None:
        async with Fetcher(
            ONE_HOST, user_agent="aggregator-tests", services=Services(archive=archive)
        ) as fetcher:
            await fetcher.fetch(Request(address), browser(wait_for="li", archive="one"))

    with Site({"/": Answer(LIST, HTML), "/data": DATA}) as site:
        asyncio.run(fetch(f"{site.url}/"))
        (capture,) = archive.find("one", address=f"{site.url}/")
        assert archive.find("one", address=f"{site.url}/data") == []
    record = archive.read("one", capture)
    assert (record.kind, record.head) == ("resource", (("Content-Type", "text/html; charset=utf-8"),))
    assert "<li>图书馆开放</li>".encode() in record.body


@needs_chromium
@pytest.mark.slow
def test_a_browser_of_another_service(tmp_path: Path) -> None:
    """Behind a Unix socket, where systemd starts a process for each page, as by aggregator-browser.socket."""
    activate = shutil.which("systemd-socket-activate")
    if activate is None:
        pytest.skip("systemd-socket-activate is not installed (on Debian: apt install systemd)")
    path = tmp_path / "socket"
    network = ONE_HOST.model_copy(update={"browser": str(path)})
    said = refusal("http://127.0.0.1:1/", browser(), network).reason
    assert said == f"no browser behind {path} ([network] browser): No such file or directory"
    renders = [sys.executable, "-m", "aggregator.fetch.browser.renderer"]
    passed = [f"--setenv={name}" for name in ("HOME", "PATH", "PYTHONPATH") if name in os.environ]
    command = [activate, "--accept", "--inetd", f"--listen={path}", *passed, *renders]
    with Site({"/": Answer(LIST, HTML), "/data": DATA}) as site:
        manager = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            while not path.exists():
                assert manager.poll() is None
                time.sleep(0.05)
            for _ in range(2):
                fetched = visit(f"{site.url}/", browser(wait_for="li"), network)
                assert "<li>图书馆开放</li>".encode() in fetched.body
            assert refusal(f"{site.url}/missing", browser(), network).reason == "answered 404 Not Found"
        finally:
            end_tree(manager.pid)
            manager.wait()
        assert "Connection refused" in refusal(f"{site.url}/", browser(), network).reason


@needs_chromium
@pytest.mark.slow
def test_what_goes_along_goes_to_the_named_host_alone() -> None:
    """Headers, cookies and the password: not after a redirect, not to what the page loads from elsewhere."""
    with Site(host="0.0.0.0") as site:
        other = site.url.replace("127.0.0.1", "127.0.0.2")
        site.pages["/"] = Answer(status=302, headers={"Location": f"{other}/out"})
        site.pages["/out"] = Answer(status=302, headers={"Location": f"{site.url}/page"})
        site.pages["/page"] = page("", f"<script src='{other}/x.js'></script><script src='/y.js'></script>")
        access = browser(
            headers={"X-Key": "key-canary", "Cookie": "pasted=cookie-canary"},
            cookies={"sid": "sid-canary"},
            auth=Auth(user="me", password="canary"),
        )
        visit(f"{site.url}/", access)
    told = {request.path: request.headers for request in site.requests}
    for path in ("/", "/page", "/y.js"):
        assert told[path]["x-key"] == "key-canary", path
        assert told[path]["authorization"].startswith("Basic "), path
        assert {"pasted=cookie-canary", "sid=sid-canary"} <= set(told[path]["cookie"].split("; ")), path
    for path in ("/out", "/x.js"):
        assert "canary" not in str(told[path]), path
        assert "authorization" not in told[path], path


@needs_chromium
@pytest.mark.slow
def test_a_page_reaches_no_private_address() -> None:
    """Neither by script, frame, redirect or socket, nor as the page itself."""
    with Site(host="0.0.0.0") as site:
        other = site.url.replace("127.0.0.1", "127.0.0.2")
        name = site.url.replace("127.0.0.1", "localhost")
        site.pages["/there"] = page("document.body.append('inside')")
        site.pages["/away"] = Answer(status=302, headers={"Location": f"{other}/there"})
        site.pages["/"] = page(
            f"for (const at of ['{other}/there', '/away', '{name}/there', 'http://[::1]:1/', 'http://0x7f000002:1/'])"
            " fetch(at, {mode: 'no-cors'}).then(() => document.body.append('reached'), () => document.body.append('refused'));"
            f"new WebSocket('{other.replace('http', 'ws')}/there');",
            f"<iframe src='{other}/there'></iframe>",
        )
        body = visit(f"{site.url}/", browser(), ONE_HOST).body
        assert b"inside" not in body
        error = refusal(f"{site.url}/away", browser(), ONE_HOST)
        assert error.reason == "refused: 127.0.0.2 is not a public address ([network] allow_private)"
        error = refusal(f"{other}/there", browser(), ONE_HOST)
        assert error.reason == "refused: 127.0.0.2 is not a public address ([network] allow_private)"
        assert {request.headers["host"].partition(":")[0] for request in site.requests} <= {
            "127.0.0.1",
            "localhost",
        }


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    ["while (true) {}", "setTimeout(() => { while (true) {} }, 0)", "document.write('<p>' + 'x'.repeat(9))"],
)
def test_a_page_that_never_ends_is_killed(script: str, marker: str) -> None:
    """At its deadline, with every process; also where the answer itself does not come to its end."""

    def endless(_: Received) -> Answer:
        return Answer(page(script).body[:-14], HTML, stream=drip())

    def drip():  # type: ignore[no-untyped-def]
        for _ in range(40):
            yield b"<p>more</p>"
            if gone.wait(0.2):
                return

    gone = threading.Event()
    with Site({"/": endless}) as site:
        error = refusal(f"{site.url}/", browser(timeout=3, wait_for="#never"), ONE_HOST)
        gone.set()
    assert "3 s ([source.browser] timeout)" in error.reason or "#never" in error.reason
    assert started(marker) == []


@needs_chromium
@pytest.mark.slow
def test_a_hostile_page_is_a_page(marker: str) -> None:
    """Dialogs, printing, downloads, popups, workers and permissions come to nothing."""
    script = """
        addEventListener("beforeunload", event => event.preventDefault());
        alert(1); confirm(2); prompt(3); print();
        for (let i = 0; i < 5; i++) window.open("/popup" + i);
        navigator.serviceWorker?.register("/worker.js").catch(() => {});
        navigator.geolocation?.getCurrentPosition(() => {}, () => {});
        Notification?.requestPermission();
        document.querySelector("a").click();
        document.body.append("done");
    """
    with Site({"/file": Answer(b"x", {"Content-Disposition": "attachment"})}) as site:
        site.pages["/"] = Answer(
            f"<html><body><a href=/file download>x</a><script>{script}</script>".encode(), HTML
        )
        assert b"done" in visit(f"{site.url}/", browser(), ONE_HOST).body
        error = refusal(f"{site.url}/file", browser(), ONE_HOST)
        assert error.reason == "is a download, not a page"
    assert started(marker) == []


@needs_chromium
@pytest.mark.slow
def test_what_is_wrong_is_said() -> None:
    """A status, a challenge, a selector that finds nothing, a size, a closed port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Site() as site:
        site.pages["/gate"] = Answer(
            b"<html><title>Just a moment...</title><script>_cf_chl_opt={}</script>", HTML, 403
        )
        site.pages["/long"] = page("document.body.append('x'.repeat(100000))")
        site.pages["/"] = page("")
        small = ONE_HOST.model_copy(update={"max_size": 50000})
        site.pages["/empty"] = Answer(status=403)
        cases = {
            f"{site.url}/empty": "answered 403 Forbidden",
            f"{site.url}/none": "answered 404 Not Found",
            f"{site.url}/gate": "a challenge stands before it: Cloudflare (403)",
            f"{site.url}/long": "larger than 48.83 KB when rendered ([network] max_size)",
            f"http://127.0.0.1:{port}/": "cannot connect",
        }
        errors = {address: refusal(address, browser(), small) for address in cases}
        assert {address: error.reason for address, error in errors.items()} == cases
        assert [error.fault for error in errors.values()] == [
            "failed",
            "failed",
            "gated",
            "too-large",
            "failed",
        ]
        error = refusal(f"{site.url}/", browser(wait_for="#no", timeout=10), ONE_HOST)
        assert error.reason == '"#no" did not appear ([source.browser] wait_for)'


@needs_chromium
@pytest.mark.slow
def test_a_challenge_that_solves_itself_is_passed() -> None:
    """A script that sets a cookie and comes again is what a browser is for."""

    def gate(request: Received) -> Answer:
        if "seen=1" in request.headers.get("cookie", ""):
            return page("document.body.append('in')")
        return Answer(b"<html><script>document.cookie='seen=1';location.reload()</script></html>", HTML, 521)

    with Site({"/": gate}) as site:
        assert b"in" in visit(f"{site.url}/", browser(), ONE_HOST).body


@needs_chromium
@pytest.mark.slow
def test_a_poll_that_is_cancelled_leaves_nothing(marker: str) -> None:
    """The browser goes with whoever waited for it."""

    async def give_up(fetcher: Fetcher) -> None:
        task = asyncio.ensure_future(fetcher.fetch(Request(f"{site.url}/"), browser(wait_for="#never")))
        assert await asyncio.to_thread(asked.wait, 30)
        assert started(marker)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    def answer(_: Received) -> Answer:
        asked.set()
        return page("")

    asked = threading.Event()
    with Site({"/": answer}) as site:
        run(give_up, ONE_HOST)
    assert started(marker) == []


def test_a_missing_browser_is_said_plainly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    error = refusal("http://127.0.0.1:1/", browser())
    assert error.reason == "[source.browser] needs `pip install aggregator[browser]` and Chromium"


def test_a_browser_and_a_proxy_exclude_each_other() -> None:
    """Its traffic goes through our own proxy, which knows no other."""
    error = refusal("http://127.0.0.1:1/", browser(proxy="http://127.0.0.1:2"))
    assert error.reason == "[source.browser] and proxy do not go together"


def test_the_tunnel_is_ours_alone() -> None:
    """Without its password nobody gets anywhere; with it, no further than the guard lets them."""

    async def ask(site: Site) -> list[int]:
        async with BrowserProxy(Guard(["127.0.0.1/32"])) as tunnel:
            statuses = []
            for password in ("wrong", tunnel.password):
                proxy = httpx.Proxy(f"http://127.0.0.1:{tunnel.port}", auth=(USER, password))
                async with httpx.AsyncClient(proxy=proxy) as client:
                    statuses += [
                        (await client.get(f"http://127.0.0.{number}:{port(site)}/")).status_code
                        for number in (1, 2)
                    ]
                    with pytest.raises(httpx.ProxyError):
                        await client.get(f"https://127.0.0.2:{port(site)}/")
            assert tunnel.refused["127.0.0.2", port(site)].startswith(
                "refused: 127.0.0.2 is not a public address"
            )
            return statuses

    with Site({"/": b"x"}, host="0.0.0.0") as site:
        assert asyncio.run(ask(site)) == [407, 407, 200, 403]
        assert "proxy-authorization" not in site.requests[0].headers


def port(site: Site) -> int:
    """The port of a site."""
    return httpx.URL(site.url).port or 80


@pytest.mark.parametrize(
    "said",
    [
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET ftp://x/ HTTP/1.1\r\n\r\n",
        b"CONNECT [ HTTP/1.1\r\n\r\n",
        b"GET http://127.0.0.1:99999/ HTTP/1.1\r\n\r\n",
        b"POST http://127.0.0.1:1/ HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"x" * 100000,
        b"\xff\xfe\r\n\r\n",
    ],
)
def test_the_tunnel_outlasts_nonsense(said: bytes) -> None:
    """Whatever is said, the connection ends and the next one is served."""

    async def ask() -> bytes:
        async with BrowserProxy(Guard([])) as tunnel:
            for _ in range(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", tunnel.port)
                basic = httpx.BasicAuth(USER, tunnel.password)._auth_header.encode()
                writer.write(said.replace(b"\r\n\r\n", b"\r\nProxy-Authorization: " + basic + b"\r\n\r\n"))
                writer.write_eof()
                try:
                    answer = await reader.read()
                except ConnectionError:
                    answer = b""
                writer.close()
            return answer

    answer = asyncio.run(ask())
    assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))


def test_errors_are_fetch_errors() -> None:
    """An address that is none is refused before any browser starts."""
    with pytest.raises(FetchError):
        visit("ftp://example.org/", browser())
