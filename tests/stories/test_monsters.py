"""Documents that are made to take all time and memory: each ends, costs nobody else anything, and loses nothing."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import Any

import pytest

from tests.support.loopback import Answer, Site
from tests.support.workplace import Workplace, environment

pytestmark = pytest.mark.slow

# Run in CI as well; all of them are in `make soak`.
QUICK = ("nested-tags", "formatting", "constants", "numbers", "deep", "deep-xhtml", "entity")
N = 100_000
BYTES = 2400 * 1024**2  # of address space: what is allowed, not what is used; a library keeps 1 GB of it
SECONDS = 100  # that a process computes

PROSE = "<p>An ordinary sentence of an article, long enough to be read as one of its paragraphs.</p>" * 8

MARKUP = {
    "nested-tags": "<div>" * N + PROSE,
    "nested-inline": "<b>" * N + PROSE + "</b>" * N,
    "nested-tables": "<table><tr><td>" * (N // 3) + PROSE,
    "nested-lists": "<ul><li>" * (N // 2) + PROSE,
    "attributes": "<p " + " ".join(f"a{number}='1'" for number in range(N)) + f">{PROSE}</p>",
    "one-attribute": f"<p title='{'x' * 1_000_000}'>{PROSE}</p>",
    "open-brackets": PROSE + "<" * 1_000_000,
    "open-tags": PROSE + "<a " * 300_000,
    "open-comments": PROSE + "<!--" * 300_000,
    "open-quotes": PROSE + '<a href="' * 200_000,
    "entities": PROSE + "&amp;" * 300_000 + "&" * 300_000,
    "blanks": PROSE + " " * 2_000_000,
    "lines": PROSE + "\n" * 2_000_000,
    "cells": PROSE + "<table>" + "<tr><td>1<td>2<td>3" * 50_000,
    "links": PROSE + "".join(f"<a href='/{number}'>{number}</a>" for number in range(50_000)),
    "pictures": PROSE + "<img src='/a.png'>" * 50_000,
    "one-word": PROSE + "x" * 3_000_000,
    "dates": PROSE + "2026-03-05 10:00 " * 100_000,
    "origins": PROSE + "来源：" * 300_000,
    "misnested": PROSE + "<b><i></b></i>" * 50_000,
    "formatting": PROSE + "<p><b><i><u><s><a href=x>" * 3_000,
    "unclosed-scripts": PROSE + "<script>" * 200_000,
    "ld": PROSE + "<script type='application/ld+json'>" + '{"@graph":[' * 50_000,
    "styles": PROSE + "<p style='" + "text-align:" * 100_000 + "'>",
    "svg": PROSE + "<svg><g>" * 50_000,
}
JSON = {
    "deep": "[" * N,
    "deep-objects": '{"rows":' * N,
    "constants": '{"rows": [{"id": NaN, "title": Infinity, "text": -Infinity}, {"id": 1, "title": "fine", "text": "x"}]}',
    "numbers": f'{{"rows": [{{"id": {"9" * 20_000}, "title": "t"}}, {{"id": 1e400, "title": "u"}}, {{"id": 3, "title": "fine"}}]}}',
    "doubles": '{"rows": [{"id": 1, "id": 2, "title": "a", "title": "fine"}], "rows": [{"id": 3, "title": "fine"}]}',
    "surrogates": '{"rows": [{"id": "\\ud800", "title": "\\udfff x"}, {"id": 2, "title": "fine"}]}',
    "rows": json.dumps({"rows": [{"id": number, "title": "fine"} for number in range(N)]}),
    "keys": json.dumps({"rows": [{"id": 1, "title": "fine"} | {f"k{number}": 1 for number in range(N)}]}),
}

SITEMAP = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
XML = {
    "deep": f"<rss version='2.0'><channel><title>t</title><item>{'<a>' * N}",
    "deep-closed": f"<rss version='2.0'><channel><item><title>t</title>{'<a>' * N}{'</a>' * N}</item></channel></rss>",
    "deep-xhtml": "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><title>t</title><content type='xhtml'>"
    f"<div xmlns='http://www.w3.org/1999/xhtml'>{'<b>' * N}text{'</b>' * N}</div></content></entry></feed>",
    "attributes": "<rss " + " ".join(f"a{number}='1'" for number in range(N)) + "><channel><title>t</title>",
    "namespaces": "<rss " + " ".join(f"xmlns:a{number}='u{number}'" for number in range(N // 5)) + ">"
    "<channel><title>t</title></channel></rss>",
    "entries": f"<rss version='2.0'><channel>{'<item><title>t</title></item>' * 30_000}</channel></rss>",
    "empty-items": f"<rss version='2.0'><channel>{'<item/>' * N}</channel></rss>",
    "cdata": f"<rss version='2.0'><channel><item><title>{'<![CDATA[' * N}",
    "comments": f"<rss version='2.0'><channel>{'<!--' * N}",
    "declarations": "<?xml version='1.0'?>" * N + "<rss/>",
    "one-name": f"<rss version='2.0'><channel><{'a' * 1_000_000}>x",
    "entity": "<!DOCTYPE rss [<!ENTITY a '"
    + "x" * 100_000
    + "'>]><rss><channel><item><title>"
    + "&a;" * 10_000,
    "sitemap-deep": f"{SITEMAP}{'<url>' * N}",
    "sitemap-many": f"{SITEMAP}{'<url><loc>http://127.0.0.1:1/a</loc></url>' * N}</urlset>",
}


def poll(workplace: Workplace) -> subprocess.CompletedProcess[str]:
    """Run ``aggregator poll`` with an end to its memory and to the time that it computes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    done = subprocess.run(
        [sys.executable, "-m", "aggregator", "poll"],
        cwd=workplace.folder,
        env=environment(),
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
    )
    assert done.returncode >= 0, "it computed for too long"
    return done


