"""Identities of articles inside the store, and the public ids and slugs that the outside sees."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import count

from aggregator.model.digest import hexdigest
from aggregator.store.columns import scrub
from aggregator.text.addresses import comparable
from aggregator.text.slugs import slugify

ANY_FORM = "address:"
"""Stands before the comparable form of an address, which is no key of its own."""
_FIT_KEY = re.compile(r"[A-Za-z0-9_-]{6,64}")


def identify(scope: str, key: str) -> str:
    """Return the hash under which a key of a namespace (or a source) is stored and looked up."""
    return _digest(scope, key, 16)


@lru_cache(5000)  # asked for before a poll and when it is saved
def identify_address(namespace: str, key: str) -> str:
    """Return the hash by which a key that is an address is found in another form of it; "" for other keys."""
    form = comparable(key)
    if form == key:
        return ""
    if "#" not in form:
        # A fragment may be what tells rows of a list apart.
        form += "".join(key.partition("#")[1:])
    return _digest(namespace, f"{ANY_FORM}{form}", 16)


def propose_ids(namespace: str, key: str) -> Iterator[str]:
    """Yield public ids for an article without end, the best one first.

    That is the key itself if it is 6 to 64 of ``[A-Za-z0-9_-]``, then 16 hex digits of a hash of
    namespace and key, then the same digits with a number.
    """
    if _FIT_KEY.fullmatch(key):
        yield key
    digest = _digest(namespace, key, 8)
    yield digest
    yield from (f"{digest}-{number}" for number in count(2))


def propose_slugs(label: str) -> Iterator[str]:
    """Yield slugs for a label, the best one first: its own, then with more and more digits of a hash."""
    slug = slugify(label)
    yield slug
    digest = hexdigest(label, 64)
    yield from (f"{slug}-{digest[:digits]}" for digits in range(6, len(digest) + 1))


def _digest(scope: str, key: str, size: int) -> str:
    # The key is scrubbed like stored text, so that a key read back finds its row again.
    text = f"{scope}\0{scrub(key)}"
    return hexdigest(text, size)
