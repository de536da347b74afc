"""``[source.session]``: what is wrong with one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError
from tests.support.membersite import LOGIN

SOURCE = """
[[source]]
name = "{name}"
kind = "feed"
url = "https://{host}/feed.xml"
{more}
[source.session]
{session}
"""
OURS = LOGIN.format(url="https://members.example.org")


def source(
    name: str = "paper", session: str = OURS, more: str = "", host: str = "members.example.org"
) -> str:
    """A source with a session."""
    return SOURCE.format(name=name, session=session, more=more, host=host)


def faults(folder: Path, *tables: str) -> str:
    """What is wrong with a configuration."""
    path = folder / "aggregator.toml"
    path.write_text('[site]\nurl = "https://x.example"\n' + "".join(tables))
    try:
        load(path)
    except ConfigError as exc:
        return str(exc)
    return ""


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (source(), ""),
        (source(session=""), "session: begins with [source.session.login], or with [source.cookies]"),
        (source(session="", more='cookies = { a = "b" }'), ""),
        (source(more="browser = {}"), "session: and browser do not go together"),
        (
            source(session=OURS.replace("{ file", '"pass-canary" #')),
            "session.login.password: is kept elsewhere",
        ),
        (source(session=OURS + 'form = "p["'), "session.login.form: 'p[' is not a CSS selector"),
        (source(session=OURS + 'token = "a.b"'), 'session.login: has a token only with format = "json"'),
        (source(session=OURS + 'format = "json"\ntoken = "a["'), "session.login.token: "),
        (
            source(session=OURS + 'format = "json"\nform = "form"'),
            'session.login: has either form, or format = "json"',
        ),
        (source(session='name = "a b"\n' + OURS), "session.name: "),
        (source(session=OURS + 'passwort = "pass-canary"'), "session.login.passwort: unknown key"),
    ],
)
def test_what_is_wrong_with_a_session(tmp_path: Path, table: str, why: str) -> None:
    """Its key and the reason; a password that stands in the file is not repeated."""
    found = faults(tmp_path, table)
    assert why in found
    assert bool(found) == bool(why)
    assert "pass-canary" not in found


def test_sessions_that_are_shared(tmp_path: Path) -> None:
    """They are one recipe, with the same cookies, of one site."""
    shared = f'name = "members"\n{OURS}'
    assert faults(tmp_path, source(session=shared), source("two", shared, host="news.example.org")) == ""
    differ = '"members" is the session of "paper", whose [source.session] or cookies differ'
    assert differ in faults(tmp_path, source(session=shared), source("two", 'signed_in = "x"\n' + shared))
    assert differ in faults(tmp_path, source(session=shared), source("two", shared, 'cookies = { a = "b" }'))
    assert "another site" in faults(
        tmp_path, source(session=shared), source("two", shared, host="other.example")
    )
