"""Sessions of sites, encrypted, and how often their logins were tried."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from aggregator.model import KeptSession
from aggregator.store.codec import read_row
from aggregator.store.database import Database
from aggregator.store.rows import insert_missing
from aggregator.store.schema import sessions


class Sessions(Database):
    """The sessions that are kept between visits."""

    def session(self, name: str) -> KeptSession | None:
        """Return what is kept of a session, if anything is."""
        with self._read() as connection:
            row = connection.execute(select(sessions).where(sessions.c.name == name)).one_or_none()
        return read_row(KeptSession, row) if row else None

    def note_login(self, name: str, before: int, tries: int, now: datetime) -> bool:
        """Note, before a password is sent, that a login is begun; False where another process was quicker.

        ``before`` is how many were noted when the session was read, ``tries`` how many there are with this.
        """
        fresh = {"name": name, "recipe": "", "sealed": b"", "version": 0, "tries": before, "refused": ""}
        one = (sessions.c.name == name) & (sessions.c.tries == before)
        with self._write() as connection:
            insert_missing(connection, sessions, [fresh], [sessions.c.name])
            noted = connection.execute(update(sessions).where(one).values(tries=tries, tried=now))
        return noted.rowcount == 1

    def save_session(self, session: KeptSession) -> None:
        """Keep a session outside of a poll."""
        with self._write() as connection:
            write_session(connection, session)

    def forget_session(self, name: str) -> bool:
        """Forget a session; tell whether there was one."""
        with self._write() as connection:
            return connection.execute(delete(sessions).where(sessions.c.name == name)).rowcount > 0


def write_session(connection: Connection, session: KeptSession) -> None:
    """Write what changed of a session; how often a login was tried only where one has come to an end."""
    row = {
        "name": session.name,
        "recipe": session.recipe,
        "sealed": session.sealed,
        "version": session.version,
    }
    ended = {"tries": session.tries, "refused": session.refused}
    insert_missing(connection, sessions, [row | ended], [sessions.c.name])
    changed = row | ended if session.concluded else row
    connection.execute(update(sessions).where(sessions.c.name == session.name).values(changed))
