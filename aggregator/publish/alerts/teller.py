"""Holds what happened against the rules, and works off the outbox."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from aggregator.decide.alerts import MAX_DOUBTS, due_at, is_quiet, is_told, next_try
from aggregator.errors import PublishError, ReadError, TellError
from aggregator.fetch import Asks
from aggregator.model import EVERYTHING, Change, KeptArticle, Occurrence
from aggregator.publish.alerts.hits import Happened, Hits
from aggregator.publish.alerts.senders import sender_for
from aggregator.publish.documents import Documents
from aggregator.render.message import Message, Messages
from aggregator.settings import Config, Receiver, Rule
from aggregator.store import Store
from aggregator.store.history.outbox import Due, Tell
from aggregator.text.query import Searchable, searchable, searched

BATCH_SIZE = 200
"""What happened that is held against the rules at a time."""
MAX_HITS = 1000
"""Hits in one digest, and those that are told in one round."""
DEAD_TRIES = 12
"""Failures in a row after which a receiver counts as dead: about a day and a half."""

log = structlog.get_logger()


class Teller:
    """Tells the receivers of a configuration what its rules match."""

    def __init__(
        self, config: Config, store: Store, documents: Documents, clock: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._store = store
        self._hits = Hits(config, store, documents)
        self._clock = clock
        self._zone = ZoneInfo(config.site.timezone)

    async def tell(self, fetcher: Asks) -> int:
        """Match what happened, send what is due, and return how many hits were told. Raises StoreError."""
        await asyncio.to_thread(self.match)
        # One that hangs delays no other.
        rounds = (self._tell_receiver(receiver, fetcher) for receiver in self._config.receivers)
        return sum(await asyncio.gather(*rounds))

    def match(self) -> None:
        """Hold what happened since against the rules, and put what they tell into the outbox."""
        while changes := self._store.unmatched(BATCH_SIZE):
            now = self._clock()
            tells = list(self._tells(changes, now)) if self._config.rules else []
            self._store.put_out(tells, changes[-1].number, now)

    def matching(self, rule: Rule, changes: Sequence[Change]) -> Iterator[tuple[Change, KeptArticle]]:
        """Yield those of some changes that a rule would tell of."""
        for change, kept, words in self._with_articles(changes):
            if is_told(rule, change, words, self._config.site.timezone):
                yield change, kept

    async def test(self, receiver: Receiver, fetcher: Asks) -> None:
        """Send the newest article to a receiver, whatever the rules say. Raises TellError."""
        found = await asyncio.to_thread(self._store.newest, EVERYTHING, 1)
        if not found:
            raise TellError("there is no article yet that could be told")
        newest = found[0]
        change = Change(self._clock(), "test", newest.id, newest.version, newest.article.source, "", "")
        rule = next((one.name for one in self._config.rules if receiver.name in one.tell), "test")
        message = self._messages(receiver).write(self._hits.of([(change, newest, [rule])]))
        await sender_for(receiver, self._config, fetcher).send(message, "")

    def _tells(self, changes: Sequence[Change], now: datetime) -> Iterator[Tell]:
        receivers = {receiver.name: receiver for receiver in self._config.receivers}
        for change, kept, words in self._with_articles(changes):
            told = self._receivers(change, words)
            if change.kind == "new" and told:
                # Who was told when another source had the text is not told again.
                before = self._store.searched(self._store.came_before(kept.id))
                for earlier in before.values():
                    for name in self._receivers(change, earlier):
                        told.pop(name, None)
            for name, rules in told.items():
                yield Tell(name, change, rules, due_at(receivers[name], now, self._zone))

    def _receivers(self, change: Change, words: Searchable) -> dict[str, list[str]]:
        """Return by receiver the names of the rules by which it is told."""
        told: dict[str, list[str]] = {}
        for rule in self._matched(change, words):
            for name in rule.tell:
                told.setdefault(name, []).append(rule.name)
        return told

    def _matched(self, change: Change, words: Searchable) -> Iterator[Rule]:
        for rule in self._config.rules:
            try:
                if is_told(rule, change, words, self._config.site.timezone):
                    yield rule
            except ReadError as exc:
                message = "a rule is too slow, and tells nothing of this"
                log.warning(message, rule=rule.name, article=change.id, why=str(exc))

    def _with_articles(self, changes: Sequence[Change]) -> Iterator[tuple[Change, KeptArticle, Searchable]]:
        found = self._hits.find(changes)
        words = self._store.searched([kept for kept in found if kept and kept.version])
        for change, kept in zip(changes, found, strict=True):
            if kept and not kept.version:
                yield change, kept, searchable(kept, *searched(kept.article), ())
            elif kept and change.id in words:
                yield change, kept, words[change.id]

    async def _tell_receiver(self, receiver: Receiver, fetcher: Asks) -> int:
        """Send what is due to one receiver; return how many hits it was told."""
        now = self._clock()
        if is_quiet(receiver, now, self._zone):
            return 0
        due = await asyncio.to_thread(self._store.due, receiver.name, now, MAX_HITS)
        most, period = receiver.allowance
        left = most - await asyncio.to_thread(self._store.count_told, receiver.name, now - period)
        told = 0
        for some in _bundles(due, left, together=receiver.digest is not None):
            try:
                count = await _to_the_end(self._send(receiver, some, fetcher))
            except (TellError, PublishError) as exc:
                # What comes behind is told in its order.
                await self._put_off(receiver, some, str(exc), getattr(exc, "retry_after", None))
                break
            if count is None:
                break
            told += count
            if any(one.tries >= DEAD_TRIES for one in some):
                await self._note(Occurrence("receiver", receiver.name))
        return told

    async def _send(self, receiver: Receiver, some: Sequence[Due], fetcher: Asks) -> int | None:
        """Send a message, and note it; None where somebody else does. Raises TellError, PublishError."""
        sender = sender_for(receiver, self._config, fetcher)
        numbers = [one.number for one in some]
        if sender.tells_twice and any(one.begun and one.doubts >= MAX_DOUBTS for one in some):
            note = "it may have been told, and cannot be asked"
            log.warning("a message is given up", receiver=receiver.name, reason=note, hits=len(numbers))
            await asyncio.to_thread(self._store.mark_told, numbers, self._clock(), note)
            return 0
        message = await asyncio.to_thread(self._write, receiver, some)
        # Whoever dies from here on may have sent it.
        if not await asyncio.to_thread(self._store.begin, some, self._clock()):
            return None
        if message:
            await sender.send(message, f"{receiver.name}-{numbers[0]}-{len(numbers)}")
        await asyncio.to_thread(self._store.mark_told, numbers, self._clock())
        return len(numbers)

    def _write(self, receiver: Receiver, some: Sequence[Due]) -> Message | None:
        """Write a message; None where nothing is left that could be told. Raises PublishError."""
        hits = self._hits.of(self._happened(some))
        return self._messages(receiver).write(hits) if hits else None

    def _happened(self, some: Sequence[Due]) -> list[Happened]:
        """Return what a message is of; a rule may be gone since, and an article removed."""
        known = {rule.name for rule in self._config.rules}
        happened: list[Happened] = []
        for due, one in zip(some, self._hits.find(some), strict=True):
            names = [name for name in due.rules.split() if name in known]
            if names and one:
                change = Change(
                    due.created, due.kind, one.id, due.version, one.article.source, "", "", due.number
                )
                happened.append((change, one, names))
        return happened

    async def _put_off(
        self, receiver: Receiver, due: Sequence[Due], error: str, asked: timedelta | None = None
    ) -> None:
        now, tries = self._clock(), max(one.tries for one in due)
        log.info("a receiver cannot be told", receiver=receiver.name, reason=error, hits=len(due))
        when = next_try(tries, now, asked)
        await asyncio.to_thread(self._store.put_off, [one.number for one in due], when, error)
        dead = Occurrence("receiver", receiver.name, "receiver-dead")
        if tries >= DEAD_TRIES and await self._note(dead):
            log.warning("a receiver is dead", receiver=receiver.name, reason=error, hits=len(due))

    async def _note(self, occurrence: Occurrence) -> bool:
        return await asyncio.to_thread(self._store.note_event, occurrence, self._clock())

    def _messages(self, receiver: Receiver) -> Messages:
        if not receiver.template:
            return Messages(self._config.site)
        try:
            return Messages(self._config.site, Path(receiver.template).read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as exc:
            raise PublishError(f"cannot read its template {receiver.template}: {exc}") from exc


async def _to_the_end(sending: Coroutine[None, None, int | None]) -> int | None:
    """Await what sends a message, which is not left before it is noted as sent, even where we are stopped."""
    task = asyncio.create_task(sending)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _bundles(due: Sequence[Due], left: int, *, together: bool) -> Sequence[Sequence[Due]]:
    """Part what is due into messages: first the one that was tried already, as it was.

    Events in a row are one message, since many sources may break at once. Where a receiver may get no more
    than ``left``, the last one has all the rest.
    """
    tried = [one for one in due if one.was_tried]
    fresh = [one for one in due if not one.was_tried]
    room = left - bool(tried)
    parts = [list(some) for _, some in groupby(fresh, lambda one: one.number if one.version else 0)]
    single = 0 if together else len(parts) if len(parts) <= room else max(room - 1, 0)
    messages = [tried, *parts[:single], list(chain.from_iterable(parts[single:]))]
    return [some for some in messages if some][: None if together else max(left, 0)]
