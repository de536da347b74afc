"""Files of others, fetched once each into the output and named after the digest of their bytes."""

import asyncio
import hashlib
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cached_property

import structlog

from aggregator.content.sniffing import recognise
from aggregator.decide.outcome import wanted
from aggregator.errors import FetchError
from aggregator.fetch import Asks
from aggregator.model import MEDIA_FOLDERS, Document, Fetched, MediaFile, Request
from aggregator.model.digest import hexdigest
from aggregator.output import Destination
from aggregator.publish.descriptions import Descriptions
from aggregator.settings import Config, Source
from aggregator.store import Due, Store

BATCH_SIZE = 50
MAX_CONCURRENT = 4
CLAIM_TIME = timedelta(minutes=30)
"""How long no other process fetches what this one has claimed."""
FIRST_RETRY, MAX_RETRY = timedelta(hours=1), timedelta(days=1)
"""The wait after the first failure, which doubles with each, and the longest one."""
MAX_DAILY_FAILURES = 10
RARE_RETRY = timedelta(days=7)
"""The wait after more failures than that, and for a file that is not what it should be."""

log = structlog.get_logger()


def place_of(folders: Destination, path: str) -> str:
    """Where a mirrored file lies, with the name of the folder; if it lies nowhere, where all would see it."""
    public, private = (f"{folder}/{path}" for folder in MEDIA_FOLDERS)
    return private if folders.has(private) else public


class Mirror:
    """Mirrors what the sources of a configuration ask for.

    Files lie in the site's folder; those that only readers are shown, outside of it.
    """

    def __init__(
        self, config: Config, store: Store, folders: Destination, clock: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._store = store
        self._folders = folders
        self._clock = clock
        self._writing = asyncio.Lock()

    @cached_property
    def _hidden(self) -> Collection[str]:
        """The sources of whose texts not all is shown."""
        return Descriptions(self._config.sources, self._store).partly_published()

    async def fetch_due(self, fetcher: Asks, stopped: Callable[[], bool] = lambda: False) -> tuple[int, int]:
        """Fetch what is due, batch by batch; return how many files came and how many could not be fetched."""
        kept = refused = 0
        slots = asyncio.Semaphore(MAX_CONCURRENT)

        async def one(due: Due) -> bool:
            async with slots:
                return await self._fetch(fetcher, due)

        while not stopped():
            batch = await asyncio.to_thread(self._store.claim_media, self._clock(), BATCH_SIZE, CLAIM_TIME)
            if not batch:
                break
            came = await asyncio.gather(*(one(due) for due in batch))
            kept, refused = kept + sum(came), refused + len(came) - sum(came)
        await asyncio.to_thread(self._put_right)
        return kept, refused

    def follow_settings(self) -> None:
        """Mirror the files of stored articles, or no longer, where the configuration has changed.

        No page is fetched for it, because articles know their files. A file that is gone from the disk is
        fetched again.
        """
        gone = list(self._store.media_paths())
        for folder in MEDIA_FOLDERS:
            places = {f"{folder}/{path}": path for path in gone}
            gone = [places[place] for place in self._folders.missing(list(places))]
        self._store.mark_media_missing(gone, self._clock())
        held = self._store.mirror_settings()
        for source in self._config.sources:
            setting = ",".join(sorted(source.mirror))
            if held.get(source.name, "") == setting:
                continue
            after = 0
            while rows := self._store.articles_of(source.name, after, BATCH_SIZE):
                after = rows[-1][0]
                ids = {article_id: number for number, article_id in rows}
                wishes = {
                    ids[kept.id]: wanted(kept.article, source.mirror)
                    for kept in self._store.find_all(list(ids))
                }
                self._store.save_uses(source.name, wishes, self._clock())
            self._store.note_mirror(source.name, setting)

    async def _fetch(self, fetcher: Asks, due: Due) -> bool:
        source = self._config.source(due.source)
        if source is None:
            await self._put_off(due, "its source is not configured", RARE_RETRY)
            return False
        try:
            request = Request(due.address, largest=source.mirror_file_size)
            answer = await fetcher.fetch(request, source.access)
            if not isinstance(answer, Fetched):
                raise FetchError(due.address, "answered 304 to a request without validators")
            extension, media_type = await asyncio.to_thread(recognise, due.kind, due.address, answer.body)
        except FetchError as exc:
            wait = exc.retry_after or timedelta(0)
            gone = exc.fault != "failed" or exc.status in (404, 410)
            await self._put_off(due, str(exc), max(wait, MAX_RETRY if gone else _wait(due.attempts)))
            return False
        except ValueError as exc:
            await self._put_off(due, str(exc), RARE_RETRY)
            return False
        finally:
            if session := fetcher.session_change(source.access):
                await asyncio.to_thread(self._store.save_session, session)
                fetcher.note_kept(session)
        # One at a time, so that a source stays below its limit and no file is written twice at once.
        async with self._writing:
            return await asyncio.to_thread(self._keep, source, due, answer.body, extension, media_type)

    def _keep(self, source: Source, due: Due, body: bytes, extension: str, media_type: str) -> bool:
        digest = hexdigest(body)
        path = f"media/{digest[:2]}/{digest}{extension}"
        state = self._store.mirror_states().get(source.name)
        size = len(body) + (state.size if state else 0)
        if size > source.mirror_size and path not in self._store.media_paths():
            message = f"over mirror_size of the source ({source.mirror_size:,} bytes)"
            self._store.put_off_media(due.identity, message, self._clock() + MAX_RETRY)
            log.info("not mirrored", source=source.name, address=due.address, reason=message)
            return False
        self._write(f"{'private' if source.name in self._hidden else 'site'}/{path}", body)
        self._store.note_files({path: hashlib.sha256(body).digest()}, self._clock())
        self._store.save_media(due.identity, MediaFile(path, media_type, len(body)))
        return True

    def _put_right(self) -> None:
        """Move the files that are shown to all now, or to readers alone, to where they belong."""
        if not self._hidden and not self._folders.exists("private"):
            return
        for path, private in self._store.misplaced_media(self._hidden):
            right, wrong = (
                f"{folder}/{path}" for folder in (MEDIA_FOLDERS[private], MEDIA_FOLDERS[not private])
            )
            body = self._folders.read(wrong)
            if body is not None:
                self._write(right, body)
            self._folders.remove([wrong])
            self._store.forget_documents([wrong])

    def _write(self, place: str, body: bytes) -> None:
        # The manifest learns of it first, so that a crash leaves no file which it does not know.
        self._store.plan_documents({place: None})
        self._folders.write([Document(place, body)])

    async def _put_off(self, due: Due, error: str, wait: timedelta) -> None:
        if due.attempts + 1 >= MAX_DAILY_FAILURES:
            wait = max(wait, RARE_RETRY)
        level = log.info if due.attempts == 0 else log.debug
        level("not mirrored", source=due.source, address=due.address, reason=error)
        await asyncio.to_thread(self._store.put_off_media, due.identity, error, self._clock() + wait)


def _wait(failures: int) -> timedelta:
    return min(FIRST_RETRY * (1 << min(failures, 10)), MAX_RETRY)
