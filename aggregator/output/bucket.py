"""A bucket of S3, or of what speaks like it: documents are objects, each with the headers it is served with.

Where the store answers or breaks in a way that a repetition helps, obstore repeats the request. Credentials,
region and endpoint come from the environment (``AWS_…``), as obstore reads it.
"""

import gzip
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from aggregator.errors import PublishError
from aggregator.model import Document
from aggregator.model.digest import hexdigest
from aggregator.output import compression
from aggregator.output.folders import is_unsafe
from aggregator.output.reason import reason_of
from aggregator.settings.values import BUCKET

if TYPE_CHECKING:
    from obstore import GetResult
    from obstore.store import RetryConfig

MAX_REQUESTS = 32
"""Requests side by side. Each takes some ten milliseconds, nearly all of it waiting."""
PART_SIZE = 16 * 1024**2
"""Bytes of a part of a large file; S3 takes ten thousand."""
MAX_TRIES = 3
"""Writes and removals of an object that the store confirms and then does not show."""
RETRY: "RetryConfig" = {
    "max_retries": 4,
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=5), "base": 2},
    "retry_timeout": timedelta(minutes=1),
}
TIMEOUT = "2m"
"""For a whole request, with a large file over a slow line."""
DIGEST, SERVED_AS = "aggregator-digest", "aggregator-headers"
"""Metadata of an object: the hexdigest of the document's bytes, and that of the headers it was put with."""
STORED_HEADERS = frozenset({"Cache-Control", "Content-Disposition", "Content-Type"})
"""What S3 keeps of the headers of our server, beside Content-Encoding."""
FEEDS = (".xml", ".atom", ".json", ".opml", ".txt")
Headers = Callable[[str], Mapping[str, str]]
"""Gives the headers with which the document at a path is served."""
Item = TypeVar("Item")
Result = TypeVar("Result")


