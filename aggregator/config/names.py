"""Names and addresses of sources, to add one that is not there yet."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection

from aggregator.settings import NAME, Config
from aggregator.text.addresses import canonical
from aggregator.text.slugs import slugify

LONGEST = 40


def free_name(wanted: str, taken: Collection[str]) -> str:
    """Give a source's name of 1 to 40 characters, from a host or a title, that is not ``taken``.

    What is such a name already stays as it is; anything else becomes its slug. Twins get ``-2``, ``-3``.
    """
    name = wanted if re.fullmatch(NAME, wanted) and len(wanted) <= LONGEST else _cut(slugify(wanted), LONGEST)
    if name not in taken:
        return name

    def numbered(number: int) -> str:
        return f"{_cut(name, LONGEST - len(f'-{number}'))}-{number}"

    # Halving, since thousands of twins may come out of one list.
    numbers = range(2, len(taken) + 2)
    number = 2 + bisect_left(numbers, True, key=lambda number: numbered(number) not in taken)
    while numbered(number) in taken:
        number += 1
    return numbered(number)


def existing_addresses(config: Config) -> dict[str, str]:
    """Give the name of the first source at each address, by the address's canonical form."""
    found: dict[str, str] = {}
    for source in config.sources:
        found.setdefault(canonical(source.url), source.name)
    return found


def _cut(text: str, length: int) -> str:
    return text[:length].rstrip("-_") or text[:length]
