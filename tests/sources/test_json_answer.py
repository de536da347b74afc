"""JSON as sites answer it: JSONP, guards, JSON and HTML inside of JSON, and what is none."""

from __future__ import annotations

import pytest

from aggregator.errors import ReadError
from aggregator.sources.json_answer import check_path, parse, search
from tests.support.answers import fetched

VALUE = {"list": [{"t": "港口)今日;复工", "n": 1}]}
TEXT = '{"list": [{"t": "港口)今日;复工", "n": 1}]}'


@pytest.mark.parametrize(
    "body",
    [
        TEXT,
        "\ufeff" + TEXT,
        f"callback({TEXT})",
        f"jQuery3510_16({TEXT});",
        f"/**/ typeof cb === 'function' && cb({TEXT});",
        f"/* cached */\n// at noon\nwindow.app.cb({TEXT}) // end",
        f"try{{cb({TEXT})}}catch(e){{}}",
        f")]}}',\n{TEXT}",
        f"while(1);{TEXT}",
        f"for (;;);{TEXT}",
        f"var newsList = {TEXT};",
    ],
)
def test_wrappings(body: str) -> None:
    """Whatever a site wraps its JSON in for scripts, the value is the same."""
    assert parse(fetched(body)) == VALUE


def test_legacy_characters() -> None:
    """An answer in GBK is read in its characters; NaN and Infinity are null; control characters pass."""
    assert parse(fetched(TEXT.encode("gbk"), content_type="text/plain; charset=gb2312")) == VALUE
    assert parse(fetched('{"a": NaN, "b": [-Infinity], "c": "x\ty"}')) == {
        "a": None,
        "b": [None],
        "c": "x\ty",
    }


@pytest.mark.parametrize(
    ("body", "fault", "said"),
    [
        (
            "<!DOCTYPE html><html><title>请先登录 &amp; 验证</title>",
            "wrong-type",
            "an HTML page titled '请先登录 & 验证'",
        ),
        ("<html><body>{}</body>", "wrong-type", "an HTML page"),
        ("", "empty", "an empty answer"),
        (" \n", "empty", "an empty answer"),
        ("hello {} world", "wrong-type", "begins 'hello {} world'"),
        ('{"list": [{"t": "half', "cut-off", "cut off"),
        ('cb({"list": [{"t": "whole"},', "cut-off", "cut off"),
        ('{"a": 1} and more', "wrong-type", "Extra data"),
        ('cb({"a": 1}) and more', "wrong-type", "Extra data"),
        ('{"a": 1}' * 2, "wrong-type", "Extra data"),
        ("[" * 100_000, "failed", "too many levels"),
    ],
)
def test_what_is_no_json(body: str, fault: str, said: str) -> None:
    """What came instead is said, with its fault; nothing else is raised."""
    with pytest.raises(ReadError, match=r".*") as caught:
        parse(fetched(body))
    assert caught.value.fault == fault
    assert said in str(caught.value)


def test_numbers_that_nothing_can_hold() -> None:
    """They stay the text that they were, and cost nothing beside them."""
    long = "9" * 5000
    assert parse(fetched(f'{{"n": {long}, "x": 1e999, "m": 7, "f": 1.5}}')) == {
        "n": long,
        "x": "1e999",
        "m": 7,
        "f": 1.5,
    }


@pytest.mark.parametrize(
    "piece", ["a(", "/*", "//", "try{", "var ", "a ", ")]}',", "while(1);", "x=", "((", "$."]
)
def test_hostile_beginnings(piece: str) -> None:
    """A beginning that never ends is looked at once, and refused."""
    with pytest.raises(ReadError):
        parse(fetched(piece * 300_000))


def test_json_and_html_inside() -> None:
    """parse_json reads the JSON in a string, text what HTML says; both are null for null and for nonsense."""
    data = {"ext": '[{"v": "x"}]', "bad": "{", "title": "<em>港口</em>&amp;复工", "none": None, "n": 7}
    assert search("parse_json(ext)[0].v", data) == "x"
    assert search("parse_json(bad)", data) is None
    assert search("parse_json(none)", data) is None
    assert search("text(title)", data) == "港口&复工"
    assert search("[text(none), text(n)]", data) == [None, "7"]


def test_paths() -> None:
    """An expression is checked with the functions that it calls, our own among them."""
    assert check_path("a[?b=='1'].parse_json(c) | [0]") == ""
    assert "not JMESPath" in check_path("a[")
    assert "calls pars_json()" in check_path("a.{b: pars_json(c)}")
    with pytest.raises(ReadError, match="cannot be applied"):
        search("text(a)", {"a": []})
