"""What we hold of others, and what we tell them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from aggregator.model import (
    MediaFile,
    Wish,
)
from aggregator.store import (
    media,
    pushes,
)
from aggregator.store.counters import lock
from aggregator.store.door import Door
from aggregator.store.media import Due, MirrorState
from aggregator.store.pushes import Push


class Outside(Door):
    """Files that are mirrored, and hubs: those of sources, and ours."""

    def save_uses(self, source: str, wishes: Mapping[int, Sequence[Wish]], now: datetime) -> None:
        """Note which files articles of a source show, by the articles' numbers."""
        with self._database.write() as connection:
            lock(connection)
            media.save_uses(connection, source, wishes, now)

    def claim_media(self, now: datetime, limit: int, lease: timedelta) -> list[Due]:
        """Return files that are due; nobody else gets them until the lease is over."""
        with self._database.write() as connection:
            lock(connection)
            return media.claim_media(connection, now, limit, lease)

    def save_media(self, identity: str, file: MediaFile) -> None:
        """Note a file that is in place, and have the articles published again that show it."""
        with self._database.write() as connection:
            lock(connection)
            media.keep_media(connection, identity, file)

    def mark_media_missing(self, paths: Sequence[str], now: datetime) -> None:
        """Note that files are no longer in place: they are to be fetched again."""
        if paths:
            with self._database.write() as connection:
                lock(connection)
                media.lose_media(connection, paths, now)

    def put_off_media(self, identity: str, error: str, retry_at: datetime) -> None:
        """Note why a file could not be had, and when to try again."""
        with self._database.write() as connection:
            media.put_off_media(connection, identity, error, retry_at)

    def mirror_states(self) -> dict[str, MirrorState]:
        """Return what each source mirrors."""
        with self._database.read() as connection:
            return media.mirror_states(connection)

    def media_paths(self) -> set[str]:
        """Return the paths of all files that we hold, below the site's root."""
        with self._database.read() as connection:
            return media.media_paths(connection)

    def unused_media(self) -> list[str]:
        """Return the paths of files that no article shows any more."""
        with self._database.read() as connection:
            return media.unused_media(connection)

    def forget_unused_media(self) -> None:
        """Forget the files that no article shows any more."""
        with self._database.write() as connection:
            lock(connection)
            media.forget_unused(connection)

    def mirror_settings(self) -> dict[str, str]:
        """Return for which setting of ``mirror`` the uses of each source are right."""
        with self._database.read() as connection:
            return media.mirror_settings(connection)

    def note_mirror(self, source: str, setting: str) -> None:
        """Note that the uses of a source are right for this setting."""
        with self._database.write() as connection:
            media.note_mirror(connection, source, setting)

    def articles_of(self, source: str, after: int, limit: int) -> list[tuple[int, str]]:
        """Return number and public id of a source's articles after a number."""
        with self._database.read() as connection:
            return [(row.number, row.id) for row in media.articles_of(connection, source, after, limit)]

    def due_pushes(self, now: datetime, sources: Collection[str]) -> list[Push]:
        """Return for which of these sources a lease of pushes is to be asked for, or again."""
        with self._database.read() as connection:
            return pushes.due_pushes(connection, now, sources)

    def orphaned_pushes(self, sources: Collection[str]) -> list[Push]:
        """Return the leases that are held for none of these sources."""
        with self._database.read() as connection:
            return pushes.strange_pushes(connection, sources)

    def find_push(self, nonce: str) -> Push | None:
        """Return for which source a nonce was drawn."""
        with self._database.read() as connection:
            return pushes.find_push(connection, nonce)

    def reset_pushes(self, now: datetime) -> None:
        """Note that no hub knows our callbacks any more."""
        with self._database.write() as connection:
            pushes.lose_leases(connection, now)

    def set_push(self, source: str, **values: Any) -> None:
        """Note how it stands with a source's hub."""
        with self._database.write() as connection:
            pushes.set_push(connection, source, **values)

    def pushed_sources(self) -> dict[str, str]:
        """Return how it stands with the hub of every source that names one."""
        with self._database.read() as connection:
            return pushes.pushed_sources(connection)

    def announcements(self, limit: int) -> list[tuple[str, int]]:
        """Return the addresses whose change our hub has not been told, with the sequence of it."""
        with self._database.read() as connection:
            return pushes.list_announcements(connection, limit)

    def mark_announced(self, told: Sequence[tuple[str, int]]) -> None:
        """Forget what our hub has been told."""
        with self._database.write() as connection:
            lock(connection)
            pushes.note_told(connection, told)
