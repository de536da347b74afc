"""The witness, a stand-in for the Internet Archive on loopback: what it is asked, how fast, and when it is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.fetch import make_fetcher
from aggregator.publish.witness import ask_witness
from aggregator.settings import Evidence, Network
from tests.support.loopback import Answer, Received, Site
from tests.support.posts import START, Press, a_press, an_item

LOOPBACK = Network(allow_private=("127.0.0.0/8",), delay=timedelta(0))
SLOW = Evidence(witness="wayback", witness_per_minute=2)
MINUTE = timedelta(minutes=1)


class Witness:
    """Says what its ``answers`` are, one after the other, and then 200."""

    def __init__(self) -> None:
        self.saved: list[str] = []
        self.answers: list[Answer] = []

    def answer(self, request: Received) -> Answer:
        """Answer a request to save a page."""
        if self.answers:
            return self.answers.pop(0)
        self.saved.append(request.path.removeprefix("/save/"))
        return Answer(b"<html>Saved.</html>")


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    """A press that kept three articles before there was a witness."""
    with a_press(tmp_path, network=LOOPBACK, evidence=SLOW) as press:
        press.save(an_item(1), an_item(2), an_item(3))
        yield press


class Pages(dict):  # type: ignore[type-arg]
    """A site whose every page is the witness."""

    def __init__(self, witness: Witness) -> None:
        super().__init__()
        self._witness = witness

    def get(self, path: str, default: object = None) -> object:
        """Give the witness, whatever is asked."""
        return self._witness.answer


def ask(press: Press, witness: Witness, minute: int) -> int:
    """Ask the witness, so many minutes after the start."""

    async def run(site: Site) -> int:
        async with make_fetcher(press.app.config) as fetcher:
            now = START + minute * MINUTE
            return await ask_witness(press.store, fetcher, press.app.config, now, f"{site.url}/save/")

    with Site() as site:
        site.pages = Pages(witness)
        return asyncio.run(run(site))


def paper(*numbers: int) -> list[str]:
    """The addresses of these articles."""
    return [f"https://paper.example/{number}" for number in numbers]


def test_new_and_changed_pages_are_saved_slowly(press: Press) -> None:
    """Not what was there before, each once, in order, no more at a time than is allowed."""
    witness = Witness()
    assert ask(press, witness, 0) == 0
    press.save(an_item(4), an_item(5), an_item(6), changed=[an_item(1, content="<p>Another text.</p>")])
    assert [ask(press, witness, minute) for minute in (1, 2, 3)] == [2, 2, 0]
    assert sorted(witness.saved) == paper(1, 4, 5, 6)
    assert witness.saved[:2] == paper(4, 5)


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Answer(b"slow down", status=429, headers={"retry-after": "1800"}), 30),
        (Answer(b"slow down", status=429), 10),
        (Answer(b"busy", status=503, headers={"retry-after": "60"}), 10),
    ],
)
def test_a_busy_witness_is_left_alone(press: Press, answer: Answer, wait: int) -> None:
    """For as long as it asks, and for some minutes at least; then the same page comes first."""
    witness = Witness()
    ask(press, witness, 0)
    press.save(an_item(4), an_item(5))
    witness.answers = [answer]
    assert ask(press, witness, 1) == 0
    assert ask(press, witness, wait) == 0
    assert witness.saved == []
    assert ask(press, witness, wait + 1) == 2
    assert witness.saved == paper(4, 5)


def test_a_page_that_cannot_be_saved_is_left_out(press: Press) -> None:
    """The others are saved."""
    witness = Witness()
    ask(press, witness, 0)
    press.save(an_item(4), an_item(5))
    witness.answers = [Answer(b"that site refuses us", status=403)]
    assert ask(press, witness, 1) == 1
    assert witness.saved == paper(5)


def test_private_sources_are_nobodys_business(tmp_path: Path) -> None:
    """A source that needs a password is not told."""
    auth = {"auth": {"user": "reader", "password": "secret"}}
    witness = Witness()
    with a_press(tmp_path, network=LOOPBACK, evidence=SLOW, source=auth) as press:
        ask(press, witness, 0)
        press.save(an_item(1))
        assert ask(press, witness, 1) == 0
    assert witness.saved == []