class Bucket:
    """The objects below ``s3://bucket/prefix``, as the place of a name such as ``site``."""

    def __init__(self, name: str, address: str, headers: Headers, setting: str = "") -> None:
        """Raises PublishError where obstore is missing; messages name the ``setting`` of the address."""
        self._name = name
        self._address = address.rstrip("/")
        self._headers = headers
        self._setting = setting or f"[output] {name}"
        try:
            from obstore.store import S3Store
        except ImportError:
            raise PublishError(f"{self._setting}: a bucket needs `pip install aggregator[s3]`") from None
        bucket, _, prefix = self._address.removeprefix(BUCKET).partition("/")
        endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or ""
        with self._wrapped_errors("use", name):
            self._store = S3Store(
                bucket,
                prefix=prefix or None,
                client_options={"timeout": TIMEOUT, "allow_http": endpoint.startswith("http://")},
                retry_config=RETRY,
            )

    def write(
        self, documents: Iterable[Document], noting: Callable[[Sequence[str]], None] | None = None
    ) -> list[str]:
        """Put documents in place, texts packed; return the paths of those that were not there as they are.

        Pages come before what lists them, and feeds last, so that what a reader meets leads somewhere. Each
        object is looked for after it was written. Raises PublishError.
        """
        last = {document.path: document for document in documents}
        kept = side_by_side(self._is_kept, last.values())
        changed = [document for document, same in zip(last.values(), kept, strict=True) if not same]
        if noting and changed:
            noting([document.path for document in changed])
        for rank in range(3):
            side_by_side(self._put_document, [one for one in changed if _rank(one.path) == rank])
        return [document.path for document in changed]

    def put_file(self, path: str, file: Path) -> None:
        """Put a file of any size, in parts where it is large. Raises PublishError."""
        with self._wrapped_errors("write", path):
            attributes = {**self._headers(path), DIGEST: file_digest(file)}
        self._put(path, file, attributes)

    def remove(self, paths: Sequence[str]) -> None:
        """Remove documents, as far as they exist. Raises PublishError."""
        import obstore

        left = list(paths)
        for _ in range(MAX_TRIES):
            if not left:
                return
            with self._wrapped_errors("remove", left[0]):
                obstore.delete(self._store, [self._key(path) for path in left])
            left = [path for path, there in zip(left, side_by_side(self.has, left), strict=True) if there]
        if left:
            raise PublishError(f"{self.shown(left[0])} was removed {MAX_TRIES} times, and is still there")

    def has(self, path: str) -> bool:
        """Tell whether there is an object at a path. Raises PublishError."""
        return self._get(path, head=True) is not None

    def missing(self, paths: Sequence[str]) -> list[str]:
        """Return those of some paths at which there is no object. Raises PublishError."""
        found = side_by_side(self.has, paths)
        return [path for path, there in zip(paths, found, strict=True) if not there]

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a document, unpacked; None where there is no object. Raises PublishError."""
        found = self._get(path)
        if found is None:
            return None
        with self._wrapped_errors("read", path):
            body = bytes(found.bytes())
            packed = found.attributes.get("Content-Encoding") == "gzip"
            return gzip.decompress(body) if packed else body

    def digest(self, path: str) -> str | None:
        """Return the hexdigest of a document as it was put there, None without one. Raises PublishError."""
        found = self._get(path, head=True)
        return None if found is None else found.attributes.get(DIGEST, "")

    def inspect(self) -> "Listing":
        """List all objects, a thousand a request. Raises PublishError."""
        import obstore

        with self._wrapped_errors("list", self._name):
            listed = chain.from_iterable(obstore.list(self._store, chunk_size=1000))
            return Listing(self, {f"{self._name}/{one['path']}": one["e_tag"] for one in listed})

    def shown(self, path: str) -> str:
        """The address of an object."""
        return path.replace(self._name, self._address, 1)

    def covers(self, path: str) -> bool:
        """Tell whether a path belongs here."""
        return path.partition("/")[0] == self._name

    def exists(self, name: str) -> bool:
        """Tell that there is something to look at; a bucket that is missing says so itself."""
        return True

    def lock(
        self, *, wait: float, on_wait: Callable[[str], None], stopped: Callable[[], bool]
    ) -> nullcontext[None]:
        """Nothing: whoever publishes holds the lock of the database."""
        return nullcontext()

    def packed(self, path: str, body: bytes) -> bytes:
        """The bytes that are stored of a document: texts are packed, since a bucket packs nothing itself."""
        return compression.compress(body) if _is_packed(path, body) else body

    def _is_kept(self, document: Document) -> bool:
        """Whether a document is there already, with the headers that it would be put with."""
        return self._has_marks(document.path, self._attributes(document))

    def _has_marks(self, path: str, attributes: Mapping[str, str]) -> bool:
        found = self._get(path, head=True)
        marks = DIGEST, SERVED_AS
        return found is not None and all(found.attributes.get(key) == attributes.get(key) for key in marks)

    def _put_document(self, document: Document) -> None:
        self._put(document.path, self.packed(document.path, document.body), self._attributes(document))

    def _put(self, path: str, body: bytes | Path, attributes: dict[str, str]) -> None:
        import obstore

        for _ in range(MAX_TRIES):
            with self._wrapped_errors("write", path):
                obstore.put(
                    self._store,
                    self._key(path),
                    body,
                    attributes=attributes,
                    # In one part, the ETag is the MD5 of the bytes, and nothing is left of half a document.
                    use_multipart=None if isinstance(body, Path) else False,
                    chunk_size=PART_SIZE,
                )
            if self._has_marks(path, attributes):
                return
        raise PublishError(f"{self.shown(path)} was written {MAX_TRIES} times, and is not there")

    def _attributes(self, document: Document) -> dict[str, str]:
        """What an object is served with, and the marks by which it is known again."""
        headers = self._headers(document.path).items()
        served_as = {key: value for key, value in headers if key in STORED_HEADERS}
        if _is_packed(document.path, document.body):
            served_as["Content-Encoding"] = "gzip"
        mark = hexdigest(repr(sorted(served_as.items())), 8)
        return served_as | {DIGEST: hexdigest(document.body), SERVED_AS: mark}

    def _get(self, path: str, *, head: bool = False) -> "GetResult | None":
        import obstore

        key = self._key(path)
        with self._wrapped_errors("read", path):
            try:
                return obstore.get(self._store, key, options={"head": head})
            except FileNotFoundError as exc:
                if "NoSuchBucket" in str(exc):
                    raise
                return None

    def _key(self, path: str) -> str:
        name, *parts = path.split("/")
        if name != self._name or not parts or any(map(is_unsafe, parts)):
            raise PublishError(f"{path!r} is not a place below {self._address}")
        return "/".join(parts)

    @contextmanager
    def _wrapped_errors(self, action: str, path: str) -> Iterator[None]:
        """Turn errors of obstore into errors that name the action, the object and the key.

        Raises PublishError.
        """
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError, ValueError) as exc:
            where = f"{self.shown(path)} ({self._setting})"
            raise PublishError(f"cannot {action} {where}: {reason_of(str(exc))}") from None


class Listing:
    """All objects of a bucket at one time, by path, with their ETags."""

    def __init__(self, bucket: Bucket, tags: Mapping[str, str | None]) -> None:
        self._bucket = bucket
        self._tags = tags

    def fault(self, path: str, expected: bytes | str) -> tuple[str, str] | None:
        """Compare an object by its ETag, or by what its metadata say of its bytes.

        The ETag is the MD5 of what was put, but where a store encrypts with keys of its own (SSE-KMS), or
        where the bytes were packed by another zlib. No body is read. Raises PublishError.
        """
        if path not in self._tags:
            return path, "missing"
        if isinstance(expected, bytes):
            stored = self._bucket.packed(path, expected)
            if self._tags[path] == f'"{hashlib.md5(stored, usedforsecurity=False).hexdigest()}"':
                return None
            expected = hexdigest(expected)
        return None if self._bucket.digest(path) == expected else (path, "changed")

    def files(self) -> Iterator[str]:
        """Yield the path of every object."""
        yield from self._tags


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Do what waits for the store, many at a time. Raises what ``work`` does, once none is under way."""
    items = list(items)
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(MAX_REQUESTS, len(items))) as threads:
        return list(threads.map(work, items))


def file_digest(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _is_packed(path: str, body: bytes) -> bool:
    """Whether a document is stored packed, however seldom it is read: a bucket packs nothing later."""
    return compression.is_text(path) and len(body) >= compression.MIN_SIZE


def _rank(path: str) -> int:
    """The order in which documents are written: pages of articles, pages that list them, feeds."""
    if path.endswith(FEEDS):
        return 2
    return 0 if path.startswith("site/share/") or not path.endswith(".html") else 1
