"""Whatever articles hold, everything that is written of them is valid and lies where it should."""

from __future__ import annotations

import json
from pathlib import Path

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.content.clean import clean
from aggregator.model import Article, Attachment, Label
from aggregator.text.text import fold, scrub
from tests.support.hostile import hostile_articles
from tests.support.posts import Press, a_press, an_item

SCHEMA = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def check(press: Press) -> None:
    """Parse every file as strictly as there is a parser for it."""
    for path, body in press.files().items():
        assert ".." not in path
        assert all(0 < len(part.encode()) <= 255 for part in path.split("/"))
        # The strict parser takes minutes for megabytes.
        if path.endswith(".html") and len(body) < 200_000:
            html5lib.HTMLParser(strict=True).parse(body.decode())
        elif path.endswith((".xml", ".atom", ".opml")):
            root = etree.fromstring(body)
            if path.startswith("sitemap"):
                assert root.tag in (f"{SCHEMA}sitemapindex", f"{SCHEMA}urlset")
        elif path.endswith(".json"):
            json.loads(body)
    assert press.publisher.check() == []


@pytest.mark.slow
def test_hostile_articles(tmp_path: Path) -> None:
    """Markup, depth, size, titles and categories that mean harm: valid pages, and nothing outside the folders."""
    with a_press(tmp_path) as press:
        press.save(*hostile_articles(None), hour=2400)
        press.publish()
        check(press)
        assert {path.name for path in tmp_path.iterdir()} == {"public", "_posts", "var"}


ANYTHING = st.text(
    st.one_of(
        st.characters(exclude_categories=()), st.sampled_from("<>&\"'\\]{}/.\r\n\t\0\ud800\uffff\u202e")
    ),
    max_size=40,
)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ANYTHING, ANYTHING, ANYTHING, ANYTHING), min_size=1, max_size=3))
def test_any_article(tmp_path_factory: object, said: list[tuple[str, str, str, str]]) -> None:
    """As they come from a source: cleaned and folded, whatever the title, the text, the category and the tag."""
    made: list[Article] = []
    for title, text, category, tag in said:
        labels = (Label(fold(scrub(category)) or "paper", fold(scrub(tag))),)
        content = clean(text, "https://x.example/")
        files = (Attachment("https://x.example/" + tag, scrub(title)),)
        made.append(
            an_item(
                len(made),
                title=scrub(title).strip() or "x",
                content=content,
                labels=labels,
                author=scrub(tag),
                attachments=files,
            )
        )
    with a_press(tmp_path_factory.mktemp("any")) as press:  # type: ignore[attr-defined]
        press.save(*made, hour=2400)
        press.publish()
        check(press)
