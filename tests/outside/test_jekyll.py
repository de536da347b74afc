"""Posts in a real Jekyll: every one builds, under its date and category, and nothing in it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from aggregator.content.clean import clean, says_something
from aggregator.model import Article, Label
from aggregator.text.text import fold, scrub, text_of
from tests.support.posts import START, a_press, an_item

TRAPS = [
    "{{ site.title }} {{page}} {%raw%} {% endraw %} {% include x %} {{{{ }}}} {",
    "{::nomarkdown}x{:/} {:toc} {: .class #id} {:.no} text{:.x}",
    "$$ math $$ \\( x \\) \\[ y \\] $x$",
    "[^1] and [^1]: a footnote",
    "*[HTML]: Hyper HTML",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "```ruby\nputs 1\n```",
    "~~~\ncode\n~~~",
    "---\nlayout: evil\n---",
    "Heading\n=======\nOther\n-------",
    "    indented code\n\n    more",
    "# not a heading\n## nor this",
    "* one\n* two\n1. three",
    "> quoted",
    "__bold__ *star* _under_ **strong** `code` ~~gone~~",
    '"quotes" -- and --- dashes ... dots << >>',
    "[link](http://x.example/) ![image](y.png) <http://auto.example/> [ref]: http://z.example/",
    "a ]]> b &amp; &lt;b&gt; &nbsp; &copy; &#123;&#123; &#37;",
    "a\\\nb\\\\c",
    "\u202eright to left\u202c \u2028 \u2029 😀 👩‍👩‍👧 𠮷",
    "-->  <!-- comment --> text",
]
BODIES = [f"<p>{trap}</p>" for trap in TRAPS[:-1]]
BODIES += [
    *(f"<div>{trap}</div>" for trap in TRAPS[:12]),
    *(f"<pre><code>{trap}</code></pre>" for trap in TRAPS[:12]),
    "<table><tr><td>*a*</td><td>{{ b }}</td></tr></table>",
    "<ul><li>* a<p>b *c*</p></li></ul>",
    "<p>unclosed <b>bold",
    "<div>" * 2000 + "deep" + "</div>" * 2000,
    "<p>" + "很长的正文 words " * 250_000 + "</p>",
    "plain *text* with {{ liquid }}\n\nand a second line",
    "",
]
TITLES = [
    "",
    "x" * 3000,
    "很" * 3000,
    "'single' \"double\" : # - [a] {b} | > & * ! % @ `",
    "😀 {{ title }} {% raw %}",
    "null",
    "2026-03-05",
    "yes",
    "- a",
    "\\n \\x00 \x07 \u202e",
    "same title",
    "same title",
]
CATEGORIES = [
    "../../etc",
    "CON",
    ".",
    "..",
    "长" * 200,
    "😀😀",
    "a/b",
    "a: b",
    "null",
    "{{ x }}",
    " ",
    "index",
]


def attacks(corpora: Path | None) -> list[str]:
    """The attack strings of the corpora, where they are."""
    if corpora is None:
        return []
    files = [
        path for path in (corpora / "security").rglob("*") if path.is_file() and path.name != "SOURCE.txt"
    ]
    texts = [path.read_text("utf-8", "replace") for path in sorted(files)]
    return [text[:20_000] for text in texts] + [
        line for text in texts for line in text.splitlines() if "<" in line and len(line) < 2000
    ][:400]


def articles(corpora: Path | None) -> list[Article]:
    """One article for each hostile text, title and category."""
    made = []

    def add(**said: object) -> None:
        made.append(an_item(len(made), **said))

    for body in [*BODIES, *attacks(corpora)]:
        content = clean(body, "https://x.example/")
        if says_something(content) or not body:
            add(content=content)
    for title in TITLES:
        add(title=title, published=START, updated=START)
    for category in CATEGORIES:
        add(labels=(Label(category, category), Label("other")))
    add(title="ahead", published=START + timedelta(days=20_000), content="<p>ahead</p>")
    return made


def test_every_post_builds(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """With its title and text intact, under its date and category, without an error of Liquid."""
    jekyll = shutil.which("jekyll")
    if not jekyll:
        pytest.skip("no jekyll on this machine; Debian: apt install jekyll")
    place = Path(os.environ.get("AGGREGATOR_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))
    made = articles(place if place.is_dir() else None)
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
