"""The states of sources as rows: what a poll changed of one is written."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Update, bindparam, case, func, update

from aggregator.errors import LeaseLostError, StoreError
from aggregator.model import PollState
from aggregator.store.codec import HABITS, decode, encode_habit, read_row
from aggregator.store.schema import sources

_COLUMNS = tuple(field.name for field in fields(PollState) if field.name not in ("name", "paused"))
"""Columns that polls write. Were the name written, SQLite would look at every row that refers to it."""

_OF_VISITS = frozenset(("answered", "listed", "took", "repeats"))
"""What is written after each visit, so that many of them are one statement."""


def write_states(
    connection: Connection,
    states: Sequence[tuple[PollState, PollState | None]],
    owner: str | None,
    *,
    held: bool = False,
) -> None:
    """Write the states of sources and end their leases; with an owner, only if those are still that owner's.

    With each state comes the one that was claimed: what is as it was is not written. If the source is due at
    another time now than then, a reload made it due since, and it stays so, unless a server asked us to wait.
    Raises StoreError for an unknown source, and LeaseLostError where leases have to be ``held`` still, but
    are not.
    """
    batches: dict[Update, list[dict[str, Any]]] = defaultdict(list)
    for state, claimed in sorted(states, key=lambda one: one[0].name):
        changed = tuple(
            name
            for name in _COLUMNS
            if not claimed or name in _OF_VISITS or getattr(state, name) != getattr(claimed, name)
        )
        values = {f"new_{name}": _column_of(state, name) for name in changed}
        values |= {"source": state.name, "new_due": state.due}
        if owner is not None:
            values["holder"] = owner
        if claimed:
            values["claimed_due"] = claimed.due
        batches[_save_statement(changed, owner is not None, claimed is not None, held)].append(values)
    for save, rows in batches.items():
        if connection.execute(save, rows if len(rows) > 1 else rows[0]).rowcount < len(rows):
            names = ", ".join(repr(row["source"]) for row in rows)
            if held:
                raise LeaseLostError(f"another process has been given {names} meanwhile", refused=True)
            raise StoreError(f"the database knows no source {names}", refused=True)


@cache  # building one takes longer than running it
def _save_statement(changed: tuple[str, ...], owned: bool, claimed: bool, held: bool) -> Update:
    columns: dict[str, Any] = {
        name: bindparam(f"new_{name}", type_=sources.c[name].type) for name in ("due", *changed)
    }
    due = columns["due"]
    if claimed:
        wait = columns.get("wait_until", sources.c.wait_until)
        stays = _later(sources.c.due, func.coalesce(wait, sources.c.due))
        columns["due"] = case((sources.c.due == bindparam("claimed_due"), due), else_=stays)
    ours = sources.c.owner == bindparam("holder")
    for name in ("owner", "leased_until"):
        columns[name] = case((ours, None), else_=sources.c[name]) if owned else None
    save = update(sources).where(sources.c.name == bindparam("source")).values(columns)
    return save.where(ours) if held else save


def read_state(row: Row[Any]) -> PollState:
    """Return the state that a whole row of ``sources`` holds."""
    habits = {name: decode(kind, getattr(row, name)) for name, kind in HABITS.items()}
    return read_row(PollState, row, **habits)


def columns_of(state: PollState) -> dict[str, Any]:
    """Return a state as the columns of its row, but for the name."""
    return {name: _column_of(state, name) for name in _COLUMNS}


def _column_of(state: PollState, name: str) -> Any:
    value = getattr(state, name)
    return encode_habit(value) if name in HABITS else value


def _later(
    one: ColumnElement[datetime], other: datetime | ColumnElement[datetime]
) -> ColumnElement[datetime]:
    return case((one < other, other), else_=one)
