"""`aggregator add --replace NAME`: a list that a site redesigned is found anew, and all else stays."""

from __future__ import annotations

import tomllib

import pytest

from tests.support.cookbook import html
from tests.support.loopback import Answer, Site
from tests.support.samples import LONG_TEXT, article_page, summary_feed
from tests.support.workplace import Workplace

TITLES = (
    "Harbour council raises the fee for berths",
    "Two goats found on the night ferry",
    "New lamp for the northern lighthouse",
    "Rope makers open their yard to visitors",
    "Tide tables for the spring are printed",
)
OLD = "".join(
    f"<li><a href='/a/{n}.html'>{title}</a> <i>2026-03-0{n + 1}</i></li>" for n, title in enumerate(TITLES)
)
NEW = "".join(
    f"<div class='card'><h3><a href='/a/{n}.html'>{title}</a></h3><time>2026-03-0{n + 1}</time></div>"
    for n, title in enumerate(TITLES)
)
SOURCE = """\
# the port, since 2019
[[source]]
name = "port"          # mine
kind = "listing"
url = "{url}/news/"
category = "Ports"
interval = "1h"

[source.list]          # by hand
entry = "ul.old > li"
link = "a"
date = "i"

[source.article]
remove = [".share"]

# the last words
"""


def start(workplace: Workplace, site: Site) -> None:
    """Poll the list as it was, then let the site redesign it."""
    site.pages["/news/"] = html("News", f"<ul class='old'>{OLD}</ul>")
    site.pages |= {f"/a/{n}.html": article_page(LONG_TEXT.replace("ferry", f"ferry {n}")) for n in range(5)}
    workplace.configure(SOURCE.format(url=site.url))
    assert "5 new" in workplace.run("poll").stdout
    site.pages["/news/"] = html("News", f"<main>{NEW}</main>")


def test_a_redesigned_list_is_mended(workplace: Workplace) -> None:
    """Category, interval, comments and articles stay; the new rules read what is there."""
    with Site() as site:
        start(workplace, site)
        workplace.run("poll", expect=None)
        assert '"port"' in workplace.run("add", "--replace", "port").stdout
        text = workplace.config.read_text("utf-8")
        for kept in (
            'name = "port"          # mine',
            'category = "Ports"',
            "# the port, since 2019",
            "# the last words",
        ):
            assert kept in text
        (table,) = tomllib.loads(text)["source"]
        assert (table["interval"], table["article"]) == ("1h", {"remove": [".share"]})
        assert "card" in table["list"]["entry"]
        assert "0 new" in workplace.run("poll").stdout
        titles = workplace.folder.glob("public/share/*.html")
        assert len(list(titles)) == 5


def test_another_kind_takes_its_place(workplace: Workplace) -> None:
    """An address may be given; what belonged to the old kind goes with it."""
    with Site() as site:
        start(workplace, site)
        site.pages["/rss"] = Answer(summary_feed(site.url, 9), {"Content-Type": "application/rss+xml"})
        workplace.run("add", f"{site.url}/rss", "--replace", "port")
        (table,) = tomllib.loads(workplace.config.read_text("utf-8"))["source"]
    assert (table["kind"], table["url"], table["category"]) == ("feed", f"{site.url}/rss", "Ports")
    assert "list" not in table


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--replace", "prot"), 'did you mean "port"'),
        (("--replace", "port", "--name", "x"), "--replace"),
        ((), "ADDRESS"),
    ],
)
def test_a_wrong_call_changes_nothing(workplace: Workplace, arguments: tuple[str, ...], said: str) -> None:
    """It is said what is wrong."""
    workplace.configure(SOURCE.format(url="http://127.0.0.1:1"))
    before = workplace.config.read_bytes()
    assert said in workplace.run("add", *arguments, expect=2).stderr
    assert workplace.config.read_bytes() == before


def test_a_dry_run_shows_the_table(workplace: Workplace) -> None:
    """Nothing is written."""
    with Site() as site:
        start(workplace, site)
        before = workplace.config.read_bytes()
        said = workplace.run("add", "--replace", "port", "--dry-run").stdout
    assert 'category = "Ports"' in said
    assert workplace.config.read_bytes() == before
