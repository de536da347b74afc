"""The key from which our secrets are made, in a file of its own so that no copy of the database has it."""

import contextlib
import os
import secrets
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.model.digest import hexdigest

KEY_SIZE = 32
"""Bytes of the key."""


def read_key(path: Path) -> tuple[bytes, bool]:
    """Return the key in a file, and whether it was created now because there was none.

    Only the file's owner may read it. If several processes create the key at once, the first one wins.
    Raises StoreError.
    """
    try:
        if len(key := _read(path)) == KEY_SIZE:
            return key, False
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            _write(beside, secrets.token_bytes(KEY_SIZE))
            if key:  # the file is cut off, or not a key of ours
                os.replace(beside, path)
            else:
                with contextlib.suppress(FileExistsError):
                    os.link(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        return _read(path), True
    except OSError as exc:
        raise StoreError(f"the key of the database cannot be read or made: {exc.strerror} ({path})") from exc


def mark_of(key: bytes) -> str:
    """Give what tells a key from another one, and nothing more of it."""
    return hexdigest(b"the mark of a key of aggregator: " + key)


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
