"""What tells articles and categories apart: the identity inside, the public id and the slug outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

from aggregator.model.digest import hexdigest
from aggregator.store.schema import scrub
from aggregator.text.slugs import slugify

_SPEAKING = re.compile(r"[A-Za-z0-9_-]{6,64}")


def identify(scope: str, key: str) -> str:
    """Return the hash under which a key of a namespace (or a source) is stored and looked up."""
    return _digest(scope, key, 16)


def propose_ids(namespace: str, key: str) -> Iterator[str]:
    """Yield public ids for an article, the best one first, without end.

    The key itself where it is 6 to 64 of ``[A-Za-z0-9_-]``, then 16 hex digits of a hash of namespace
    and key, then the same with a number.
    """
    if _SPEAKING.fullmatch(key):
        yield key
    digest = _digest(namespace, key, 8)
    yield digest
    yield from (f"{digest}-{number}" for number in count(2))


def propose_slugs(label: str) -> Iterator[str]:
    """Yield slugs for a category, the best one first: the label's own, then with more and more of a hash."""
    slug = slugify(label)
    yield slug
    digest = hexdigest(label, 64)
    yield from (f"{slug}-{digest[:digits]}" for digits in range(6, len(digest) + 1))


def _digest(scope: str, key: str, size: int) -> str:
    # Scrubbed like what is stored, so that a key read back finds its row again.
    text = f"{scope}\0{scrub(key)}"
    return hexdigest(text, size)
