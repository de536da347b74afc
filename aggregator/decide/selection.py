"""Which entries a poll reads: what is new, what changed, and which debts are due."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import structlog

from aggregator.decide.baseline import is_in_place
from aggregator.decide.owed import payable, titled_by_page, tries
from aggregator.decide.visit import Visit
from aggregator.model import Entry, Owed, Unreadable, entry_digest
from aggregator.settings import Source

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Work:
    """The entries that a poll reads, in order, and the keys whose debt ends because they are gone."""

    entries: tuple[Entry, ...]
    gone: tuple[str, ...] = ()


def choose(
    visit: Visit, entries: Sequence[Entry], unreadable: Sequence[Unreadable] | None, *, again: bool = False
) -> Work:
    """Choose what this poll reads: new and changed entries, and what is owed and due.

    ``unreadable`` is None where the list was not read as it stands (a 304, a push, an older page of it).
    ``again`` takes up debts before their time. A changed configuration makes every entry worth a second look.
    """
    again = again or visit.reconfigured
    read = {entry.key: entry for entry in _read_of_list(visit, entries, again=again)}
    listed = {entry.key for entry in entries}
    removed = [key for key in visit.owed if key in visit.known and visit.known[key].removed]
    removed += visit.moves.settled
    let_go, due = _take_up(visit, listed.union(removed), again=again)
    removed += let_go
    # What failed before comes last: it must not use up what the others need.
    ordered = tuple(sorted((read | due).values(), key=lambda entry: tries(visit.owed.get(entry.key))))
    if unreadable is None:
        return Work(ordered, tuple(removed))
    listed |= {item.key for item in unreadable}
    gone = [
        key for key, debt in visit.owed.items() if key not in listed and _ends_unlisted(visit.source, debt)
    ]
    return Work(ordered, tuple(dict.fromkeys([*removed, *gone])))


def _read_of_list(visit: Visit, entries: Sequence[Entry], *, again: bool) -> Iterator[Entry]:
    """Give the entries of the list that are read, and log why."""
    of_source = log.bind(source=visit.source.name)
    for entry in entries:
        reads, why = _consider(visit, entry, again=again)
        of_source.debug("reads" if reads else "leaves", key=entry.key, why=why)
        if reads:
            yield entry


def _take_up(visit: Visit, listed: Collection[str], *, again: bool) -> tuple[list[str], dict[str, Entry]]:
    """Give the keys of what is owed, but let go, and by key the entries that are owed, not listed and due."""
    let_go: list[str] = []
    due: dict[str, Entry] = {}
    for debt, entry in _unlisted_debts(visit, listed):
        if debt.reason == "suspect" and not is_in_place(visit.state.baseline, entry):
            # It was there while the list was no list of articles, and stands where no article does.
            log.info("lets go", source=visit.source.name, key=debt.key, why=debt.message)
            let_go.append(debt.key)
        elif again or _is_due(visit, debt):
            log.debug("reads", source=visit.source.name, key=debt.key, why=f"owed: {debt.reason}")
            due[debt.key] = entry
    return let_go, due


def _consider(visit: Visit, entry: Entry, *, again: bool) -> tuple[bool, str]:
    """Tell whether an entry of the list is read, and why."""
    held, debt = visit.known.get(entry.key), visit.owed.get(entry.key)
    if held and held.removed:
        return False, "its article was removed"
    if debt and debt.entry and not again and entry_digest(debt.entry) == entry_digest(entry):
        return _is_due(visit, debt), f"owed: {debt.reason}, to be tried {debt.retry_at:%Y-%m-%d %H:%M:%S}Z"
    if held is None:
        return True, "new"
    if debt:
        return True, f"owed: {debt.reason}"
    if visit.reconfigured:
        return True, "its source is configured in another way"
    if held.entry_digest != entry_digest(entry):
        return True, "edited"
    return False, "unchanged"


def _unlisted_debts(visit: Visit, listed: Collection[str]) -> Iterator[tuple[Owed, Entry]]:
    """Give what is owed and not listed, as far as it can be read without the list."""
    for key, debt in visit.owed.items():
        if debt.entry and debt.reason != "filtered" and key not in listed:
            yield debt, debt.entry


def _is_due(visit: Visit, debt: Owed) -> bool:
    return debt.retry_at <= visit.now and (payable(debt) or titled_by_page(visit.source, debt.entry))


def _ends_unlisted(source: Source, debt: Owed) -> bool:
    """Tell whether a debt ends with its row in the list: only the list could pay it, or a rule bars it."""
    if debt.entry is None or debt.reason == "filtered":
        return True
    return debt.reason == "incomplete" and not titled_by_page(source, debt.entry)
