"""Names and addresses of sources: each name once, and one that is free for another source."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aggregator.errors import Problem
from aggregator.settings import NAME, Config
from aggregator.text.addresses import canonical
from aggregator.text.slugs import slugify

MAX_NAME_LENGTH = 40


def free_name(wanted: str, taken: Collection[str]) -> str:
    """Make a source's name of 1 to 40 characters, from a host or a title, that is not ``taken``.

    A valid name stays as it is; anything else becomes its slug. A taken one gets ``-2``, ``-3``.
    """
    is_name = re.fullmatch(NAME, wanted) and len(wanted) <= MAX_NAME_LENGTH
    name = wanted if is_name else _cut(slugify(wanted), MAX_NAME_LENGTH)
    if name not in taken:
        return name

    def numbered(number: int) -> str:
        return f"{_cut(name, MAX_NAME_LENGTH - len(f'-{number}'))}-{number}"

    # Bisected, since one OPML file may bring thousands of sources with the same title.
    numbers = range(2, len(taken) + 2)
    number = 2 + bisect_left(numbers, True, key=lambda number: numbered(number) not in taken)
    while numbered(number) in taken:
        number += 1
    return numbered(number)


def existing_addresses(config: Config) -> dict[str, str]:
    """Map each canonical address to the name of the first source that has it."""
    found: dict[str, str] = {}
    for source in config.sources:
        found.setdefault(canonical(source.url), source.name)
    return found


def find_duplicates(tables: Sequence[tuple[Path, int, Mapping[str, Any]]]) -> Iterator[Problem]:
    """Find the names, former ones too, that several source tables in files have."""
    names = [
        (file, name)
        for file, _, table in tables
        for name in (table.get("name"), *_listed(table.get("was", [])))
        if isinstance(name, str)
    ]
    count = Counter(name for _, name in names)
    for name in sorted(name for name, times in count.items() if times > 1):
        files = sorted({str(file) for file, other in names if other == name})
        where = "" if len(files) == 1 else f" (in {', '.join(files)})"
        yield Problem(
            files[-1], f'source "{name}"', "name", f"stands {count[name]} times{where}; names are unique"
        )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _cut(text: str, length: int) -> str:
    return text[:length].rstrip("-_") or text[:length]
