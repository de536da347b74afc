"""The operator's pages in a real Chromium, of a daemon that runs: what is seen, pressed and refreshed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aggregator.render.texts import load
from tests.support.loopback import Answer, Site
from tests.support.running import daemon, free_port, until
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace

pytestmark = pytest.mark.slow

TOKEN = "a1" * 20
HOSTILE = "<img src=x onerror=window.ran=1>&\\\"'" + "很长的标签" * 8


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A source that is well, one that fails, and one to be added."""
    with Site({"/feed.xml": feed(item(1), item(2)), "/more.xml": feed(item(3))}) as site:
        site.pages["/down.xml"] = Answer(b"no", status=403)
        yield site


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[str]:
    """The address of the operator's own listener."""
    workplace = Workplace(tmp_path_factory.mktemp("status"))
    (workplace.folder / "token").write_text(TOKEN)
    port, own = free_port(), free_port()
    tables = [
        f'[server]\nlisten = "127.0.0.1:{port}"\n[operator]\ntoken = {{ file = "token" }}\nlisten = "127.0.0.1:{own}"\n',
        feed_source(site, interval="1d"),
        feed_source(site, interval="1d", label=HOSTILE)
        .replace('"paper"', '"down"')
        .replace("feed.xml", "down.xml"),
    ]
    workplace.configure("".join(tables))
    with daemon(workplace, port):
        yield f"http://127.0.0.1:{own}"


@pytest.fixture(
    params=[(320, "dark"), (768, "light"), (1280, "light"), (1280, "dark")],
    ids=lambda one: f"{one[0]}-{one[1]}",
)
def page(request: pytest.FixtureRequest, browser: Any, root: str) -> Iterator[Any]:
    """A window with the token, which notes what went wrong in it."""
    width, theme = request.param
    with a_page(browser, root, width, theme) as page:
        yield page


@contextmanager
def a_page(browser: Any, root: str, width: int = 1280, theme: str = "light", **more: Any) -> Iterator[Any]:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=theme,
        http_credentials={"username": "operator", "password": TOKEN},
        **more,
    )
    page = context.new_page()
    odd: list[str] = []
    page.on(
        "request", lambda asked: odd.append(asked.url) if not asked.url.startswith((root, "data:")) else None
    )
    page.on("console", lambda said: odd.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: odd.append(str(error)))
    yield page
    context.close()
    assert odd == []


def settle(page: Any, root: str) -> None:
    """Wait until both sources were visited."""

    def visited() -> bool:
        page.goto(f"{root}/status")
        return page.locator(".mood.bad").count() > 1 and page.locator("tbody .mood.good").count() > 0

    until(visited)


def shuts_out(page: Any) -> list[Any]:
    """What axe-core finds; and whether something scrolls sideways or ran."""
    found = importlib.util.find_spec("axe_playwright_python")
    assert found is not None
    assert found.origin is not None
    page.evaluate(Path(found.origin).with_name("axe.min.js").read_text("utf-8"))
    result = page.evaluate("axe.run()")
    assert len(result["passes"]) > 10
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    parts = page.locator("main :not(pre)")
    assert (
        parts.evaluate_all("all => all.filter(one => getComputedStyle(one).overflowX == 'auto').length") == 0
    )
    assert page.evaluate("window.ran") is None
    return [
        (one["id"], one["help"], [node["html"] for node in one["nodes"]][:3]) for one in result["violations"]
    ]


def test_pages_shut_nobody_out(page: Any, root: str) -> None:
    """At three widths, light and dark: axe-core finds nothing, and nothing but heads of answers scrolls sideways."""
    settle(page, root)
    assert shuts_out(page) == []
    for path in ("/status?q=down&sort=articles", "/status/paper", "/status/down", "/status/-/add"):
        page.goto(root + path)
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        assert shuts_out(page) == [], path


def test_a_button_is_as_wide_as_its_words(browser: Any, root: str) -> None:
    """Those of English, which are longer, too."""
    with a_page(browser, root, 320) as page:
        page.goto(f"{root}/status/-/add")
        button = page.locator("main button")
        button.evaluate("(one, words) => { one.textContent = words; }", load("en")["status_look"])
        assert button.evaluate("one => one.scrollHeight <= one.clientHeight + 1")


def press(page: Any, action: str) -> None:
    """Press the button of a form."""
    page.locator(f'form[action$="/{action}"] button').click()


def said(page: Any) -> str:
    """The key of what the page says of what was done."""
    texts = load("zh-CN")
    note = page.locator("p.note").inner_text()
    return next(key for key in texts if texts[key] == note)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_what_is_pressed_is_done(browser: Any, root: str, site: Site, scripts: bool) -> None:
    """With and without JavaScript: pause, resume, visit, preview, and what an older page would do."""
    with a_page(browser, root, java_script_enabled=scripts) as page:
        settle(page, root)
        page.locator('tbody th a[href$="paper"]').click()
        press(page, "pause")
        assert said(page) == "status_done_pause"
        page.go_back()
        if page.locator('form[action$="/pause"]').count():  # else the browser asked for the page anew
            press(page, "pause")
            assert said(page) == "status_stale"
        press(page, "resume")
        assert said(page) == "status_done_resume"
        before = len(site.requests)
        press(page, "poll")
        assert said(page) in ("status_done_poll", "status_done_polling")
        until(lambda: len(site.requests) > before)
        press(page, "preview")
        assert "title" in page.locator("dt").all_inner_texts()
        if scripts:
            assert shuts_out(page) == []


def test_a_source_is_added_once_it_was_seen(browser: Any, root: str, site: Site) -> None:
    """And visited."""
    with a_page(browser, root) as page:
        page.goto(f"{root}/status/-/add")
        page.get_by_role("textbox").fill(f"{site.url}/more.xml")
        press(page, "add")
        assert "more.xml" in page.locator("pre").inner_text()
        assert shuts_out(page) == []
        press(page, "write")

        def added() -> bool:
            page.goto(f"{root}/status?q=more.xml")
            return page.locator("tbody tr").count() == 1

        until(added)


def test_the_page_refreshes_itself(browser: Any, root: str) -> None:
    """Without losing what is typed; a server that is away is no error."""
    with a_page(browser, root) as page:
        settle(page, root)
        page.get_by_role("searchbox").fill("half a wo")
        page.evaluate("document.querySelector('#live').append('old')")
        page.evaluate("refresh()")
        page.wait_for_function("!document.querySelector('#live').textContent.endsWith('old')")
        assert page.get_by_role("searchbox").input_value() == "half a wo"
        page.evaluate("document.querySelector('#live a').focus()")
        page.evaluate("document.querySelector('#live').append('old')")
        page.evaluate("refresh()")
        assert page.evaluate("document.querySelector('#live').textContent.endsWith('old')")


def test_without_the_token_nothing_is_seen(browser: Any, root: str) -> None:
    """Nor by another site's page, which the browser keeps from reading and sending."""
    context = browser.new_context()
    assert context.request.get(f"{root}/status").status == 401
    context.close()
    with Site() as other:
        other.pages["/"] = Answer(
            f'<form method="post" action="{root}/status/paper/pause"><button>go</button></form>'.encode(),
            headers={"Content-Type": "text/html"},
        )
        context = browser.new_context(http_credentials={"username": "operator", "password": TOKEN})
        page = context.new_page()
        page.goto(f"{root}/status/paper")
        page.goto(other.url)
        with page.expect_response(f"{root}/status/paper/pause") as sent:
            page.get_by_role("button").click()
        assert sent.value.status == 403
        context.close()
