"""Bad input by name: every fault of a list or an article is a state, said with what was seen, and none is published."""

from __future__ import annotations

import json

import pytest

from tests.support.loopback import Answer, Content, Site
from tests.support.samples import LONG_TEXT, article_page, bare_listing, published_articles
from tests.support.workplace import Workplace

pytestmark = pytest.mark.slow

ROWS = b"<html><body><ul><li><a href='/a/1.html'>One</a><span>2026-03-05</span></li><li><a href='/a/2.html'>Two</a></li></ul></body></html>"
CHALLENGE = (
    b"<html><head><script>document.cookie='__jsl_clearance=1772700000.1|0|abc;path=/';location.href=location.pathname;"
    b"</script></head><body></body></html>"
)
CAPTCHA = (
    "<html><head><title>安全验证</title></head><body><form action='/check'><p>请输入验证码</p><img src='/captcha.png'>"
    "<input name='captcha'><button>提交</button></form></body></html>"
).encode()
LOGIN = (
    b"<html><head><title>Sign in</title></head><body><form action='/login' method='post'><label>User <input name='user'></label>"
    b"<label>Password <input type='password' name='password'></label><button>Sign in</button></form></body></html>"
)


def api(site: Site) -> str:
    """An API source whose items carry their text."""
    return f"""
[[source]]
name = "gov"
kind = "api"
url = "{site.url}/list.html"
[source.list]
entry = "items"
id = "id"
title = "title"
body = "text"
"""


def feed_source(site: Site) -> str:
    """A feed source at the same place."""
    return f'[[source]]\nname = "gov"\nkind = "feed"\nurl = "{site.url}/list.html"\nfull_text = "never"\n'


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (
            b"<html><title>New design</title><body><div class=x><a href='/a/1.html'>One</a></div></body></html>",
            "empty",
        ),
        (Answer(CHALLENGE, status=521), "gated"),
        (Answer(CHALLENGE, status=412), "gated"),
        (Answer(CHALLENGE, status=405), "gated"),
        (Answer(CHALLENGE), "gated"),
        (Answer(CAPTCHA), "gated"),
        (Answer(LOGIN), "gated"),
        (Answer(ROWS[:60], {"content-length": "4000"}), "cut-off"),
        (Answer(b"%PDF-1.7 x", {"Content-Type": "application/pdf"}), "wrong-type"),
        (b"<ul>" + b"<li>x</li>" * 3_100_000, "too-large"),
        (Answer(b"gone", status=404), "failed"),
    ],
    ids=["redesign", "521", "412", "405", "challenge", "captcha", "login", "half", "pdf", "30MB", "404"],
)
def test_the_state_of_a_list(workplace: Workplace, answer: Content, status: str) -> None:
    """A list that cannot be read names its state and what was seen, and recovers by itself."""
    with Site({"/list.html": answer}) as site:
        workplace.configure(bare_listing(site))
        done = workplace.run("poll", expect=1)
        state = workplace.sources()["gov"]
        assert (state["status"], state["failures"]) == (status, 1)
        assert state["error"]
        assert f"gov: {status}:" in done.stdout
        assert status in workplace.run("sources").stdout
        assert workplace.posts() == []
        site.pages |= {"/list.html": ROWS, "/a/1.html": article_page(), "/a/2.html": article_page()}
        workplace.run("poll")
    assert workplace.sources()["gov"]["status"] == "ok"
    assert set(published_articles(workplace)) == {"One", "Two"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(CHALLENGE, status=521), "gated"),
        (Answer(CAPTCHA), "gated"),
        (Answer(LOGIN), "gated"),
        (
            b"<html><body><nav><a href='/'>Home</a></nav><div id='app'>Loading</div><script src='/app.js'></script>"
            b"</body></html>",
            "no-body",
        ),
        (Answer(article_page()[:200], {"content-length": "4000"}), "cut-off"),
        (b"<p>" + b"x" * 31_000_000, "too-large"),
        (Answer(b"gone", status=404), "failed"),
    ],
    ids=["521", "captcha", "login", "empty", "half", "30MB", "404"],
)
def test_the_state_of_an_entry(workplace: Workplace, answer: Content, reason: str) -> None:
    """An article whose page cannot be read is owed under its fault's name; the others go on, and it comes later."""
    with Site({"/list.html": ROWS, "/a/1.html": article_page(), "/a/2.html": answer}) as site:
        workplace.configure(bare_listing(site))
        workplace.run("poll", expect=1)
        (debt,) = workplace.sources()["gov"]["owed"]
        assert debt["reason"] == reason
        assert set(published_articles(workplace)) == {"One"}
        site.pages["/a/2.html"] = article_page()
        workplace.run("poll", "gov")
    assert set(published_articles(workplace)) == {"One", "Two"}
    assert workplace.sources()["gov"]["owed"] == []


