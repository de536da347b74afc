"""The chain of days: what was kept is noted and sealed, and what is held is compared with it."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from aggregator.errors import AggregatorError
from aggregator.fetch.archive import Archive
from aggregator.output import Destination
from aggregator.publish.mirror import place_of
from aggregator.settings import Source
from aggregator.store import Store
from aggregator.store.evidence.ledger import Line, Seal, seal
from aggregator.store.evidence.origins import HAPPENED

MEDIA, WARC = "media/", "warc/"
"""How the names of files begin in the ledger: mirrored ones, and those of raw answers."""


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a look at the whole chain found."""

    days: int = 0
    first: date | None = None
    last: date | None = None
    compared: int = 0
    """Things that are still held and are what was kept."""
    gone: int = 0
    """Things that are held no more: removed, expired or thinned out."""
    stamped: int = 0
    broken: date | None = None
    """The first day that does not fit."""
    why: str = ""


def seal_days(store: Store, archive: Archive, sources: Sequence[Source], now: datetime) -> int:
    """Note the files of raw answers of days that are over, then seal these days; return how many.

    ``now`` must be a time that is believed. Raises StoreError and ArchiveError.
    """
    for source in sources:
        if source.archive:
            names = {
                f"{WARC}{source.name}/{file.name}": archive.path(source.name, file.name)
                for file in archive.files(source.name)
                if file.day < now.date()
            }
            new = store.unnoted(list(names))
            store.note_files({name: hash_file(names[name]) for name in sorted(new)}, now)
    return len(store.seal_days(now.date()))


def check_chain(
    store: Store,
    folders: Destination,
    archive: Archive,
    stamp_fault: Callable[[Seal], str],
    progress: Callable[[int, int], None],
) -> ChainReport:
    """Compare every day of the ledger with its hash, and what is held with the ledger.

    ``stamp_fault`` says what is wrong with the stamp of a day, if anything. It ends at the first fault.
    """
    sealed = {one.day: one for one in store.seals()}
    days = sorted({*store.days(), *sealed})
    compared = gone = stamped = 0
    before = b""

    def report(day: date | None = None, why: str = "") -> ChainReport:
        first, last = (days[0], days[-1]) if days else (None, None)
        return ChainReport(len(sealed), first, last, compared, gone, stamped, day, why)

    for number, day in enumerate(days):
        progress(number, len(days))
        lines = store.lines(day)
        held = sealed.get(day)
        if held and seal(before, day, lines) != held.digest:
            return report(day, "its lines are not those of its hash, or the hash is another day's")
        if held is None and sealed and day < max(sealed):
            return report(day, "its hash is missing, though that of a later day is there")
        if held and held.stamp:
            if fault := stamp_fault(held):
                return report(day, fault)
            stamped += 1
        before = held.digest if held else before
        found = dict(_found(store, folders, archive, lines))
        for line in lines:
            what, digest = found.get(line.name, ("", b""))
            if what and digest != line.digest:
                return report(day, f"{what} is not what was kept")
        compared, gone = compared + len(found), gone + len(lines) - len(found)
    return report()


def _found(
    store: Store, folders: Destination, archive: Archive, lines: Sequence[Line]
) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Give for each line whose thing is still held what it is, and its hash now."""
    for name, article, digest in store.states([line.name for line in lines]):
        what = "what happened" if name.startswith(HAPPENED) else f"version {name.partition('/')[2]}"
        yield name, (f"article {article} ({what})", digest)
    for line in lines:
        if line.name.startswith(MEDIA):
            body = folders.read(place_of(folders, line.name))
            if body is not None:
                yield line.name, (line.name, hashlib.sha256(body).digest())
        elif line.name.startswith(WARC):
            source, _, file = line.name.removeprefix(WARC).partition("/")
            path = archive.path(source, file)
            if path.exists():
                yield line.name, (str(path), hash_file(path))


def hash_file(path: Path) -> bytes:
    """Return the SHA-256 of a file. Raises AggregatorError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as exc:
        raise AggregatorError(f"{path} cannot be read: {exc.strerror}") from exc
