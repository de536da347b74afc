"""``[[reader]]``: its faults, none of which repeats a token."""

from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError

HEAD = '[site]\nurl = "https://news.example.org"\n[server]\nlisten = "127.0.0.1:8080"\n'
TOKEN = "5f" * 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[[reader]]\nname = "a"\ntoken = "{TOKEN}"', 'reader "a" token: is kept elsewhere'),
        (f'[[reader]]\nname = "a"\ntoken = ["{TOKEN}"]', 'reader "a" token: should be a table'),
        (f'[[reader]]\nname = "a"\ntoken = {{ {TOKEN} = "A" }}', f'reader "a" token.{TOKEN}: unknown key'),
        ('[[reader]]\nname = "a"\ntoken = {}', 'reader "a" token: names one place'),
        ('[[reader]]\nname = "a"', 'reader "a" token: is missing'),
        ('[[reader]]\nname = "a b"\ntoken = { env = "A" }', '"a b" may hold letters, digits, - and _ only'),
        ('[[reader]]\nname = "a"\ntoken = { env = "A" }\ncategory = "x"', 'did you mean "categories"?'),
        ('[[reader]]\nname = "a"\ntoken = { env = "A" }\ncategories = []', 'reader "a" categories: is empty'),
        ('[reader]\nname = "a"\ntoken = { env = "A" }', "reader: write [[reader]] with two brackets"),
        (
            '[[reader]]\nname = "a"\ntoken = { env = "A" }\n[[reader]]\nname = "b"\ntoken = { env = "A" }',
            'reader "b" token: is that of "a"',
        ),
        (
            '[[reader]]\nname = "a"\ntoken = { env = "A" }\n[[reader]]\nname = "a"\ntoken = { env = "B" }',
            'reader "a" name: stands twice',
        ),
    ],
)
def test_faults(tmp_path: Path, text: str, said: str) -> None:
    """Each is one line."""
    path = tmp_path / "aggregator.toml"
    path.write_text(HEAD + text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    (found,) = map(str, caught.value.problems)
    assert said in found
    assert TOKEN not in found or TOKEN in said


def test_readers_need_a_server(tmp_path: Path) -> None:
    """Without one nobody would answer them."""
    path = tmp_path / "aggregator.toml"
    table = '[[reader]]\nname = "a"\ntoken = { env = "A" }\n'
    path.write_text(HEAD.partition("[server]")[0] + table, "utf-8")
    with pytest.raises(ConfigError, match='reader "a": needs \\[server\\]'):
        load(path)
    path.write_text(HEAD + table, "utf-8")
    assert [reader.name for reader in load(path).readers] == ["a"]
