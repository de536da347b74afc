"""The machine's clock, compared with the time that the store has seen, so that a wrong one dates nothing."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from aggregator.model import Article, Outcome
from aggregator.store.database import Database
from aggregator.store.schema import articles, totals

MAX_LEAP = timedelta(days=1)
"""A clock that is further from the last believed time may be wrong; it is believed once it stood so long."""
NOTE_EVERY = timedelta(hours=1)
"""How old the last believed time may get before it is written anew."""

_BELIEVED = select(totals.c.seen, totals.c.odd_since)


class Clock(Database):
    """Which time is believed."""

    def believed_time(self, now: datetime, confirmed: bool | None = None) -> datetime:
        """Return ``now``, or the last believed time where the clock may be wrong.

        ``confirmed`` tells whether servers say the same time, within a day; None where none was asked.
        """
        with self._write_alone() as connection:
            return believe(connection, now, confirmed)

    def trust_clock(self, now: datetime) -> None:
        """Believe the clock, because the owner says so."""
        with self._write_alone() as connection:
            connection.execute(update(totals).values(seen=now, odd_since=None))


def believe(connection: Connection, now: datetime, confirmed: bool | None) -> datetime:
    """Do what ``Clock.believed_time`` does, within a transaction."""
    row = connection.execute(_BELIEVED).one()
    seen: datetime | None = row.seen or _newest_arrival(connection, now)
    stands = row.odd_since is not None and now - row.odd_since >= MAX_LEAP and confirmed is not False
    if confirmed or stands or seen is None or abs(now - seen) <= MAX_LEAP:
        if row.seen is None or row.odd_since or abs(now - row.seen) >= NOTE_EVERY:
            connection.execute(update(totals).values(seen=now, odd_since=None))
        return now
    if row.odd_since is None or now < row.odd_since:
        connection.execute(update(totals).values(odd_since=now))
    return seen


def _newest_arrival(connection: Connection, now: datetime) -> datetime | None:
    """Return when the newest article came, None where an earlier version dated it by a clock ahead."""
    newest: datetime | None = connection.scalar(select(func.max(articles.c.first_seen)))
    return newest if newest and newest <= now + MAX_LEAP else None


def dated_by(outcome: Outcome, now: datetime, believed: datetime, confirmed: bool | None) -> Outcome:
    """Give the articles of a poll that was made at ``now`` by a clock which is not believed other times.

    That is the believed time where they had the clock's. Where servers contradict the clock, it is so for
    every later time, too: it may have been read against the clock, such as "2 hours ago".
    """
    if believed == now:
        return outcome

    def redate(found: Iterable[Article]) -> tuple[Article, ...]:
        return tuple(_redated(article, now, believed, contradicted=confirmed is False) for article in found)

    return replace(outcome, new=redate(outcome.new), changed=redate(outcome.changed))


def _redated(article: Article, now: datetime, believed: datetime, *, contradicted: bool) -> Article:
    published, updated = article.published, article.updated
    if not article.dated and abs(published - now) <= MAX_LEAP:
        published = believed
    if contradicted and published > believed + MAX_LEAP:
        published = believed
    if abs(updated - now) <= MAX_LEAP or (contradicted and updated > believed + MAX_LEAP):
        updated = max(published, believed)
    return replace(article, published=published, updated=updated)
