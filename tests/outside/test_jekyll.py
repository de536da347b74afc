"""Posts in a real Jekyll: every one builds, under its date and category, and nothing in it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from aggregator.text.text import fold, scrub, text_of
from docs.site.blocks import block
from tests.support.hostile import hostile_articles
from tests.support.loopback import Site
from tests.support.posts import a_press
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import PATIENCE, Workplace

pytestmark = pytest.mark.slow


@pytest.fixture
def jekyll() -> str:
    """Debian's Jekyll."""
    found = shutil.which("jekyll")
    if not found:
        pytest.skip("no jekyll on this machine; Debian: apt install jekyll jekyll-theme-minima")
    return found


def documented(number: int) -> str:
    """A block of docs/jekyll.md."""
    return block("docs/jekyll.md", "A site on GitHub Pages, fed by a schedule", number)


def test_the_site_of_the_page(workplace: Workplace, jekyll: str) -> None:
    """Of the files as docs/jekyll.md has them come a front page with the posts, their pages, and our output as it is."""
    with Site({"/feed.xml": feed(*(item(number) for number in range(1, 4)))}) as site:
        workplace.config.parent.mkdir()
        network = '[network]\nallow_private = ["127.0.0.0/8"]\n'
        workplace.config.write_text(documented(2) + network + feed_source(site))
        (workplace.folder / "_config.yml").write_text(documented(3))
        (workplace.folder / "index.md").write_text(documented(4))
        poll, build = documented(5).splitlines()
        workplace.run(*poll.split()[1:])
        done = subprocess.run(
            [jekyll, *build.split()[1:]],
            cwd=workplace.folder,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr
    built = workplace.folder / "_site"
    front = BeautifulSoup((built / "index.html").read_text("utf-8"), "lxml")
    links = {link.get_text(strip=True): str(link["href"]) for link in front.select("h3 a")}
    assert list(links) == ["Title 3", "Title 2", "Title 1"]
    for title, link in links.items():
        page = (built / link.removeprefix("/REPOSITORY/")).read_text("utf-8")
        assert title in page
        assert 'class="post-content' in page
    for name, body in workplace.files("mirror").items():
        assert (built / name).read_bytes() == body
    for link in front.select(".home p > a"):
        assert (built / str(link["href"]).removeprefix("/REPOSITORY/")).exists()


@pytest.mark.parametrize(("code", "goes_on"), [(0, True), (1, True), (2, False)])
def test_the_workflow_of_the_page(tmp_path: Path, code: int, goes_on: bool) -> None:
    """A source that fails stops nothing; a wrong configuration does, where its owner sees it."""
    steps = yaml.safe_load(documented(6))["jobs"]["build"]["steps"]
    (poll,) = (step["run"] for step in steps if "aggregator poll" in step.get("run", ""))
    program = tmp_path / "aggregator"
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["bash", "-e", "-c", poll], env=os.environ | {"PATH": path}, check=False)
    assert (done.returncode == 0) is goes_on


def test_every_post_builds(tmp_path: Path, jekyll: str) -> None:
    """With its title and text intact, under its date and category, without an error of Liquid."""
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
