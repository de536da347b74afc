"""Templates filled from the fields of entries."""

from aggregator.text.templates import fill, fill_all, placeholders


def test_templates_are_filled() -> None:
    """Names in braces give way to values, quoted where they go into an address."""
    fields: dict[str, str | list[str]] = {"id": "a/b c新", "tags": ["x&y", "z"], "none": []}
    assert fill("https://a.example/{id}?t={tags}", fields, quote=True) == (
        "https://a.example/a%2Fb%20c%E6%96%B0?t=x%26y"
    )
    assert fill("{id}-{tags}-{none}{unknown}", fields, quote=False) == "a/b c新-x&y-"
    assert fill("{ id } {} {{id}} {a.b}", fields, quote=False) == "{ id } {} {a/b c新} {a.b}"
    assert fill("{id}", {"id": "{tags}"}, quote=False) == "{tags}"
    assert fill("{id}", {"id": "\ud800"}, quote=True) == "%3F"


def test_a_list_fills_a_template_more_than_once() -> None:
    """Each value of the first list gives a result; blanks are folded, empty and repeated ones dropped."""
    fields: dict[str, str | list[str]] = {
        "site": "News",
        "tags": ["a", " b\n c ", "", "a"],
        "more": ["1", "2"],
        "no": [],
    }
    assert fill_all("{tags}", fields) == ["a", "b c"]
    assert fill_all("{site}: {tags} {more}", fields) == ["News: a 1", "News: b c 1", "News: 1"]
    assert fill_all(" {site} ", fields) == ["News"]
    assert fill_all("{no}", fields) == []
    assert fill_all("{unknown}", fields) == []
    assert fill_all("{site} {no}", fields) == ["News"]
    assert fill_all("", fields) == []


def test_templates_say_what_they_ask_for() -> None:
    """The names in a template are known before there is any entry."""
    assert placeholders("{a}/{b_1}/{a}?{栏目}&{}&{x y}") == {"a", "b_1", "栏目"}
    assert placeholders("plain") == set()
