"""A week in fast motion: twelve rules, four receivers, outages, kills, two daemons; every hit is told once."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from aggregator.model import Article, Attachment, Label, Outcome, PollState, Seen, Sighting, Standing
from aggregator.settings import Receiver, Rule
from aggregator.store.schema import articles, outbox
from tests.support.alerts import NETWORK, Box, a_mail_server, tell
from tests.support.loopback import Answer, Content, Received, Site
from tests.support.posts import START, Press, a_press

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime.fromisoformat("2026-03-09T00:00+00:00")
HOURS = 7 * 24
FLUSH = 36
"""Hours after the week in which everything that waits has come."""
LINES = "{% for hit in hits %}{{ hit.kept.id }} {{ hit.change.kind }} {{ hit.change.version }}\n{% endfor %}"
"""The template of what only people get, so that it can be counted."""
SOURCES = [
    {"name": name, "kind": "feed", "url": f"https://{name}.example/", "authority": authority}
    for name, authority in (("paper", 0), ("wire", 0), ("office", 5))
]
WORDS = ["recall", "lamp oil", "kettle", "egg", "ferry", "rope", "dry dock", "召回食品", "召回药品"]


@dataclass
class Notice:
    """An article of the week, and what the rules mean of it, by eyes of their own."""

    article: Article
    story: str
    withdrawn: bool = False
    changes: int = 0
    fixed: bool = False
    """Whether it has copies, and is left as it is."""

    @property
    def body(self) -> str:
        """The text, folded."""
        return re.sub("<[^>]*>", " ", self.article.content).lower()

    @property
    def title(self) -> str:
        """The title, folded."""
        return self.article.title.lower()

    def says(self, word: str) -> bool:
        """Whether a word stands in title or text."""
        return word in self.title or word in self.body


Meaning = Callable[[Notice], bool]
RULES: list[tuple[str, str, Meaning, tuple[str, ...], tuple[str, ...]]] = [
    ("recalls", "recall", lambda n: n.says("recall"), ("new", "changed", "withdrawn"), ("now", "hook")),
    ("titled", "title:recall", lambda n: "recall" in n.title, ("new",), ("digest",)),
    ("oil", '"lamp oil"', lambda n: n.says("lamp oil"), ("new", "changed"), ("bot",)),
    ("breakfast", "kettle OR egg", lambda n: n.says("kettle") or n.says("egg"), ("new", "changed"), ("digest", "hook")),
    ("not-kettles", "recall -kettle", lambda n: n.says("recall") and not n.says("kettle"), ("new", "withdrawn"), ("bot",)),
    ("office", "source:office", lambda n: n.article.source == "office", ("new",), ("now",)),
    ("quill", "author:quill", lambda n: "Quill" in n.article.author, ("new", "back"), ("bot", "digest")),
    ("dear", r"/\d{3} crowns/", lambda n: bool(re.search(r"\d{3} crowns", n.body)), ("new", "changed"), ("hook",)),
    ("harbour", "category:Harbour", lambda n: n.article.labels[0].category == "Harbour", ("withdrawn",), ("digest",)),
    ("corrected", "changed:yes", lambda n: n.changes > 0, ("changed",), ("now",)),
    ("sea", '(ferry rope) OR "dry dock"', lambda n: (n.says("ferry") and n.says("rope")) or n.says("dry dock"), ("new", "withdrawn", "back"), ("now", "digest", "hook")),
    ("food", "召回 (食品 OR 药品) -file:plan", lambda n: n.says("召回") and (n.says("食品") or n.says("药品")) and not n.article.attachments, ("new",), ("bot", "now")),
]  # fmt: skip


class Killed(BaseException):
    """The machine dies."""


@dataclass
class Channels:
    """What the four receivers got: by receiver, what was told in each message, with when it came."""

    now: datetime = MONDAY
    down: set[str] = field(default_factory=set)
    got: dict[str, list[tuple[datetime, str, tuple[tuple[str, str, str], ...]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    refused: Counter[str] = field(default_factory=Counter)
    _turn: Iterator[int] = field(default_factory=count)

    def note(self, receiver: str, key: str, lines: str) -> None:
        """Keep what was told."""
        told = tuple((one[0], one[1], one[2]) for line in lines.splitlines() if len(one := line.split()) == 3)
        assert told, lines
        self.got[receiver].append((self.now, key, told))

    def hook(self, received: Received) -> Content:
        """A webhook that is down in several ways, and knows keys that it had."""
        if "hook" in self.down:
            self.refused["hook"] += 1
            return (
                Answer(status=503),
                Answer(b'{"errcode": 45009, "errmsg": "api freq out of limit"}'),
                Answer(status=429, headers={"retry-after": "3600"}),
                Answer(status=302, headers={"location": "/login"}),
            )[next(self._turn) % 4]
        hits = json.loads(received.body)["hits"]
        lines = "\n".join(f"{hit['id']} {hit['kind']} {hit['version']}" for hit in hits)
        self.note("hook", received.headers["idempotency-key"], lines)
        return Answer(b'{"errcode": 0}')

    def bot(self, received: Received) -> Content:
        """What Apprise posts to."""
        if "bot" in self.down:
            self.refused["bot"] += 1
            return Answer(status=500)
        self.note("bot", "", json.loads(received.body)["message"])
        return Answer(b"{}")


class Mails(Box):
    """The mailboxes of both receivers of mail, each of which may be full."""

    def __init__(self, channels: Channels) -> None:
        super().__init__()
        self.channels = channels

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a mail for one of the two, unless that box is full."""
        name = address.partition("@")[0]
        if name in self.channels.down:
            self.channels.refused[name] += 1
            return "452 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        """Keep what a mail tells."""
        said = await super().handle_DATA(server, session, envelope)
        mail = self.mails.pop()
        text = next(part.get_content() for part in mail.iter_parts() if part.get_content_subtype() == "plain")
        self.channels.note(str(mail["To"]).partition("@")[0], str(mail["Message-ID"]), text)
        return said


class Week:
    """What happens, and who has to be told of it."""

    def __init__(self, press: Press) -> None:
        self.press = press
        self.notices: dict[str, Notice] = {}
        self.expected: Counter[tuple[str, str, str]] = Counter()
        """How often a receiver has to be told of a story or article, by kind."""
        self.happened: Counter[str] = Counter()
        self._chance = Random(19)  # noqa: S311
        self._number = count(1)
        self._versions: Counter[str] = Counter()

    def step(self, now: datetime) -> None:
        """Let some things happen in an hour, each to an article of its own."""
        for _ in range(self._chance.randrange(4)):
            self.publish(now)
        if now.hour == 11:
            self.publish_many(now)
        free = [one for one in self.notices.values() if not one.fixed]
        self._chance.shuffle(free)
        if free and self._chance.random() < 0.5:
            self.change(free.pop(), now)
        if free and self._chance.random() < 0.4:
            one = free.pop()
            self.stand(one, now, back=one.withdrawn)
        plain = [one for one in free if not (one.changes or one.withdrawn) and one.body.count(" ") > 40]
        if plain and self._chance.random() < 0.3:
            self.copy(plain.pop(), now)

    def publish(self, now: datetime, source: str = "") -> None:
        """Publish a notice of words that are nobody else's, and some that rules look for."""
        number = next(self._number)
        own = ["".join(self._chance.choices("bcdfghjklmnpqrstvwxz", k=7)) for _ in range(60)]
        for word in self._chance.sample(WORDS, self._chance.randrange(3)):
            own.insert(self._chance.randrange(len(own)), word)
        if self._chance.random() < 0.2:
            own.append(f"{self._chance.randrange(100, 1000)} crowns")
        title = f"Notice {number}" + (" of a recall" if self._chance.random() < 0.15 else "")
        plan = self._chance.random() < 0.2
        self.add(
            Article(
                namespace="week",
                key=f"notice-{number:05}",
                source=source or self._chance.choice(["paper", "wire", "office"]),
                title=title,
                address=f"https://paper.example/{number}",
                content=f"<p>{' '.join(own)}</p>",
                published=now,
                updated=now,
                labels=(Label(self._chance.choice(["Harbour", "Market"])),),
                author=self._chance.choice(["", "Ada Quill"]),
                attachments=(Attachment("https://paper.example/plan.pdf"),) if plan else (),
            ),
            now,
        )

    def publish_many(self, now: datetime) -> None:
        """Publish a great deal at once, more than a receiver may get."""
        for _ in range(12):
            self.publish(now)

    def copy(self, one: Notice, now: datetime) -> None:
        """Let another source have the same text; the first one is told of, or nobody yet."""
        source = next(name for name in ("office", "wire", "paper") if name != one.article.source)
        key = f"{one.article.key}-{source}"
        again = replace(one.article, key=key, source=source, address=f"https://{source}.example/{key}")
        one.fixed = True
        self.add(again, now, of=one)

    def change(self, one: Notice, now: datetime) -> None:
        """Change a text, maybe to one that rules mean or no longer mean."""
        one.changes += 1
        words = one.article.content.replace(
            "</p>", f" {self._chance.choice(WORDS)} {one.changes}0 crowns</p>"
        )
        one.article = replace(one.article, content=words, updated=now)
        self._save(one.article, now, changed=True)
        self._expect(one, "changed", one.article.key)

    def stand(self, one: Notice, now: datetime, *, back: bool) -> None:
        """Withdraw an article, or bring it back."""
        with self.press.store._read() as connection:
            number = connection.scalar(select(articles.c.number).where(articles.c.id == one.article.key))
        assert number
        one.withdrawn = not back
        since = None if back else now
        seen = Seen(standings=[Standing(number, since, since)])
        state = PollState(one.article.source, due=now)
        self.press.store.save(Outcome(one.article.source, "week", state, seen=seen), now)
        self._expect(one, "back" if back else "withdrawn", one.article.key)

    def add(self, article: Article, now: datetime, of: Notice | None = None) -> None:
        """Publish an article; a copy is told to those whom its original was not."""
        one = Notice(article, of.story if of else article.key, fixed=of is not None)
        self.notices[article.key] = one
        self._save(article, now)
        self._expect(one, "new", one.story, self._told_by(of, "new") if of else set())

    def _save(self, article: Article, now: datetime, *, changed: bool = False) -> None:
        new, again = ((), (article,)) if changed else ((article,), ())
        seen = (Sighting(article.key, article.digest, article.labels),)
        state = PollState(article.source, due=now)
        news = frozenset(one.key for one in new)
        outcome = Outcome(article.source, "week", state, new, again, seen, news=news, since=START)
        self.press.store.save(outcome, now)

    def _expect(self, one: Notice, kind: str, subject: str, without: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        self.happened["copy" if "-" in one.article.key[7:] else kind] += 1
        for receiver in self._told_by(one, kind) - without:
            self.expected[receiver, subject, kind] += 1

    def _told_by(self, one: Notice, kind: str) -> set[str]:
        return {name for _, _, means, on, tells in RULES if kind in on and means(one) for name in tells}


@contextmanager
def a_kill(press: Press, where: str) -> Iterator[None]:
    """Let the machine die at a call of the store: before it is done, or what it does is sent."""
    kept = getattr(press.store, where)

    def die(*args: Any, **said: Any) -> Any:
        if where == "begin":
            kept(*args, **said)
        raise Killed

    setattr(press.store, where, die)
    try:
        yield
    finally:
        setattr(press.store, where, kept)


def is_doubted(press: Press) -> bool:
    """Tell whether something waits of which nobody knows whether it was sent."""
    doubted = outbox.c.told.is_(None) & ((outbox.c.doubts > 0) | outbox.c.begun.is_not(None))
    with press.store._read() as connection:
        return connection.scalar(select(outbox.c.number).where(doubted).limit(1)) is not None


def count_told(
    channels: Channels, receiver: str, story: Callable[[str, str], str]
) -> tuple[Counter[Any], int]:
    """Count what a receiver was told, a message that came again once; return how many came again, too."""
    seen: set[Any] = set()
    told: Counter[Any] = Counter()
    again = 0
    for _, key, lines in channels.got[receiver]:
        mark = key or lines
        if mark in seen:
            again += 1
            continue
        seen.add(mark)
        told.update((receiver, story(one, kind), kind) for one, kind, _ in lines)
        states = Counter(lines)
        assert max(states.values()) == 1
    return told, again


@pytest.mark.slow
def test_every_hit_is_told_once(tmp_path: Path) -> None:
    """What was told is what an oracle of its own expects, whatever breaks meanwhile."""
    (tmp_path / "lines.txt").write_text(LINES, "utf-8")
    channels = Channels()
    outages = {1: "now", 2: "hook", 3: "bot", 5: "digest"}
    kills: Counter[str] = Counter()
    chance = Random(7)  # noqa: S311
    with (
        a_mail_server(Mails(channels)) as (_, mail),
        Site({"/hook": channels.hook, "/bot": channels.bot, "/login": b"Who are you?"}) as site,
    ):
        plain = {"template": str(tmp_path / "lines.txt")}
        receivers = (
            Receiver(name="now", url="mailto:now@x.example", **plain),
            Receiver(name="digest", url="mailto:digest@x.example", digest="08:00", **plain),
            Receiver(name="hook", url=f"{site.url}/hook", at_most="20/h", quiet="22:00-07:00"),
            Receiver(name="bot", url=f"json://{site.url.removeprefix('http://')}/bot", **plain),
        )
        rules = tuple(Rule(name=name, query=query, on=on, tell=to) for name, query, _, on, to in RULES)
        said: dict[str, Any] = {"network": NETWORK, "mail": mail, "sources": SOURCES}
        said |= {"receivers": receivers, "rules": rules}
        with a_press(tmp_path, **said) as press, a_press(tmp_path, **said) as other:
            week, calm = Week(press), 0
            for hour in range(HOURS + FLUSH):
                channels.now = now = MONDAY + hour * HOUR
                day = hour // 24
                channels.down = {outages[day]} if day in outages else set()
                if hour < HOURS and not calm:
                    week.step(now)
                calm = max(calm - 1, 0)
                if day == 4:
                    press.publish()
                    both = [threading.Thread(target=tell, args=(one, now)) for one in (press, other)]
                    for one in both:
                        one.start()
                    for one in both:
                        one.join()
                elif hour < HOURS and not calm and chance.random() < 0.25:
                    where = chance.choice(["put_out", "begin", "mark_told"])
                    if is_doubted(press):
                        where = "mark_told"  # what was sent neither time is given up, too
                    with a_kill(press, where):
                        try:
                            tell(press, now)
                        except Killed:
                            kills[where] += 1
                            calm = 2
                else:
                    tell(press, now)
            waiting = {name: one.waiting for name, one in press.store.standings().items()}
    stories = {key: one.story for key, one in week.notices.items()}
    told: Counter[Any] = Counter()
    again: dict[str, int] = {}
    for name in ("now", "digest", "hook", "bot"):
        some, again[name] = count_told(
            channels, name, lambda key, kind: stories[key] if kind == "new" else key
        )
        told += some
    print(f"happened {dict(week.happened)}; kills {dict(kills)}; refused {dict(channels.refused)}")
    for name in again:
        hits = sum(number for (to, _, _), number in told.items() if to == name)
        print(f"{name}: {hits} hits in {len(channels.got[name])} messages, {again[name]} of them again")
    assert told == week.expected
    assert set(waiting.values()) == {0}
    assert sum(again.values()) <= kills["mark_told"] * 4
    assert {when.hour for when, _, _ in channels.got["hook"]} <= set(range(7, 22))
    assert max(Counter(when for when, _, _ in channels.got["hook"]).values()) <= 20
    assert len({when.date() for when, _, _ in channels.got["digest"]}) <= 9
