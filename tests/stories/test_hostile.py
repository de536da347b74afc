"""Every attack string that we have, in every place that a stranger can fill, through the whole program into Chromium."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import html5lib
import pytest
import yaml
from lxml import etree

from aggregator.web.responses import POLICY, SECURITY
from tests.support.loopback import Answer, Site
from tests.support.website import serving
from tests.support.workplace import Workplace

pytestmark = pytest.mark.slow

# What the traps of the corpus call, ask for or lead to counts, whatever it is: any script, request or way out.
RUNNING = re.compile(
    r"^\s*(?:javascript|vbscript|data:(?!image/(?:png|gif|jpeg|webp))|livescript|mocha):?", re.I
)
FORBIDDEN = frozenset(
    "script iframe frame frameset object embed applet form input button textarea select base link meta style svg"
    " math template portal audio video source marquee layer ilayer bgsound".split()
)
# Every page in Chromium takes minutes.
SAMPLE = pytest.mark.parametrize("step", [25, pytest.param(1, marks=pytest.mark.soak)])
ARTICLE = "<p>An ordinary sentence of an article that goes on for a while.</p>" * 12
KEYS = frozenset(
    "layout title date categories tags source source_name source_url share_url share_id author".split()
)


def attacks(corpora: Path) -> list[str]:
    """The blocks of the cheat sheet, and its lines that hold markup; the files of bleach's tests."""
    sheet = (corpora / "security" / "XSS_Filter_Evasion_Cheat_Sheet.md").read_text("utf-8")
    found = re.findall(r"```\w*\n(.*?)```", sheet, re.DOTALL)
    found += [line for line in sheet.splitlines() if "<" in line or "script:" in line]
    found += [
        path.read_text("utf-8", "replace")
        for path in sorted((corpora / "security" / "bleach").glob("*.test"))
    ]
    return list(dict.fromkeys(one.strip() for one in found))


def hostile_site(site: Site, strings: Sequence[str]) -> str:
    """Five kinds of sources in which each string stands in every field; returns their configuration."""

    def cdata(text: str) -> str:
        return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"

    def legal(text: str) -> str:
        return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)

    rss, atom, rows, items = [], [], [], []
    listing = []
    for number, raw in enumerate(strings):
        one, quoted = legal(raw), escape(legal(raw), {'"': "&quot;"})
        body = f"{one}{ARTICLE}"
        rss.append(
            f"<item><title>{number} {quoted}</title><guid isPermaLink='false'>{number} {quoted}</guid>"
            f"<link>{quoted if number % 2 else f'{site.url}/page/{number}'}</link><category>{quoted}</category>"
            f"<author>{quoted}</author><description>{quoted}</description><comments>{quoted}</comments>"
            f'<enclosure url="{quoted}" type="{quoted}" length="1"/>'
            f"<content:encoded>{cdata(body)}</content:encoded></item>"
        )
        atom.append(
            f'<entry><id>{number} {quoted}</id><title type="html">{number} {quoted}</title><link href="{quoted}"/>'
            f'<author><name>{quoted}</name><uri>{quoted}</uri></author><category term="{quoted}"/>'
            f'<updated>2026-03-05T10:00:00Z</updated><content type="html" xml:base="{quoted}">{escape(body)}</content></entry>'
        )
        items.append(
            {
                "id": f"{number} {raw}",
                "title": f"{number} {raw}",
                "content_html": body,
                "url": raw,
                "image": raw,
                "tags": [raw],
                "authors": [{"name": raw, "url": raw}],
                "attachments": [{"url": raw, "mime_type": raw, "title": raw}],
            }
        )
        rows.append({"id": raw, "t": f"{number} {raw}", "b": body, "a": raw, "c": raw, "u": raw, "f": [raw]})
        listing.append(f'<li><a href="/page/{number}">{number} {quoted}</a></li>')
        site.pages[f"/page/{number}"] = (
            f"<html><head><title>{quoted}</title><meta name='author' content=\"{quoted}\"></head><body>"
            f"<h1>{number} {quoted}</h1><div id='content'>{body}<a href=\"{quoted}\">{raw}</a>"
            f'<img src="{quoted}" alt="{quoted}"></div></body></html>'
        ).encode()
    site.pages |= {
        "/rss.xml": (
            "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
            f"<title>r</title>{''.join(rss)}</channel></rss>"
        ).encode(),
        "/atom.xml": f"<feed xmlns='http://www.w3.org/2005/Atom'><title>a</title>{''.join(atom)}</feed>".encode(),
        "/feed.json": json.dumps(
            {"version": "https://jsonfeed.org/version/1.1", "title": "j", "items": items}
        ).encode(),
        "/api.json": json.dumps({"rows": rows}).encode(),
        "/list.html": f"<html><body><ul id='news'>{''.join(listing)}</ul></body></html>".encode(),
    }
    common = 'interval = "1d"\nbudget = 1000\nrobots = "ignore"\nmirror = ["images", "attachments"]\n'
    feeds = "".join(
        f'[[source]]\nname = "{name.partition(".")[0]}"\nkind = "feed"\nurl = "{site.url}/{name}"\nfull_text = "never"\n'
        f'category = "{{category}}"\ntag = "{{author}}"\n{common}'
        for name in ("rss.xml", "atom.xml", "feed.json")
    )
    return (
        f'{feeds}[[source]]\nname = "api"\nkind = "api"\nurl = "{site.url}/api.json"\ncategory = "{{category}}"\n{common}'
        '[source.list]\nentry = "rows"\nid = "id"\ntitle = "t"\nbody = "b"\nauthor = "a"\nlink = "u"\nattachments = "f"\n'
        f'[[source]]\nname = "list"\nkind = "listing"\nurl = "{site.url}/list.html"\n{common}'
        '[source.list]\nentry = "#news li"\n[source.article]\nbody = "#content"\n'
    )


