"""Alerts on the command line: what a rule would tell, what was told, and a restore that tells nothing."""

from __future__ import annotations

import json

import pytest

from tests.support.loopback import Answer, Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace

ALERTS = """
[[receiver]]
name = "desk"
url = "{url}/hook"
[[rule]]
name = "recalls"
query = "recall"
tell = ["desk"]
"""


def test_rules_and_receivers(workplace: Workplace) -> None:
    """A rule is tried before it tells; each poll tells what is new; a restore and what follows tell nothing."""
    copy = workplace.folder / "copy.db"
    with Site({"/hook": b"", "/feed.xml": feed(item(1, "a recall"))}) as site:
        workplace.configure(ALERTS.format(url=site.url) + feed_source(site))
        workplace.run("poll")
        assert "/hook" not in site.paths(), "what a first poll brings is no news"
        said = workplace.run("preview", "--rule", "recalls")
        assert "Title 1" in said.stdout
        assert "nothing was sent" in said.stderr
        workplace.run("tell", "--test", "desk")
        [tried] = [json.loads(one.body) for one in site.requests if one.path == "/hook"]
        assert tried["hits"][0]["kind"] == "test", "nobody takes it for news"
        workplace.run("backup", str(copy))
        site.pages["/feed.xml"] = feed(item(1, "a recall"), item(2, "a recall"))
        assert "Told 1 hits." in workplace.run("poll").stderr
        [desk] = json.loads(workplace.run("outbox", "--json").stdout)
        assert (desk["told"], desk["waiting"], desk["error"]) == (1, 0, None)
        workplace.run("restore", str(copy))
        workplace.run("poll")
        assert site.paths().count("/hook") == 2
    wrong = workplace.run("tell", "--test", "dest", expect=2).stderr
    assert 'did you mean "desk"?' in wrong


def test_a_preview_has_a_text_once(workplace: Workplace) -> None:
    """Of two sources that have one text, the first would have told it."""
    text = "".join(
        f"&lt;p&gt;Lamp {n} of lot {n * 7} goes back to the maker on day {n}.&lt;/p&gt;" for n in range(9)
    )
    with Site(
        {"/feed.xml": feed(item(1, f"a recall {text}")), "/two.xml": feed(item(1, f"a recall {text}"))}
    ) as site:
        two = feed_source(site).replace("paper", "wire").replace("feed.xml", "two.xml")
        workplace.configure(ALERTS.format(url=site.url) + feed_source(site) + two)
        workplace.run("poll", "paper")
        workplace.run("poll", "wire")
        assert "1 hits" in workplace.run("preview", "--rule", "recalls").stderr


def test_what_waits_in_a_copy(workplace: Workplace) -> None:
    """A restore that will not tell it says so, and does not count it as told."""
    copy = workplace.folder / "copy.db"
    with Site({"/hook": Answer(status=500), "/feed.xml": feed(item(1))}) as site:
        workplace.configure(ALERTS.format(url=site.url) + feed_source(site))
        workplace.run("poll")
        site.pages["/feed.xml"] = feed(item(1), item(2, "a recall"))
        workplace.run("poll")
        workplace.run("backup", str(copy))
        assert "hit that waited" not in workplace.run("restore", "--tell", str(copy)).stdout
        assert "1 hit that waited" in workplace.run("restore", str(copy)).stdout
        [desk] = json.loads(workplace.run("outbox", "--json").stdout)
    assert (desk["told"], desk["waiting"], desk["last"]) == (0, 0, None)


def test_what_is_wrong_with_alerts(workplace: Workplace) -> None:
    """Each fault is named with its table and key."""
    tables = (
        ALERTS.format(url="mailto:desk@example.org?x=")
        + '[[rule]]\nname = "b"\nquery = "a OR (b"\ntell = ["dusk"]\n'
    )
    (workplace.folder / "own.txt").write_text("{{ hits\n}", "utf-8")
    with Site() as site:
        workplace.configure(
            tables
            + '[[receiver]]\nname = "d"\nurl = "ntfy://x"\ntemplate = "own.txt"\n[[receiver]]\nname = "c"\nurl = "ntfy://x"\ndigest = "25:00"\n'
            + feed_source(site)
        )
        said = workplace.run("check", expect=2).stderr
    assert 'receiver "desk" url: needs [mail]' in said
    assert 'rule "b" query: cannot be read at its end' in said
    assert 'rule "b" tell: there is no receiver "dusk"; did you mean "desk"?' in said
    assert "digest: '25:00': a time of the day looks like" in said
    assert 'receiver "d" template: own.txt: line 2: ' in said


