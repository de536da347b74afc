"""Plain HTML: what is cleaned without a tree is what the sanitiser gives, or is left to it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from aggregator.content import clean as sanitiser
from aggregator.content.clean import clean
from aggregator.content.plain_markup import clean_plain
from aggregator.errors import ReadError
from aggregator.model import Fetched
from aggregator.settings import Source
from aggregator.sources import feed
from aggregator.text.text import scrub
from tests.support.sampling import sampled

BASE = "https://port.example/news/1"
SOURCE = Source(name="wire", kind="feed", url="https://wire.example/feed.xml", full_text="never")
PLAIN = (
    '<h2 id="a">The quay</h2>\n<p>It is <b>open</b>, A &amp; B say: 1 &lt; 2.</p>\n\n<p>码头 "已" 开放<br/>x<br>y</p>'
    '<p><a href="/a/1?b=2&amp;c=3" target="_blank" rel="x" title="T &amp; U">one</a> '
    '<a class=" w  v " href="https://port.example/2">two</a></p><p></p>'
    '<figure class="big"><img src="/q.jpg" alt="Quay" width="3" onclick="x()" /><figcaption>A</figcaption></figure>'
    '<ul>\n<li>a <em>b <strong>c</strong></em></li>\n</ul><ol start="3"><li><code>d</code></li></ol>'
    '<blockquote class="q"><p lang="en"><span id="s">e</span> <small>f</small></p></blockquote>'
)
NAMES = (
    "a b br code em i img s small span strong sub sup u p h2 ul ol li blockquote figure figcaption"
    " div table td script style svg math title form"
).split()
PHRASES = ("a", "b", "br", "code", "em", "img", "span", "strong", "sup")
ATTRIBUTES = (
    *(
        'href="/a"',
        'src="/a.png"',
        'href="javascript:x()"',
        'href="https://x.example/?a&amp;b=1"',
        'class="a  b"',
    ),
    *(
        'style="text-align:left"',
        "hidden",
        'hidden=""',
        'title="&lt;x"',
        'onclick="x()"',
        "alt='x'",
        'alt="x > y"',
    ),
    *(
        'href="mailto:a@x.example"',
        'src="//x.example/a"',
        'href="#f"',
        'class="x" class="y"',
        'xmlns="a"',
        "/",
        "x",
    ),
    *(
        'width="1"',
        'start="2"',
        'id="n"',
        'rel="me"',
        'lang="en"',
        'align="left"',
        'href="/&amp;lt;"',
        'href=""',
    ),
)
TEXTS = (
    "x",
    " ",
    "\n",
    "   ",
    "a b",
    "码头",
    "&amp;",
    "&lt;b&gt;",
    "&nbsp;",
    "\u00a0",
    "\u3000\u3000x",
    "&copy",
    "<",
    ">",
    "&amp;copy;",
)


def by_sanitiser(markup: str, base: str) -> str:
    """Clean HTML with a tree, whatever it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sanitiser, "clean_plain", lambda markup, base: None)
        return clean(markup, base)


def agree(markup: str, base: str = BASE) -> bool:
    """Assert that both ways give the same, and tell whether there were two."""
    plain = clean_plain(markup, base)
    assert plain is None or clean(markup, base) == by_sanitiser(markup, base), markup
    return plain is not None


def test_plain_html_is_cleaned_so() -> None:
    """All that is on its lists; addresses become absolute, other attributes go, blanks stay."""
    assert agree(PLAIN)
    assert '<img alt="Quay" src="https://port.example/q.jpg" width="3">' in clean(PLAIN, BASE)
    assert agree("")


@pytest.mark.parametrize(
    "markup",
    [
        '<ol reversed="" start="3"><li>x</li></ol>',
        "&nbsp;",
        "&nbsp;\u2003&#160;",
        '<p class="&nbsp;a&#160;b">x</p>',
        "\ufeffx",
        "\ufeff<b>x</b>",
        "<p>x\ufeff</p>",
        '<p><a href="https://xn--a.example/">x</a></p>',
    ],
)
def test_they_agree_on_what_is_rare(markup: str) -> None:
    """Lists that count down, blanks that do not break, a mark of byte order, a host that is none."""
    agree(markup)


@sampled(3)
def test_they_agree_on_real_feeds(corpora: Path, step: int) -> None:
    """Every text of every feed of the corpora, of which many are plain."""
    texts = set[str]()
    for path in sorted(path for path in (corpora / "feeds").rglob("*") if path.is_file())[::step]:
        try:
            entries = feed.read_list(SOURCE, Fetched(SOURCE.url, 200, {}, path.read_bytes())).entries
        except ReadError:
            continue
        texts |= {scrub(text) for entry in entries for text in (entry.content, entry.summary) if text}
    assert sum(map(agree, texts)) > len(texts) / 5 > 100


@sampled(1000, 30_000, name="count")
def test_they_agree_on_any_html(count: int) -> None:
    """Tags and texts in any order: most is left to the sanitiser, and the rest is as it says."""
    chance = random.Random(count)  # noqa: S311 - the same texts each time
    plain = sum(agree(any_html(chance)) for _ in range(count))
    assert plain > count / 10


def any_html(chance: random.Random) -> str:
    """Give some HTML: mostly plain elements in their places and closed, with one odd thing in most."""
    odd = chance.choice((0.0, 0.05, 0.2))

    def element(name: str, held: tuple[str, ...], depth: int) -> str:
        given = chance.choice(("", "", ' class="a  b"', ' id="x" title="T &amp; U"'))
        given += {"a": ' href="/b?c=1&amp;d=2"', "img": ' src="/b.png"'}.get(name, "")
        if chance.random() < odd:
            given += f" {chance.choice(ATTRIBUTES)}"
        if name in ("br", "img"):
            return f"<{name}{given}>"
        inside = "".join(piece(held, depth) for _ in range(chance.randint(0, 4)))
        return f"<{name}{given}>{inside}" + f"</{name}>" * (chance.random() > odd / 4)

    def piece(held: tuple[str, ...], depth: int) -> str:
        if chance.random() < odd:
            return chance.choice((*TEXTS, element(chance.choice(NAMES), PHRASES, 0)))
        if depth and held and chance.random() < 0.5:
            return element(chance.choice(held), held, depth - 1)
        return chance.choice(("x", "a b", "码头 ", " ", "&lt;b&gt; &amp; c"))

    blocks = [element(chance.choice(("p", "p", "h2")), PHRASES, 3) for _ in range(chance.randint(1, 3))]
    blocks.append(
        chance.choice(
            (
                "",
                f"<ul>\n{element('li', PHRASES, 2)}\n</ul>",
                f"<blockquote>{element('p', PHRASES, 2)}</blockquote>",
                f"<figure>{element('img', (), 0)} {element('figcaption', PHRASES, 2)}</figure>",
            )
        )
    )
    if chance.random() < 0.2:
        return "".join(piece(PHRASES, 2) for _ in range(4))
    if chance.random() < 0.2:
        blocks = [f"<div>{piece(PHRASES, 1)}{blocks[0]}{piece(PHRASES, 1)}</div>"]
    return chance.choice(("", "", "\n", "\n\n", " ", "\n  \n", "x")).join(blocks)
