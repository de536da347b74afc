"""An article on the terminal: its text, an earlier state, and what was changed."""

from __future__ import annotations

import json

from tests.support.copies import ORIGINALS
from tests.support.loopback import Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace


def test_an_article_and_what_was_changed_in_it(workplace: Workplace) -> None:
    """Its states are named, each can be read, and what came between two is marked."""
    with Site({"/feed.xml": feed(item(1, "The fee is 10 crowns for ship"))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        site.pages["/feed.xml"] = feed(item(1, "The fee is 12 crowns for ship"))
        workplace.run("poll")
    [found] = json.loads(workplace.run("search", "crowns", "--json").stdout)
    said = workplace.run("show", found["id"]).stdout
    assert "The fee is 12 crowns for ship 1" in said
    assert "revision 1, until" in said
    assert (
        "The fee is 10 crowns for ship 1" in workplace.run("show", found["mirror"], "--revision", "1").stdout
    )
    assert (
        "The fee is [-10-]{+12+} crowns for ship 1"
        in workplace.run("show", found["id"], "--diff", "1").stdout
    )
    told = json.loads(workplace.run("show", found["id"], "--revision", "1", "--json").stdout)
    assert "10 crowns" in told["content"]
    assert list(told["revisions"]) == ["1"]
    assert "there are 1" in workplace.run("show", found["id"], "--diff", "7", expect=2).stderr
    assert "no article of this id" in workplace.run("show", "nothing", expect=2).stderr


def test_two_articles_are_told_apart(workplace: Workplace) -> None:
    """One text at two sources is carried once; somebody who knows better says so, and it is published."""
    text = ORIGINALS[4]
    lines = " ".join(text.lines)
    page = f"<rss version='2.0'><channel><title>x</title><item><guid>1</guid><title>{text.title}</title>"
    page += f"<description>{lines}</description></item></channel></rss>"
    with Site({"/a.xml": page.encode(), "/b.xml": page.encode()}) as site:
        table = '[[source]]\nname = "{0}"\nkind = "feed"\nurl = "{1}/{0}.xml"\nfull_text = "never"\n'
        workplace.configure("".join(table.format(name, site.url) for name in "ab"))
        workplace.run("poll", "a")
        workplace.run("poll", "b")
    feed_of_all = workplace.folder / "public" / "feeds" / "rss.xml"
    assert feed_of_all.read_text().count("<item>") == 1
    one, other = (found["id"] for found in json.loads(workplace.run("search", "berth", "--json").stdout))
    assert "They are two now." in workplace.run("split", one, other).stdout
    assert feed_of_all.read_text().count("<item>") == 2
    assert "two already" in workplace.run("split", other, one).stdout
    assert "one article" in workplace.run("split", one, one, expect=2).stderr
