"""Searching as people do: on the terminal, on a page, and by subscribing to what is found."""

from __future__ import annotations

import json

from tests.support.loopback import Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace


def test_on_the_terminal(workplace: Workplace) -> None:
    """Found, found as JSON, nothing found, and asked wrongly."""
    with Site(
        {"/feed.xml": feed(item(1), item(2, "<i>Harbour</i> \x1b]0;evil\x07 closed"), item(3))}
    ) as site:
        workplace.configure(feed_source(site, category="Ports"))
        workplace.run("poll")
    output = workplace.run("search", "harbour").stdout
    assert "closed" in output
    assert "\x1b" not in output
    [found] = json.loads(workplace.run("search", "HARB", "--category", "Ports", "--json").stdout)
    assert found["categories"] == ["Ports"]
    assert "Nothing was found" in workplace.run("search", "volcano").stderr
    assert workplace.run("search", "harbour", "--until", "2001-01-01").stdout == ""
    assert "no category" in workplace.run("search", "harbour", "--category", "Port", expect=2).stderr
    assert "names no word" in workplace.run("search", " ", expect=2).stderr


def test_what_is_not_published_is_not_shown(workplace: Workplace) -> None:
    """A text of which only a link is published is found, and shown nowhere."""
    with Site({"/feed.xml": feed(item(1, "secret words of the text"))}) as site:
        workplace.configure(feed_source(site, publish="link"))
        workplace.run("poll")
    assert "Title 1" in workplace.run("search", "secret words").stdout
    assert b"Title 1" in workplace.files()["public/feeds/atom.xml"]
    for path, body in workplace.files().items():
        assert b"secret words" not in body, path
