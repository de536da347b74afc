"""What readers see of a change, and which texts are one article's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.decide.changes import is_change, only_moved, same_text
from aggregator.model import Article, Attachment, Field
from tests.support.database import an_article

SIGNED = "https://cdn.example/1.jpg?X-Amz-Date={0}&X-Amz-Signature=ab{0}"


def with_content(content: str) -> Article:
    """An article of this content."""
    return replace(an_article("key"), content=content)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<p>words</p><img src="https://a.example/px?n=1" width="1">', '<p>words</p><img src="https://a.example/px?n=2" width="1">'),
        ('<img src="https://a.example/1.png?v=17">', '<img src="https://a.example/1.png?v=18">'),
        (f'<img src="{SIGNED.format(1)}">', f'<img src="{SIGNED.format(2)}">'),
        ('<p><a href="https://a.example/?utm_source=x">more</a></p>', '<p><a href="https://a.example/?utm_source=y">more</a></p>'),
        ('<p><a href="https://a.example/x;jsessionid=A1">x</a></p>', '<p><a href="https://a.example/x;jsessionid=B2">x</a></p>'),
        ('<img alt="a" src="https://a.example/1.png">', '<img src="https://a.example/1.png" alt="a">'),
        ("<p>words</p>\n<p>more</p>", "<p>words</p><p>more</p>"),
        ("<p>正文 阅读：123次</p>", "<p>正文 阅读：1234次</p>"),
        ('<p><a href="http://a.example/x">x</a></p>', '<p><a href="https://www.a.example/x/">x</a></p>'),
    ],
)  # fmt: skip
def test_what_nobody_sees(before: str, after: str) -> None:
    """Pixels, tracking, signatures, sessions, attributes, white space and counters are no change."""
    assert not is_change(with_content(before), with_content(after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>5 of 7</p>", "<p>6 of 7</p>"),
        ('<img src="https://a.example/1.png">', '<img src="https://a.example/2.png">'),
        ('<img src="https://a.example/image?id=1">', '<img src="https://a.example/image?id=2">'),
        ('<p><a href="https://a.example/x">x</a></p>', '<p><a href="https://a.example/y">x</a></p>'),
        ("<p>words</p>", '<p>words</p><img src="https://a.example/1.png">'),
    ],
)
def test_what_readers_see(before: str, after: str) -> None:
    """Words, pictures and where links lead are."""
    assert is_change(with_content(before), with_content(after))


def test_other_facts() -> None:
    """A title, a file and a date change an article; its language does not."""
    article = an_article("key")
    assert is_change(article, replace(article, title="Another"))
    assert is_change(article, replace(article, published=article.published + timedelta(days=1)))
    named = replace(article, fields=(Field("validity", "有效", label="有效性", rule="a label"),))
    assert is_change(article, named)
    assert is_change(named, replace(article, fields=(Field("validity", "废止"),)))
    assert not is_change(named, replace(article, fields=(Field("validity", "有效", label="Validity"),)))
    assert is_change(article, replace(article, attachments=(Attachment("https://a.example/1.pdf"),)))
    assert not is_change(article, replace(article, language="xx"))
    assert not is_change(
        replace(article, dated=False), replace(article, dated=False, published=article.updated)
    )


def test_only_the_address() -> None:
    """An article that stands elsewhere has moved, unless something else changed, too."""
    article = an_article("key")
    moved = replace(article, address="https://elsewhere.example/new/1")
    assert is_change(article, moved)
    assert only_moved(article, moved)
    assert not only_moved(article, replace(moved, title="Another"))


TEXT = "The office found in ward seven what it had looked for, and says what it costs and who pays. " * 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (f"<p>{TEXT}</p>", f"<div><p>{TEXT.replace('. ', '.</p><p>')}</p></div>", True),
        (f"<p>{TEXT}</p>", f"<p>{TEXT}</p><p>Share this page.</p>", True),
        (f"<p>{TEXT}</p>", f"<p>{TEXT.replace('seven', 'eight')}</p>", False),
        (f"<p>{TEXT} No. 1</p>", f"<p>{TEXT} No. 12</p>", False),
        ("<p>关于甲公司的处罚决定：罚款一百元。</p>", "<p>关于乙公司的处罚决定：罚款一百元。</p>", False),
        (f"<p>{TEXT}</p>", f"<p>{TEXT}</p><p>{TEXT}</p>", False),
        (f"<p>{TEXT}</p>", f"<p>Home</p><div>{TEXT}</div><p>Share this page.</p>", True),
        (f"<p>{TEXT}</p>", f"<p>{TEXT} Smith</p>", False),
        (f"<p>{TEXT}</p>", f"<p>{TEXT}</p><p>Fined: 500</p>", False),
        (f"<p>{TEXT}</p>", "", False),
    ],
)
def test_same_text(one: str, other: str, same: bool) -> None:
    """One text, whatever is around it; two of one template are two."""
    assert same_text(one, other) is same
    assert same_text(other, one) is same
