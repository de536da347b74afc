"""The session of a site: what lets us in from one visit to the next."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session as it is kept, with nothing of it in clear."""

    name: str
    recipe: str = ""
    """Keyed hash of the secrets with which it was begun: other ones begin another session."""
    sealed: bytes = b""
    """Its cookies and its token, encrypted; empty where there are none."""
    version: int = 0
    """It counts how often the session was kept."""
    tries: int = 0
    """Logins that were begun since one succeeded."""
    tried: datetime | None = None
    """When the last login was begun."""
    refused: str = ""
    """Why nobody logs in any more until the secrets are other ones."""
    concluded: bool = False
    """Whether a login has succeeded, or is refused, since it was kept last."""
