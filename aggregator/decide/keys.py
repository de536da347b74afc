"""Keys that are an entry's own: ids and addresses that several articles share tell none of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.model import Baseline, Entry, Known
from aggregator.settings import Source
from aggregator.text.addresses import comparable
from aggregator.text.dates import read_date
from aggregator.text.text import fold

MAX_SHARED = 200  # shared keys that are remembered of a source; one with more gives none of its own anyway


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """Entries under keys of their own, and what was found out about keys on the way."""

    entries: tuple[Entry, ...]
    known: Mapping[str, Known]
    """What is known of those keys."""
    baseline: Baseline
    """With the keys that several articles share."""
    aliases: tuple[tuple[str, str], ...] = ()
    """Further keys of articles that are held under a shared one."""


def own_keys(
    source: Source, entries: Sequence[Entry], known: Mapping[str, Known], baseline: Baseline, now: datetime
) -> OwnKeys:
    """Give each entry the key that is its own, by what this list, the store and earlier polls say.

    ``known`` has what is known of the entries' keys and of their other keys.
    """
    shared = dict.fromkeys(baseline.shared)
    shared |= dict.fromkeys(entry.also for entry in entries if entry.shared)
    found, aliases = dict(known), []
    kept: dict[str, Entry] = {}
    taken = {found[entry.key].article_key for entry in entries if entry.key in found}
    for entry in entries:
        held = known.get(entry.key)
        if held and _is_another(source, held, entry, now):
            shared[entry.key] = None
            aliases.append((held.address, held.article_key))
        if entry.key in shared and entry.also:
            entry = replace(entry, key=entry.also, also=entry.key, shared=True)
        other = known.get(entry.also)
        if entry.key not in found and other and other.article_key not in taken and _is_same(other, entry):
            # It was known under its other key, when it stood alone or when others had it, too.
            found[entry.key] = replace(other, key=entry.key)
            taken.add(other.article_key)
        kept.setdefault(entry.key, entry)
    names = tuple(shared)[-MAX_SHARED:]
    return OwnKeys(tuple(kept.values()), found, replace(baseline, shared=names), tuple(aliases))


def needs_other_key(entry: Entry, known: Mapping[str, Known], baseline: Baseline) -> bool:
    """Tell whether an entry's other key may matter: all but those that are known as what they say."""
    held = known.get(entry.key)
    return held is None or entry.key in baseline.shared or fold(held.title) != fold(entry.title)


def _is_another(source: Source, held: Known, entry: Entry, now: datetime) -> bool:
    """Tell whether an entry with another key is another article than the one that is held under its id.

    Title, address and time all differ then. An article that is corrected may get a new title, and by it a new
    address, but keeps its time.
    """
    if entry.shared or not entry.also or held.removed or not held.address or not entry.address:
        return False
    if fold(held.title) == fold(entry.title):
        return False
    date = read_date(entry.published, now, source.timezone)
    return comparable(held.address) != comparable(entry.address) and date != held.published


def _is_same(held: Known, entry: Entry) -> bool:
    return not held.removed and fold(held.title) == fold(entry.title)
