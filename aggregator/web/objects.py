"""The output in a bucket, for those who ask the daemon: read from there, and held for a few seconds."""

import time
from dataclasses import replace
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from aggregator.errors import PublishError
from aggregator.model.digest import hexdigest
from aggregator.output import Destination
from aggregator.output.compression import MIN_SIZE, compress
from aggregator.publish.media_types import is_packable, media_type
from aggregator.settings import Output
from aggregator.web.files import File, Files, is_plain, parts_of

MAX_AGE_NS = 5 * 10**9
"""How long an object is served as it was read."""


class Objects(Files):
    """The documents of a place such as ``site``. Each is read whole, so no ranges of it are answered."""

    def __init__(self, name: str, bucket: Destination) -> None:
        super().__init__(Path())
        self._name = name
        self._bucket = bucket

    async def get(self, path: str) -> File | None:
        """Give the document at a decoded path; None where there is none to serve.

        Raises HTTPException (503) while the bucket cannot be read.
        """
        if held := self.held(path):
            return held
        file = await run_in_threadpool(self._read, path)
        if file:
            self._cache(path, file)
        return file

    async def exists(self, path: str) -> bool:
        """Tell whether there is a document to serve at this path. Raises HTTPException (503)."""
        return await self.get(path) is not None

    def held(self, path: str) -> File | None:
        """Give the cached document at a path, if it was read a moment ago."""
        file = self._cached.get(path)
        return file if file and time.monotonic_ns() - file.stamp[4] < MAX_AGE_NS else None

    def _read(self, path: str) -> File | None:
        parts = parts_of(path)
        if not all(map(is_plain, parts)):
            return None
        whole = "/".join(parts)
        try:
            body = self._bucket.read(f"{self._name}/{whole}")
        except PublishError as exc:
            raise HTTPException(503, headers={"Retry-After": "60"}) from exc
        if body is None:
            return None
        digest, known = hexdigest(body), self._cached.get(path)
        if known and known.digest != digest:
            known = None
        # What a file's stamp has of its changes, this one has of when the object was read.
        stamp = (known.stamp[0] if known else time.time_ns(), len(body), 0, 0, time.monotonic_ns())
        if known:
            return replace(known, stamp=stamp)
        varies = is_packable(f"/{whole}")
        packed = compress(body) if varies and len(body) >= MIN_SIZE else None
        return File(stamp, media_type(parts[-1]), body, packed, varies, digest)


def files_of(output: Output, name: str, destination: Destination) -> Files:
    """Give what is served of a place of the output, such as ``site``."""
    folder = output.folders.get(name)
    return Files(folder) if folder else Objects(name, destination)
