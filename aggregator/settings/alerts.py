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
    """``[mail]``: the SMTP server by which receivers with a ``mailto:`` address are told."""

    host: Annotated[str, Field(min_length=1)]
    """The SMTP server."""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    """Its port."""
    sender: Annotated[str, Field(pattern=r"^[^\s@]+@[^\s@]+$")]
    """The address from which mails come."""
    user: Hidden = ""
    """The name to log in with; without it, nobody logs in."""
    password: Annotated[Hidden, Field(repr=False)] = ""
    """The password that goes with `user`."""
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    """`"starttls"`, `"implicit"` (port 465), or `"none"`, which is for servers on this machine alone."""


class Receiver(Table):
    """``[[receiver]]``: where something is told."""

    name: Annotated[str, Field(pattern=NAME)]
    """Unique among receivers; letters, digits, `-` and `_`."""
    url: Annotated[Hidden, Field(repr=False)]
    """Where it is told: `mailto:` and an address, an http(s) address that takes JSON, or an address
    of [Apprise](https://github.com/caronc/apprise/wiki) (needs the extra `aggregator[alerts]`).
    """
    digest: Annotated[time | None, BeforeValidator(_clock_time)] = None
    """A time of the day such as `"08:00"`, in the site's time zone, at which all of a day is told
    together; without it, each hit is told at once.
    """
    at_most: Annotated[str, AfterValidator(_rate)] = "60/h"
    """How many messages go out in a minute, an hour or a day, such as `"20/h"` (`m`, `h`, `d`); what
    is more is told together.
    """
    quiet: Annotated[tuple[time, time] | None, BeforeValidator(_between)] = None
    """Hours such as `"22:00-07:00"` in which nothing is told until they end."""
    secret: Annotated[Hidden, Field(repr=False)] = ""
    """The key that signs what a webhook gets."""
    template: str = ""
    """A Jinja file for the text of a mail or a chat."""

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
    """``[[rule]]``: what is told, and to whom."""

    name: Annotated[str, Field(pattern=NAME)]
    """Unique among rules; letters, digits, `-` and `_`."""
    query: str = ""
    """What is told of: articles that match it, in the [language of searches](search.md). Rules on
    the program's own news need none.
    """
    on: Annotated[tuple[Happening, ...], Field(strict=False, min_length=1)] = ("new", "changed", "withdrawn")
    """On what: articles that are `new`, `changed`, `withdrawn` or `back`, or [the program's own
    news](alerts.md#the-programs-own-news).
    """
    tell: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    """The names of the receivers that are told."""

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        of_articles = [one for one in self.on if one in get_args(OfArticles)]
        if of_articles and not self.query.strip():
            raise ValueError(f"query is required: it tells of articles that are {of_articles[0]}")
        return self
