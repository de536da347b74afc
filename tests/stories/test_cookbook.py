"""The cookbook of docs/sources.md: each of its ten sources polls the pages that were written for it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.cookbook import RECIPES
from tests.support.loopback import Site
from tests.support.workplace import Workplace

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "sources.md"


def recipe(number: int, url: str) -> str:
    """The table of a recipe as the document has it, but for the host."""
    _, _, rest = DOCUMENT.read_text("utf-8").partition(f"\n### {number}. ")
    table = re.search(r"```toml\n(.*?)```", rest, re.DOTALL)
    assert table, f"docs/sources.md has no recipe {number}"
    return re.sub(r"https://[a-z]+\.example\.org", url, table[1])


@contextmanager
def cooked(number: int, workplace: Workplace) -> Iterator[Site]:
    """The recipe's site, and the configuration that has the recipe as its source."""
    with Site() as site:
        site.pages.update(RECIPES[number](site.url))
        workplace.configure(recipe(number, site.url))
        yield site


def articles(workplace: Workplace) -> dict[str, dict[str, Any]]:
    """What was published, by title."""
    feed = json.loads((workplace.folder / "public" / "feeds" / "feed.json").read_text("utf-8"))
    return {item["title"]: item for item in feed["items"]}


def poll(number: int, workplace: Workplace) -> dict[str, dict[str, Any]]:
    """What a recipe gives at its first poll."""
    with cooked(number, workplace):
        workplace.run("check")
        workplace.run("poll")
    return articles(workplace)


def test_jpaas_column(workplace: Workplace) -> None:
    """A column built by script gives whole titles, times, origins, texts, and the file beside a text."""
    found = poll(1, workplace)
    assert set(found) == {"船舶进港报到规则（2026年修订）", "关于公布潮位表的通知"}
    notice = found["关于公布潮位表的通知"]
    assert notice["date_published"].startswith("2026-03-05T02:20")
    assert "港务规则第五条" in notice["content_html"]
    assert [part["url"].rpartition("/")[2] for part in notice["attachments"]] == ["tides.pdf"]


def test_json_api(workplace: Workplace) -> None:
    """A POST API is read across its cursor by a backfill, its articles from pages without a selector."""
    with cooked(2, workplace) as site:
        workplace.run("poll")
        assert set(articles(workplace)) == {"Filing number 3", "Filing number 2"}
        workplace.run("backfill", "filings")
        assert set(articles(workplace)) == {f"Filing number {number}" for number in (1, 2, 3)}
        assert {request.method for request in site.requests if request.path == "/v1/search"} == {"POST"}
    item = articles(workplace)["Filing number 1"]
    assert "Paragraph 5" in item["content_html"]
    assert "Home" not in item["content_html"]
    assert item["date_published"].startswith("2026-03-05T08:40")


def test_gbk_list(workplace: Workplace) -> None:
    """A list that says gb2312 and means GBK gives whole titles, and a date of both of its halves."""
    found = poll(3, workplace)
    assert set(found) == {"三月第一周鲜鱼均价：鲳鱼回落，镕江鲈鱼持平"}
    (item,) = found.values()
    assert re.search(r"-03-05T02:20", item["date_published"])
    assert "港务规则第五条" in item["content_html"]


def test_news_sitemap(workplace: Workplace) -> None:
    """A news sitemap gives titles and dates, its pages the texts; what the pattern leaves out is not asked for."""
    found = poll(4, workplace)
    assert set(found) == {"The new lamp", "Two hundred stairs"}
    assert found["The new lamp"]["date_published"].startswith("2026-03-05T02:20")
    assert "Paragraph 5" in found["The new lamp"]["content_html"]


def test_wordpress(workplace: Workplace) -> None:
    """WordPress gives its posts whole, entities in titles read."""
    found = poll(5, workplace)
    assert set(found) == {"Rope number 1 & its knots", "Rope number 2 & its knots"}
    assert "Paragraph 5" in found["Rope number 1 & its knots"]["content_html"]
    assert found["Rope number 1 & its knots"]["date_published"].startswith("2026-03-01T08:00")


def test_jsonp(workplace: Workplace) -> None:
    """A callback around JSON and markup in a title are no matter."""
    found = poll(6, workplace)
    assert set(found) == {"The tide table of March"}


def test_paged_list(workplace: Workplace) -> None:
    """A poll takes the first page, a backfill the others."""
    with cooked(7, workplace):
        workplace.run("poll")
        assert set(articles(workplace)) == {"Notice 5", "Notice 4"}
        workplace.run("backfill", "old-notices")
    assert set(articles(workplace)) == {f"Notice {number}" for number in range(1, 6)}


def test_filtered_feed(workplace: Workplace) -> None:
    """Of four items one is wanted; the others are counted, not owed."""
    assert set(poll(8, workplace)) == {"Lamp oil recalled"}
    state = workplace.sources()["recalls"]
    assert (state["filtered"], state["owed"]) == (3, [])


def test_login(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the password from the environment the circulars come; it is written nowhere."""
    monkeypatch.setenv("MEMBERS_PASSWORD", "open sesame")
    assert set(poll(9, workplace)) == {"Circular 1"}
    said = workplace.run("-v", "poll", expect=None)
    assert "open sesame" not in said.stdout + said.stderr + workplace.run("sources", "--json").stdout
    assert b"open sesame" not in (workplace.folder / "var" / "test.db").read_bytes()


def test_browser(workplace: Workplace) -> None:
    """What only a script writes comes through Chromium."""
    pytest.importorskip("playwright", reason="the extra aggregator[browser] is not installed")
    if not (shutil.which("chromium") or shutil.which("google-chrome")):
        pytest.skip("Chromium is not installed")
    found = poll(10, workplace)
    assert set(found) == {"A signal at dusk"}
    assert "Paragraph 5" in found["A signal at dusk"]["content_html"]
