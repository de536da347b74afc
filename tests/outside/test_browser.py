"""Every kind of page in a real Chromium: nothing it asks of others, nothing it runs, nothing that keeps anybody out."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aggregator.model import Attachment, Label, MediaFile, Wish
from aggregator.web import search_routes
from aggregator.web.finder import Finder
from tests.support.posts import a_press, an_item
from tests.support.website import serving

pytestmark = pytest.mark.slow

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
ODD = """
<h1>Heading of the source</h1><h4></h4><h5>Deep <a href="https://x.example/"></a></h5>
<p style="text-align:center">中文“引号”，全角标点。 <a href="https://x.example/a">a link</a> <b>bold</b></p>
<p><img src="https://x.example/held.png" width="1600" height="20"> <img src="https://x.example/far.png"> <a href="/p"><img src="https://x.example/far2.png" alt="a quay"></a></p>
<div class="c"><table><tr><th></th><th scope="wrong">Very long heading of a column</th><th>Another heading</th></tr>
<tr><td>1</td><td>12345678901234567890123456789012345678901234567890</td><td>12345678901234567890123456789</td></tr></table></div>
<table><tr><td>only cells</td></tr></table><ul><p>a</p><li>b<ol><li>c</li></ol></li></ul><li>loose</li>
<dl><dt>term</dt><dd>meaning</dd><p>odd</p></dl><pre>a very long line that goes on and on and on and on and on and on and on and on and on and on and on and on and on</pre>
<blockquote>quoted</blockquote><p lang="klingon!!">x</p><figure><img src="https://x.example/held.png" alt="held"><figcaption>Caption</figcaption></figure>
<p>averyveryverylongwordwithoutanyblankaveryveryverylongwordwithoutanyblankaveryveryverylongwordwithoutanyblank</p>
<script>window.ran = 1</script><p onclick="window.ran = 1"><a href="javascript:window.ran=1">run</a></p>
"""
PATHS = {
    "home": "/",
    "category": "/category/harbour.html",
    "list": "/category/harbour/page-1.html",
    "share": "/share/item-000999.html",
    "summary": "/share/item-000001.html",
    "feeds": "/feeds.html",
    "missing": "/nothing/here.html",
    "search": "/search?q=text",
    "no search": "/search?q=-",
}


@dataclass
class Watched:
    """A page with what it did that it should not: requests to others, errors, dialogs."""

    page: Any
    root: str
    odd: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served site with an odd article, a long title, and enough articles for numbered pages."""
    from aggregator.content.clean import clean
    from aggregator.settings import Server

    folder = tmp_path_factory.mktemp("browser")
    with a_press(folder, source={"mirror": ("images",)}, server=Server(listen="127.0.0.1:0")) as press:
        labels = (Label("Harbour"),)
        press.save(*(an_item(number, labels=labels) for number in range(120)))
        odd = an_item(
            999,
            labels=labels,
            title="A title with <b>markup</b> & “quotes” " + "很长的标题" * 12,
            content=clean(ODD, "https://x.example/"),
            attachments=(Attachment("https://x.example/a.pdf", "The notice", "application/pdf", 123456),),
            author="An author",
        )
        press.save(odd)
        number = press.store.articles_of("paper", 0, 500)[-1][0]
        wish = Wish("image", "https://x.example/held.png")
        press.store.save_uses("paper", {number: (wish,)}, odd.published)
        [due] = press.store.claim_media(odd.published, 9, odd.published - odd.published)
        press.store.save_media(due.identity, MediaFile("media/ab/held.png", "image/png", len(PNG)))
        press.publish()
        held = folder / "public" / "media" / "ab" / "held.png"
        held.parent.mkdir(parents=True)
        held.write_bytes(PNG)
        finder = Finder(press.app.config.site, press.store, press.publisher.documents)
        with serving(folder / "public", more=search_routes(finder)) as client:
            yield str(client.base_url).rstrip("/")


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    """Both themes."""
    return str(request.param)


@pytest.fixture(params=[(320, 640), (1280, 900)], ids=["phone", "screen"])
def watched(request: pytest.FixtureRequest, browser: Any, site: str, theme: str) -> Iterator[Watched]:
    """A browser's page at one of the sizes, in one of the themes."""
    width, height = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, service_workers="block"
    )
    page = context.new_page()
    seen = Watched(page, site)

    def note_request(asked: Any) -> None:
        if not asked.url.startswith((site, "data:")):
            seen.odd.append(f"request: {asked.url}")

    page.on("request", note_request)
    # The status of the page that is missing on purpose is no error of ours.
    page.on(
        "console",
        lambda said: seen.odd.append(said.text) if said.type == "error" and "404" not in said.text else None,
    )
    page.on("pageerror", lambda error: seen.odd.append(str(error)))
    page.on("dialog", lambda dialog: (seen.odd.append("dialog"), dialog.dismiss()))
    yield seen
    context.close()


@pytest.mark.parametrize("kind", PATHS)
def test_a_page_keeps_to_itself_and_shuts_nobody_out(watched: Watched, kind: str) -> None:
    """No request leaves for another host, no policy is broken, nothing runs, nothing scrolls sideways.

    axe-core finds no violation of any of its rules.
    """
    page = watched.page
    page.set_extra_http_headers({"Accept": "text/html"})
    page.goto(watched.root + PATHS[kind], wait_until="networkidle")
    assert watched.odd == []
    assert page.evaluate("window.ran") is None
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px", "the style sheet is there"
    broken = "[...document.images].filter(one => one.complete && !one.naturalWidth).map(one => one.src)"
    assert page.evaluate(broken) == []
    wide = "[...document.images].filter(one => one.getBoundingClientRect().width > innerWidth).length"
    assert page.evaluate(wide) == 0
    found = importlib.util.find_spec("axe_playwright_python")
    assert found is not None
    assert found.origin is not None
    page.evaluate(Path(found.origin).with_name("axe.min.js").read_text("utf-8"))
    result = page.evaluate("axe.run()")
    violations = [
        (one["id"], one["help"], [node["html"] for node in one["nodes"]][:3]) for one in result["violations"]
    ]
    assert violations == []
    assert len(result["passes"]) > 10


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_what_belongs_together_is_in_line(browser: Any, site: str, width: int) -> None:
    """Brand and text align where there is one column, ways on are of one height, and a wide table gets room.

    A day stands beside its articles where there is room. On a phone the first hit of a search is in sight.
    """
    page = browser.new_page(viewport={"width": width, "height": 900})
    left = "selector => document.querySelector(selector).getBoundingClientRect().left"
    page.goto(f"{site}/share/item-000999.html")
    if width < 960:
        assert page.evaluate(left, ".brand") == page.evaluate(left, "h1")
    frame, column = (
        page.evaluate("s => document.querySelector(s).getBoundingClientRect().width", selector)
        for selector in (".table", ".body")
    )
    assert frame > column if width == 1440 else frame >= column - 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{site}/share/item-000050.html")
    heights = "[...document.querySelectorAll('.beside a')].map(one => Math.round(one.offsetHeight))"
    one, other = page.evaluate(heights)
    assert one == other
    page.goto(f"{site}/category/harbour.html")
    day, title = (page.evaluate(left.replace("left", "top"), selector) for selector in (".day h2", ".day h3"))
    assert abs(day - title) < 12 if width >= 768 else day < title - 12
    page.goto(f"{site}/search?q=text")
    assert page.evaluate("document.querySelector('.results li').getBoundingClientRect().top < 450")
    assert page.evaluate("!document.querySelector('form details').open")
    page.close()