def test_what_fails_is_said_once(workplace: Workplace) -> None:
    """What Apprise logs of a failure is our reason for it, and no line of its own."""
    with Site({"/hook": Answer(status=500), "/feed.xml": feed(item(1))}) as site:
        workplace.configure(ALERTS.format(url=site.url.replace("http:", "json:")) + feed_source(site))
        workplace.run("poll")
        [line] = workplace.run("tell", "--test", "desk", expect=1).stderr.splitlines()
        assert line.startswith("desk was not told: Apprise says: ")
        (workplace.folder / "own.txt").write_text("{{ hits[0].nothing.at.all }}", "utf-8")
        own = ALERTS.format(url=site.url).replace('"desk"\nurl', '"desk"\ntemplate = "own.txt"\nurl')
        workplace.configure(own + feed_source(site))
        said = workplace.run("tell", "--test", "desk", expect=1).stderr
    assert said.startswith("desk was not told: its template fails: ")


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("mailto:desk", "names nobody; it looks like"),
        ("slak://a/b/c", "is no address that Apprise knows"),
    ],
)
def test_addresses_that_are_none(url: str, fault: str, workplace: Workplace) -> None:
    """They are found by ``check``, and not by the first hit."""
    with Site() as site:
        mail = '[mail]\nhost = "127.0.0.1"\nsender = "news@example.org"\n'
        workplace.configure(ALERTS.format(url="json://127.0.0.1") + mail + feed_source(site))
        workplace.run("check")
        workplace.configure(ALERTS.format(url=url).replace("/hook", "") + mail + feed_source(site))
        [said] = workplace.run("check", expect=2).stderr.splitlines()
    assert said.startswith('config/aggregator.toml: receiver "desk" url: ')
    assert fault in said


def test_a_mail_server_with_a_mistake(workplace: Workplace) -> None:
    """The mistake is named, and not that there is no server."""
    with Site() as site:
        mail = '[mail]\nhost = "127.0.0.1"\nsender = "news@example.org"\ntls = "ssl"\n'
        workplace.configure(ALERTS.format(url="mailto:desk@example.org?x=") + mail + feed_source(site))
        said = workplace.run("check", expect=2).stderr
    assert "[mail] tls: 'ssl'" in said
    assert "needs [mail]" not in said


def test_events_and_a_rule_of_them(workplace: Workplace) -> None:
    """What happened is listed, a rule without a query is tried before it tells, and told at the next poll."""
    rule = '[[rule]]\nname = "trouble"\non = ["source-broken"]\ntell = ["desk"]\n'
    with Site({"/hook": b""}) as site:
        workplace.configure(feed_source(site))
        assert "Nothing happened." in workplace.run("events").stderr
        for _ in range(3):
            workplace.run("poll", expect=1)
        [event] = json.loads(workplace.run("events", "--json").stdout)
        assert (event["kind"], event["subject"], event["ended"]) == ("source-broken", "paper", None)
        assert "source-broken" in workplace.run("events", "--since", "today").stdout
        workplace.configure(ALERTS.format(url=site.url) + rule + feed_source(site))
        said = workplace.run("preview", "--rule", "trouble")
        assert "source-broken" in said.stdout
        assert "/hook" not in site.paths()
        workplace.configure(
            ALERTS.format(url=site.url).replace('query = "recall"', 'on = ["new", "source-brocken"]')
            + feed_source(site)
        )
        wrong = workplace.run("check", expect=2).stderr
        assert """rule "recalls" on: 'source-brocken': should be 'new', 'changed',""" in wrong
