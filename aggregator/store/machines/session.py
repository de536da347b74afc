"""Sessions with PostgreSQL that nobody shares: what one locks is locked for as long as it lasts."""

from sqlalchemy import Connection, Engine, text


def own_session(engine: Engine, silence: int) -> Connection:
    """Connect by a session that the server ends after so many seconds of ``silence``.

    Otherwise the server may believe for hours in a machine that is cut off.
    """
    connection = engine.connect()
    connection.detach()  # the pool would give its session to others
    for setting in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(text(f"SET {setting} = '{silence}s'"))
    connection.commit()
    return connection
