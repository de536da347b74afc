"""How a source's servers are asked: what is sent along, through what, and with which secrets."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from aggregator.settings.values import Period, Table


class Secret(Table):
    """Where a secret is kept: an environment variable, a file, or a systemd credential of that name.

    Exactly one of them is named. The secret itself is read when it is needed and stands in no value of ours.
    """

    env: str = ""
    file: str = ""
    credential: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@-]*$")] = ""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if sum(map(bool, (self.env, self.file, self.credential))) != 1:
            raise ValueError(
                'names its place: { env = "NAME" }, { file = "path" } or { credential = "name" }'
            )
        return self


Hidden = str | Secret
"""A text of the configuration, or the place where it is kept."""


class Auth(Table):
    """``[source.auth]``: ``user`` and ``password`` (RFC 7617), or a bearer ``token`` (RFC 6750)."""

    user: Hidden = ""
    password: Hidden = ""
    token: Hidden = ""

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if bool(self.token) == bool(self.user):
            raise ValueError("has either user and password, or token")
        return self


class Browser(Table):
    """``[source.browser]``: pages are rendered with Chromium before they are read.

    ``wait_for`` is a CSS selector that must be there first; ``timeout`` is for one page.
    """

    wait_for: str = ""
    timeout: Period = timedelta(seconds=30)


class Access(Table):
    """What goes along with every request of a source to its own hosts (see :attr:`Source.access`)."""

    hosts: tuple[str, ...]
    headers: dict[str, Hidden] = Field(default_factory=dict)
    cookies: dict[str, Hidden] = Field(default_factory=dict)
    auth: Auth | None = None
    proxy: Hidden = ""
    browser: Browser | None = None
