"""What differs between two states of a text: sentences and words, moves, cells of tables, links."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.difference import Spans, compare, compare_words, in_context

MARKS = {"same": "{}", "added": "[+{}+]", "removed": "[-{}-]"}


def marked(spans: Spans) -> str:
    return "".join(MARKS[span.kind].format(span.text) for span in spans)


def differences(before: str, after: str) -> list[str]:
    """The blocks that differ, each with its kind, its element and its marked words."""
    blocks = compare(before, after)
    assert blocks is not None
    return [
        f"{one.kind} {one.tag}: {' | '.join(map(marked, one.cells))}" for one in blocks if one.kind != "same"
    ]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("<p>Ships wait.</p>", "<p>Ships  wait.</p>\n", []),
        ("<p class='a'>Ships <b>wait</b>.</p>", "<p>Ships wait.</p>", []),
        (
            "<p>The fee is 120 crowns. It is due in May.</p>",
            "<p>The fee is 150 crowns. It is due in May.</p>",
            ["changed p: The fee is [-120-][+150+] crowns. It is due in May."],
        ),
        (
            "<p>本公告自2026年3月1日起施行。其他条款不变。</p>",
            "<p>本公告自2026年5月1日起施行。其他条款不变。</p>",
            ["changed p: 本公告自2026年[-3-][+5+]月1日起施行。其他条款不变。"],
        ),
        (
            "<p>The old wharf closes. Boats go elsewhere until the works are done.</p>",
            "<p>Nothing of that is true any more! Boats go elsewhere until the works are done.</p>",
            ["changed p: [-The old wharf closes.-][+Nothing of that is true any more!+] Boats go elsewhere until the works are done."],
        ),
        ("<p>One.</p>", "<p>One.</p><h2>Two</h2>", ["added h2: [+Two+]"]),
        ("<p>One.</p><ul><li>Two</li></ul>", "<p>One.</p>", ["removed li: [-Two-]"]),
        (
            "<p>First of all, the tide.</p><p>Then the wind.</p><p>Then the moon.</p>",
            "<p>Then the wind.</p><p>Then the moon.</p><p>First of all, the tide.</p>",
            ["moved p: First of all, the tide."],
        ),
        (
            "<p>第一条 船舶进港须提前申报并缴纳费用。</p><p>第二条 违者罚款。</p><p>第三条 附则。</p>",
            "<p>第二条 违者罚款。</p><p>第三条 附则。</p><p>第一条 船舶进港须提前申报并缴清费用。</p>",
            ["moved p: 第一条 船舶进港须提前申报并缴[-纳-][+清+]费用。"],
        ),
        (
            "<table><tr><th>Pier</th><th>Fee</th></tr><tr><td>North</td><td>10</td></tr></table>",
            "<table><tr><th>Pier</th><th>Fee</th></tr><tr><td>North</td><td>12</td></tr>"
            "<tr><td>South</td><td>9</td></tr></table>",
            ["changed tr: North | [-10-][+12+]", "added tr: [+South+] | [+9+]"],
        ),
        (
            "<table><tr><td>North pier</td><td>10</td></tr></table>",
            "<table><tr><td>North pier</td><td>new</td><td>10</td></tr></table>",
            ["changed tr: North pier | [+new+] | 10"],
        ),
        (
            '<p>See <a href="https://s.example/1">the list</a>.</p>',
            '<p>See <a href="https://s.example/2">the list</a>.</p>',
            ["changed p: See the list[- ‹https://s.example/1›-][+ ‹https://s.example/2›+]."],
        ),
        ("<p>a</p>", '<p>a</p><p><img src="https://s.example/a.png"></p>', ["added p: [+ ‹https://s.example/a.png›+]"]),
        ("<pre>a = 1\n  b = 2</pre>", "<pre>a = 1\n  b = 3</pre>", ["changed pre: a = 1\n  b = [-2-][+3+]"]),
        ("", "<p>One.</p>", ["added p: [+One.+]"]),
    ],
)  # fmt: skip
def test_differences(before: str, after: str, found: list[str]) -> None:
    assert differences(before, after) == found


TEXTS = st.lists(st.text("ab c.。，北京<&\n", max_size=12), max_size=8)


@given(TEXTS, TEXTS)
def test_nothing_is_lost(before: list[str], after: list[str]) -> None:
    """What is the same and what was removed are the old text, what is the same and was added the new one."""
    states = [[" ".join(one.split()) for one in some] for some in (before, after)]
    blocks = compare(*("".join(f"<p>{html.escape(one)}</p>" for one in some) for some in states))
    assert blocks is not None
    words = [[], []]
    for block in blocks:
        for span in block.cells[0]:
            for state, other in enumerate(("added", "removed")):
                if span.kind != other:
                    words[state] += span.text
    solid = [sorted(letter for one in some for letter in one if letter.isalnum()) for some in states]
    assert [sorted(letter for letter in some if letter.isalnum()) for some in words] == solid


@given(st.text("ab .,北京", max_size=60), st.text("ab .,北京", max_size=60))
def test_words_of_a_line(before: str, after: str) -> None:
    spans = compare_words(before, after)
    assert "".join(one.text for one in spans if one.kind != "added") == before
    assert "".join(one.text for one in spans if one.kind != "removed") == after


def test_context() -> None:
    """Each passage that differs is shown with the blocks beside it, and nothing else is."""
    before = [f"<p>Paragraph number {number} stays.</p>" for number in range(20)]
    after = [*before]
    after[3], after[12] = "<p>Something wholly other.</p>", "<p>Paragraph number 12 went.</p>"
    blocks = compare("".join(before), "".join(after))
    kinds = [[block.kind for block in run] for run in in_context(blocks or [])]
    assert kinds == [["same", "removed", "added", "same"], ["same", "changed", "same"]]


def test_long_texts() -> None:
    """What is far too long to be compared is not, unless most of it is the same; rows that are alike go."""
    one, other = ("".join(f"<p>{word} {n}</p>" for n in range(12_000)) for word in ("tide", "wind"))
    assert compare(one, other) is None
    assert differences(one, f"{one}<p>moon</p>") == ["added p: [+moon+]"]
    rows = ["<tr><td>-</td><td>0</td></tr>"] * 3000
    table = "<table>{}</table>".format
    assert len(differences(table("".join(rows)), table("".join(rows[:-1])))) in (0, 1)
    words = " ".join(["so"] * 900), " ".join(["so", "it"] * 450)
    assert compare(f"<p>{words[0]}</p>", f"<p>{words[1]}</p>")
