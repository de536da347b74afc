"""Posts in a real Jekyll: every one builds, under its date and category, and nothing in it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from aggregator.text.text import fold, scrub, text_of
from tests.support.hostile import hostile_articles
from tests.support.posts import a_press

pytestmark = pytest.mark.slow


def test_every_post_builds(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """With its title and text intact, under its date and category, without an error of Liquid."""
    jekyll = shutil.which("jekyll")
    if not jekyll:
        pytest.skip("no jekyll on this machine; Debian: apt install jekyll")
    place = Path(os.environ.get("AGGREGATOR_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))
    made = hostile_articles(place if place.is_dir() else None)
    with a_press(tmp_path) as press:
        press.save(*made, hour=24 * 100)
        press.publish()
        assert press.publisher.check() == []
        kept = {one.article.key: one for one in press.store.every()}
    layouts = tmp_path / "_layouts"
    layouts.mkdir()
    layout = "<h1>{{ page.title | escape }}</h1><time>{{ page.date | date: '%F %T' }}</time>"
    (layouts / "post.html").write_text(
        layout + "<i>{{ page.categories | jsonify | escape }}</i><main>{{ content }}</main>"
    )
    (tmp_path / "_config.yml").write_text(
        "timezone: UTC\nexclude: [var, public]\npermalink: /posts/:title.html\n"
    )
    done = subprocess.run(
        [jekyll, "build", "--destination", str(tmp_path / "built")],
        cwd=tmp_path,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Liquid" not in done.stderr
    assert "Error" not in done.stderr
    built = {path.stem: path for path in (tmp_path / "built" / "posts").glob("*.html")}
    assert built.keys() == kept.keys()
    for key, path in built.items():
        soup = BeautifulSoup(path.read_text("utf-8"), "lxml")
        one = kept[key]
        title, main, when, filed = (soup.find(name) for name in ("h1", "main", "time", "i"))
        assert title
        assert main
        assert when
        assert filed
        assert fold(title.get_text()) == (fold(scrub(one.article.title)) or key), key
        assert without_ways_back(main) == squeezed(text_of(one.article.content)), key
        assert when.get_text() == f"{min(one.article.published, one.first_seen):%F %T}"
        for filing in one.filings:
            assert f'"{filing.category.slug}"' in filed.get_text()
        assert not main.find(["script", "iframe", "style"])


def without_ways_back(main: Tag) -> str:
    """The text of a built post without the addresses and links at its end."""
    text = squeezed(main.get_text())
    return text[: text.rindex("https://paper.example/")]


def squeezed(text: str) -> str:
    """A text without its blanks, which layout may change."""
    return "".join(text.split())
