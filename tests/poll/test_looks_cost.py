"""What looks at articles cost: in requests, in statements of the database, in rows of an archive of before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event, text

from aggregator.store import Store
from tests.support.clock import START
from tests.support.database import an_article
from tests.support.harbour import DAY, HOUR, Office, an_office
from tests.support.loopback import Answer


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """The statements that the database is given meanwhile."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *more: object) -> None:
        seen.append(" ".join(statement.split())[:90])

    event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store._engine, "before_cursor_execute", note)


def claimed(office: Office) -> list[str]:
    """The sources that the daemon would claim now; they are free again afterwards."""
    store = office.calendar.app.store
    states = store.claim_due(office.now, 10, "test/1", HOUR)
    for state in states:
        store.release(state.name, "test/1")
    return [state.name for state in states]


def test_a_claim_is_two_queries_and_names_what_is_due(tmp_path: Path) -> None:
    """A source is claimed when its list is due, or an article of it: each is found by an index of its own."""
    with an_office(tmp_path, interval=10 * DAY) as office:
        store = office.calendar.app.store
        assert claimed(office) == []
        office.now += HOUR + timedelta(seconds=1)
        assert office.calendar.state.due > office.now
        with statements(store) as seen:
            assert len(store.claim_due(office.now, 10, "test/1", HOUR)) == 1
        assert sum(not one.startswith(("BEGIN", "COMMIT")) for one in seen) == 2
        store.release("paper", "test/1")
        office.calendar.live(office.now, office.now + timedelta(seconds=9))
        assert claimed(office) == []


def test_a_poll_with_nothing_due_asks_the_database_nothing_more(tmp_path: Path) -> None:
    """An unchanged poll is the same statements whether articles are looked at or not, and one row."""
    counts = []
    for revisit in (False, (HOUR, DAY)):
        with an_office(tmp_path / str(bool(revisit)), revisit=revisit) as office:
            rows = office.site.pages["/list"]
            assert isinstance(rows, bytes)
            office.site.pages["/list"] = Answer(rows, etag='"1"')
            for _ in range(2):
                office.now += timedelta(minutes=10)
                office.poll()
            office.now += timedelta(minutes=10)
            with statements(office.calendar.app.store) as seen:
                office.calendar.visit(office.now)
            counts.append(seen)
    assert counts[0] == counts[1]


def test_looks_at_unchanged_pages_write_a_row_each(tmp_path: Path) -> None:
    """Twelve unchanged pages are twelve requests, and the statements are those of one."""
    made = []
    for count in (1, 12):
        with an_office(tmp_path / str(count), count=count, revisits_per_day=1000) as office:
            before = len(office.site.requests)
            with statements(office.calendar.app.store) as seen:
                office.pass_time(2 * HOUR)
            assert len(office.site.requests) - before == count
            made.append(len(seen))
    assert made[1] <= made[0] + 2


def test_an_archive_of_before_is_spread_over_months(tmp_path: Path) -> None:
    """Two thousand articles without a row get one; the first days ask for what the budget allows."""
    with an_office(tmp_path, count=1, revisits_per_day=20) as office:
        store, source = office.calendar.app.store, office.calendar.source
        old = tuple(
            an_article(
                f"old-{n}", namespace="paper", source="paper", address=f"{office.site.url}/n/0.html?{n}"
            )
            for n in range(2000)
        )
        from aggregator.model import Outcome, Seen

        with store._write() as connection:
            connection.execute(text("DELETE FROM revisits"))
        state = office.calendar.state
        for start in range(0, 2000, 500):
            some = old[start : start + 500]
            came = START - timedelta(days=200)
            store.save(Outcome("paper", "paper", state, new=some, seen=Seen()), came, confirmed=True)
        with store._write() as connection:
            connection.execute(text("UPDATE sources SET revisit_at = NULL"))
        store.trust_clock(office.now)
        office.poll()
        steps = store.revisit_steps()["paper"]
        assert sum(steps.values()) == 2001
        assert steps == {len(source.revisit): 2000, 2: 1}
        office.pass_time(16 * HOUR - timedelta(minutes=1))
        before = len(office.site.requests)
        office.pass_time(2 * DAY)
        assert 30 <= len(office.site.requests) - before <= 40
