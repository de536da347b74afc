"""Numbers of documents: one spelling for all, and what a text does with those of others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.model import Article, Field
from aggregator.text.references import cited_references, own_prefixes, parse_reference
from tests.support.database import an_article


def an_own(number: str, agency: str = "", content: str = "") -> Article:
    """A document of that number."""
    named = (Field("number", number, "reference"), Field("agency", agency, "list"))
    return replace(an_article("key"), fields=named, content=content)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("国市监发〔2026〕12号", "国市监发〔2026〕12号"),
        ("国市监发[2026]12号", "国市监发〔2026〕12号"),
        ("国市监发【２０２６】　１２号", "国市监发〔2026〕12号"),
        ("国市监发(2026) 第 012 号", "国市监发〔2026〕12号"),
        ("国市监发（2026年）12号", "国市监发〔2026〕12号"),
        ("市场监管总局公告 2026年第12号", "市场监管总局公告〔2026〕12号"),
        ("市场监管总局2026年第12号公告", "市场监管总局公告〔2026〕12号"),
        ("2026年第12号", "〔2026〕12号"),
        ("国家市场监督管理总局令第31号", "国家市场监督管理总局令第31号"),
        ("《办法》（国发〔2020〕5号）", "国发〔2020〕5号"),
        ("第12号", None),
        ("2026年12月", None),
        ("〔12〕2026号", None),
        ("12026年第3号", None),
    ],
)
def test_spellings(written: str, number: str | None) -> None:
    """Brackets, blanks, 第, 年, zeros before it and full width make no difference."""
    found = parse_reference(written)
    assert (str(found) if found else None) == number


def test_what_others_may_write() -> None:
    """A number alone, or with the kind of the document, is cited with the agency that issued it."""
    assert own_prefixes(an_own("国市监发〔2026〕12号", "市场监管总局")) == ["国市监发"]
    assert own_prefixes(an_own("公告〔2026〕12号", "甲局\n乙局")) == ["甲局公告", "乙局公告"]
    assert "甲局令" in own_prefixes(an_own("〔2026〕12号", "甲局"))
    assert own_prefixes(an_own("〔2026〕12号")) == []


def test_own_numbers_are_not_cited() -> None:
    """A document's own number in its text is no citation, however it is spelled there."""
    text = "<p>国市监发[2026]12号</p><p>见国药监〔2026〕12号。</p>"
    cited = cited_references(an_own("国市监发〔2026〕12号", content=text))
    assert [str(one) for one in cited] == ["见国药监〔2026〕12号"]


def test_a_text_of_nothing_but_numbers() -> None:
    """It is read in the time of any other, and no more than some of them count."""
    same = "根据国发〔2026〕1号，" * 30_000
    many = "".join(f"国发〔2026〕{number}号" for number in range(30_000))
    assert len(cited_references(an_own("", content=f"<p>{same}</p>"))) == 1
    assert len(cited_references(an_own("", content=f"<p>{many}</p>"))) == 200
