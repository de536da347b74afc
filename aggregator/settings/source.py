"""``[[source]]``, a place we poll, and the tables inside of it."""

import hashlib
import re
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from aggregator.settings.access import Access, Auth, Browser, Cookies, Headers, Proxy
from aggregator.settings.fields import FIELD_NAME, FieldRule
from aggregator.settings.values import (
    Address,
    Duration,
    Listed,
    Pattern,
    Patterns,
    Period,
    Size,
    Table,
    Texts,
    TimeZone,
)

NAME = r"^[A-Za-z0-9_-]+$"
OF_VISITS = set(
    "interval interval_min interval_max robots keep_for keep_items cron budget preset page folders proxy "
    "publish authority mirror mirror_file_size mirror_size was archive archive_for revisit revisits_per_day "
    "confirm_after withdrawn_after tell_subscribers".split()
)
"""Keys of a source that do not decide how answers are read."""


def _no_waits(value: Any) -> Any:
    return () if value is False else value


class ListRules(Table):
    """``[source.list]``: selectors of the entries of a list, and of their fields.

    CSS selectors for HTML, JMESPath for an api. ``html`` is the JMESPath of the HTML inside of a JSON answer,
    ``attachments`` where a list names an article's files.
    """

    entry: str = ""
    id: str = ""
    link: str = ""
    title: str = ""
    date: str = ""
    summary: str = ""
    author: str = ""
    body: str = ""
    attachments: str = ""
    html: str = ""


class Replacement(Table):
    """``[[source.article.replace]]``: what matches ``pattern`` in a field becomes ``with`` (as in re.sub)."""

    field: Literal["content", "title", "summary", "author", "origin"] = "content"
    pattern: Pattern
    with_: Annotated[str, Field(alias="with")] = ""

    @field_validator("with_")
    @classmethod
    def _fits(cls, value: str, info: ValidationInfo) -> str:
        if pattern := info.data.get("pattern"):
            try:
                re.sub(pattern, value, "")
            except (re.error, IndexError) as exc:
                raise ValueError(f"does not fit its pattern: {exc}") from exc
        return value


class ArticleRules(Table):
    """``[source.article]``: selectors of the fields on an article's own page.

    Without ``body`` the text is searched for. ``next`` leads to an article's next part, ``attachments``
    to files outside of the body; ``remove`` goes with its content, ``unwrap`` leaves its content behind.
    ``format`` is what the page is: JSON where ``article_url`` names it for an api, else HTML.
    """

    body: str = ""
    title: str = ""
    date: str = ""
    author: str = ""
    origin: str = ""
    next: str = ""
    attachments: str = ""
    remove: Texts = ()
    unwrap: Texts = ()
    replace: Annotated[tuple[Replacement, ...], Field(strict=False)] = ()
    format: Literal["", "html", "json"] = ""


class Paging(Table):
    """``[source.paging]``: how the further pages of a list are found.

    ``next`` selects the next page's address (by CSS, or JMESPath in JSON), ``cursor`` the
    JMESPath of what ``{cursor}`` becomes; ``{page}`` counts from ``first``. ``url`` is the template of the
    further pages where the source's own ``url`` or ``body`` is not one.
    """

    next: str = ""
    cursor: str = ""
    url: str = ""
    first: int = 1


class Filter(Table):
    """``[source.keep]`` and ``[source.block]``: a query, and regular expressions on an article's fields."""

    query: str = ""
    title: Patterns = ()
    text: Patterns = ()
    category: Patterns = ()
    author: Patterns = ()
    address: Patterns = ()


