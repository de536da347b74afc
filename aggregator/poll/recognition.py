"""What the store knows of a list's entries: by their keys, by their other keys, and by their titles.

All of it is asked in a thread, at once and of one state of the database.
"""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from aggregator.decide.keys import OwnKeys, needs_other_key, own_keys
from aggregator.decide.moves import find_moves
from aggregator.decide.reach import reach_of
from aggregator.decide.validators import distrusted
from aggregator.decide.visit import Visit
from aggregator.model import Baseline, Entry, Listing
from aggregator.poll.list import Look
from aggregator.store import Store

MAX_IN_REACH = 1000  # articles that a list may be found not to show

log = structlog.get_logger()

Aliases = tuple[tuple[str, str], ...]
"""Pairs of a further key and the key that an article has."""


def compare(visit: Visit, seen: Look, store: Store) -> tuple[Visit, Look, Aliases]:
    """Look up what is known of the entries, and return it with the further keys that known articles have."""
    source, before = visit.source, visit.state
    with store.snapshot():
        keys = {*seen.listing.keys, *visit.owed}
        visit = visit.knowing(store.known(source.name, source.identity, list(keys)))
        own = tell_apart(visit, seen.listing.entries, seen.state.baseline, store)
        visit, seen = visit.knowing(own.known), seen.with_entries(own.entries, own.baseline)
        visit = recognise(visit, own.entries, store)
        if seen.shown and source.revisit:
            visit = _reach(visit, seen.shown.entries, store)
    shown = seen.shown.entries if seen.shown else ()
    visit = replace(visit, anew=bool(shown) and not any(entry.key in visit.known for entry in shown))
    if seen.shown and not visit.reconfigured and _shows_unknown(visit, seen.shown):
        seen = replace(seen, state=distrusted(before, seen.state))
    if visit.moves.whole:
        message = "all of the list is new by its addresses, and known by its titles"
        log.info(message, source=source.name, entries=len(own.entries))
    return visit, seen, own.aliases


def tell_apart(visit: Visit, entries: tuple[Entry, ...], baseline: Baseline, store: Store) -> OwnKeys:
    """Look up under which other keys entries are known, and give each the key that is its own."""
    source = visit.source
    listed = {entry.key for entry in entries}  # what is known of these was looked up
    others = [
        entry.also
        for entry in entries
        if entry.also and entry.also not in listed and needs_other_key(entry, visit.known, baseline)
    ]
    known = store.known(source.name, source.identity, others) if others else {}
    return own_keys(source, entries, {**visit.known, **known}, baseline, visit.now)


def recognise(visit: Visit, entries: Sequence[Entry], store: Store) -> Visit:
    """Give the visit with what entries that are new by their keys have of known articles."""
    titles = {entry.title for entry in entries if entry.title and entry.key not in visit.known}
    if not titles or not visit.state.succeeded:
        return visit
    return visit.moving(find_moves(visit, entries, store.titled(visit.source.name, titles)))


def _reach(visit: Visit, entries: Sequence[Entry], store: Store) -> Visit:
    """Give the visit with the articles that the list should show, as far as its order tells."""
    reach = reach_of(visit, entries)
    if reach is None:
        return visit
    return replace(visit, in_reach=store.shown_between(visit.source.name, *reach, MAX_IN_REACH))


def _shows_unknown(visit: Visit, shown: Listing) -> bool:
    return any(entry.key not in visit.known and entry.key not in visit.owed for entry in shown.entries)
