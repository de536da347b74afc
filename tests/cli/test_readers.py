"""Readers on the command line."""

from __future__ import annotations

from tests.support.loopback import Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace

TABLE = '[[reader]]\nname = "{name}"\ntoken = {{ file = "{name}.token" }}\n{more}\n'


def test_readers(workplace: Workplace) -> None:
    """They are listed with what is wrong; addresses are shown to who asks for them, and nowhere else."""
    tokens = {"desk": "d" * 32, "trade": "t" * 40, "short": "s" * 31, "same": "d" * 32, "odd": "o" * 32 + "/"}
    for name, token in tokens.items():
        (workplace.folder / f"{name}.token").write_text(f"{token}\n")
    tables = [TABLE.format(name=name, more="") for name in (*tokens, "gone")]
    tables[1] = TABLE.format(name="trade", more='categories = ["town", "City"]')
    server = '[server]\nlisten = "127.0.0.1:8080"\n'
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure("".join([server, *tables, feed_source(site, category="Town")]))
        workplace.run("poll")
    listed = workplace.run("readers", expect=1)
    assert listed.stdout.splitlines()[:2] == ["desk: everything", "trade: town, City"]
    for said in (
        'trade: there is no category "City" yet',
        "short is shown nothing: token: has to be at least 32 letters, digits, - and _, drawn by chance; "
        "`openssl rand -hex 32` makes one",
        "odd is shown nothing: token: has to be",
        'same is shown nothing: token: is that of "desk"',
        "gone is shown nothing: token: the file gone.token cannot be read: No such file or directory",
    ):
        assert said in listed.stderr
    shown = workplace.run("readers", "--addresses", expect=1)
    assert shown.stdout.splitlines() == [
        f"desk: https://news.example.org/r/{'d' * 32}/",
        f"trade: https://news.example.org/r/{'t' * 40}/",
    ]
    workplace.configure("".join([server, *tables[:2], feed_source(site, category="Town")]))
    said = (
        workplace.run("readers").stdout
        + workplace.run("-v", "publish").stderr
        + workplace.run("check").stdout
    )
    said += listed.stdout + listed.stderr + shown.stderr
    assert not [token for token in tokens.values() if token in said]
