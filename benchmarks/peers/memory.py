"""What the daemon holds with 10,000 sources, while it polls all of them, publishes, and finds them unchanged."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from aggregator.store import Store
from benchmarks.farm import farming, source_table
from benchmarks.load import HEAD, daemon, free_port, polled_since, wait_for, waiting
from benchmarks.peers.pss import Peak, held
from benchmarks.peers.rows import Figure

SOURCES = int(os.environ.get("SOURCES", "10000"))
ENTRIES = 1


def measure(folder: Path) -> Iterator[Figure]:
    """Run the daemon and watch its memory."""
    with farming(entries=ENTRIES) as farm:
        tables = (source_table(number, farm) for number in range(SOURCES))
        port = free_port()
        (folder / "aggregator.toml").write_text(HEAD.format(port=port) + "".join(tables))
        with daemon(folder, port) as pid:
            ready = held(pid)
            with Peak(pid) as first:
                wait_for(partial(polled_since, folder, datetime.now(UTC) - timedelta(minutes=5)))
            with Store.open(f"sqlite:///{folder}/load.db") as store, Peak(pid) as later:
                wait_for(lambda: waiting(store) == 0)
                again = datetime.now(UTC)
                store.make_due([f"feed-{number}" for number in range(SOURCES)], again)
                wait_for(partial(polled_since, folder, again))
            most = max(first.most, later.most)
            steps = (
                f"ready {ready:.0f}, first poll {first.most:.0f}, published and unchanged {later.most:.0f}"
            )
            yield Figure("memory", most, f"{steps}; {SOURCES:,} sources")
