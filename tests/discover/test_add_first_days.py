"""`aggregator add` on somebody's first day: addresses as people write them, nothing asked in vain, all of it said."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests.support.cookbook import html
from tests.support.loopback import Answer, Site
from tests.support.samples import article_page, summary_feed
from tests.support.workplace import Workplace

FEED_TYPE = {"Content-Type": "application/rss+xml"}
TITLES = (
    "Harbour council raises the fee for berths",
    "Two goats found on the night ferry",
    "New lamp for the northern lighthouse",
    "Rope makers open their yard to visitors",
    "Tide tables for the spring are printed",
    "Fish market moves to the old salt house",
)
ROWS = "".join(
    f"<li><a href='/news/2026/{number}.html'>{title}</a> <span class='date'>2026-03-{number + 1:02}</span></li>"
    for number, title in enumerate(TITLES)
)
MENU = "".join(f"<li><a href='/section/{n}'>Section {n}</a></li>" for n in range(12))


def written(workplace: Workplace) -> list[dict[str, Any]]:
    """The sources in sources.d."""
    files = sorted((workplace.config.parent / "sources.d").glob("*.toml"))
    return [table for file in files for table in tomllib.loads(file.read_text("utf-8"))["source"]]


@pytest.mark.parametrize(
    "shape", ["{host}/feed.xml", "feed://{host}/feed.xml", "feed:http://{host}/feed.xml"]
)
def test_an_address_is_taken_as_people_write_it(workplace: Workplace, shape: str) -> None:
    """Without a scheme, https and then http are asked; feed: is what readers put before it."""
    with Site() as site:
        site.pages["/feed.xml"] = Answer(summary_feed(site.url, 1), FEED_TYPE)
        workplace.configure("")
        workplace.run("add", shape.format(host=site.url.removeprefix("http://")))
        assert written(workplace)[0]["url"] == f"{site.url}/feed.xml"


def test_braces_in_an_address_are_no_template(workplace: Workplace) -> None:
    """They are written as they are sent."""
    with Site() as site:
        site.pages["/feed.xml?tag=%7Bships%7D"] = Answer(summary_feed(site.url, 1), FEED_TYPE)
        workplace.configure("")
        workplace.run("add", f"{site.url}/feed.xml?tag={{ships}}")
        workplace.run("check")
        assert "1 new" in workplace.run("poll").stdout


def test_what_is_known_is_said_at_once(workplace: Workplace) -> None:
    """An address that is a source, or the page that led to one, is asked for nothing."""
    with Site() as site:
        head = "<link rel='alternate' type='application/rss+xml' href='/rss'>"
        site.pages |= {
            "/": html("Port", f"<ul>{MENU}</ul>", head),
            "/rss": Answer(summary_feed(site.url, 1), FEED_TYPE),
        }
        workplace.configure("")
        workplace.run("add", f"{site.url}/", "--name", "port")
        asked = len(site.paths())
        for address in (f"{site.url}/rss", f"{site.url}/", site.url, site.url.removeprefix("http://")):
            assert '"port" already' in workplace.run("add", address, expect=2).stderr
        assert len(site.paths()) == asked
    assert len(written(workplace)) == 1


def test_a_sure_list_ends_the_search(workplace: Workplace) -> None:
    """Where the page lists its articles, the places where feeds and sitemaps might be are left alone."""
    with Site() as site:
        site.pages["/news/"] = html("News", f"<ul class='menu'>{MENU}</ul><ul class='news'>{ROWS}</ul>")
        site.pages |= {f"/news/2026/{number}.html": article_page() for number in range(len(TITLES))}
        workplace.configure("")
        workplace.run("add", f"{site.url}/news/")
        probed = {path for path in site.paths() if not path.startswith("/news/2026/")}
    assert written(workplace)[0]["kind"] == "listing"
    assert probed <= {"/news/", "/news/feed/", "/feed/", "/robots.txt"}


def test_guesses_are_said(workplace: Workplace) -> None:
    """Kind, time zone and category, which nobody named, with the reason."""
    with Site() as site:
        site.pages["/tzgg/"] = html("通知公告", f"<ul class='news'>{ROWS}</ul>").replace(
            b"<html", b"<html lang='zh'", 1
        )
        workplace.configure("")
        workplace.config.write_text(
            workplace.config.read_text("utf-8").replace("Asia/Shanghai", "Europe/Berlin"), "utf-8"
        )
        said = workplace.run("add", f"{site.url}/tzgg/", "--dry-run").stdout
    assert "kind      listing" in said
    assert "timezone  Asia/Shanghai: a guess" in said
    assert "category  通知公告" in said


@pytest.mark.parametrize(
    "body",
    [
        "<div id='app'></div><script src='/app.js'></script>",
        f"<ul class='menu'>{MENU}</ul><ul id='newsList'></ul><script>$.get('/api/list', fill)</script>",
        f"<ul class='menu'>{MENU}</ul><ul><li v-for='row in rows'><a :href='row.url'>{{{{ row.title }}}}</a></li></ul><script src='/vue.js'></script>",
        f"<ul class='menu'>{MENU}</ul><noscript>Please enable JavaScript to see our news.</noscript><script src='/x.js'></script>",
    ],
    ids=["app", "empty list", "template", "noscript"],
)
def test_a_list_that_a_script_builds_is_called_one(workplace: Workplace, body: str) -> None:
    """The advice is a browser, also where a menu stands on the page that could be taken for a list."""
    with Site({"/news/": html("News", body)}) as site:
        workplace.configure("")
        said = workplace.run("add", f"{site.url}/news/", expect=1).stderr
    assert "built by a script" in said
    assert "[source.browser]" in said
