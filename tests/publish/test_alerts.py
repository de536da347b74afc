"""What rules match is told once, where people are: over a real mail server, webhooks and Apprise."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from aggregator.settings import Mail, Receiver, Rule
from tests.support.alerts import NETWORK, a_mail_server, alerts, tell
from tests.support.loopback import Answer, Received, Site
from tests.support.posts import START, Press, a_press, an_item

HOUR = timedelta(hours=1)


def hits(request: Received) -> list[tuple[str, str]]:
    """Kind and title of each hit in a request."""
    return [(hit["kind"], hit["title"]) for hit in json.loads(request.body)["hits"]]


def test_a_webhook_is_told_once_of_each_state(tmp_path: Path) -> None:
    """What is no news is not told; what is new and what was changed in it is, signed, and once."""
    with (
        Site({"/hook": b"ok"}) as site,
        a_press(tmp_path, **alerts(f"{site.url}/hook", secret="s3cret")) as press,
    ):
        press.save(an_item(1, title="An old recall"))
        assert tell(press, START) == 0
        recall = an_item(2, title="A recall of lamps", content="<p>It costs 10 crowns.</p>")
        press.save(recall, an_item(3, title="Nothing"), hour=1, news=True)
        assert tell(press, START + HOUR) == 1
        assert tell(press, START + HOUR) == 0
        press.save(changed=[replace(recall, content="<p>It costs 12 crowns.</p>")], hour=2)
        assert tell(press, START + 2 * HOUR) == 1
        assert [hits(request) for request in site.requests] == [
            [("new", "A recall of lamps")],
            [("changed", "A recall of lamps")],
        ]
        last = site.requests[-1]
        [block] = re.findall(r"```json\n(.*?)```", Path("docs/alerts.md").read_text("utf-8"), re.DOTALL)
        documented, sent = json.loads(block), json.loads(last.body)
        assert documented.keys() == sent.keys()
        assert documented["hits"][0].keys() == sent["hits"][0].keys()
        assert json.loads(last.body)["hits"][0]["difference"] == ["It costs [-10-]{+12+} crowns."]
        signed = hmac.new(b"s3cret", last.body, hashlib.sha256).hexdigest()
        assert last.headers["x-aggregator-signature"] == f"sha256={signed}"
        keys = {request.headers["idempotency-key"] for request in site.requests}
        assert len(keys) == 2


def test_a_receiver_that_is_down_gets_it_later(tmp_path: Path) -> None:
    """It is told once it is back, in order, and its trouble is named; an error in a 200 is one, too."""
    answers: list[Answer] = [
        Answer(b"no", status=503),
        Answer(b'{"errcode": 310000, "errmsg": "keywords not in content"}'),
    ]
    pages = {"/hook": lambda _: answers.pop(0) if answers else Answer(b'{"errcode": 0}')}
    with Site(pages) as site, a_press(tmp_path, **alerts(f"{site.url}/hook")) as press:
        press.save(an_item(1, title="First recall"), an_item(2, title="Second recall"), news=True)
        assert tell(press, START) == 0
        assert "503" in press.store.standings()["desk"].error
        press.save(an_item(3, title="Third recall"), hour=0, news=True)
        assert tell(press, START + timedelta(seconds=30)) == 0
        assert len(site.requests) == 1, "what comes behind waits for what failed"
        assert tell(press, START + HOUR) == 0
        assert "keywords not in content" in press.store.standings()["desk"].error
        assert tell(press, START + 2 * HOUR) == 3
        assert press.store.standings()["desk"].waiting == 0
        told = [hits(request)[0][1] for request in site.requests]
        assert told == ["First recall", "First recall", "First recall", "Second recall", "Third recall"]


def test_mail_with_a_digest(tmp_path: Path) -> None:
    """Each morning one message with all of the day, in the site's words; a server that is busy gets it later."""
    with a_mail_server() as (box, mail):
        told = alerts("mailto:desk@example.org", digest="08:00")
        with a_press(tmp_path, mail=mail, **told) as press:
            press.save(*(an_item(number, title=f"Recall {number}") for number in range(3)), news=True)
            assert tell(press, START) == 0
            box.refuse = True
            morning = START.replace(hour=8) + timedelta(minutes=1)
            assert tell(press, morning) == 0
            assert "451" in press.store.standings()["desk"].error
            box.refuse = False
            assert tell(press, morning + HOUR) == 3
        [sent] = box.mails
        assert (sent["To"], sent["From"], sent["Subject"]) == (
            "desk@example.org",
            "news@example.org",
            "3 hits",
        )
        text, html = (part.get_content() for part in sent.iter_parts())
        assert text.count("https://news.example.org/share/") == 3
        assert "== recalls ==" in text
        assert html.count("<h2>") == 3


