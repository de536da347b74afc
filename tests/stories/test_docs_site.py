"""The site that ``make docs`` builds: whole, without a word to anybody else, searched from a file, and told by the code."""

import re
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, sync_playwright

from docs.site import build, commands, keys
from docs.site.blocks import CHECKOUT, documents
from tests.support.running import until
from tests.support.workplace import PATIENCE


class Quiet(SimpleHTTPRequestHandler):
    """A plain server of files that logs nothing."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site. Its build fails on a dead link or anchor."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    build.build(folder)
    return folder


def test_every_command_is_documented() -> None:
    """Each says what it does, and what each of its arguments and options is."""
    for name, command in commands.commands():
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", None) or parameter.name == "help", (name, parameter.name)


def test_every_command_has_an_example() -> None:
    """Some block that a test runs calls it."""
    text = commands.page()
    missing = [
        name for name, _ in commands.commands() if not re.search(rf"```sh\n(.*/)?aggregator {name}\b", text)
    ]
    assert missing == []


def test_every_key_has_an_example() -> None:
    """Some block sets it, or its default shows what it looks like; tables show it by their own keys."""
    parts = keys.page().split("\n### ")[1:]
    assert [
        one for one in parts if "Example" not in one and "*table" not in one and "*list: table" not in one
    ] == []


@pytest.mark.slow
def test_every_page_is_in_the_navigation(site: Path) -> None:
    """Whoever reads one page finds each other."""
    front = (site / "index.html").read_text("utf-8")
    for page in documents()[1:]:
        name = page.relative_to(CHECKOUT / "docs").with_suffix(".html").as_posix().replace("README", "index")
        assert re.search(rf'href="(\./)?{re.escape(name)}"', front), name


@pytest.mark.slow
def test_a_dead_link_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So does an anchor that is not there."""
    write = build.write_sources
    for link in ("nowhere.md", "data.md#nothing"):

        def write_with_dead_link(folder: Path, link: str = link) -> None:
            write(folder)
            (folder / "start.md").write_text(f"# Start\n\n[dead]({link})\n", "utf-8")

        monkeypatch.setattr(build, "write_sources", write_with_dead_link)
        with pytest.raises(SystemExit, match="was not built"):
            build.build(tmp_path / "site")


@pytest.fixture(scope="module")
def browser_page() -> Iterator[tuple[Page, list[str]]]:
    """A page of Chromium, and the addresses that it asked for."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed (Debian: apt install chromium)")
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(PATIENCE * 1000)
        page.on("request", lambda request: asked.append(request.url))
        yield page, asked
        browser.close()


def elsewhere(asked: list[str]) -> list[str]:
    """Those of the addresses that are neither a file nor on this machine."""
    return [
        one for one in asked if not one.startswith(("file:", "data:", "blob:", "about:", "http://127.0.0.1:"))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("word", ["散列值", "withdrawn_after"])
@pytest.mark.parametrize("served", [False, True], ids=["file", "server"])
def test_search(site: Path, browser_page: tuple[Page, list[str]], word: str, served: bool) -> None:
    """Words of both languages are found, from a file and from a plain server, and nobody else is asked for anything."""
    page, asked = browser_page
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}" if served else site.as_uri()
        page.goto(f"{address}/index.html", wait_until="networkidle")
        page.keyboard.press("Control+k")
        box, found = page.get_by_placeholder("Search"), page.get_by_text(re.compile(r"^\d+ results?$"))

        def find() -> bool:
            """Type the word; what was typed before the index was read is not looked for."""
            box.fill("")
            box.press_sequentially(word)
            page.wait_for_timeout(2000)
            return found.is_visible()

        until(find)
        server.shutdown()
    assert elsewhere(asked) == []


@pytest.mark.slow
def test_no_page_asks_elsewhere(site: Path, browser_page: tuple[Page, list[str]]) -> None:
    """Each page by itself, with its pictures, script and style; nothing is wider than a phone."""
    page, asked = browser_page
    for file in sorted(site.rglob("*.html")):
        page.goto(file.as_uri(), wait_until="load")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), file.name
    assert elsewhere(asked) == []
