"""What lets us into sites."""

from sqlalchemy import Integer, LargeBinary, Table

from aggregator.store.columns import String, Time, key, optional, required
from aggregator.store.schema.metadata import metadata

# The sessions of sites. What lets us in is encrypted with a key that is not in the database. ``recipe`` is a
# keyed hash of the secrets with which a session was begun. ``tries`` counts the logins that were begun since
# one succeeded, ``tried`` is when the last one was; ``refused`` says why nobody tries again.
sessions = Table(
    "sessions",
    metadata,
    key("name", String),
    *required(String, "recipe", "refused"),
    *required(LargeBinary, "sealed"),
    *required(Integer, "version", "tries"),
    *optional(Time, "tried"),
)
