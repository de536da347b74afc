"""The publisher: renders what a store holds into the folders of a configuration, under a lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from aggregator.output import Folders
from aggregator.publish.check import Difference, compare
from aggregator.publish.documents import Documents
from aggregator.publish.fingerprint import archive_fingerprint, definitions, fingerprint
from aggregator.publish.run import Progress, Published, Run
from aggregator.settings import Config
from aggregator.store import Store

LOCK_SECONDS = 60.0


class Publisher:
    """Renders what a store holds into the folders of a configuration."""

    def __init__(self, config: Config, store: Store, template: str | None, theme: Mapping[str, str]) -> None:
        self._store = store
        self._feeds = config.feeds
        self._former = {source.name: source.was for source in config.sources if source.was}
        self.documents = Documents(config, store, template, theme)
        output = config.output
        roots = {"site": Path(output.site)} | ({"posts": Path(output.posts)} if output.posts else {})
        self.folders = Folders(roots)
        self.fingerprint = fingerprint(config, template, theme)
        self._archive_fingerprint = archive_fingerprint(config)

    def publish(
        self,
        *,
        everything: bool = False,
        stopped: Callable[[], bool] = lambda: False,
        progress: Progress = lambda done, total: None,
        on_wait: Callable[[str], None] = lambda message: None,
    ) -> Published:
        """Render what is unpublished, or everything, and put it in place.

        Everything is rendered where the last output was made by another configuration or version. If this
        stops, the next publication goes on from there. An article that cannot be rendered keeps its files and
        stays unpublished; the others go on. ``progress`` gets the documents done and their total. Raises
        PublishError, BusyError.
        """
        with self.folders.lock(wait=LOCK_SECONDS, on_wait=on_wait, stopped=stopped):
            state = self._store.publication()
            if state.fingerprint != self.fingerprint or (everything and state.whole):
                self._store.begin_publication(self.fingerprint, definitions(self._feeds))
            run = Run(
                self._store,
                self.documents,
                self.folders,
                self._feeds,
                self._archive_fingerprint,
                self._former,
            )
            return run.publish(stopped, progress)

    def check(
        self,
        *,
        progress: Progress = lambda done, total: None,
        on_wait: Callable[[str], None] = lambda message: None,
    ) -> list[Difference]:
        """Render everything and compare it with the files, byte by byte. Raises PublishError, BusyError."""
        with self.folders.lock(wait=LOCK_SECONDS, on_wait=on_wait, stopped=lambda: False):
            return compare(self._store, self.documents, self.folders, progress)
