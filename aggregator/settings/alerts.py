"""``[mail]``, ``[[receiver]]`` and ``[[rule]]``: what is told, and where."""

import re
from datetime import time, timedelta
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from aggregator.errors import EventKind
from aggregator.settings.access import Hidden
from aggregator.settings.source import NAME
from aggregator.settings.values import Table

OfArticles = Literal["new", "changed", "withdrawn", "back"]
Happening = Literal[OfArticles, EventKind]
"""What a rule may tell of: articles, or the program's own news."""
PERIODS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def _clock_time(value: object) -> time | None:
    if isinstance(value, time):
        return value
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if not found:
        raise ValueError('a time of the day looks like "08:00"')
    return time(int(found[1]), int(found[2]))


def _between(value: object) -> tuple[time, time] | None:
    if isinstance(value, tuple):
        return value
    parts = value.split("-") if isinstance(value, str) else []
    if len(parts) != 2:
        raise ValueError('quiet hours look like "22:00-07:00"')
    begin, end = (_clock_time(part.strip()) for part in parts)
    return (begin, end) if begin and end else None


def _rate(value: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,5}/[mhd]", value):
        raise ValueError('a limit looks like "20/h" (m, h or d)')
    return value


class Mail(Table):
    """``[mail]``: the SMTP server by which receivers with a ``mailto:`` address are told.

    ``tls`` is ``starttls``, ``implicit`` or ``none``, which is for servers on this machine alone.
    """

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: Annotated[str, Field(pattern=r"^[^\s@]+@[^\s@]+$")]
    user: Hidden = ""
    password: Annotated[Hidden, Field(repr=False)] = ""
    tls: Literal["starttls", "implicit", "none"] = "starttls"


class Receiver(Table):
    """``[[receiver]]``: where something is told.

    ``url`` is ``mailto:somebody@host``, an http(s) address that takes JSON, or an address of Apprise.
    Without ``digest`` each hit is told at once; with it, all of a day together at that time. Of more than
    ``at_most``, the rest is told together. In ``quiet`` hours nothing is told until they end. ``secret``
    signs what a webhook gets. ``template`` is a Jinja file for the text.
    """

    name: Annotated[str, Field(pattern=NAME)]
    url: Annotated[Hidden, Field(repr=False)]
    digest: Annotated[time | None, BeforeValidator(_clock_time)] = None
    at_most: Annotated[str, AfterValidator(_rate)] = "60/h"
    quiet: Annotated[tuple[time, time] | None, BeforeValidator(_between)] = None
    secret: Annotated[Hidden, Field(repr=False)] = ""
    template: str = ""

    @field_validator("url")
    @classmethod
    def _has_scheme(cls, value: Hidden) -> Hidden:
        if isinstance(value, str) and not re.match(r"[a-z][a-z0-9+.-]*:", value):
            raise ValueError('looks like "mailto:desk@example.org", "https://…", or an address of Apprise')
        if isinstance(value, str) and value.startswith("mailto:") and "@" not in value:
            raise ValueError('names nobody; it looks like "mailto:desk@example.org"')
        return value

    @property
    def allowance(self) -> tuple[int, timedelta]:
        """How many messages may go out in which time."""
        count, unit = self.at_most.split("/")
        return int(count), PERIODS[unit]


class Rule(Table):
    """``[[rule]]``: tell ``tell``, the names of receivers, of what ``query`` matches.

    ``on`` says of what: articles that are new, changed, withdrawn or back, or the program's own news. Those
    need no query.
    """

    name: Annotated[str, Field(pattern=NAME)]
    query: str = ""
    on: Annotated[tuple[Happening, ...], Field(strict=False, min_length=1)] = ("new", "changed", "withdrawn")
    tell: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        of_articles = [one for one in self.on if one in get_args(OfArticles)]
        if of_articles and not self.query.strip():
            raise ValueError(f"query is required: it tells of articles that are {of_articles[0]}")
        return self
