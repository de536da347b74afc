"""Where the sessions of sites are kept: in the database, sealed with the key that lies beside it."""

from datetime import datetime

from aggregator.model import KeptSession
from aggregator.store import Store


class SessionRecords:
    """The sessions of a store. All raise StoreError."""

    def __init__(self, store: Store, key_file: str) -> None:
        self._store = store
        self._key_file = key_file

    def key(self, now: datetime) -> bytes:
        """Give the key of the database."""
        return self._store.key(self._key_file, now)

    def session(self, name: str) -> KeptSession | None:
        """Give what is kept of a session."""
        return self._store.session(name)

    def note_login(self, name: str, before: int, tries: int, now: datetime) -> bool:
        """Note that a login is begun; False where another process has begun one."""
        return self._store.note_login(name, before, tries, now)
