"""Names of queues, one for each version and configuration, so that nobody works by others."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit
from zlib import crc32

from pydantic.main import IncEx

from aggregator import __version__
from aggregator.model.digest import hexdigest
from aggregator.settings import Config, Source

MAX_NAME = 32
"""Characters; with a suffix and procrastinate's prefix, it has to be a name of PostgreSQL (63 bytes)."""
MARK_LENGTH = 8
_OWN: dict[str, IncEx | bool] = {
    "server": True,
    "operator": True,
    "daemon": True,
    "storage": True,
    "network": {"browser": True},
}
"""The tables and keys in which machines may differ."""


@dataclass(frozen=True, slots=True)
class QueueNames:
    """The queues of nodes of one version and configuration."""

    version: str
    configuration: str
    """The mark of all that machines have in common."""
    revision: str
    """Of the database."""

    @property
    def general(self) -> str:
        """For what every node can do."""
        return f"{self.configuration}-{self.revision}-{self.version}"[:MAX_NAME]

    @property
    def browser(self) -> str:
        """For visits of sources whose pages have to be rendered."""
        return f"{self.general}.browser"

    def own(self, node: str) -> str:
        """For what one node does alone, since it has the folder of the output."""
        return f"{self.general}@{node[:7]}"

    def taken_by(self, node: str, *, browser: bool) -> list[str]:
        """Those of which a node takes jobs, by whether it can render pages."""
        return [self.general, self.own(node), *([self.browser] if browser else [])]


def queue_names(config: Config, revision: str) -> QueueNames:
    """Name the queues by this program's version and what a configuration says for all machines."""
    mark = hexdigest(config.model_dump_json(exclude=_OWN))[:MARK_LENGTH]
    return QueueNames(__version__, mark, revision)


def lock_of(source: Source, per_host: int) -> str:
    """Name the lock of a visit: of so many for the host of the source's list, one is held at a time."""
    host = urlsplit(source.url).hostname or ""
    return host if per_host == 1 else f"{host} {crc32(source.name.encode()) % per_host}"