def test_html_where_json_was_due(workplace: Workplace) -> None:
    """An API that answers with a page says so, with the page's title."""
    with Site(
        {"/list.html": b"<html><head><title>Maintenance tonight</title></head><body>Back soon</body></html>"}
    ) as site:
        workplace.configure(api(site))
        workplace.run("poll", expect=1)
        state = workplace.sources()["gov"]
    assert state["status"] == "wrong-type"
    assert "Maintenance tonight" in state["error"]


def test_half_a_feed(workplace: Workplace) -> None:
    """Of a feed that breaks off, the whole items are articles; the half one is reported and comes when it is whole."""
    items = [
        f"<item><guid>i-{n}</guid><title>Title {n}</title><description>Word number {n} of the day.</description></item>"
        for n in (1, 2, 3)
    ]
    whole = f"<rss version='2.0'><channel><title>t</title>{''.join(items)}</channel></rss>".encode()
    with Site({"/list.html": whole[: whole.index(b"number 3") + 4]}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll", expect=1)
        assert set(published_articles(workplace)) == {"Title 1", "Title 2"}
        assert len(workplace.sources()["gov"]["owed"]) == 1
        site.pages["/list.html"] = whole
        workplace.run("poll")
    assert "Word number 3 of the day" in published_articles(workplace)["Title 3"]["content_html"]
    assert workplace.sources()["gov"]["owed"] == []


def test_two_broken_entries_in_fifty(workplace: Workplace) -> None:
    """Two broken entries of fifty are named; the forty-eight others are articles."""
    items = [{"id": n, "title": f"Title {n}", "text": LONG_TEXT} for n in range(50)]
    broken = [*items[:20], "no object", *items[20:40], {"title": "no id"}, *items[40:48]]
    with Site({"/list.html": json.dumps({"items": broken}).encode()}) as site:
        workplace.configure(api(site))
        workplace.run("poll", expect=1)
    assert len(published_articles(workplace)) == 48
    owed = workplace.sources()["gov"]["owed"]
    assert len(owed) == 2
    assert any("no object" in debt["message"] for debt in owed)


def test_a_list_without_entries_is_said(workplace: Workplace) -> None:
    """A feed in good order that lists nothing is no failure, and not silently well either; so it stays over a 304."""
    empty = b"<rss version='2.0'><channel><title>t</title></channel></rss>"
    with Site({"/list.html": Answer(empty, etag='"1"')}) as site:
        workplace.configure(feed_source(site))
        for _ in range(2):
            workplace.run("poll")
            state = workplace.sources()["gov"]
            assert (state["status"], state["failures"]) == ("empty", 0)
            assert "no entries" in state["error"]


def test_broken_characters_are_noted(workplace: Workplace) -> None:
    """A page whose bytes are broken is read as far as it goes, and the log says so."""
    body = article_page(LONG_TEXT + "<p>潮位表在此。</p>").replace("潮位".encode(), b"\xff\xfe")
    with Site({"/list.html": ROWS[: ROWS.index(b"<li><a href='/a/2")], "/a/1.html": body}) as site:
        workplace.configure(bare_listing(site))
        done = workplace.run("poll")
    assert "odd" in done.stderr
    assert "表在此" in published_articles(workplace)["One"]["content_html"]