GOOD = "<rss version='2.0'><channel><title>t</title><item><guid>g</guid><title>Good</title><link>/g</link></item></channel></rss>"


def quick_first(monsters: dict[str, str]) -> list[Any]:
    """Every monster's name, to be run in CI or, since it takes its time, in the soak."""
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.soak) for name in sorted(monsters)]


@pytest.mark.parametrize("monster", quick_first(MARKUP))
def test_markup(workplace: Workplace, monster: str) -> None:
    """As a page of an article, as the text of a feed's entry, as the list itself and as one of its rows."""
    markup = MARKUP[monster]
    escaped = markup.replace("&", "&amp;").replace("<", "&lt;")
    with Site() as site:
        site.pages |= {
            "/list": b"<ul id=n><li><a href='/article'>The article</a></li><li><a href='/plain'>Plain</a></li></ul>",
            "/article": f"<html><head><title>T</title></head><body><div id=c>{markup}</div></body></html>".encode(),
            "/plain": f"<html><body><div id=c>{PROSE}</div></body></html>".encode(),
            "/feed": (
                f"<rss version='2.0'><channel><title>t</title><item><guid>1</guid><title>M</title><link>{site.url}/x</link>"
                f"<description>{escaped}</description></item><item><guid>2</guid><title>Beside it</title>"
                f"<link>{site.url}/plain</link><description>{PROSE.replace('<', '&lt;')}</description></item></channel></rss>"
            ).encode(),
            "/itself": f"<ul id=n><li><a href='/plain'>Plain</a></li></ul>{markup}".encode(),
            "/good": GOOD.encode(),
        }
        common = 'interval = "1h"\nrobots = "ignore"\n'
        workplace.configure(
            f'[[source]]\nname = "page"\nkind = "listing"\nurl = "{site.url}/list"\n{common}'
            '[source.list]\nentry = "#n li"\n'
            f'[[source]]\nname = "chosen"\nkind = "listing"\nurl = "{site.url}/list"\n{common}'
            '[source.list]\nentry = "#n li"\n[source.article]\nbody = "#c"\n'
            f'[[source]]\nname = "feed"\nkind = "feed"\nurl = "{site.url}/feed"\nfull_text = "never"\n{common}'
            f'[[source]]\nname = "itself"\nkind = "listing"\nurl = "{site.url}/itself"\n{common}'
            '[source.list]\nentry = "#n li"\n'
            f'[[source]]\nname = "good"\nkind = "feed"\nurl = "{site.url}/good"\nfull_text = "never"\n{common}'
        )
        done = poll(workplace)
        assert "Traceback" not in done.stderr, done.stderr[-2000:]
        found = {name: state["articles"] for name, state in workplace.sources().items()}
        assert found["good"] == 1
        assert found["page"] >= 1
        assert found["chosen"] >= 1
        assert found["feed"] == 2
        assert found["itself"] == 1
        workplace.run("publish", "--check")


@pytest.mark.parametrize("monster", quick_first(JSON))
def test_json(workplace: Workplace, monster: str) -> None:
    """As the answer of an api: what is fine in it comes in, what is not is said."""
    with Site() as site:
        site.pages |= {
            "/list": Answer(JSON[monster].encode(), headers={"Content-Type": "application/json"}),
            "/good": GOOD.encode(),
        }
        workplace.configure(
            f'[[source]]\nname = "api"\nkind = "api"\nurl = "{site.url}/list"\nlimit = 20\n'
            '[source.list]\nentry = "rows"\nid = "id"\ntitle = "title"\nbody = "text"\n'
            f'[[source]]\nname = "good"\nkind = "feed"\nurl = "{site.url}/good"\nfull_text = "never"\n'
        )
        done = poll(workplace)
        assert "Traceback" not in done.stderr, done.stderr[-2000:]
        sources = workplace.sources()
        assert sources["good"]["articles"] == 1
        if "fine" in JSON[monster]:
            assert sources["api"]["articles"] >= 1, sources["api"]
        else:
            assert sources["api"]["error"]


@pytest.mark.parametrize("monster", quick_first(XML))
def test_xml(workplace: Workplace, monster: str) -> None:
    """As a feed, or as a sitemap: read or refused, and never the end of anything else."""
    kind = "sitemap" if monster.startswith("sitemap") else "feed"
    with Site() as site:
        site.pages |= {
            "/list": Answer(XML[monster].encode(), headers={"Content-Type": "application/xml"}),
            "/good": GOOD.encode(),
        }
        workplace.configure(
            f'[[source]]\nname = "monster"\nkind = "{kind}"\nurl = "{site.url}/list"\nlimit = 20\nrobots = "ignore"\n'
            f'[[source]]\nname = "good"\nkind = "feed"\nurl = "{site.url}/good"\nfull_text = "never"\n'
        )
        done = poll(workplace)
        assert "Traceback" not in done.stderr, done.stderr[-2000:]
        sources = workplace.sources()
        assert sources["good"]["articles"] == 1
        assert sources["monster"]["articles"] <= 20
        assert sources["monster"]["status"] != "new"