def test_what_is_over_the_limit_comes_together(tmp_path: Path) -> None:
    """A thousand hits are no thousand messages, and what comes then waits until more may be told."""
    with (
        Site({"/hook": b""}) as site,
        a_press(tmp_path, **alerts(f"{site.url}/hook", at_most="3/h")) as press,
    ):
        press.save(*(an_item(number, title=f"Recall {number}") for number in range(20)), news=True)
        assert tell(press, START) == 20
        press.save(*(an_item(number, title=f"Recall {number}") for number in range(20, 30)), news=True)
        assert tell(press, START + HOUR / 2) == 0
        assert tell(press, START + 2 * HOUR) == 10
        assert [len(hits(request)) for request in site.requests] == [1, 1, 18, 1, 1, 8]


def test_quiet_hours(tmp_path: Path) -> None:
    """Nothing is told before they end."""
    with (
        Site({"/hook": b""}) as site,
        a_press(tmp_path, **alerts(f"{site.url}/hook", quiet="22:00-07:00")) as press,
    ):
        press.save(an_item(1, title="A recall"), news=True)
        assert tell(press, START) == 0
        site.pages["/hook"] = Answer(status=503)
        assert tell(press, START.replace(hour=21, minute=59)) == 0
        del site.requests[:]
        site.pages["/hook"] = b""
        assert tell(press, START.replace(hour=23)) == 0
        assert not site.requests
        assert tell(press, START.replace(hour=7) + 24 * HOUR) == 1


def tell_and_die(press: Press, now: datetime) -> None:
    """Tell what is due, and be killed between sending and noting."""
    kept = press.store.mark_told
    press.store.mark_told = lambda *args, **said: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        tell(press, now)
    press.store.mark_told = kept  # type: ignore[method-assign]


def test_a_kill_between_sending_and_noting_a_mail(tmp_path: Path) -> None:
    """What may have been sent goes out once more, and not a third time; what was not begun is not lost."""
    with (
        a_mail_server() as (box, mail),
        a_press(tmp_path, mail=mail, **alerts("mailto:desk@example.org")) as press,
    ):
        press.save(an_item(1, title="A recall"), an_item(2, title="Another recall"), news=True)
        tell_and_die(press, START)
        assert tell(press, START + timedelta(minutes=1)) == 0, "it may still be under way"
        tell_and_die(press, START + HOUR)
        tell_and_die(press, START + 2 * HOUR)
        tell(press, START + 3 * HOUR)
        tell(press, START + 4 * HOUR)
        assert [mail["Subject"] for mail in box.mails] == ["A recall", "A recall", "Another recall"]


def test_a_kill_between_sending_and_noting_a_digest(tmp_path: Path) -> None:
    """A webhook gets the same digest with the same key again; what is new comes in the next one."""
    with (
        Site({"/hook": b""}) as site,
        a_press(tmp_path, **alerts(f"{site.url}/hook", digest="08:00")) as press,
    ):
        press.save(an_item(1, title="A recall"), an_item(2, title="Another recall"), news=True)
        tell(press, START)
        tell_and_die(press, START + 24 * HOUR)
        press.save(an_item(3, title="A third recall"), hour=25, news=True)
        tell(press, START + 26 * HOUR)
        assert len(site.requests) == 2
        tell(press, START + 48 * HOUR)
    assert [len(hits(request)) for request in site.requests] == [2, 2, 1]
    assert len({request.headers["idempotency-key"] for request in site.requests}) == 2


