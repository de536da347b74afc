"""Origin: the name that an article's own words give, and nothing where they only speak of sources."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.content.metadata.origin import find_origin
from aggregator.text.charset import decode
from aggregator.text.text import plain


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("正文到此为止。（文章来源：灯塔日报）", "灯塔日报"),
        ("来源：灯塔网", "灯塔网"),
        ("本文来源：灯塔日报 责任编辑：李四", "灯塔日报"),
        ("2026-03-05 10:20:22 来源: 灯塔社 举报", "灯塔社"),
        ("时间：2026-03-05 来源： 灯塔网-海洋频道 分享到：", "灯塔网-海洋频道"),
        ("来源：灯塔社，记者张三", "灯塔社"),
        ("来源：灯塔日报编辑：李四", "灯塔日报"),
        ("来源：灯塔日报 2026年3月5日", "灯塔日报"),
        ("来源：21世纪灯塔报道", "21世纪灯塔报道"),
        ("来源|港口参考、港口发布、灯塔晚报 扫描", "港口参考、港口发布、灯塔晚报"),
        ("来源丨灯塔社\n正文。", "灯塔社"),
        ("来　源：灯塔社", "灯塔社"),
        ("【來源：灯塔社】", "灯塔社"),
        ("[稿源：灯塔社]", "灯塔社"),
        ("正文。\n转自：灯塔社\n", "灯塔社"),
        ("（来源：《灯塔日报》）", "灯塔日报"),
        ("来源：Lantern News 2026-03-05", "Lantern News"),
        ("来源：The Lantern Street Journal 作者：李四", "The Lantern Street Journal"),
        ("Prices rose. (Source: Lantern Wire)", "Lantern Wire"),
        ("Prices rose two percent. Source: Lantern Wire", "Lantern Wire"),
        ("Source: Lantern Times\nPrices rose.", "Lantern Times"),
        ("Source: Lantern Wire, Harbour Press", "Lantern Wire"),
        ("Quelle: lnt", "lnt"),
        ("来源：灯塔网\n" + "正文。" * 500 + "（文章来源：港口日报）", "港口日报"),
        ("来源：灯塔网\n" + "正文。" * 500, "灯塔网"),
    ],
)
def test_a_label_gives_the_name(text: str, name: str) -> None:
    """A label in brackets or by itself, first or last, gives the name behind it and no more."""
    assert find_origin(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "来源：",
        "（来源：",
        "来源: | 发布时间: 2026-03-05",
        "来源：2026-03-05",
        "来源：本站原创 作者：李四",
        "来源：https://news.example/1",
        "来源：据灯塔社报道，今日有雨",
        "资金来源：财政拨款。",
        "图片来源：灯塔视觉",
        "数据来源：灯塔统计",
        "灵感来源于灯塔",
        "光的来源：太阳",
        "他说，来源：不明。",
        "有稳定的经费来源和独立的财务帐号。",
        "The source: officials who asked not to be named",
        "Source: Lantern Wire said that prices rose, and fell again",
        "来源：" + "灯" * 41,
        "正文。" * 200 + "（来源：灯塔社）" + "正文。" * 200,
    ],
)
def test_sentences_on_sources_give_none(text: str) -> None:
    """Words that merely hold the label, name nobody or stand in the middle of an article give nothing."""
    assert find_origin(text) == ""


@given(
    st.lists(st.sampled_from(["来源", "：", "（", "）", " ", "\n", "灯塔", "Source", ": ", "a", "，", "1"]))
)
def test_a_name_is_short_and_in_one_line(pieces: list[str]) -> None:
    """Whatever comes, the name has forty characters at most and no line break."""
    name = find_origin("".join(pieces))
    assert len(name) <= 40
    assert name == " ".join(name.split())


def test_real_articles_name_their_origin(corpora: Path) -> None:
    """Articles of a market's interface end in one, and the bylines of portals hold one."""
    ends = [
        find_origin(plain(text))
        for path in (corpora / "eastmoney").rglob("*.json")
        for text in strings(json.loads(path.read_bytes()))
        if "文章来源" in text
    ]
    assert ends
    assert all(3 <= len(name) <= 12 for name in ends)
    pages = {
        path.name: plain(decode(path.read_bytes())) for path in (corpora / "extraction/gne").glob("163*")
    }
    bylines = [text[text.index("来源:") - 20 :] for text in pages.values() if "来源:" in text]
    assert len(bylines) >= 3
    assert all(2 <= len(find_origin(byline[:80])) <= 8 for byline in bylines)


def strings(value: object) -> list[str]:
    """Return every string in a JSON value."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []
