"""The publisher: renders what a store holds into the folders of a configuration, under a lock."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.model.digest import hexdigest
from aggregator.output import open_destination
from aggregator.output.folders import lock_directory, name_folder
from aggregator.output.waiting import wait_for
from aggregator.publish.check import Difference, compare
from aggregator.publish.copies import Filer
from aggregator.publish.documents import Documents
from aggregator.publish.fingerprint import archive_fingerprint, definitions, fingerprint
from aggregator.publish.media_types import headers_in_bucket
from aggregator.publish.noted import Noted
from aggregator.publish.restored import is_older, note_position, take_up
from aggregator.publish.run import Progress, Published, Run
from aggregator.settings import Config
from aggregator.settings.values import BUCKET
from aggregator.store import Store
from aggregator.worker.pool import Pool

LOCK_SECONDS = 60.0


class Publisher:
    """Renders what a store holds into the folders of a configuration."""

    def __init__(
        self, config: Config, store: Store, template: str | None, theme: Mapping[str, str], workers: Pool
    ) -> None:
        self._store = store
        self._workers = workers
        self._feeds = config.feeds
        self._filer = Filer(config, store)
        self.documents = Documents(config, store, template, theme)
        output = config.output
        self.folders = open_destination(output.places, headers_in_bucket)
        self._are_cached = bool(output.purge)
        if self._are_cached:
            self.folders = Noted(self.folders, config.site, store)
        # Two outputs of one database are told apart, and whichever is behind is rendered whole.
        public = [_absolute(place) for name, place in output.places.items() if name != "private"]
        self.fingerprint = hexdigest("\n".join([fingerprint(config, template, theme), *public]))
        named = {"site", "posts"} & output.folders.keys() if config.cluster else ()
        self._named_folders = [output.folders[name] for name in sorted(named)]
        self._database = Path(config.storage.file) if config.storage.file else None
        self._site_folder = output.folders.get("site")
        # A file of SQLite is looked after by its guard and by `aggregator restore`.
        self._position_folder = None if self._database else self._site_folder
        self._mark = ""
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
        with self._locks(on_wait, stopped) as is_over:
            if self._are_cached:
                self._store.release_purges()  # of what a crash left noted, which is written again
            ours = self._output_fingerprint()
            with self._store.snapshot():
                lineage, mark = self._store.position().lineage, self._store.content_mark()
                state = self._store.publication()
            self.documents.follow(lineage)
            if state.fingerprint != ours and mark == self._mark:
                return Published()  # another output was published since, and this one holds the same
            if state.fingerprint != ours or (everything and state.whole):
                self._store.begin_publication(ours, definitions(self._feeds))
                state = self._store.publication()
            if self._position_folder:
                note_position(self._position_folder, self._store)
            archives = self._archive_fingerprint
            run = Run(self._store, self.documents, self.folders, self._feeds, archives, self._filer)
            self._mark = ""
            done = run.publish(state.articles, is_over, progress, self._workers)
            if self._store.publication().done:
                self._mark = mark
            return done

    def is_behind(self) -> bool:
        """Tell whether the output has to be made anew.

        Another output of the database was published since, and holds what ours does not, or the database
        was put back behind ours.
        """
        if self._position_folder and is_older(self._position_folder, self._store):
            return True
        other = self._store.publication().fingerprint != self._output_fingerprint()
        return other and self._store.content_mark() != self._mark

    def take_up_older(self, now: datetime) -> bool:
        """Look whether the database was put back behind our output; if so, go on with it as it is.

        Every source is visited anew, everything published anew, and nothing told twice. Raises PublishError,
        StoreError.
        """
        if not self._position_folder or not is_older(self._position_folder, self._store):
            return False
        take_up(self.folders, self._store, now)
        return True

    def _output_fingerprint(self) -> str:
        """Return the fingerprint of what is published here.

        Machines of a cluster may have folders of their own at one path, so those have names. Raises
        PublishError.
        """
        names = [name_folder(folder) for folder in self._named_folders]
        return hexdigest("\n".join([self.fingerprint, *names])) if names else self.fingerprint

    def check(
        self,
        *,
        progress: Progress = lambda done, total: None,
        on_wait: Callable[[str], None] = lambda message: None,
    ) -> list[Difference]:
        """Render everything and compare it with the files, byte by byte. Raises PublishError, BusyError."""
        with ExitStack() as stack:
            if self._database is None or self._site_folder is None:
                stack.enter_context(self._database_lock(on_wait, _never))
            if self.folders.exists("site"):  # to lock a folder that is not there would make it
                lock = self.folders.lock(wait=LOCK_SECONDS, on_wait=on_wait, stopped=_never)
                stack.enter_context(lock)
            return compare(self._store, self.documents, self.folders, progress)

    @contextmanager
    def _locks(
        self, on_wait: Callable[[str], None], stopped: Callable[[], bool]
    ) -> Iterator[Callable[[], bool]]:
        """Publish alone: no other process writes the folders, nor publishes the database to other ones.

        Give what tells whether to end: it is stopped, or others are kept out no more. Raises BusyError,
        PublishError, and StoreError in the end where they were not kept out all the time.
        """
        with self._database_lock(on_wait, stopped) as is_lost:
            with self.folders.lock(wait=LOCK_SECONDS, on_wait=on_wait, stopped=stopped):
                yield lambda: stopped() or is_lost()
            if is_lost():
                raise StoreError(
                    "the database no longer kept others from publishing, so this publication ended"
                )

    @contextmanager
    def _database_lock(
        self, on_wait: Callable[[str], None], stopped: Callable[[], bool]
    ) -> Iterator[Callable[[], bool]]:
        """Keep others from publishing from this database; give what tells whether that is over."""
        if self._database is None:
            with self._store.publishing_lock() as session:
                what = "from this database"
                wait_for(session.take, what, wait=LOCK_SECONDS, on_wait=on_wait, stopped=stopped)
                yield session.is_lost
            return
        folder, what = self._database.parent, f"from {self._database}"
        beside = self._site_folder is not None and folder.resolve() == self._site_folder.resolve()
        lock = lock_directory(folder, what, wait=LOCK_SECONDS, on_wait=on_wait, stopped=stopped)
        with nullcontext() if beside else lock:
            yield _never


def _never() -> bool:
    return False


def _absolute(root: str) -> str:
    return root if root.startswith(BUCKET) else str(Path(root).resolve())
