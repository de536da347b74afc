"""``[[source]]``, a place we poll, and the tables inside of it."""

import hashlib
import re
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from aggregator.settings.access import Access, Auth, Browser, Cookies, Headers, Proxy, SiteSession
from aggregator.settings.fields import FIELD_NAME, FieldRule
from aggregator.settings.rules import ArticleRules, Filter, ListRules, Paging
from aggregator.settings.values import (
    Address,
    Duration,
    Listed,
    Patterns,
    Period,
    Shared,
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


_NOTHING: dict[str, Any] = {}


def _nothing() -> dict[str, Any]:
    """The table that nobody wrote; sources are frozen, so that thousands have one together."""
    return _NOTHING


def _no_waits(value: Any) -> Any:
    return () if value is False else value


class Source(Table):
    """``[[source]]``: a place we poll."""

    name: Annotated[str, Field(pattern=NAME)]
    """Unique; letters, digits, `-` and `_`."""
    kind: Annotated[Shared, Field(min_length=1)]
    """`feed`, `listing`, `api`, `sitemap` or `jpaas`, see [sources](sources.md), or a kind that
    you install.
    """
    url: Address
    """What is polled; a template over `{page}` and `{cursor}`."""
    preset: str = ""
    """A [packaged table](configuration.md#presets) to start from."""
    label: Annotated[str, AfterValidator(lambda label: " ".join(label.split()))] = ""
    """What people see of the source, on pages, in feeds, tables and OPML; without it, the name."""
    page: Address | Literal[""] = ""
    """The address of its page for people, for OPML."""
    folders: Texts = ()
    """The folders in which OPML has it, the outermost first; without it, the category."""
    category: Shared = ""
    """A [template](configuration.md#source-and-defaults) over an entry's fields: where its
    articles are filed; without it, or where it comes out empty, the source's label.
    """
    tag: str = ""
    """A template: the articles' tag; without it, the category."""
    namespace: str = ""
    """Sources with one namespace show the same articles under the same ids; without it, the first
    name that the source had.
    """
    was: Listed = ()
    """The name that the source had before, or several, the first one first. Its articles, debts and
    subscribers stay, and its feeds go on under the old names, too. Leave it there; `aggregator check`
    says what a new name would do.
    """
    interval: Period = timedelta(minutes=15)
    """How often the source is visited; with `cron`, what paces further tries."""
    interval_min: Period | None = None
    """The shortest interval. With it or `interval_max`, the interval follows [how often the source
    publishes](configuration.md#how-often-a-source-is-visited); without it, a fifth of the
    interval, a minute at least.
    """
    interval_max: Period | None = None
    """The longest interval; without it, eight times the interval, a day at most."""
    cron: str = ""
    """When the source is visited instead, in its time zone: five fields as in a crontab, such as `"30
    8 * * mon-fri"`.
    """
    timezone: TimeZone = "UTC"
    """Of dates that name none; without it, that of the site."""
    language: str = ""
    """Of its articles; without it, that of the site."""
    article_url: str = ""
    """A template: where an item's text is (`api`), in place of the page that the list names; may
    begin with `/`.
    """
    share_url: str = ""
    """A template: the page that a post ends with."""
    budget: Annotated[int, Field(ge=1)] = 100
    """How many article pages one poll fetches; the rest wait for the next one."""
    limit: Annotated[int, Field(ge=1)] | None = None
    """How many entries of a list count, the first ones; without it all, or 500 of a `sitemap`."""
    full_text: Literal["never", "auto", "always"] = "auto"
    """Whether an entry's page is fetched for its text: `"never"`, `"always"`, or where the list has
    none, see [sources](sources.md).
    """
    read_files: Literal["auto", "never"] = "auto"
    """Whether the text of attached files is read, see [documents](documents.md); `"never"` leaves
    them alone.
    """
    publish: Literal["full", "summary", "link"] = "full"
    """How much of its texts is shown to others: `"full"`, `"summary"`, or `"link"`, a title that
    leads to the source; [readers](readers.md) are shown all of it.
    """
    tell_subscribers: bool = False
    """Whether its own feed says in one entry that it could not be read for a day, and that it is
    back, see [alerts](alerts.md#the-programs-own-news).
    """
    mirror: Annotated[tuple[Literal["images", "attachments"], ...], Field(strict=False)] = ()
    """What is [copied beside the text](mirror.md): `"images"`, `"attachments"`."""
    mirror_file_size: Size = 20 * 1024**2
    """How big one mirrored file may be."""
    mirror_size: Size = 1024**3
    """How big all mirrored files of the source may be together."""
    archive: Literal["", "warc"] = ""
    """`"warc"` keeps every [raw answer](evidence.md#raw-answers) of this source."""
    archive_for: Period | None = None
    """How long raw answers stay; without it, for ever."""
    method: Literal["GET", "POST"] = "GET"
    """How the list is asked for; with `"POST"`, `body` is sent."""
    body: str = ""
    """What is sent with a POST: JSON or a form, a template over `{page}` and `{cursor}`."""
    headers: Headers = Field(default_factory=_nothing)
    """Headers that are sent in place of ours where we have one; not those of the connection, nor
    `Host`, `Content-Length`, `Accept-Encoding`, `Range` and the validators.
    """
    cookies: Cookies = Field(default_factory=_nothing)
    """Cookies that are sent besides those that a site sets on the way."""
    auth: Auth | None = None
    """Who we are for the source's servers, see [`[source.auth]`](#sourceauth)."""
    proxy: Proxy = ""
    """`http://`, `https://` or `socks5://host:port`, with `user:password@` where it asks for it;
    `socks5` needs the extra `aggregator[socks]`.
    """
    browser: Browser | None = None
    """Pages are rendered before they are read, see [`[source.browser]`](#sourcebrowser)."""
    session: SiteSession | None = None
    """The cookies of its site are kept between visits, see [Sessions](sessions.md)."""
    robots: Literal["obey", "ignore"] = "obey"
    """Whether the robots.txt of a host is obeyed where web pages are asked for (lists and article
    pages; feeds, `api` and sitemaps are made for programs): `"obey"` or `"ignore"`.
    """
    authority: int = 0
    """Of sources that have one text, the one with the most
    [leads](feeds.md#one-text-at-several-sources).
    """
    keep_for: Period | None = None
    """How long articles stay; without it, for ever, see [data](data.md)."""
    keep_items: Annotated[int, Field(ge=1)] | None = None
    """How many articles stay, the newest; without it, all."""
    revisit: Annotated[tuple[Period, ...], Field(strict=False), BeforeValidator(_no_waits)] = (
        timedelta(hours=1),
        timedelta(hours=6),
        timedelta(days=1),
        timedelta(days=3),
        timedelta(weeks=1),
        timedelta(days=30),
        timedelta(days=90),
    )
    """The waits before an article is looked at again, and again; the last one repeats; `false`:
    never. See [changes](changes.md).
    """
    revisits_per_day: Annotated[int, Field(ge=1)] = 240
    """How many requests a day (UTC) may go to the source for that, and to one host for all of its
    sources.
    """
    confirm_after: Duration = timedelta(minutes=5)
    """How long after the first look a second one has to see the same before a change is told; `"0s"`:
    none has to.
    """
    withdrawn_after: Period = timedelta(days=7)
    """How long an article is missing at its source until it counts as withdrawn."""
    keep: Filter = Filter()
    """A query, or a table of filters, all of which an article must match to be kept, see
    [`[source.keep]`](#sourcekeep).
    """
    block: Filter = Filter()
    """A query, or a table of filters; an article that matches any of them is left out, see
    [`[source.block]`](#sourceblock).
    """
    keep_any: Patterns = ()
    """Regular expressions on title, text, category, author and address, of which one must match anywhere."""
    block_any: Patterns = ()
    """Regular expressions on the same; an article in which one matches is left out."""
    list: ListRules = ListRules()
    """Selectors of the entries of a list and of their fields, see [`[source.list]`](#sourcelist)."""
    article: ArticleRules = ArticleRules()
    """Selectors of the fields on an article's own page, see [`[source.article]`](#sourcearticle)."""
    paging: Paging = Paging()
    """How a list goes on, see [`[source.paging]`](#sourcepaging)."""
    fields: dict[Annotated[str, Field(pattern=FIELD_NAME)], FieldRule] = Field(default_factory=_nothing)
    """Named facts of its articles, by their names, see [`[source.fields.NAME]`](#sourcefieldsname)."""
    options: dict[str, Any] = Field(default_factory=_nothing)
    """Keys of one kind alone: `match` of a `sitemap`; `webId`, `tplSetId`, `pageId`, `tagId`,
    `parseType`, `pageSize` and `unit` of a `jpaas` column.
    """

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
        session = self.session
        login = session.login.url if session and session.login else ""
        addresses = (self.url, self.article_url, self.paging.url, login)
        named = [urlsplit(address) for address in addresses]
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
            session=session and session.model_copy(update={"name": session.name or self.name}),
            archive=self.name if self.archive else "",
        )

    @cached_property
    def has_filters(self) -> bool:
        """Whether rules of the user's may leave an entry out."""
        no_rules = (Filter(), Filter(), (), ())
        return (self.keep, self.block, self.keep_any, self.block_any) != no_rules

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the keys that decide how answers are read; validators of another one are not sent."""
        # Defaults are left out, so that a key which a later version adds changes no fingerprint.
        keys = self.model_dump_json(exclude=OF_VISITS, exclude_defaults=True)
        return hashlib.blake2b(keys.encode(), digest_size=16).hexdigest()
