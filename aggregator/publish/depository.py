"""Copies of closed files of raw answers in a bucket, each put whole: nothing can be appended to an object."""

from collections.abc import Sequence
from datetime import datetime

from aggregator.fetch.archive import Archive
from aggregator.fetch.archive.archive import ArchiveFile
from aggregator.output.bucket import Bucket, file_digest
from aggregator.settings import Source

NAME = "warc"
HEADERS = {"Content-Type": "application/warc", "Cache-Control": "private"}


class Depository:
    """The bucket at an address, in which a file is ``SOURCE/FILE``.

    Machines that share it have files of one name and other bytes: the second one's gets a name with its hash.
    Every method raises PublishError and ArchiveError.
    """

    def __init__(self, archive: Archive, address: str) -> None:
        """Raises PublishError where obstore is missing."""
        self._archive = archive
        self._bucket = Bucket(NAME, address, lambda path: HEADERS, setting="[evidence] bucket")

    def deposit(self, sources: Sequence[Source], now: datetime) -> int:
        """Put the files of days that are over which are not there yet, and return how many.

        A file of today may still grow, or be cut back to its last whole record after a crash.
        """
        count = 0
        for source in sources:
            files = self._archive.files(source.name) if source.archive else []
            done = self._archive.deposited(source.name) if files else {}
            for file in files:
                if file.day < now.date() and file.name not in done:
                    place = self._put(source.name, file.name)
                    self._archive.note_deposited(source.name, file.name, place)
                    count += 1
        return count

    def expired(self, source: str, before: datetime) -> list[ArchiveFile]:
        """Return the files that the archive needs no longer."""
        return self._archive.expired(source, before)

    def remove(self, source: str, names: list[str]) -> None:
        """Remove the copies of files, then the files."""
        places = self._archive.deposited(source)
        self._bucket.remove([places[name] for name in names if name in places])
        self._archive.remove(source, names)

    def _put(self, source: str, name: str) -> str:
        """Put a file, unless it is there, and return where it lies; it takes no other one's place."""
        path = self._archive.path(source, name)
        own, place = file_digest(path), f"{NAME}/{source}/{name}"
        if self._bucket.digest(place) not in (None, own):
            place = f"{NAME}/{source}/{own}-{name}"
        if self._bucket.digest(place) != own:
            self._bucket.put_file(place, path)
        return place
