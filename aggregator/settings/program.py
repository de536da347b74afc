"""Tables of the configuration for the whole program, and the configuration itself."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from aggregator.settings.access import Elsewhere
from aggregator.settings.alerts import Mail, Receiver, Rule
from aggregator.settings.operator import Operator
from aggregator.settings.source import NAME, Source
from aggregator.settings.values import (
    Address,
    DatabaseAddress,
    Duration,
    Listen,
    Networks,
    Period,
    SiteAddress,
    Size,
    Table,
    Texts,
    TimeZone,
)


class Site(Table):
    """``[site]``: how the output presents itself."""

    title: Annotated[str, Field(min_length=1)] = "News"
    url: SiteAddress
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$")] = "zh-CN"
    timezone: TimeZone = "Asia/Shanghai"

    @property
    def root(self) -> str:
        """The public address without a slash at its end, to put paths behind."""
        return self.url.rstrip("/")


class Storage(Table):
    """``[storage]``: where articles are kept."""

    database: DatabaseAddress = "sqlite:///var/aggregator.db"

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


class Output(Table):
    """``[output]``: the folders that are written, and what shapes them, relative to the working directory.

    In ``private`` lie the mirrored files that only readers are shown.
    """

    site: Annotated[str, Field(min_length=1)] = "public"
    private: Annotated[str, Field(min_length=1)] = "var/private"
    posts: Annotated[str, Field(min_length=1)] | None = None
    post_template: str | None = None
    templates: Annotated[str, Field(min_length=1)] | None = None


class Server(Table):
    """``[server]``: the address on which the daemon serves the output."""

    listen: Listen

    @property
    def host(self) -> str:
        """The host part, without the brackets of an IPv6 address."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port number; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])


class Network(Table):
    """``[network]``: which addresses may be asked, and the limits of speed, time and size.

    ``browser`` is the Unix socket of the process that renders pages; without it, a child process does.
    """

    allow_private: Networks = ()
    delay: Duration = timedelta(seconds=1)
    per_host: Annotated[int, Field(ge=1, le=64)] = 1
    timeout: Period = timedelta(seconds=30)
    max_size: Size = 10 * 1024**2
    browser: str = ""


class NamedFeed(Table):
    """``[[feed]]``: a feed of the articles that match a search, categories, sources and tags.

    Every term of ``query`` must be in the title or the text; of several categories (slugs or labels),
    sources or tags one is enough. ``limit`` is how many articles it shows, and ``age`` how much older than
    the newest of them they may be; with either, it has no archives. Copies of a text are
    shown once, or all with ``duplicates``. With ``changes`` it tells what happened to these articles instead:
    what was changed in them, and that they were withdrawn or came back.
    """

    name: Annotated[str, Field(pattern=NAME)]
    label: str = ""
    query: str = ""
    categories: Texts = ()
    sources: Texts = ()
    tags: Texts = ()
    changes: bool = False
    duplicates: Literal["fold", "keep"] = "fold"
    limit: Annotated[int, Field(ge=1, le=1000)] | None = None
    age: Period | None = None


class Reader(Table):
    """``[[reader]]``: somebody who is shown full texts, below an address that ``token`` is a part of.

    Of several ``categories`` (slugs or labels) an article needs one; without any, all articles are shown.
    """

    name: Annotated[str, Field(pattern=NAME)]
    token: Elsewhere
    categories: Annotated[Texts, Field(min_length=1)] = ()


class Websub(Table):
    """``[websub]``: ``hub`` is told what changed; ``subscribe`` takes pushes from the hubs of sources.

    For pushes, ``[site] url`` must lead to ``[server]`` from outside.
    """

    hub: Address | Literal[""] = ""
    subscribe: bool = False


class Evidence(Table):
    """``[evidence]``: what proves the articles; ``folder`` is where raw answers are archived.

    ``timestamp`` is an authority that stamps the hash of each day (RFC 3161), ``timestamp_roots`` the file
    of the certificates by which its stamps are verified. ``witness`` is who is asked to save the pages of new
    and changed articles, ``witness_per_minute`` how many a minute.
    """

    folder: Annotated[str, Field(min_length=1)] = "var/evidence"
    timestamp: Address | Literal[""] = ""
    timestamp_roots: str = ""
    witness: Literal["", "wayback"] = ""
    witness_per_minute: Annotated[int, Field(ge=1, le=12)] = 3


class Config(Table):
    """A whole configuration, every file read and every preset and default applied."""

    site: Site
    storage: Storage = Storage()
    output: Output = Output()
    server: Server | None = None
    operator: Operator = Operator()
    network: Network = Network()
    websub: Websub = Websub()
    evidence: Evidence = Evidence()
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
