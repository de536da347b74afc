"""Receivers that are slow, guarded, limited or lead elsewhere, and secrets that go to them."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from aggregator.model import Outcome, PollState
from aggregator.publish.alerts import Teller
from aggregator.settings import Network, Receiver, Rule
from aggregator.settings.access import Secret
from aggregator.store.history.outbox import Tell
from tests.support.alerts import NETWORK, a_mail_server, alerts, tell
from tests.support.certificate import a_certificate
from tests.support.loopback import Answer, Received, Site
from tests.support.posts import START, Press, a_press, an_item

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def recall(number: int = 1) -> Any:
    """An article that the rule of ``alerts`` means."""
    return an_item(number, title=f"Recall {number}")


def titles(requests: list[Received]) -> Counter[str]:
    """How often a webhook was told of each article."""
    return Counter(hit["title"] for request in requests for hit in json.loads(request.body)["hits"])


def test_one_that_asks_to_wait(tmp_path: Path) -> None:
    """It is left alone for as long as its Retry-After says, and then told."""
    answers = [Answer(status=429, headers={"retry-after": "7200"})]
    pages = {"/hook": lambda _: answers.pop() if answers else Answer()}
    with Site(pages) as site, a_press(tmp_path, **alerts(f"{site.url}/hook")) as press:
        press.save(recall(), news=True)
        assert tell(press, START) == 0
        assert "429" in press.store.standings()["desk"].error
        assert tell(press, START + 2 * HOUR - MINUTE) == 0
        assert len(site.requests) == 1
        assert tell(press, START + 2 * HOUR + MINUTE) == 1


def test_one_that_leads_elsewhere(tmp_path: Path) -> None:
    """A redirect is followed with what was posted, but never to where sources may not lead either."""
    with Site({"/moved": b""}) as site:
        port = site.url.rpartition(":")[2]
        inside = f"http://127.0.0.2:{port}/moved"
        site.pages["/hook"] = Answer(status=307, headers={"location": inside})
        told = alerts(f"{site.url}/hook") | {
            "network": Network(allow_private=("127.0.0.1/32",), delay=timedelta(0))
        }
        with a_press(tmp_path, **told) as press:
            press.save(recall(), news=True)
            assert tell(press, START) == 0
            assert "127.0.0.2" in press.store.standings()["desk"].error
            site.pages["/hook"] = Answer(status=307, headers={"location": "/moved"})
            assert tell(press, START + HOUR) == 1
        assert site.paths() == ["/hook", "/hook", "/moved"]
        assert titles(site.requests[-1:]) == {"Recall 1": 1}


@pytest.mark.slow
def test_a_thousand_hits_of_a_rule_that_means_everything(tmp_path: Path) -> None:
    """They are no more messages than a receiver may get, and each is told once."""
    with Site({"/hook": b""}) as site:
        told = alerts(f"{site.url}/hook", "/./", at_most="20/h")
        with a_press(tmp_path, **told) as press:
            press.save(*(recall(number) for number in range(1000)), news=True)
            assert tell(press, START) == 1000
            assert tell(press, START + 2 * HOUR) == 0
    assert len(site.requests) == 20
    assert set(titles(site.requests).values()) == {1}
    assert len(titles(site.requests)) == 1000


def test_what_was_over_the_limit_comes_late(tmp_path: Path) -> None:
    """However much is in the one message that failed, it is one: what comes then is told, too."""
    answers = [Answer(), Answer(status=503)]
    pages = {"/hook": lambda _: answers.pop(0) if answers else Answer()}
    with Site(pages) as site, a_press(tmp_path, **alerts(f"{site.url}/hook", at_most="2/h")) as press:
        press.save(*map(recall, range(9)), news=True)
        assert tell(press, START) == 1
        press.save(recall(9), news=True)
        assert tell(press, START + 2 * HOUR) == 9
    assert [len(json.loads(request.body)["hits"]) for request in site.requests] == [1, 8, 8, 1]


def test_a_rule_with_a_slow_pattern(tmp_path: Path) -> None:
    """It tells nothing of the article on which it is slow, and keeps no other rule from it."""
    with Site({"/hook": b""}) as site:
        told = alerts(f"{site.url}/hook", "recall")
        told["rules"] = (Rule(name="slow", query="/^(a|aa)+$/", tell=("desk",)), *told["rules"])
        with a_press(tmp_path, **told) as press:
            press.save(recall(), an_item(2, title="a" * 60 + "!", content="<p>A recall.</p>"), news=True)
            assert tell(press, START) == 2
    assert [json.loads(request.body)["hits"][0]["rules"] for request in site.requests] == [["recalls"]] * 2


def test_two_daemons(tmp_path: Path) -> None:
    """Side by side on one database they tell everything once."""
    with Site({"/hook": b""}) as site:
        told = alerts(f"{site.url}/hook", at_most="1000/h")
        with a_press(tmp_path, **told) as press, a_press(tmp_path, **told) as other:
            press.save(*map(recall, range(40)), news=True)
            press.publish()
            both = [threading.Thread(target=tell, args=(one, START)) for one in (press, other)]
            for one in both:
                one.start()
            for one in both:
                one.join()
            tell(press, START + HOUR)
    assert titles(site.requests) == {f"Recall {number}": 1 for number in range(40)}


def test_one_of_two_daemons_reads_further(tmp_path: Path) -> None:
    """What both matched is put out once, and what one of them found behind it as well."""
    with a_press(tmp_path, **alerts("https://desk.example/hook")) as press:
        seen = []
        for number in (1, 2):
            press.save(recall(number), news=True)
            seen.append(press.store.unmatched(10))
        for changes in seen:
            tells = [Tell("desk", change, ["recalls"], START) for change in changes]
            press.store.put_out(tells, changes[-1].number, START)
        assert [due.id for due in press.store.due("desk", START, 10)] == ["item-000001", "item-000002"]


def test_one_that_hangs_delays_no_other(tmp_path: Path) -> None:
    """A mail server that takes its time waits here until the webhook was told."""
    hooked = threading.Event()

    def hook(_: Received) -> Answer:
        hooked.set()
        return Answer()

    with a_mail_server() as (box, mail), Site({"/hook": hook}) as site:
        box.hold = lambda: hooked.wait(60)
        both = (
            Receiver(name="desk", url="mailto:desk@x.example"),
            Receiver(name="bot", url=f"{site.url}/hook"),
        )
        rules = (Rule(name="all", query="recall", tell=("desk", "bot")),)
        with a_press(tmp_path, network=NETWORK, mail=mail, receivers=both, rules=rules) as press:
            press.save(recall(), news=True)
            assert tell(press, START) == 2
    assert len(box.mails) == 1
    assert hooked.is_set()


def test_stopped_while_a_mail_is_sent(tmp_path: Path) -> None:
    """The stop waits until it is known whether the mail was sent, so none goes out twice."""
    arrived, stopped = threading.Event(), threading.Event()

    def hold() -> None:
        arrived.set()
        stopped.wait(60)

    async def tell_and_stop(press: Press) -> None:
        documents = press.publisher.documents
        async with press.app.fetcher(lambda: START) as fetcher:
            teller = Teller(press.app.config, press.store, documents, lambda: START)
            telling = asyncio.create_task(teller.tell(fetcher))
            await asyncio.to_thread(arrived.wait, 60)
            telling.cancel()
            stopped.set()
            with pytest.raises(asyncio.CancelledError):
                await telling

    with (
        a_mail_server() as (box, mail),
        a_press(tmp_path, mail=mail, **alerts("mailto:desk@example.org")) as press,
    ):
        box.hold = hold
        press.save(recall(), news=True)
        press.publish()
        asyncio.run(tell_and_stop(press))
        tell(press, START + HOUR)
        assert press.store.standings()["desk"].waiting == 0
    assert len(box.mails) == 1


def test_one_of_two_whom_a_mail_is_for(tmp_path: Path) -> None:
    """Where one is refused the other has the mail, once; where all are, nobody was told."""
    with (
        a_mail_server() as (box, mail),
        a_press(tmp_path, mail=mail, **alerts("mailto:a@x.example,b@x.example")) as press,
    ):
        box.unknown = "b@x.example"
        press.save(recall(), news=True)
        assert tell(press, START) == 1
        assert tell(press, START + HOUR) == 0
    assert [one["To"] for one in box.mails] == ["a@x.example, b@x.example"]


def test_secrets_of_receivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come from the environment, a file or a credential, and stand in no trouble that is shown."""

    def login(_: Any, __: Any, ___: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data == LoginPassword(b"news", b"s3cret"), handled=False)

    (tmp_path / "password").write_text("wr0ng\n", "utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "hook").write_text("k3y", "utf-8")
    monkeypatch.setenv("DESK", "mailto:desk@example.org")
    with (
        a_mail_server(authenticator=login, auth_require_tls=False) as (box, mail),
        Site({"/hook": b""}) as site,
    ):
        mail = mail.model_copy(update={"user": "news", "password": Secret(file=str(tmp_path / "password"))})
        both = (
            Receiver(name="desk", url=Secret(env="DESK")),
            Receiver(name="bot", url=f"{site.url}/hook", secret=Secret(credential="hook")),
            Receiver(name="gone", url=Secret(env="NO_SUCH")),
        )
        rules = (Rule(name="all", query="recall", tell=("desk", "bot", "gone")),)
        with a_press(tmp_path, network=NETWORK, mail=mail, receivers=both, rules=rules) as press:
            press.save(recall(), news=True)
            assert tell(press, START) == 1
            trouble = {name: one.error for name, one in press.store.standings().items()}
            assert "535" in trouble["desk"]
            assert "wr0ng" not in trouble["desk"]
            assert "NO_SUCH is not set" in trouble["gone"]
            (tmp_path / "password").write_text("s3cret\n", "utf-8")
            assert tell(press, START + HOUR) == 1
    assert len(box.mails) == 1
    assert site.requests[0].headers["x-aggregator-signature"].startswith("sha256=")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_mail_server_by_tls(tmp_path: Path, tls: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent to a server for which nobody vouches."""
    certificate, key = a_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    said: dict[str, Any] = {"ssl_context": context} if tls == "implicit" else {"tls_context": context}
    if tls == "starttls":
        said["require_starttls"] = True
    with a_mail_server(**said) as (box, mail):
        mail = mail.model_copy(update={"tls": tls})
        with a_press(tmp_path, mail=mail, **alerts("mailto:desk@example.org")) as press:
            press.save(recall(), news=True)
            assert tell(press, START) == 0
            assert "certificate" in press.store.standings()["desk"].error
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            assert tell(press, START + HOUR) == 1
    assert len(box.mails) == 1


def test_a_clock_that_was_ahead(tmp_path: Path) -> None:
    """What waits for a time in a month that was none is told now, and what was told then counts no more."""
    answers = [Answer(), Answer(status=503)]
    pages = {"/hook": lambda _: answers.pop(0) if answers else Answer()}
    with Site(pages) as site, a_press(tmp_path, **alerts(f"{site.url}/hook", at_most="1/m")) as press:
        press.save(recall(1), hour=720, news=True)
        assert tell(press, START + 720 * HOUR) == 1
        press.save(recall(2), hour=720, news=True)
        assert tell(press, START + 721 * HOUR) == 0
        ahead = PollState("paper", due=START + 721 * HOUR, polled=START + 720 * HOUR)
        press.store.save(Outcome("paper", "paper", ahead), START + 720 * HOUR)
        assert tell(press, START) == 0
        press.store.mend_times(START)
        assert tell(press, START + MINUTE * 2) == 1
