"""Secrets, read where the configuration says they are kept, at the moment they are needed."""

import os
from pathlib import Path

from aggregator.errors import FetchError
from aggregator.settings.access import Hidden, Secret

MAX_SECRET_SIZE = 65536


def reveal(hidden: Hidden, key: str, address: str) -> str:
    """Give a text of the configuration, or the secret that is kept elsewhere, without its last line break.

    ``key`` is where it stands, such as ``[source.auth] password``. Raises FetchError about ``address``,
    which names the key and the place, never a value.
    """
    if isinstance(hidden, str):
        text = hidden
    else:
        try:
            text = _read(hidden)
        except _MissingError as exc:
            raise FetchError(address, f"{key}: {exc}") from None
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in text):
        # Sent as it is, it would begin another header.
        raise FetchError(address, f"{key}: holds a line break or another control character")
    return text


class _MissingError(Exception):
    """A secret is not where it should be."""


def _read(secret: Secret) -> str:
    if secret.env:
        text = os.environ.get(secret.env)
        if text is None:
            raise _MissingError(f"the environment variable {secret.env} is not set")
        place = f"the environment variable {secret.env}"
    elif secret.file:
        place = f"the file {secret.file}"
        text = _read_file(Path(secret.file), place)
    else:
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise _MissingError(f"no credential {secret.credential}: CREDENTIALS_DIRECTORY is not set")
        place = f"the credential {secret.credential}"
        text = _read_file(Path(folder, secret.credential), place)
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise _MissingError(f"{place} is empty")
    return text


def _read_file(path: Path, place: str) -> str:
    try:
        if path.exists() and not path.is_file():  # reading a pipe would wait for its writer
            raise _MissingError(f"{place} is not a file")
        with path.open("rb") as file:
            data = file.read(MAX_SECRET_SIZE + 1)
    except (OSError, ValueError) as exc:
        raise _MissingError(
            f"{place} cannot be read: {getattr(exc, 'strerror', None) or 'no such name'}"
        ) from exc
    if len(data) > MAX_SECRET_SIZE:
        raise _MissingError(f"{place} is larger than 64 KB")
    try:
        return data.decode()
    except UnicodeDecodeError as exc:
        raise _MissingError(f"{place} is not UTF-8") from exc
