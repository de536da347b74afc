"""``[operator]``: its faults, none of which repeats the token."""

from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError
from aggregator.settings import Operator

HEAD = '[site]\nurl = "https://news.example.org"\n[operator]\n'
TOKEN = "5f" * 20
ELSEWHERE = 'token = { env = "A" }\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'token = "{TOKEN}"', "[operator] token: is kept elsewhere"),
        ("token = {}", "[operator] token: names one place"),
        ('listen = "127.0.0.1:8081"', "[operator]: needs a token"),
        (f'{ELSEWHERE}listen = "8081"', "[operator] listen: '8081': looks like \"127.0.0.1:8080\""),
        (f'{ELSEWHERE}socket = "/run/a.sock"', "[operator] socket: unknown key"),
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
    assert TOKEN not in found


@pytest.mark.parametrize(
    "listen", ["127.0.0.1:8081", "[::1]:0", "/run/aggregator/operator.sock", "var/operator.sock"]
)
def test_addresses(tmp_path: Path, listen: str) -> None:
    """A path has a slash in it; all else is a host with a port."""
    path = tmp_path / "aggregator.toml"
    path.write_text(f'{HEAD}{ELSEWHERE}listen = "{listen}"\n', "utf-8")
    assert load(path).operator.listen == listen
    path.write_text(HEAD.partition("[operator]")[0], "utf-8")
    assert load(path).operator == Operator()
