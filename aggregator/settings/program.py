"""Tables of the configuration for the whole program, and the configuration itself."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from aggregator.settings.access import Elsewhere
from aggregator.settings.alerts import Mail, Receiver, Rule
from aggregator.settings.backup import Backup
from aggregator.settings.cluster import Cluster
from aggregator.settings.operator import Operator
from aggregator.settings.source import NAME, Source
from aggregator.settings.values import (
    BUCKET,
    Address,
    DatabaseAddress,
    Duration,
    Listen,
    Networks,
    Period,
    Place,
    SiteAddress,
    Size,
    Table,
    Texts,
    TimeZone,
)


class Site(Table):
    """``[site]``: how the output presents itself."""

    title: Annotated[str, Field(min_length=1)] = "News"
    """What stands on every page and in every feed."""
    url: SiteAddress
    """The public address, with or without a path (no `?`, no `#`). Every absolute link is made from it."""
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$")] = "zh-CN"
    """Of the interface: `zh-CN`, `en`, or one whose texts [you write](themes.md)."""
    timezone: TimeZone = "Asia/Shanghai"
    """Of dates that name none, where a source says nothing else, and of the dates that are shown."""

    @property
    def root(self) -> str:
        """The public address without a slash at its end, to put paths behind."""
        return self.url.rstrip("/")


class Storage(Table):
    """``[storage]``: where articles are kept."""

    database: DatabaseAddress = "sqlite:///var/aggregator.db"
    """`"sqlite:///var/aggregator.db"`, or `"postgresql://user@host/name"`, which needs the extra
    `aggregator[postgresql]`.
    """

    @property
    def file(self) -> str:
        """The file of an SQLite database; empty for PostgreSQL."""
        return self.database.removeprefix("sqlite:///") if self.database.startswith("sqlite:") else ""

    @property
    def shown(self) -> str:
        """What to call the database: its file, or PostgreSQL."""
        return self.file or "the PostgreSQL database"

    @property
    def key(self) -> str:
        """The file of the key from which our secrets are derived; it lies beside an SQLite database."""
        return f"{self.file or 'var/postgresql'}.key"

    @property
    def accepted(self) -> str:
        """The file of what ``sources.d`` said when it was accepted last; it lies beside the key."""
        return f"{self.file or 'var/postgresql'}.sources"


class Output(Table):
    """``[output]``: the folders that are written, and what shapes them, relative to the working directory.

    Each of the first three may be a bucket instead: `"s3://bucket/prefix"`.
    """

    site: Place = "public"
    """The folder of pages and feeds, or [a bucket](object-storage.md)."""
    private: Place = "var/private"
    """The folder of mirrored files that [readers](readers.md) alone are shown; outside of the two
    others.
    """
    posts: Place | None = None
    """The folder of Jekyll posts; without it, none are written."""
    post_template: str | None = None
    """A Jinja file that gives posts [their shape](configuration.md#the-shape-of-a-post)."""
    purge: str = ""
    """The name of a receiver with a webhook that is told of every address whose document changed or went, see
    [caches](object-storage.md#caches-before-it).
    """
    templates: Annotated[str, Field(min_length=1)] | None = None
    """A folder of your own templates, style sheet and words, see [looks](themes.md)."""

    @property
    def places(self) -> dict[str, str]:
        """Where each kind of document goes, the public ones first."""
        posts = {"posts": self.posts} if self.posts else {}
        return {"site": self.site, **posts, "private": self.private}

    @property
    def folders(self) -> dict[str, Path]:
        """Those places that are folders."""
        return {name: Path(one) for name, one in self.places.items() if not one.startswith(BUCKET)}


class Server(Table):
    """``[server]``: the address on which the daemon serves the output."""

    listen: Listen
    """Host and port on which pages and feeds are served, such as `"127.0.0.1:8080"`; port 0 lets the
    system choose.
    """

    @property
    def host(self) -> str:
        """The host part, without the brackets of an IPv6 address."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port number; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])


class Network(Table):
    """``[network]``: which addresses may be asked, and the limits of speed, time and size."""

    allow_private: Networks = ()
    """Networks that may be polled although they are not public."""
    delay: Duration = timedelta(seconds=1)
    """The pause between two requests to one host."""
    per_host: Annotated[int, Field(ge=1, le=64)] = 1
    """How many requests to one host may run at a time."""
    timeout: Period = timedelta(seconds=30)
    """For a whole exchange, from the look-up of the name to the last byte."""
    max_size: Size = 10 * 1024**2
    """How big one answer may be, unpacked."""
    browser: str = ""
    """The Unix socket of [a service that renders pages](install.md#a-browser-beside-it); without
    it, the program starts Chromium itself.
    """


class Daemon(Table):
    """``[daemon]``: how the process that stays works."""

    log_format: Literal["console", "json"] = "console"
    """How its [log](metrics.md#the-log) is written: `"console"` for people, `"json"` for programs."""
    reload: Literal["watch", "signal"] = "watch"
    """What makes it read the files of `sources.d` again: `"watch"`, that they change, `"signal"`, that it is
    told to reload.
    """
    metrics_per_source: bool = False
    """Whether [`/metrics`](metrics.md) has figures with the name of each source, too."""


class NamedFeed(Table):
    """``[[feed]]``: a feed of the articles that match a search, categories, sources and tags."""

    name: Annotated[str, Field(pattern=NAME)]
    """Unique among feeds; letters, digits, `-` and `_`. It is part of the feed's address."""
    label: str = ""
    """What people see of it; without it, the name."""
    query: str = ""
    """Articles must match it, [as in a search](search.md)."""
    categories: Texts = ()
    """Slugs or labels, of which an article needs one."""
    sources: Texts = ()
    """Names of sources, of which an article needs one."""
    tags: Texts = ()
    """Tags, of which an article needs one."""
    changes: bool = False
    """Whether it tells [what happened to these articles](feeds.md#feeds-of-changes) in place of
    the articles themselves.
    """
    duplicates: Literal["fold", "keep"] = "fold"
    """Whether copies of [a text that several sources have](feeds.md#one-text-at-several-sources)
    are shown once (`"fold"`) or all (`"keep"`).
    """
    limit: Annotated[int, Field(ge=1, le=1000)] | None = None
    """How many articles it shows at most; with it, the feed has no archives."""
    age: Period | None = None
    """How much older than its newest article the others may be; with it, the feed has no archives."""


class Reader(Table):
    """``[[reader]]``: somebody who is shown full texts, below an address of their own."""

    name: Annotated[str, Field(pattern=NAME)]
    """Unique among readers; letters, digits, `-` and `_`. Nobody else sees it."""
    token: Elsewhere
    """Where the secret part of the reader's address is kept; it cannot stand in the configuration itself."""
    categories: Annotated[Texts, Field(min_length=1)] = ()
    """Slugs or labels, of which an article needs one, and under which it is shown; without it, all
    articles are shown.
    """


class Websub(Table):
    """``[websub]``: hubs, ours and those of sources."""

    hub: Address | Literal[""] = ""
    """The address of a hub that is told of every change, and that our feeds name."""
    subscribe: bool = False
    """Whether pushes are taken from the hubs of sources; needs `[server]`, and a `[site] url` that
    leads to it from outside.
    """


class Evidence(Table):
    """``[evidence]``: what proves the articles."""

    folder: Annotated[str, Field(min_length=1)] = "var/evidence"
    """The folder in which the raw answers of sources with `archive = "warc"` lie."""
    bucket: Place | Literal[""] = ""
    """[A bucket](object-storage.md#raw-answers) that gets a copy of each of these files, a day later."""
    timestamp: Address | Literal[""] = ""
    """The address of a timestamp authority (RFC 3161) that stamps the hash of each day."""
    timestamp_roots: str = ""
    """The file (PEM) of the certificates by which its stamps are verified."""
    witness: Literal["", "wayback"] = ""
    """`"wayback"` asks the Internet Archive to save the pages of new and changed articles, see [a
    witness](evidence.md#a-witness).
    """
    witness_per_minute: Annotated[int, Field(ge=1, le=12)] = 3
    """How many pages it is asked to save in a minute, at most."""


class Config(Table):
    """A whole configuration, every file read and every preset and default applied."""

    site: Site
    storage: Storage = Storage()
    output: Output = Output()
    server: Server | None = None
    operator: Operator = Operator()
    daemon: Daemon = Daemon()
    network: Network = Network()
    websub: Websub = Websub()
    evidence: Evidence = Evidence()
    backup: Backup | None = None
    cluster: Cluster | None = None
    mail: Mail | None = None
    feeds: tuple[NamedFeed, ...] = ()
    receivers: tuple[Receiver, ...] = ()
    rules: tuple[Rule, ...] = ()
    readers: tuple[Reader, ...] = ()
    sources: tuple[Source, ...] = ()

    def source(self, name: str) -> Source | None:
        """The source of that name, or None."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> Mapping[str, Source]:
        return {source.name: source for source in self.sources}
