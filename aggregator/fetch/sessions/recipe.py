"""What a login needs: the secrets of its recipe, and somebody who sends its requests."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aggregator.fetch.exchange import Answer
from aggregator.fetch.secrets import reveal
from aggregator.fetch.sessions.live import LiveSession
from aggregator.model import Request
from aggregator.settings.access import Access, Login

TABLE = "[source.session.login]"

Say = Callable[[str], None]
Note = Callable[[], Awaitable[None]]


class RefusedLoginError(Exception):
    """A site does not let us in: not to be tried again with the same secrets."""


@dataclass(frozen=True, slots=True, repr=False)
class LoginSecrets:
    """The values of a recipe, revealed."""

    user: str
    password: str
    fields: dict[str, str]

    def texts(self) -> list[str]:
        """Give what is not to be shown."""
        return [self.password, self.user, *self.fields.values()]


class Website(Protocol):
    """Who sends the requests of a login, with nothing but the cookies of its session."""

    async def ask(self, request: Request, access: Access, live: LiveSession, hidden: Sequence[str]) -> Answer:
        """Ask an address and follow its redirects, whatever the answer is; never ask twice.

        Raises FetchError.
        """
        ...

    async def require_safe(self, address: str, access: Access) -> None:
        """Raise FetchError where a password would go to another host, or in clear over a network."""
        ...


def reveal_login(login: Login) -> LoginSecrets:
    """Read the secrets of a recipe. Raises FetchError where one is missing."""
    others = {
        name: reveal(value, f"{TABLE} fields.{name}", login.url) for name, value in login.fields.items()
    }
    user = reveal(login.user, f"{TABLE} user", login.url)
    return LoginSecrets(user, reveal(login.password, f"{TABLE} password", login.url), others)
