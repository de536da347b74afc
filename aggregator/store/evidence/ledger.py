"""The ledger of what was kept: the lines of each day, and its hash, chained to that of the day before."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select, update

from aggregator.model import Article
from aggregator.store.articles import read_article
from aggregator.store.database import Database, rows_in
from aggregator.store.evidence.origins import digest_of, open_day, unpack
from aggregator.store.history.revisions import read_revisions
from aggregator.store.schema import articles, ledger, provenance, seals


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
    """``number/version`` of a state of an article, or the path of a file."""
    digest: bytes
    """SHA-256."""


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
            if lines:
                connection.execute(insert(ledger), lines)

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

        States that were thinned out, or whose article was removed, are left out.
        """
        asked = {name: int(name.partition("/")[0]) for name in names if name[0].isdigit()}
        for name, number in asked.items():
            with self._read() as connection:
                row = connection.execute(select(articles).where(articles.c.number == number)).one_or_none()
                version = int(name.partition("/")[2])
                state = _state(connection, number, version, read_article(row)) if row else None
                if row is None or state is None:
                    continue
                packed = connection.scalar(
                    select(provenance.c.packed).where(
                        provenance.c.article == number, provenance.c.version == version
                    )
                )
            yield name, row.id, digest_of(state, unpack(packed) if packed else "")


def seal(before: bytes, day: date, lines: Sequence[Line]) -> bytes:
    """Return the SHA-256 of the hash before, the day, and each of its lines."""
    text = "".join(f"{line.name} {line.digest.hex()}\n" for line in lines)
    return hashlib.sha256(before + f"{day.isoformat()}\n{text}".encode()).digest()


def _lines(connection: Connection, day: date) -> list[Line]:
    found = select(ledger.c.name, ledger.c.digest).where(ledger.c.day == day).order_by(ledger.c.name)
    return [Line(row.name, row.digest) for row in connection.execute(found)]


def _state(connection: Connection, number: int, version: int, current: Article) -> Article | None:
    """Return the state that an article had from a version of the ledger on; None where it is not held."""
    # What sorts behind "12/" and before "120" are the names of article 12.
    ours = (ledger.c.name > f"{number}/") & (ledger.c.name < f"{number}0")
    noted = [int(name.partition("/")[2]) for name in connection.scalars(select(ledger.c.name).where(ours))]
    following = min((other for other in noted if other > version), default=None)
    if following is None:
        return current
    earlier = read_revisions(connection, number, current)
    held = (one.article for one in earlier if version <= one.version < following)
    return next(held, None)
