"""Posts as Jekyll reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from aggregator.model import Article, Category, Filing, KeptArticle
from aggregator.render.post import PostTemplate
from aggregator.settings import Site

SITE = Site(title="News", url="https://news.example.org/", language="en", timezone="Asia/Shanghai")
NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


def front_of(*tags: str, **fields: Any) -> dict[str, Any]:
    """The front matter of a post that is filed under these tags."""
    usual: dict[str, Any] = {"title": "Tides", "address": "https://x.example/1", "content": "<p>x</p>"}
    times = {"published": NOON, "updated": NOON}
    article = Article(namespace="x", key="1", source="x", labels=(), **(usual | times | fields))
    filings = tuple(Filing(Category("harbour", "Harbour"), tag) for tag in tags)
    document = PostTemplate.load().render(SITE, KeptArticle("item-1", 1, 1, NOON, article, filings))
    front: dict[str, Any] = yaml.safe_load(document.body.decode().split("---\n")[1])
    return front


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
    assert front_of(*tags)["tags"] == read
