"""The parts of the program, built once from a configuration."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType

from aggregator.errors import ConfigError, Problem
from aggregator.fetch import Fetcher, make_fetcher
from aggregator.publish import Publisher, read_template, read_theme
from aggregator.publish.mirror import Mirror
from aggregator.settings import Config
from aggregator.store import Store

# Longer than nearly any poll within its budget. The daemon claims a longer one again while it goes on, and
# a process that dies gives its leases back at the next start.
LEASE = timedelta(minutes=30)


class App:
    """A configuration with its store, fetcher and publisher; close it when done."""

    def __init__(self, config: Config, store: Store | None = None) -> None:
        """Open the store (or take one) and compile what renders. Raises StoreError, PublishError."""
        self.config = config
        self.owner = f"{socket.gethostname()}/{os.getpid()}"
        self.store = store or Store.open(config.storage.database)
        self.publisher = Publisher(
            config, self.store, read_template(config.output), read_theme(config.output)
        )

    def reconfigured(self, config: Config) -> App:
        """Build the parts anew over the same store. Raises ConfigError for what needs a restart."""
        fixed = {
            ("storage", "database"): self.config.storage == config.storage,
            ("server", "listen"): self.config.server == config.server,
        }
        problems = [
            Problem("the new configuration", f"[{table}]", key, "cannot change without a restart")
            for (table, key), same in fixed.items()
            if not same
        ]
        if problems:
            raise ConfigError(problems)
        return App(config, self.store)

    def mirror(self, clock: Callable[[], datetime]) -> Mirror:
        """Make what mirrors files, into the folders of the publisher."""
        return Mirror(self.config, self.store, self.publisher.folders, clock)

    def fetcher(self, *, apart: bool = False) -> Fetcher:
        """Make a fetcher of this configuration; it belongs to the event loop that uses it.

        ``apart`` is for one that stays: what it fetched is read by a process of its own.
        """
        return make_fetcher(self.config, apart=apart)

    def prepare(self, now: datetime) -> None:
        """Make the store know the sources, and take back the leases of processes that are no more."""
        self.know_sources(now)
        # Our own name is that of an earlier process with our number, as in every container.
        self.store.release_owners([self.owner])
        self.release_dead()

    def release_dead(self) -> None:
        """Take back the leases of processes of this host that are no more."""
        host = self.owner.partition("/")[0]
        owners = [owner for owner in self.store.lease_owners() if owner.partition("/")[0] == host]
        self.store.release_owners([owner for owner in owners if not _alive(owner)])

    def know_sources(self, now: datetime) -> None:
        """Make the store know the sources of this configuration; new ones are due ``now``."""
        self.store.sync_sources([source.name for source in self.config.sources], now)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def __enter__(self) -> App:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _alive(owner: str) -> bool:
    try:
        os.kill(int(owner.rpartition("/")[2]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