@pytest.fixture(scope="module")
def strings(corpora: Path) -> list[str]:
    """The attacks."""
    return attacks(corpora)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, strings: list[str]) -> Workplace:
    """What the program made of them: polled and published by its own commands."""
    workplace = Workplace(tmp_path_factory.mktemp("hostile"))
    with Site() as site:
        workplace.configure(hostile_site(site, strings))
        workplace.run("poll", expect=None)
        workplace.run("publish", "--check")
    return workplace


class Trap:
    """A tab, and what happened in it that should not: scripts, dialogs, requests to others, ways out."""

    def __init__(self, browser: Any, *, bypass_csp: bool) -> None:
        self.context = browser.new_context(bypass_csp=bypass_csp)
        self.tab = self.context.new_page()
        self.caught: list[str] = []
        self.at = ""
        self.navigates = True
        self.context.on("page", lambda tab: self.caught.append(f"a window of {self.at}"))
        self.context.route("**/*", self._route)
        self.tab.on("dialog", self._dismiss)
        self.tab.on("framenavigated", self._arrived)
        session = self.context.new_cdp_session(self.tab)
        session.on("Debugger.scriptParsed", self._parsed)
        session.send("Debugger.enable")

    def open(self, address: str) -> None:
        """Open a page and let it do what it will."""
        self.at = address
        self.tab.goto(address, wait_until="load")

    def close(self) -> None:
        """Close the tab."""
        self.context.close()

    def _route(self, route: Any) -> None:
        asked = route.request.url
        if asked == self.at or (asked.startswith(self.at[: self.at.index("/", 8)]) and "/page/" not in asked):
            route.continue_()
        else:
            if not route.request.is_navigation_request() or self.navigates:
                self.caught.append(f"{self.at} asks for {asked[:200]}")
            route.abort()

    def _arrived(self, frame: Any) -> None:
        if self.navigates and frame.url not in (self.at, "about:blank"):
            self.caught.append(f"{self.at} leads to {frame.url[:200]}")

    def _dismiss(self, dialog: Any) -> None:
        self.caught.append(f"{self.at} says {dialog.message[:100]}")
        dialog.dismiss()

    def _parsed(self, script: dict[str, Any]) -> None:
        # Playwright's own have no address; a page that was left and led nowhere is Chromium's.
        if script["url"] and not script["url"].startswith("chrome-error:"):
            self.caught.append(f"{self.at} runs {script['url'][:200]}")


def alive(markup: bytes, *, whole: bool) -> list[str]:
    """What in HTML could run, ask for something or lead into a script."""
    tree = (
        html5lib.parse(markup.decode(), namespaceHTMLElements=False)
        if whole
        else html5lib.parseFragment(markup.decode(), namespaceHTMLElements=False)
    )
    found = []
    for element in tree.iter():
        name = element.tag if isinstance(element.tag, str) else ""
        if not whole and name.rpartition("}")[2].lower() in FORBIDDEN:
            found.append(name)
        for key, value in element.attrib.items():
            key = key if isinstance(key, str) else key[-1]
            if key.lower().startswith("on") or (
                key in ("href", "src", "action", "srcset", "background") and RUNNING.match(value)
            ):
                found.append(f"{key}={value[:80]}")
            if key == "style" and re.search(r"url|expression|import|behaviou?r|binding|\\", value, re.I):
                found.append(f"style={value[:80]}")
    return found


def as_link(address: re.Match[str]) -> str:
    """What Markdown makes of an address in angle brackets."""
    return f"<a href='{escape(address[1], {chr(39): '&#39;'})}'>x</a>"


def test_every_string_arrived(published: Workplace, strings: list[str]) -> None:
    """Nothing of it is caught because nothing of it came: nearly every string is an article of each source."""
    sources = published.sources()
    assert len(strings) > 200
    for name, state in sources.items():
        assert state["articles"] > len(strings) * 0.9, (name, state)


