"""Texts, titles and categories that mean harm, and articles made of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from aggregator.content.clean import clean, says_something
from aggregator.model import Article, Label
from tests.support.posts import START, an_item

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


def hostile_articles(corpora: Path | None) -> list[Article]:
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