class Source(Table):
    """``[[source]]``: a place we poll.

    ``category``, ``tag``, ``article_url`` and ``share_url`` are templates over an entry's fields; ``url``
    and ``body`` over ``{page}`` and ``{cursor}``. ``budget`` is how many article pages one poll fetches; the
    rest wait for the next one. ``limit`` is how many entries of a list count. ``cron`` (five fields) says
    when to come instead of ``interval``, which then paces what is tried again. With ``interval_min`` or
    ``interval_max`` the interval follows how often the source publishes. ``read_files`` is whether the
    text of attached files is read. ``publish`` is how much of its texts is shown to others, ``authority``
    who leads where several sources have one text. With ``tell_subscribers`` its own feed says when it
    has been in trouble for a day. ``mirror`` names the files that are mirrored,
    ``mirror_file_size`` and ``mirror_size`` how big one of them and all of them together may be.
    ``robots`` is whether the robots.txt of a host is obeyed where web pages are asked for.
    ``archive`` keeps the raw answers as WARC, ``archive_for`` says how long. ``keep_for`` and ``keep_items``
    are how long, and how many, articles stay. ``revisit`` has the waits before an article is looked at again
    and again, the last of which repeats (false: never); ``revisits_per_day`` is how many requests a day may
    go to the source for it, and to a host for all its sources. ``confirm_after`` is how long after the first
    look a second one confirms a change, ``withdrawn_after`` how long an article is missing until it counts as
    withdrawn. ``label`` is what people see of the source, ``page`` the address of its page for them,
    ``folders`` where it stands in OPML, by default its category. ``was`` are the names that it had before,
    the first one first. ``fields`` are the named facts of its articles, by their names. ``options`` are the
    kind's.
    """

    name: Annotated[str, Field(pattern=NAME)]
    kind: Annotated[str, Field(min_length=1)]
    url: Address
    preset: str = ""
    label: Annotated[str, AfterValidator(lambda label: " ".join(label.split()))] = ""
    page: Address | Literal[""] = ""
    folders: Texts = ()
    category: str = ""
    tag: str = ""
    namespace: str = ""
    was: Listed = ()
    interval: Period = timedelta(minutes=15)
    interval_min: Period | None = None
    interval_max: Period | None = None
    cron: str = ""
    timezone: TimeZone = "UTC"
    language: str = ""
    article_url: str = ""
    share_url: str = ""
    budget: Annotated[int, Field(ge=1)] = 100
    limit: Annotated[int, Field(ge=1)] | None = None
    full_text: Literal["never", "auto", "always"] = "auto"
    read_files: Literal["auto", "never"] = "auto"
    publish: Literal["full", "summary", "link"] = "full"
    tell_subscribers: bool = False
    mirror: Annotated[tuple[Literal["images", "attachments"], ...], Field(strict=False)] = ()
    mirror_file_size: Size = 20 * 1024**2
    mirror_size: Size = 1024**3
    archive: Literal["", "warc"] = ""
    archive_for: Period | None = None
    method: Literal["GET", "POST"] = "GET"
    body: str = ""
    headers: Headers = Field(default_factory=dict)
    cookies: Cookies = Field(default_factory=dict)
    auth: Auth | None = None
    proxy: Proxy = ""
    browser: Browser | None = None
    robots: Literal["obey", "ignore"] = "obey"
    authority: int = 0
    keep_for: Period | None = None
    keep_items: Annotated[int, Field(ge=1)] | None = None
    revisit: Annotated[tuple[Period, ...], Field(strict=False), BeforeValidator(_no_waits)] = (
        timedelta(hours=1),
        timedelta(hours=6),
        timedelta(days=1),
        timedelta(days=3),
        timedelta(weeks=1),
        timedelta(days=30),
        timedelta(days=90),
    )
    revisits_per_day: Annotated[int, Field(ge=1)] = 240
    confirm_after: Duration = timedelta(minutes=5)
    withdrawn_after: Period = timedelta(days=7)
    keep: Filter = Filter()
    block: Filter = Filter()
    keep_any: Patterns = ()
    block_any: Patterns = ()
    list: ListRules = ListRules()
    article: ArticleRules = ArticleRules()
    paging: Paging = Paging()
    fields: dict[Annotated[str, Field(pattern=FIELD_NAME)], FieldRule] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("keep", "block", mode="before")
    @classmethod
    def _is_filter(cls, value: Any, info: ValidationInfo) -> Any:
        is_duration = info.field_name == "keep" and re.fullmatch(r"(\d+[smhdw])+|\d+", str(value))
        if isinstance(value, int) or is_duration:
            raise ValueError('is a query or a table of filters; how long articles stay is keep_for = "90d"')
        if value == "":
            raise ValueError("is empty")
        return {"query": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        least, most = self.interval_min or self.interval, self.interval_max or self.interval
        if not least <= self.interval <= most:
            raise ValueError("interval lies between interval_min and interval_max")
        return self

    @property
    def shown_as(self) -> str:
        """What people see of this source: its label, else its name."""
        return self.label or self.name

    @property
    def identity(self) -> str:
        """The namespace of this source's keys: the one it shares with others, or else its first name."""
        return self.namespace or (self.was[0] if self.was else self.name)

    @cached_property
    def access(self) -> Access:
        """What goes along with requests to the hosts that the configuration names."""
        named = [urlsplit(address) for address in (self.url, self.article_url, self.paging.url)]
        hosts = {parts.hostname for parts in named if parts.hostname}
        in_clear = {parts.hostname for parts in named if parts.scheme == "http"}
        return Access(
            hosts=tuple(sorted(hosts)),
            secure=tuple(sorted(hosts - in_clear)),
            headers=self.headers,
            cookies=self.cookies,
            auth=self.auth,
            proxy=self.proxy,
            browser=self.browser,
            archive=self.name if self.archive else "",
        )

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the keys that decide how answers are read; validators of another one are not sent."""
        # Defaults are left out, so that a key which a later version adds changes no fingerprint.
        keys = self.model_dump_json(exclude=OF_VISITS, exclude_defaults=True)
        return hashlib.blake2b(keys.encode(), digest_size=16).hexdigest()