@pytest.mark.parametrize("kind", ["json", "form"])
def test_apprise(tmp_path: Path, kind: str) -> None:
    """An address that only Apprise knows is told through it, once it can be; what it says is wrong is named."""
    answers = [Answer(status=500), Answer(status=302, headers={"location": "/inside"})]
    pages = {"/notify": lambda _: answers.pop(0) if answers else Answer(b"{}"), "/inside": b"{}"}
    with Site(pages) as site:
        told = alerts(f"{kind}://{site.url.removeprefix('http://')}/notify", "召回")
        with a_press(tmp_path, title="要闻", **told) as press:
            press.save(an_item(1, title="一项召回"), news=True)
            for hour, fault in enumerate(("error=500", "error=302")):
                assert tell(press, START + hour * HOUR) == 0
                assert fault in press.store.standings()["desk"].error
            assert tell(press, START + 9 * HOUR) == 1
        last = site.requests[-1]
        body = last.body.decode()
        sent = json.loads(body) if kind == "json" else dict(parse_qsl(body))
        assert sent["title"] == "一项召回"
        assert "· rule recalls" in sent["message"]
        assert "/inside" not in site.paths()


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ({"template": "{{ oops"}, "its template is none"),
        ({"template": "{{ mirror(hits[0]) }}"}, "its template fails"),
        ({"template": "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"}, "its template fails"),
        ({"url": "mailto:a@example.org%0ABcc:b@example.org"}, "its address is none"),
        ({"url": "https://[::1"}, "its address is none"),
    ],
)
def test_a_receiver_that_cannot_be_told_stops_no_other(
    said: dict[str, str], trouble: str, tmp_path: Path
) -> None:
    """Whatever is wrong with one of them, it is named, and the others are told."""
    if "template" in said:
        (tmp_path / "own.txt").write_text(said["template"], "utf-8")
        said = {"template": str(tmp_path / "own.txt")}
    with Site({"/hook": b""}) as site:
        desk = Receiver(**{"name": "desk", "url": f"{site.url}/hook", **said})
        both = (desk, Receiver(name="bot", url=f"{site.url}/hook"))
        rules = (Rule(name="recalls", query="recall", tell=("desk", "bot")),)
        mail = Mail(host="127.0.0.1", sender="news@example.org")
        with a_press(tmp_path, network=NETWORK, mail=mail, receivers=both, rules=rules) as press:
            press.save(an_item(1, title="A recall"), news=True)
            assert tell(press, START) == 1
            assert trouble in press.store.standings()["desk"].error


def test_a_webhook_that_moved_was_not_told(tmp_path: Path) -> None:
    """A redirect that makes a GET of the message tells nothing; its secret address is in no trouble that is shown."""
    moved = Answer(status=302, headers={"location": "/login"})
    with (
        Site({"/hook-s3cret": moved, "/login": b"Who are you?"}) as site,
        a_press(tmp_path, **alerts(f"{site.url}/hook-s3cret")) as press,
    ):
        press.save(an_item(1, title="A recall"), news=True)
        assert tell(press, START) == 0
        error = press.store.standings()["desk"].error
    assert "302" in error
    assert "s3cret" not in error


def test_words_are_those_that_were_found(tmp_path: Path) -> None:
    """Of the words of a rule, a program is told those that stand in the article, whatever their width."""
    query = 'lamp OR ＥＧＧ OR kettle OR "no such"'
    with Site({"/hook": b""}) as site, a_press(tmp_path, **alerts(f"{site.url}/hook", query)) as press:
        press.save(an_item(1, title="Of Ｅgg", content="<p>A kettle.</p>"), news=True)
        assert tell(press, START) == 1
    assert json.loads(site.requests[0].body)["hits"][0]["words"] == ["egg", "kettle"]


def test_a_copy_is_told_once(tmp_path: Path) -> None:
    """A text that another source had first is no news."""
    sources = [
        {"name": name, "kind": "feed", "url": f"https://{name}.example/"} for name in ("paper", "other")
    ]
    text = "".join(
        f"<p>The recall of lamp number {number} begins on day {number} of May.</p>" for number in range(9)
    )
    with (
        Site({"/hook": b""}) as site,
        a_press(tmp_path, sources=sources, **alerts(f"{site.url}/hook")) as press,
    ):
        press.save(an_item(1, title="A recall of several lamps", content=text), news=True)
        assert tell(press, START) == 1
        other = an_item(1, title="A recall of several lamps", content=text, source="other", key="copy")
        press.save(other, hour=1, news=True)
        assert tell(press, START + HOUR) == 0
