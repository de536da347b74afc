"""What a poll looks at: what is new, what changed, and which debts are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.decide.owed import payable, titled_by_page, tries
from aggregator.model import Entry, Known, Owed, PollState, Unreadable, entry_digest
from aggregator.settings import Source


@dataclass(frozen=True, slots=True)
class Work:
    """What a poll has to look at: entries in order, and the keys whose debt is paid by being gone."""

    entries: tuple[Entry, ...]
    gone: tuple[str, ...] = ()


def choose(
    source: Source,
    state: PollState,
    entries: Sequence[Entry],
    unreadable: Sequence[Unreadable] | None,
    known: Mapping[str, Known],
    owed: Mapping[str, Owed],
    now: datetime,
    *,
    again: bool = False,
) -> Work:
    """Choose what this poll looks at: new and changed entries, and what is owed and due.

    ``unreadable`` is None where no list was read (304). ``again`` takes up debts before their time.
    A changed configuration (see ``Source.fingerprint``) makes every entry worth a second look.
    """
    changed = state.fingerprint != source.fingerprint
    again = again or changed
    chosen: dict[str, Entry] = {}
    for entry in entries:
        held, debt = known.get(entry.key), owed.get(entry.key)
        if held and held.removed:
            continue
        digest = entry_digest(entry)
        if debt and debt.entry and entry_digest(debt.entry) == digest and not again:
            if _waited_out(source, debt, now):
                chosen[entry.key] = entry
            continue
        if held is None or debt or changed or held.entry_digest != digest:
            chosen[entry.key] = entry
    listed = {entry.key for entry in entries}
    removed = [key for key in owed if key in known and known[key].removed]
    for key, debt in owed.items():
        if debt.entry is None or debt.reason == "filtered" or key in listed or key in removed:
            continue
        if again or _waited_out(source, debt, now):
            chosen[key] = debt.entry
    # What failed before comes last: it must not use up what the others need.
    entries = sorted(chosen.values(), key=lambda entry: tries(owed.get(entry.key)))
    if unreadable is None:
        return Work(tuple(entries), tuple(removed))
    # What the list shows no more is no debt, where only the list could pay it or the user wants none of it.
    listed |= {item.key for item in unreadable}
    gone = [key for key, debt in owed.items() if key not in listed and _needs_list(source, debt)]
    return Work(tuple(entries), tuple(dict.fromkeys([*removed, *gone])))


def _waited_out(source: Source, debt: Owed, now: datetime) -> bool:
    return debt.retry_at <= now and (payable(debt) or titled_by_page(source, debt.entry))


def _needs_list(source: Source, debt: Owed) -> bool:
    """Tell whether only the list can pay a debt, or whether the user wants none of it."""
    if debt.entry is None or debt.reason == "filtered":
        return True
    return debt.reason == "incomplete" and not titled_by_page(source, debt.entry)
