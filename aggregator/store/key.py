"""The key from which secrets of ours are made: in a file of its own, so that no copy of a database has it."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from aggregator.errors import StoreError

SIZE = 32


def read_key(path: Path) -> tuple[bytes, bool]:
    """Return the key in a file, made now where there is none, and whether it was made now.

    Nobody else may read the file. Of several processes that make one at a time, the first one's counts.
    Raises StoreError.
    """
    try:
        if len(key := _read(path)) == SIZE:
            return key, False
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            _write(beside, secrets.token_bytes(SIZE))
            if key:  # cut off, or none of ours
                os.replace(beside, path)
            else:
                with contextlib.suppress(FileExistsError):
                    os.link(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        return _read(path), True
    except OSError as exc:
        raise StoreError(f"the key of the database cannot be read or made: {exc.strerror} ({path})") from exc


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _write(path: Path, key: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(descriptor)