@SAMPLE
def test_no_script_and_no_request_in_any_page(published: Workplace, browser: Any, step: int) -> None:
    """With the policy switched off, so that cleaning alone holds: pages of articles, lists and categories."""
    public = published.folder / "public"
    pages = sorted(path.relative_to(public).as_posix() for path in public.rglob("*.html"))
    trap = Trap(browser, bypass_csp=True)
    with serving(public) as client:
        root = str(client.base_url).rstrip("/")
        for page in pages[::step]:
            trap.open(f"{root}/{page}")
        assert trap.caught == []
        trap.close()
        assert len(pages) > 1000
        assert {
            page: found for page in pages if (found := alive((public / page).read_bytes(), whole=True))
        } == {}


@SAMPLE
def test_no_script_and_no_request_in_any_post(published: Workplace, browser: Any, step: int) -> None:
    """As Jekyll would show it: the body in a page of ours; the front matter has our keys and no others."""
    with Site() as site:
        trap = Trap(browser, bypass_csp=True)
        for number, path in enumerate(published.posts()):
            _, front, text = path.read_text("utf-8").split("---\n", 2)
            body = re.sub(r"^<(https?:[^\s<>]*)>$", as_link, text, flags=re.MULTILINE)
            assert set(yaml.safe_load(front)) <= KEYS, path
            assert alive(body.encode(), whole=False) == [], path
            site.pages["/post"] = f"<!doctype html><title>x</title><main>{body}</main>".encode()
            if number % step == 0:
                trap.open(f"{site.url}/post")
        # Pictures that are not held here stand in posts as they came: a reader of the blog asks for them.
        assert [one for one in trap.caught if " asks for http" not in one] == []
        trap.close()


def test_no_script_in_any_feed(published: Workplace) -> None:
    """Every document is well-formed, and the HTML in it holds nothing that runs."""
    count = 0
    for path in (published.folder / "public").rglob("*"):
        if path.suffix in (".xml", ".atom", ".opml"):
            root = etree.parse(path).getroot()
            for element in root.iter():
                name = etree.QName(element).localname if isinstance(element.tag, str) else ""
                # The description of a channel and what Atom gives as text may say anything.
                parent = element.getparent()
                text = etree.QName(root).localname == "feed" and element.get("type", "text") == "text"
                html = parent is not None and parent.tag != "channel" and not text
                if html and name in ("encoded", "content", "description", "summary") and element.text:
                    assert alive(element.text.encode(), whole=False) == [], path
                    count += 1
                for key in ("href", "url", "src"):
                    assert not RUNNING.match(element.get(key) or ""), path
                if name in ("link", "guid", "comments", "uri", "id"):
                    assert not RUNNING.match(element.text or ""), (path, element.text)
        elif path.suffix == ".json" and "feed" in path.name:
            said = json.loads(path.read_bytes())
            for item in said["items"]:
                assert alive(item.get("content_html", "").encode(), whole=False) == [], path
                for address in (item.get("url"), item.get("external_url"), item.get("image")):
                    assert not RUNNING.match(address or ""), path
                count += 1
    assert count > 1000


def test_no_file_lies_where_a_string_put_it(published: Workplace) -> None:
    """Names of files have letters and digits; nothing is outside of the folders."""
    assert {path.name for path in published.folder.iterdir()} == {"config", "public", "_posts", "var"}
    for name in published.files("public", "_posts"):
        assert re.fullmatch(r"[\w./-]+", name), name
        assert ".." not in name


def test_the_policy_alone_lets_no_script_run(strings: list[str], browser: Any) -> None:
    """The second wall: each string as it came, in a page with our headers, runs nothing and asks nobody."""
    trap = Trap(browser, bypass_csp=False)
    trap.navigates = False  # a policy keeps no page from being left
    with Site() as site:
        for raw in strings:
            page = f"<!doctype html><html><head><title>x</title></head><body>{raw}</body></html>"
            headers = {**SECURITY, "Content-Type": "text/html; charset=utf-8"}
            site.pages["/raw"] = Answer(page.encode("utf-8", "replace"), headers=headers)
            trap.open(f"{site.url}/raw")
        assert trap.caught == []
        trap.close()


def test_the_trap_catches(strings: list[str], browser: Any) -> None:
    """Without cleaning and without a policy many of the same strings do run: what finds nothing could find it."""
    trap = Trap(browser, bypass_csp=True)
    with Site() as site:
        for raw in ("<script>window.x = 1</script>", "<img src=x onerror=window.x=1>", *strings[:80]):
            site.pages["/raw"] = f"<!doctype html><title>x</title>{raw}".encode("utf-8", "replace")
            try:
                trap.open(f"{site.url}/raw")
            except Exception as exc:  # it was led away before it was there
                trap.caught.append(str(exc))
        trap.close()
    for sign in (" runs ", " says ", " asks for "):
        assert sum(sign in one for one in trap.caught) >= 3, sign
    assert POLICY in SECURITY.values()
