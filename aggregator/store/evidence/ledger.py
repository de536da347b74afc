"""The ledger of what was kept: the lines of each day, and its hash, chained to that of the day before."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from aggregator.model import Article
from aggregator.store.articles import read_article
from aggregator.store.database import Database, rows_in
from aggregator.store.evidence.origins import HAPPENED, digest_of_change, open_day, text_of, unpack
from aggregator.store.history.revisions import read_revisions
from aggregator.store.rows import insert_rows
from aggregator.store.schema import articles, changes, ledger, lower_id, provenance, seals


@dataclass(frozen=True, slots=True)
class Seal:
    """The hash of a day."""

    day: date
    digest: bytes
    """SHA-256 of the hash of the day before, of the day, and of its lines."""
    lines: int
    stamp: bytes | None = None
    """What a timestamp authority answered (RFC 3161); None where none was asked yet."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was kept."""

    name: str
    """``number/version`` of a state of an article, ``change/number`` of what happened, the path of a file."""
    digest: bytes
    """SHA-256."""


@dataclass(frozen=True, slots=True)
class KeptState:
    """A state of an article that stands in the ledger."""

    version: int
    day: date
    line: Line
    article: Article | None
    """None where it is not held any more."""
    text: str
    """What its hash is of, if it is as it was kept: the state and where it came from, as JSON."""


@dataclass(frozen=True, slots=True)
class KeptChange:
    """Something that happened to an article, as it stands in the ledger."""

    kind: str
    at: datetime
    day: date
    line: Line


class Ledger(Database):
    """What was kept, day by day."""

    def unnoted(self, names: Collection[str]) -> set[str]:
        """Return those of these names that do not stand in the ledger."""
        with self._read() as connection:
            return set(names) - {
                row.name for row in rows_in(connection, select(ledger.c.name), ledger.c.name, names)
            }

    def note_files(self, files: dict[str, bytes], now: datetime) -> None:
        """Note files with their SHA-256, by their paths; those that stand in the ledger stay as they are."""
        with self._write_alone() as connection:
            known = rows_in(connection, select(ledger.c.name), ledger.c.name, files)
            missing = files.keys() - {row.name for row in known}
            day = open_day(connection, now)
            lines = [{"name": name, "day": day, "digest": files[name]} for name in sorted(missing)]
            insert_rows(connection, ledger, lines)

    def seal_days(self, today: date) -> list[Seal]:
        """Seal every day before ``today`` on which something was kept, and return their hashes."""
        with self._write_alone() as connection:
            newest = seals.c.day == select(func.max(seals.c.day)).scalar_subquery()
            last = connection.execute(select(seals).where(newest)).one_or_none()
            days = select(ledger.c.day).where(ledger.c.day < today).distinct().order_by(ledger.c.day)
            if last:
                days = days.where(ledger.c.day > last.day)
            sealed, before = [], last.digest if last else b""
            for day in connection.scalars(days).all():
                lines = _lines(connection, day)
                before = seal(before, day, lines)
                sealed.append(Seal(day, before, len(lines)))
                row = {"day": day, "digest": before, "lines": len(lines)}
                connection.execute(insert(seals), row)
        return sealed

    def seals(self) -> list[Seal]:
        """Return the hashes of all sealed days, the first one first."""
        with self._read() as connection:
            rows = connection.execute(select(seals).order_by(seals.c.day))
            return [Seal(row.day, row.digest, row.lines, row.stamp) for row in rows]

    def save_stamp(self, day: date, stamp: bytes) -> None:
        """Save what a timestamp authority answered for a day."""
        with self._write() as connection:
            connection.execute(update(seals).where(seals.c.day == day).values(stamp=stamp))

    def lines(self, day: date) -> list[Line]:
        """Return what was kept on a day, in the order of the names."""
        with self._read() as connection:
            return _lines(connection, day)

    def days(self) -> list[date]:
        """Return the days of the ledger, sealed or not."""
        with self._read() as connection:
            return list(connection.scalars(select(ledger.c.day).distinct().order_by(ledger.c.day)))

    def states(self, names: Collection[str]) -> Iterator[tuple[str, str, bytes]]:
        """Yield name, public id and hash now for lines of the ledger whose state of an article is still held.

        It is the same for what happened to articles. States that were thinned out, or whose article was
        removed, are left out.
        """
        happened = {int(name.removeprefix(HAPPENED)): name for name in names if name.startswith(HAPPENED)}
        asked = select(changes, articles.c.id).join(articles)
        with self._read() as connection:
            for one in list(rows_in(connection, asked, changes.c.number, happened)):
                yield happened[one.number], one.id, digest_of_change(one._asdict())
        for number in dict.fromkeys(int(name.partition("/")[0]) for name in names if name[0].isdigit()):
            with self._read() as connection:
                row = connection.execute(select(articles).where(articles.c.number == number)).one_or_none()
                states = _states(connection, row) if row else ()
            for state in states:
                if state.line.name in names and row and state.article:
                    yield state.line.name, row.id, hashlib.sha256(state.text.encode()).digest()

    def kept_states(self, article_id: str) -> list[KeptState]:
        """Return every state of an article that stands in the ledger, the first one first."""
        with self._read() as connection:
            found = select(articles).where(lower_id == article_id.lower())
            row = connection.execute(found).one_or_none()
            return _states(connection, row) if row else []

    def kept_changes(self, article_id: str) -> list[KeptChange]:
        """Return what happened to an article, as far as it stands in the ledger, the first thing first."""
        found = select(changes).join(articles).where(lower_id == article_id.lower())
        with self._read() as connection:
            rows = {
                f"{HAPPENED}{row.number}": row for row in connection.execute(found.order_by(changes.c.number))
            }
            lines = {row.name: row for row in rows_in(connection, select(ledger), ledger.c.name, rows)}
        return [
            KeptChange(row.kind, row.at, lines[name].day, Line(name, lines[name].digest))
            for name, row in rows.items()
            if name in lines
        ]


