"""Front matter of posts, of every kind that people and scripts write."""

from __future__ import annotations

from datetime import UTC

import pytest

from aggregator.discover.posts.addresses import moment_of
from aggregator.discover.posts.front_matter import split
from aggregator.discover.posts.reader import JekyllSite, Post, read_post
from aggregator.errors import ReadError


def post(front: str, body: str = "text\n", file: str = "_posts/2022-04-24-a-post.md") -> Post:
    """A post that can be read."""
    found = read_post(file, f"---\n{front}\n---\n{body}".encode(), JekyllSite(timezone="Asia/Shanghai"))
    assert found
    return found


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ('title: "他说"你好""', '他说"你好"'),
        ('title: "C:\\走"', "C:\\走"),
        ("title: 'It's here'", "It's here"),
        ("title: Prices: up", "Prices: up"),
        ("title: [draft] one", "[draft] one"),
        ("title: @home", "@home"),
        ("title: *bold*", "*bold*"),
        ('title: "fine"', "fine"),
        ("title: 12:30", "12:30"),
        ("title: no", "no"),
        ("title: 2022-01-01", "2022-01-01"),
    ],
)
def test_titles(front: str, title: str) -> None:
    """A title means what it says, whether YAML takes its quotes or not, and is never a number or a date."""
    found = post(f"layout: post\n{front}\ndate: 2022-04-24 10:50:37 +0800\ncategories: x")
    assert found.entry.title == title
    assert found.entry.published == "2022-04-24 10:50:37 +0800"


def test_broken_line_is_named() -> None:
    """Where YAML breaks off, the note says on which line of the file."""
    assert "line 3: its quotes" in post('layout: post\ntitle: "a"b"').notes[0]


@pytest.mark.parametrize(
    ("front", "labels"),
    [
        (
            "categories: shichangjianguanzongju\ntags: 市场监管总局新闻",
            [("市场监管总局", "市场监管总局新闻")],
        ),
        (
            "categories: Career In touxingPEVC\ntags: Career In投行PEVC新闻",
            [("Career In投行PEVC", "Career In投行PEVC新闻")],
        ),
        ("categories: town notices\ntags: [Ferry, Fish]", [("town", "Ferry"), ("notices", "Fish")]),
        ("categories: [Big Town]", [("Big Town", "")]),
        ("category: Big Town", [("Big Town", "")]),
        ("categories:\n  - a\n  - b\ntags: [x]", [("a", "x"), ("b", "x")]),
        ("tags: Ferry", [("Ferry", "")]),
        ("layout: post", []),
    ],
)
def test_labels(front: str, labels: list[tuple[str, str]]) -> None:
    """Categories keep their slugs, and get their labels back from the tags that were made of them."""
    assert [(one.category, one.tag) for one in post(f"title: x\n{front}").labels] == labels


def test_tag_without_place_is_named() -> None:
    """An article has one tag in each category; a further one is named."""
    assert any('has the tag "C"' in note for note in post("title: x\ncategories: a\ntags: [B, C]").notes)


def test_links() -> None:
    """The page that it was made of is its address; what leads back to the site goes from its end."""
    found = post(
        "title: x", "text\n\n<https://src.example.org/a?utm_source=x>\n\n[Back](//x/)｜[Home](//x)\n"
    )
    assert found.entry.address == "https://src.example.org/a?utm_source=x"
    assert found.others == ("https://src.example.org/a",)
    assert found.entry.content == "<p>text</p>\n"
    assert post("title: x\nsource_url: https://b.example.org/").entry.address == "https://b.example.org/"


def test_markdown_and_liquid() -> None:
    """Markdown with tables, footnotes and code; of Liquid what is known is filled in, the rest is named."""
    body = (
        "{% raw %}{{ kept }}{% endraw %} {{ site.title }} {{ '/a.png' | relative_url }} {% include x.html %}\n"
        "{: .wide}\n\n{% highlight python %}\nprint(1)\n{% endhighlight %}\n\nword[^1]\n\n[^1]: note\n"
    )
    site = JekyllSite("https://old.example.org/n", "/n", values={"title": "Old"})
    found = read_post("_posts/2022-04-24-a-post.md", f"---\ntitle: x\n---\n{body}".encode(), site)
    assert found
    content = found.entry.content or ""
    for part in ("{{ kept }}", "Old", "/n/a.png", '<code class="language-python">print(1)', "note"):
        assert part in content
    assert ".wide" not in content
    assert 'href="#' not in content
    assert found.notes == ("has {% include %}, which Liquid alone knows",)


def test_html_stays() -> None:
    """A post in HTML is no Markdown."""
    assert post("title: x", "<p>*a*</p>", "_posts/2022-04-24-a-post.html").entry.content == "<p>*a*</p>"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no front matter", "line 1: has no front matter"),
        ("---\ntitle: x\n", "line 1: has no front matter"),
        (f"---\nx: {'y' * 70_000}\n---\n", "more than 65536"),
        ("---\n- a\n- b\n---\n", "line 2: its front matter is no table"),
        ('---\nlayout: post\ntitle: ""\ndate: \n---\n', "line 1: neither its front matter nor the name"),
        ("---\ntitle: x\ndate: 2022-99-99\n---\n", 'has the date "2022-99-99", which is none'),
    ],
)
def test_broken_posts(text: str, message: str) -> None:
    """What no post can be is said, with the line."""
    with pytest.raises(ReadError, match=r".+") as caught:
        read_post("_posts/-202205262391921712.md", text.encode(), JekyllSite())
    assert message in str(caught.value)


@pytest.mark.parametrize(("levels", "width"), [(9, 9), (3, 999)])
def test_aliases_are_bounded(levels: int, width: int) -> None:
    """Front matter of a few lines that unfolds to a billion values is refused; aliases as people use them count."""
    rows = "\n".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * width)}]" for n in range(levels)
    )
    with pytest.raises(ReadError, match="unfolds to more than"):
        split(f"---\n{rows}\n---\n")
    front, _ = split("---\nauthor: &me Ann\neditors: [*me, Ben]\n---\n")
    assert front.values == {"author": "Ann", "editors": ["Ann", "Ben"]}


@pytest.mark.parametrize("date", ["0001-01-01 00:00:00 +1400", "9999-12-31 23:59:59 -1400"])
def test_times_at_the_ends_of_the_calendar(date: str) -> None:
    """One that is in no year elsewhere is none, and the file's name says the day."""
    assert moment_of(date, UTC, plain=True) is None
    assert post(f"title: a\ndate: {date}").entry.title == "a"


def test_half_characters() -> None:
    """YAML may name them, and no file holds them."""
    front, _ = split('---\ntitle: "a\\ud800b"\n"\\ud800": {"\\ud800": x}\n---\n')
    assert front.values == {"title": "a?b", "?": {"?": "x"}}
