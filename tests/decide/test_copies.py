"""Copies and notices of one form are told apart, on a labelled set of both."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.decide.copies import find_original, is_copy
from aggregator.decide.shingles import keys_of
from aggregator.model import Article, Attachment, Field
from tests.support.copies import ORIGINALS, Text, copies, notices

COPIES = {name: (one, other) for name, one, other in copies()}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_found_and_known(name: str) -> None:
    """It shares a key of the index with its original, and either is known as a copy of the other."""
    one, other = COPIES[name]
    assert {*keys_of(one)} & {*keys_of(other)}
    assert is_copy(one, other)
    assert is_copy(other, one)


def test_two_notices_are_never_one() -> None:
    """Neither those of one form, with other names, numbers or dates, nor those that have nothing alike."""
    pairs = list(notices())
    assert len(pairs) > 90
    assert [
        (name, one.title) for name, one, other in pairs if is_copy(one, other) or is_copy(other, one)
    ] == []


def test_a_frame_that_several_have_is_no_text() -> None:
    """Sentences that stand under several titles say nothing of the text, however long they are."""
    form = [one for name, one, _ in notices() if name == "a frame longer than the text"]
    frame = form[0].content.split("</p>", 1)[1]
    texts = [original.article("first", number) for number, original in enumerate(ORIGINALS)]
    framed = [replace(text, content=text.content + frame) for text in texts]
    copy = replace(ORIGINALS[0].article("second"), content=texts[0].content)
    assert find_original(copy, framed[1:]) is None
    assert find_original(copy, framed) == 0


def numbered(article: Article, number: str, agency: str = "") -> Article:
    """An article that says which number it has, and who issued it."""
    named = [Field("number", number, "reference"), Field("agency", agency, "list")]
    return replace(article, fields=tuple(one for one in named if one.value))


def test_numbers_tell_more_than_texts() -> None:
    """One number, agency and title are one text, whatever it says; two numbers are never one."""
    one, other = ORIGINALS[0].article("first"), ORIGINALS[0].article("second")
    rewritten = replace(other, content="<p>The whole text is in the file below.</p>")
    titled = replace(rewritten, title="关于另一件事情的公告")
    full, bare = "国市监发〔2026〕12号", "〔2026〕12号"
    for mine, theirs, expected in (
        (numbered(one, full), numbered(rewritten, full), True),
        (numbered(one, bare, "市场监管总局"), numbered(rewritten, bare, "市场监管总局"), True),
        (numbered(one, bare, "市场监管总局"), numbered(rewritten, bare, "国家药监局"), False),
        (numbered(one, bare), numbered(rewritten, bare), False),
        (numbered(one, full), numbered(titled, full), False),
        (numbered(one, full), numbered(other, "国市监发〔2026〕13号"), False),
        (numbered(one, full), numbered(other, "国药监〔2026〕12号"), False),
        (numbered(one, full), numbered(other, bare), True),
        (numbered(one, full), other, True),
        (numbered(one, full), rewritten, False),
    ):
        assert is_copy(mine, theirs) is is_copy(theirs, mine) is expected, (mine.fields, theirs.fields)
    assert {*keys_of(numbered(one, full))} & {*keys_of(numbered(titled, full))}


def test_a_notice_comes_again() -> None:
    """The same words another month are another notice, and so they are at one source another week."""
    one = ORIGINALS[0].article("first")
    again = replace(ORIGINALS[0].article("first", 2), published=one.published + timedelta(days=7))
    assert not is_copy(one, again)
    assert is_copy(one, replace(again, source="second"))
    assert not is_copy(one, replace(again, source="second", published=one.published + timedelta(days=60)))


def test_a_text_that_says_nothing_is_no_copy() -> None:
    """Words such as "See the attachment" under one title stand for many notices, of whatever source."""
    brief = Text("公告", ("详情请见附件。",))
    assert not is_copy(brief.article("first"), brief.article("first", 2))
    assert not is_copy(brief.article("first"), brief.article("second"))
    files = [(Attachment(f"https://first.example/{name}.pdf"),) for name in "ab"]
    one, other = (
        replace(ORIGINALS[0].article("first", at), attachments=some) for at, some in enumerate(files)
    )
    assert not is_copy(one, other)
    assert is_copy(one, replace(other, attachments=one.attachments))


def test_keys_stay_the_same() -> None:
    """They are kept in databases: a library that hashes otherwise would find no copy of what is held."""
    assert keys_of(ORIGINALS[0].article("x"))[:2] == [553466152783341238, 242986925192328119]
    assert keys_of(ORIGINALS[4].article("x"))[-1] == 3736357717367050562