def seal(before: bytes, day: date, lines: Sequence[Line]) -> bytes:
    """Return the SHA-256 of the hash before, the day, and each of its lines."""
    return hashlib.sha256(before + seal_text(day, lines)).digest()


def seal_text(day: date, lines: Sequence[Line]) -> bytes:
    """Return what the hash of a day is of, behind the hash of the day before."""
    text = "".join(f"{line.name} {line.digest.hex()}\n" for line in lines)
    return f"{day.isoformat()}\n{text}".encode()


def _lines(connection: Connection, day: date) -> list[Line]:
    found = select(ledger.c.name, ledger.c.digest).where(ledger.c.day == day).order_by(ledger.c.name)
    return [Line(row.name, row.digest) for row in connection.execute(found)]


def _states(connection: Connection, row: Row[Any]) -> list[KeptState]:
    """Return the states of an article, given by its whole row, that stand in the ledger."""
    # What sorts behind "12/" and before "120" are the names of article 12.
    ours = (ledger.c.name > f"{row.number}/") & (ledger.c.name < f"{row.number}0")
    noted = {int(one.name.partition("/")[2]): one for one in connection.execute(select(ledger).where(ours))}
    packed = select(provenance.c.version, provenance.c.packed).where(provenance.c.article == row.number)
    origins = {one.version: unpack(one.packed) for one in connection.execute(packed)}
    current = read_article(row)
    earlier = read_revisions(connection, row.number, current) if len(noted) > 1 else []
    states = []
    for version, following in pairwise([*sorted(noted), 0]):
        within = (one.article for one in earlier if following and version <= one.version < following)
        article = next(within, None) if following else current
        origin = origins.get(version, "")
        line = Line(noted[version].name, noted[version].digest)
        text = text_of(article, origin) if article else ""
        states.append(KeptState(version, noted[version].day, line, article, text))
    return states
