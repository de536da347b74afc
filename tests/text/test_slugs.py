"""Slugs: readable, safe on any disk, never empty."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.slugs import slugify


@pytest.mark.parametrize(
    ("label", "slug"),
    [
        ("重庆银行", "chongqingyinhang"),
        ("市场监管总局", "shichangjianguanzongju"),
        ("21世纪经济报道", "21shijijingjibaodao"),
        ("Career In 投行PEVC", "career-in-touxingpevc"),
        ("要闻 · 政策", "yaowen-zhengce"),
        ("〇八宪章", "lingbaxianzhang"),
        ("Market Watch", "market-watch"),
        ("  Market -- Watch!  ", "market-watch"),
        ("R&amp;D", "r-amp-d"),
        ("Экономика", "ekonomika"),
        ("Ｗｉｄｅ　Ｗｏｒｄ", "wide-word"),
        ("Économie & société", "economie-societe"),
        ("Über_uns", "uber-uns"),
        ("ニュース", "niyusu"),
    ],
)
def test_labels_become_readable_names(label: str, slug: str) -> None:
    """Chinese becomes pinyin by phrase, words stand apart by a hyphen, other scripts are transliterated."""
    assert slugify(label) == slug


@pytest.mark.parametrize("label", ["", "   ", "🙂", "..", "/", "…", "\ud800", "\x00"])
def test_labels_without_letters_get_a_hash(label: str) -> None:
    """A label that leaves nothing falls back to c- and eight hexadecimal digits."""
    assert re.fullmatch(r"c-[0-9a-f]{8}", slugify(label))


def test_labels_without_letters_stay_apart() -> None:
    """Two labels of emoji only do not share a name."""
    assert slugify("🙂") != slugify("🙃")


@pytest.mark.parametrize("label", ["../../etc", "..\\..\\etc", "/etc/", "etc\x00", "etc."])
def test_paths_lose_their_meaning(label: str) -> None:
    """No dots, slashes or zero bytes survive."""
    assert slugify(label) == "etc"


@pytest.mark.parametrize("label", ["con", "PRN", "Aux", "nul", "COM1", "com¹", "lpt9"])
def test_windows_devices_are_avoided(label: str) -> None:
    """A name that Windows keeps for a device gets a suffix; one that only begins like it does not."""
    assert re.fullmatch(r"(con|prn|aux|nul|com1|lpt9)-c", slugify(label))
    assert slugify(label + " news").endswith("-news")


def test_long_labels_are_cut_and_differ() -> None:
    """Labels that share their first 80 characters keep names of their own, of 80 characters at most."""
    first, second = slugify("新闻" * 100 + "甲"), slugify("新闻" * 100 + "乙")
    assert first != second
    assert max(len(first), len(second)) <= 80
    assert first.startswith("xinwenxinwen")
    assert len(slugify("a" * 80)) == 80
    assert slugify("a" * 80) == "a" * 80


@given(st.text(max_size=200))
def test_any_text_gives_a_safe_name(label: str) -> None:
    """Whatever the label, the name is 1 to 80 safe characters and the same each time."""
    slug = slugify(label)
    assert re.fullmatch(r"[a-z0-9]+(-+[a-z0-9]+)*", slug)
    assert len(slug) <= 80
    assert slugify(label) == slug


def test_pinyin_is_loaded_only_for_chinese() -> None:
    """A label without Chinese characters does not pay for the dictionaries."""
    code = (
        "import sys; from aggregator.text.slugs import slugify;"
        "slugify('News'); before = 'pypinyin' in sys.modules;"
        "slugify('新闻'); print(before, 'pypinyin' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]
