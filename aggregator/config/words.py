"""Lists of words in files, which queries of the configuration name."""

import re
from pathlib import Path

_LIST = re.compile(r'(?<![^\s(:-])@([^\s()"]+\.txt)(?=[\s)]|$)')


class ListError(Exception):
    """A list of words cannot be read; the message names its file."""


def with_lists(query: str, folder: Path) -> str:
    """Return a query with the words of each list in place of its name, such as ``@watchwords.txt``.

    A list has a word or phrase a line; blank lines and those that begin with # count for nothing.
    Raises ListError.
    """
    return _LIST.sub(lambda found: _any_of(folder / found[1]), query)


def _any_of(file: Path) -> str:
    try:
        lines = [line.strip() for line in file.read_text("utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as exc:
        raise ListError(f"cannot read the list of words {file}: {exc}") from exc
    words = [line.replace('"', "") for line in lines if line and not line.startswith("#")]
    if not words:
        raise ListError(f"the list of words {file} has none")
    quoted = (f'"{word}"' for word in words)
    return f"({' OR '.join(quoted)})"
