"""Holds what happened against the rules, and works off the outbox."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from aggregator.decide.alerts import MAX_DOUBTS, due_at, next_try, query_of, rules_for
from aggregator.errors import PublishError, ReadError, TellError
from aggregator.fetch import Asks
from aggregator.model import EVERYTHING, Change, KeptArticle, Surroundings
from aggregator.publish.alerts.senders import sender_for
from aggregator.publish.documents import Documents
from aggregator.render.difference import difference
from aggregator.render.message import Hit, Messages
from aggregator.settings import Config, Receiver, Rule
from aggregator.store import Store
from aggregator.store.history.outbox import Due, Tell
from aggregator.text.query import Searchable

BATCH_SIZE = 200
"""What happened that is held against the rules at a time, and hits in one digest."""
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
        self._documents = documents
        self._clock = clock
        self._zone = ZoneInfo(config.site.timezone)

    async def tell(self, fetcher: Asks) -> int:
        """Match what happened, send what is due, and return how many hits were told. Raises StoreError."""
        await asyncio.to_thread(self.match)
        told = [await self._tell_receiver(receiver, fetcher) for receiver in self._config.receivers]
        return sum(told)

    def match(self) -> None:
        """Hold what happened since against the rules, and put what they tell into the outbox."""
        while changes := self._store.unmatched(BATCH_SIZE):
            now = self._clock()
            tells = list(self._tells(changes, now)) if self._config.rules else []
            self._store.put_out(tells, changes[-1].number, now)

    def matching(self, rule: Rule, changes: Sequence[Change]) -> Iterator[tuple[Change, KeptArticle]]:
        """Yield those of some changes that a rule would tell of."""
        for change, kept, words in self._with_articles(changes):
            if list(rules_for([rule], change, words, self._config.site.timezone)):
                yield change, kept

    def hit(self, kept: KeptArticle, change: Change, rules: Sequence[str]) -> Hit:
        """Put together what is told of something that happened, no more of it than is published."""
        shown = self._documents.shown(kept)
        named = {rule.name: rule for rule in self._config.rules}
        query = query_of(named[rules[0]], self._config.site.timezone)
        differs = None
        if change.kind == "changed" and shown.shown == "full":
            states = self._store.surroundings([kept]).get(kept.id, Surroundings()).earlier
            before = next((one for one in reversed(states) if one.version < change.version), None)
            after = next((one.article for one in states if one.version >= change.version), kept.article)
            differs = difference(before.article, after, self._zone) if before else None
        return Hit(shown, change, tuple(rules), query, differs)

    async def test(self, receiver: Receiver, fetcher: Asks) -> None:
        """Send the newest article to a receiver, whatever the rules say. Raises TellError."""
        rule = next((one for one in self._config.rules if receiver.name in one.tell), None)
        found = await asyncio.to_thread(self._store.newest, EVERYTHING, 1)
        if not found:
            raise TellError("there is no article yet that could be told")
        newest = found[0]
        change = Change(self._clock(), "new", newest.id, newest.version, newest.article.source, "", "")
        named = rule or Rule(name="test", query="test", tell=(receiver.name,))
        config = self._config if rule else self._config.model_copy(update={"rules": (named,)})
        hit = Teller(config, self._store, self._documents, self._clock).hit(newest, change, [named.name])
        sender = sender_for(receiver, self._config, fetcher)
        await sender.send(self._messages(receiver).write([hit]), "")

    def _tells(self, changes: Sequence[Change], now: datetime) -> Iterator[Tell]:
        receivers = {receiver.name: receiver for receiver in self._config.receivers}
        for change, kept, words in self._with_articles(changes):
            if change.kind == "new" and self._store.came_before(kept.id):
                continue  # its text was told when the first source had it
            told: dict[str, list[str]] = {}
            for rule in self._matched(change, words):
                for name in rule.tell:
                    told.setdefault(name, []).append(rule.name)
            for name, rules in told.items():
                yield Tell(name, change, rules, due_at(receivers[name], now, self._zone))

    def _matched(self, change: Change, words: Searchable) -> Iterator[Rule]:
        for rule in self._config.rules:
            try:
                yield from rules_for([rule], change, words, self._config.site.timezone)
            except ReadError as exc:
                log.warning("a rule is too slow, and tells nothing of this", rule=rule.name, why=str(exc))

    def _with_articles(self, changes: Sequence[Change]) -> Iterator[tuple[Change, KeptArticle, Searchable]]:
        kept = {one.id: one for one in self._store.find_all([change.id for change in changes])}
        words = self._store.searched(list(kept.values()))
        for change in changes:
            if change.id in words:
                yield change, kept[change.id], words[change.id]

    async def _tell_receiver(self, receiver: Receiver, fetcher: Asks) -> int:
        """Send what is due to one receiver: a message each, or together what is more than it may get."""
        now = self._clock()
        due = await asyncio.to_thread(self._store.begin, receiver.name, now, BATCH_SIZE)
        if not due:
            return 0
        try:
            sender = sender_for(receiver, self._config, fetcher)
            messages = self._messages(receiver)
        except (TellError, PublishError) as exc:
            await self._put_off(receiver, due, str(exc))
            return 0
        lost = [one.number for one in due if sender.tells_twice and one.doubts > MAX_DOUBTS]
        if lost:
            note = "it may have been told, and cannot be asked"
            await asyncio.to_thread(self._store.mark_told, lost, now, note)
        due = [one for one in due if one.number not in lost]
        count, period = receiver.allowance
        left = count - await asyncio.to_thread(self._store.count_told, receiver.name, now - period)
        told = 0
        for some in _bundles(due, left, together=receiver.digest is not None):
            hits = await asyncio.to_thread(self._hits, some)
            try:
                if hits:
                    await sender.send(messages.write(hits), f"{receiver.name}-{some[0].number}-{len(some)}")
            except (TellError, PublishError) as exc:
                # What comes behind would fail alike, and is to be told in its order.
                await self._put_off(receiver, due[told:], str(exc), getattr(exc, "retry_after", None))
                break
            await asyncio.to_thread(self._store.mark_told, [one.number for one in some], self._clock())
            told += len(some)
        return told

    def _hits(self, some: Sequence[Due]) -> list[Hit]:
        kept = {one.id: one for one in self._store.find_all([due.id for due in some])}
        known = {rule.name for rule in self._config.rules}
        hits = []
        for due in some:
            rules = [name for name in due.rules.split() if name in known]
            if rules and due.id in kept:  # a rule may be gone, and an article removed
                one = kept[due.id]
                change = Change(
                    due.created, due.kind, one.id, due.version, one.article.source, "", "", due.number
                )
                hits.append(self.hit(one, change, rules))
        return hits

    async def _put_off(
        self, receiver: Receiver, due: Sequence[Due], error: str, asked: timedelta | None = None
    ) -> None:
        now, tries = self._clock(), max(one.tries for one in due)
        message = "a receiver cannot be told" if tries < DEAD_TRIES else "a receiver is dead"
        log.warning(message, receiver=receiver.name, reason=error, waiting=len(due))
        when = next_try(tries, now, asked)
        await asyncio.to_thread(self._store.put_off, [one.number for one in due], when, error)

    def _messages(self, receiver: Receiver) -> Messages:
        if not receiver.template:
            return Messages(self._config.site)
        try:
            return Messages(self._config.site, Path(receiver.template).read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as exc:
            raise PublishError(f"cannot read its template {receiver.template}: {exc}") from exc


def _bundles(due: Sequence[Due], left: int, *, together: bool) -> list[Sequence[Due]]:
    """Part what is due into messages; the last one has all that would be more than a receiver may get."""
    if together:
        return [due] if due else []
    if len(due) <= left:
        return [[one] for one in due]
    single = max(left - 1, 0)
    return [*([one] for one in due[:single]), due[single:]]
