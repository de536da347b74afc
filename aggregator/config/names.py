"""Names and addresses of sources, to add one that is not there yet."""

import re
from bisect import bisect_left
from collections.abc import Collection

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


def _cut(text: str, length: int) -> str:
    return text[:length].rstrip("-_") or text[:length]
