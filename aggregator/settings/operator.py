"""``[operator]``: who is shown the state of the program, and where it may be told to change."""

from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from aggregator.settings.access import Elsewhere
from aggregator.settings.values import Table, check_listen


def _check_listen(value: str) -> str:
    return value if not value or "/" in value else check_listen(value)


class Operator(Table):
    """``[operator]``: the person who runs the program."""

    token: Elsewhere | None = None
    """Where the secret is kept that proves the operator; without it, asking from this machine does."""
    listen: Annotated[str, AfterValidator(_check_listen)] = ""
    """The address of its own (a Unix socket's path, or host and port) on which polls, pauses and the like are
    asked for; without it, nothing can be changed over HTTP.
    """

    @model_validator(mode="after")
    def _has_a_token_where_it_listens(self) -> Self:
        if self.listen and not self.token:
            raise ValueError("needs a token, without which it answers nobody")
        return self

    @property
    def is_file(self) -> bool:
        """Whether ``listen`` is the path of a Unix socket."""
        return "/" in self.listen

    @property
    def address(self) -> tuple[str, int]:
        """The host, without the brackets of an IPv6 address, and the port that ``listen`` names."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)
