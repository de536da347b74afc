"""The parts of the program, built once from a configuration."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aggregator.decide.events import standing
from aggregator.errors import ConfigError, Problem
from aggregator.fetch import Fetcher, Services, make_fetcher
from aggregator.fetch.archive import Archive
from aggregator.model import Exchanged
from aggregator.poll import Leases, Tools, session_records, shared_hosts
from aggregator.publish import PrivateOutput, Publisher, read_template, read_theme
from aggregator.publish.mirror import Mirror
from aggregator.render.status import StatusPages
from aggregator.settings import Config
from aggregator.store import Store
from aggregator.worker.pool import Pool

if TYPE_CHECKING:
    from aggregator.publish.depository import Depository  # loads what a bucket needs


class App:
    """A configuration with its store, fetcher and publisher; close it when done."""

    def __init__(
        self, config: Config, store: Store | None = None, owner: str = "", workers: Pool | None = None
    ) -> None:
        """Open the store (or take one) and compile what renders. Raises StoreError, PublishError.

        ``owner`` names this process for the others of a cluster; ``workers`` parse and render.
        """
        self.config = config
        self.workers = workers or Pool()
        self.store = store or Store.open(config.storage.database)
        self.leases = Leases(self.store, owner)
        self._theme = read_theme(config.output)
        self.publisher = Publisher(
            config, self.store, read_template(config.output), self._theme, self.workers
        )

    def reconfigured(self, config: Config) -> "App":
        """Build the parts anew over the same store. Raises ConfigError for what needs a restart."""
        fixed = {
            ("storage", "database"): self.config.storage == config.storage,
            ("cluster", "engine"): self.config.cluster == config.cluster,
            ("server", "listen"): self.config.server == config.server,
            ("operator", "listen"): self.config.operator.listen == config.operator.listen,
        }
        problems = [
            Problem("the new configuration", f"[{table}]", key, "cannot change without a restart")
            for (table, key), same in fixed.items()
            if not same
        ]
        if problems:
            raise ConfigError(problems)
        return App(config, self.store, self.leases.owner, self.workers)

    def mirror(self, clock: Callable[[], datetime]) -> Mirror:
        """Make a mirror of files, in the folders of the publisher."""
        return Mirror(self.config, self.store, self.publisher.folders, clock)

    def private(self) -> PrivateOutput:
        """Make what makes documents for readers."""
        return PrivateOutput(self.config, self.store, self._theme)

    def status_pages(self) -> StatusPages:
        """Make what renders the pages of the operator."""
        return StatusPages(self.config.site, self._theme)

    @property
    def archive(self) -> Archive:
        """The archive of raw answers."""
        return Archive(Path(self.config.evidence.folder))

    @cached_property
    def depository(self) -> "Depository | None":
        """The bucket with copies of the archive's files, if there is one. Raises PublishError."""
        if not self.config.evidence.bucket:
            return None
        from aggregator.publish.depository import Depository

        return Depository(self.archive, self.config.evidence.bucket)

    @property
    def raw_answers(self) -> "Depository | Archive":
        """The files of raw answers, with their copies where there are any. Raises PublishError."""
        return self.depository or self.archive

    def archived_files(self, source: str, address: str) -> list[Path]:
        """Name the files of raw answers that show an address; none where nothing can be archived."""
        configured = self.config.source(source)
        if configured is None or not configured.archive or not address:
            return []
        found = self.archive.find(source, address=address)
        return sorted({self.archive.path(source, one.file) for one in found})

    def fetcher(
        self, clock: Callable[[], datetime], *, observe: Callable[[Exchanged], None] | None = None
    ) -> Fetcher:
        """Make a fetcher of this configuration; it belongs to the event loop that uses it.

        ``observe`` is told of each exchange.
        """
        records = session_records(self.config, self.store, clock)
        hosts = shared_hosts(self.store) if self.config.cluster else None
        services = Services(self.workers.keep_up, self.archive, observe, records, hosts)
        return make_fetcher(self.config, services)

    def tools(
        self, clock: Callable[[], datetime], *, observe: Callable[[Exchanged], None] | None = None
    ) -> Tools:
        """Make what polls work with; it belongs to the event loop that uses it."""
        return Tools(self.fetcher(clock, observe=observe), self.workers, clock, self.store)

    def prepare(self, now: datetime) -> None:
        """Make the store know the sources, and take back the leases of processes that are no more.

        Raises StoreError where this machine lacks the key of its cluster.
        """
        self.require_key(now)
        self.know_sources(now)
        self.leases.release_ours()
        self.leases.release_dead()

    def require_key(self, now: datetime) -> None:
        """Raise StoreError where other machines of a cluster could not read what this one keeps secret."""
        config = self.config
        if config.cluster and (config.websub.subscribe or any(source.session for source in config.sources)):
            self.store.key(config.storage.key, now, shared=True)

    def know_sources(self, now: datetime) -> None:
        """Make the store know the sources of this configuration and their names; new ones are due ``now``.

        One that was in trouble before anything was noted of it, or comes back in trouble, is an event.
        """
        for source in self.config.sources:
            for old in source.was:
                self.store.rename_source(old, source.name)
        self.store.sync_sources([source.name for source in self.config.sources], now)
        for state in self.store.states_in_trouble():
            for occurrence in standing(state, now):
                self.store.note_event(occurrence, now)

    def close(self) -> None:
        """End the workers and close the store."""
        self.workers.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
