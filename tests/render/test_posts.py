"""Posts as Jekyll reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import yaml

from aggregator.model import Article, Category, Document, Filing, KeptArticle
from aggregator.render.post import PostTemplate
from aggregator.settings import Site

SITE = Site(title="News", url="https://news.example.org/", language="en", timezone="Asia/Shanghai")
NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


def post(*tags: str, first_seen: datetime = NOON, changed: datetime | None = None, **fields: Any) -> Document:
    """The post of an article that is filed under these tags."""
    usual: dict[str, Any] = {"title": "Tides", "address": "https://x.example/1", "content": "<p>x</p>"}
    times = {"published": NOON, "updated": NOON}
    article = Article(namespace="x", key="1", source="x", labels=(), **(usual | times | fields))
    filings = tuple(Filing(Category("harbour", "Harbour"), tag) for tag in tags)
    return PostTemplate.load().render(
        SITE, KeptArticle("item-1", 1, 1, first_seen, article, filings, changed=changed)
    )


@pytest.mark.parametrize(
    ("tags", "read"),
    [
        (["News"], "News"),
        (["Town News"], ["Town News"]),
        (["Town\tNews"], ["Town\tNews"]),
        (["市场 监管\n总局"], ["市场 监管\n总局"]),
        (["市场\u3000总局"], ["市场\u3000总局"]),
        (["Town News", "Tides"], ["Town News", "Tides"]),
    ],
)
def test_a_tag_is_one_tag(tags: list[str], read: str | list[str]) -> None:
    """Jekyll makes several tags of a string with blanks in it, and one of each item of a list."""
    assert yaml.safe_load(post(*tags).body.decode().split("---\n")[1])["tags"] == read


@pytest.mark.parametrize(
    ("seen", "dated"),
    [
        (NOON, "2026-03-05"),
        (NOON + timedelta(days=9), "2026-03-05"),
        # It has not begun in UTC yet, and GitHub would leave the post out.
        (datetime(2026, 3, 4, 23, tzinfo=UTC), "2026-03-05 00:00:00 +0800"),
        # It has not begun in the site's zone either.
        (datetime(2026, 3, 4, 15, tzinfo=UTC), "2026-03-04 23:00:00 +0800"),
    ],
)
def test_a_day_without_a_time(seen: datetime, dated: str) -> None:
    """It stands there alone, in front matter and in the file's name, unless Jekyll would take it for the future."""
    document = post("News", first_seen=seen, day=date(2026, 3, 5), published=NOON - timedelta(hours=9))
    assert f"\ndate: {dated}\n" in document.body.decode()
    assert document.path == f"{dated[:10]}-item-1.md"


def test_a_changed_article_says_when() -> None:
    """Plugins of Jekyll for sitemaps and search engines read this key; it is there for a real change only."""
    matter = post("News", changed=NOON + timedelta(days=2)).body.decode().split("---\n")[1]
    assert yaml.safe_load(matter)["last_modified_at"] == "2026-03-07 12:00:00 +0800"
    assert "last_modified_at" not in post("News").body.decode()


@pytest.mark.parametrize(
    "title", ["Tides: a # b", 'A "b" \\n c', "潮汐。“a”\u2028b", " x ", "\xa0\ufeff😀", "null"]
)
def test_a_title_is_read_as_it_is(title: str) -> None:
    """A title is a text between quotes, whether or not YAML escapes something in it."""
    written = post("News", title=title).body.decode()
    assert yaml.safe_load(written.split("---\n")[1])["title"] == title
    assert '\ntitle: "' in written
