"""A session of a site while it is in use, and what of it is to be kept."""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator.fetch.sessions.jar import Jar
from aggregator.fetch.sessions.sealing import Sealer
from aggregator.model import KeptSession

MAX_TOKEN = 8192  # characters of a bearer token


@dataclass(frozen=True, slots=True)
class Place:
    """What a session is sealed for: a name, and the site that it belongs to."""

    name: str
    site: str


class LiveSession:
    """The cookies and the token of a session; all fetches of its sources share one of these."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.jar = Jar()
        self.token = ""
        self.signed_in = False
        """Whether a login has succeeded, as far as one can tell from what it answered."""
        self.generation = 0
        """It counts the logins of this process, so that of several fetches one logs in."""
        self.lock = asyncio.Lock()
        """Held by whoever logs in."""
        self.tries = 0
        self.tried: datetime | None = None
        self.ours: datetime | None = None
        """When this process began its last login."""
        self.refused = ""
        self.recipe = ""
        self.noted_tries = 0
        """The tries that are noted, which may be those of an earlier recipe."""
        self.version = 0
        self._concluded = False
        self._given = self._written = self._state()

    def begin_anew(self) -> None:
        """Forget cookies and token."""
        self.jar.clear()
        self.token = ""
        self.signed_in = False

    def reset(self, recipe: str) -> None:
        """Begin with other secrets, for which no login was tried."""
        self.begin_anew()
        self.tries, self.tried, self.refused, self.recipe = 0, None, "", recipe
        self._concluded = True

    def prove(self) -> None:
        """Note that the last login has let us in: something says so that says it only to who is logged in."""
        if self.tries:
            self.tries, self._concluded = 0, True

    def refuse(self, why: str) -> None:
        """Note why nobody logs in any more."""
        self.begin_anew()
        self.refused, self._concluded = why, True

    def secrets(self) -> list[str]:
        """Give what lets its holder in, as far as it can be told from what anybody may read."""
        return [*self.jar.secrets(), *filter(None, [self.token])]

    def update(self, row: KeptSession | None, sealer: Sealer, *, ended: bool = False) -> bool:
        """Take what another process has kept meanwhile; False where it cannot be opened.

        What has changed here since counts for more, unless our session has ``ended``.
        """
        if row is None:
            if self.version:  # it was forgotten
                self.version = 0
                self.reset("")
                self._concluded, self._written = False, self._state()
            self.noted_tries = 0
            return True
        self.noted_tries, self.tried = row.tries, row.tried
        if not self._concluded and row.recipe in (self.recipe, ""):
            self.tries, self.refused = row.tries, row.refused
        if row.version == self.version or (self._is_changed() and not ended):
            return True
        self.version, self.recipe = row.version, row.recipe
        self.tries, self.refused = row.tries, row.refused
        text = sealer.open(row.sealed, self.place.name, self.place.site) if row.sealed else "{}"
        state: dict[str, Any] = json.loads(text or "{}")
        self.jar.load(state.get("cookies", []))
        self.token, self.signed_in = state.get("token", ""), state.get("signed_in", False)
        self._written = self._state()
        return text is not None

    def change(self, sealer: Sealer) -> KeptSession | None:
        """Give what is to be kept, where it differs from what is; ``written`` says that it is."""
        if not self._is_changed():
            return None
        self._given = self._state()
        sealed = sealer.seal(json.dumps(self._given), self.place.name, self.place.site)
        return KeptSession(
            self.place.name,
            recipe=self.recipe,
            sealed=sealed,
            version=secrets.randbits(31),
            tries=self.tries,
            refused=self.refused,
            concluded=self._concluded,
        )

    def written(self, kept: KeptSession) -> None:
        """Take note that a change is kept."""
        self.version, self.noted_tries = kept.version, self.tries
        self._concluded, self._written = False, self._given

    def _is_changed(self) -> bool:
        return self._concluded or _differ(self._state(), self._written, time.time())

    def _state(self) -> dict[str, Any]:
        return {
            "cookies": self.jar.dump(),
            "token": self.token,
            "signed_in": self.signed_in,
            "recipe": self.recipe,
        }


def _differ(now: dict[str, Any], before: dict[str, Any], time: float) -> bool:
    """Tell whether two states differ by more than a moment at which a cookie ends.

    Many sites move that on with every answer; it is kept once it has moved by half of the time that is left.
    """
    if any(now[key] != before[key] for key in now if key != "cookies"):
        return True
    cookies, others = now["cookies"], before["cookies"]
    if [one | {"expires": 0} for one in cookies] != [one | {"expires": 0} for one in others]:
        return True
    ends = ((one["expires"], other["expires"]) for one, other in zip(cookies, others, strict=True))
    return any(_ends_otherwise(*pair, time) for pair in ends)


def _ends_otherwise(one: int | None, other: int | None, time: float) -> bool:
    if one is None or other is None:
        return one != other
    return abs(one - other) > max(other - time, 0) / 2
