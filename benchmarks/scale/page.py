"""The tables of docs/scale.md, written between its marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from aggregator.daemon.cluster.queue import POOL
from aggregator.store.engines import postgresql_engine

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
MARKED = re.compile(r"(<!-- (?P<name>\w+): make bench-scale -->\n).*?(<!-- end -->)", re.S)

SOURCES, INTERVAL = 1_000_000, 900
ARTICLES_A_DAY = 10_000_000
DAY = 86_400
POLL_BYTES = 1_100
"""Of a visit that finds nothing, both ways, with TLS kept alive: assumed."""
PAGE_BYTES = 60_000
"""Of an article's page, compressed: assumed."""

Rows = Sequence[dict[str, Any]]


def write_page(figures: dict[str, Any]) -> None:
    """Write what was measured of late; what was not stays as it stands."""

    def replaced(match: re.Match[str]) -> str:
        name = match["name"]
        if name == "walls":
            return f"{match[1]}{_walls(figures)}{match[3]}" if figures.keys() >= NEEDED else match[0]
        if name not in figures:
            return match[0]
        told = f"\nMeasured {figures[name]['measured']}.\n" if name not in UNTIMED else ""
        return f"{match[1]}{TABLES[name](figures[name]['rows'])}{told}{match[3]}"

    PAGE.write_text(MARKED.sub(replaced, PAGE.read_text("utf-8")), "utf-8")


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def _claims(rows: Rows) -> str:
    names = ("claim_100", "claim_one", "save_10", "take_host", "dispatch_1000")
    head = ("sources", "claim 100, ms", "claim one, ms", "save 10 unchanged, ms", "a host's turn, ms")
    head += ("look for 1,000 due, ms", "all figures of /metrics, s", "bytes a source")
    return _table(
        head,
        (
            (
                f"{one['rows']:,}",
                *(f"{one[name]:.1f}" for name in names),
                f"{one['measure'] / 1000:.2f}",
                f"{one['bytes_a_row']:.0f}",
            )
            for one in rows
        ),
    )


def _queue(rows: Rows) -> str:
    head = ("processes", "jobs put together", "put, ms", "taken and ended a second, all")
    return _table(
        head,
        ((one["processes"], one["waiting"], f"{one['put_ms']:.0f}", f"{one['jobs']:.0f}") for one in rows),
    )


def _polls(rows: Rows) -> str:
    head = ("hosts", "queue", "nodes", "visits a second", "within a minute of their time")
    return _table(
        head,
        (
            (
                one["hosts"],
                f"{one['queue']:.0f} a second" if one["queue"] else "as fast as wanted",
                one["nodes"],
                f"{one['polls']:,.0f}",
                f"{one['on_time']:.0%}",
            )
            for one in rows
        ),
    )


def _loading(rows: Rows) -> str:
    head = ("sources", "configuration read, s", "known to the database, s", "memory, MB")
    return _table(
        head,
        (
            (
                f"{one['sources']:,}",
                f"{one['read_s']:.1f}",
                f"{one['known_s']:.1f}",
                f"{one['megabytes']:.0f}",
            )
            for one in rows
        ),
    )


def _writers(rows: Rows) -> str:
    head = ("processes", "polls in a commit", "articles a second, all")
    return _table(head, ((one["processes"], one["together"], f"{one['articles']:.0f}") for one in rows))


def _growth(rows: Rows) -> str:
    sizes = [one for one in rows if "group" in one]
    table = _table(
        ("of an article", "bytes", f"GB a day, of {ARTICLES_A_DAY:,}"),
        (
            (one["group"], f"{one['bytes']:,.0f}", f"{one['bytes'] * ARTICLES_A_DAY / 1e9:.1f}")
            for one in sizes
        ),
    )
    saved, expired = _found(rows, "save_ms"), _found(rows, "expire_ms")
    return table + (
        f"\nSaving one took {saved['save_ms']:.1f} ms (many in a poll), filing it {saved['file_ms']:.1f} ms, letting it go"
        f" {expired['expire_ms']:.0f} ms; {expired['articles']:,} were stored.\n"
    )


def _publishing(rows: Rows) -> str:
    measured = _table(
        ("measured", "CPU, ms", "files"),
        ((one["part"], f"{one['cpu'] * 1000:.1f}", f"{one['files']:.1f}") for one in rows if "part" in one),
    )
    simulated = _table(
        ("published every", "articles", "topics with news", "cores", "files a second"),
        (
            (
                f"{one['every']} s",
                f"{one['articles']:,}",
                f"{one['topics']:,}",
                f"{one['cpu']:.1f}",
                f"{one['files']:,.0f}",
            )
            for one in rows
            if "every" in one
        ),
    )
    return f"{measured}\n{simulated}"


def _partitions(rows: Rows) -> str:
    told = ((one["table"], f"`{one['by']}`", one["refusal"] or "yes") for one in rows)
    return _table(("table", "partitioned by", "what PostgreSQL says"), told)


TABLES = {
    "claims": _claims,
    "queue": _queue,
    "polls": _polls,
    "loading": _loading,
    "writers": _writers,
    "growth": _growth,
    "publishing": _publishing,
    "partitions": _partitions,
}
UNTIMED = ("polls", "partitions")
NEEDED = {"claims", "queue", "loading", "writers", "growth", "publishing"}


def _found(rows: Rows, name: str) -> dict[str, Any]:
    return next(one for one in rows if name in one)


def _walls(figures: dict[str, Any]) -> str:
    """Put what is needed beside what was reached, the narrowest first."""
    walls = sorted(_needs(figures), key=lambda one: one[1] / one[2], reverse=True)
    head = ("what", "needed", "reached here", "times too little")
    table = _table(
        head, ((what, f"{need:,.0f}", f"{had:,.0f}", f"{need / had:.1f}") for what, need, had in walls)
    )
    pool: Any = postgresql_engine(make_url("postgresql://host/name")).pool
    connections = POOL + 1 + pool.size() + pool._max_overflow
    visits, articles = SOURCES / INTERVAL, ARTICLES_A_DAY / DAY
    network = (visits * POLL_BYTES + articles * PAGE_BYTES) * 8 / 1e6
    return (
        f"{table}\nCalculated: a node holds at most {connections} connections to PostgreSQL ({POOL} for its jobs, one that listens, and"
        f" the store's pool). {visits:,.0f} visits a second of {POLL_BYTES:,} bytes and {articles:,.0f} pages of {PAGE_BYTES:,} bytes are"
        f" {network:,.0f} Mbit/s; both sizes are assumed.\n"
    )


def _needs(figures: dict[str, Any]) -> Iterator[tuple[str, float, float]]:
    visits, articles = SOURCES / INTERVAL, ARTICLES_A_DAY / DAY
    rows = {name: figures[name]["rows"] for name in NEEDED}
    yield "visits a second, through the queue", visits, max(one["jobs"] for one in rows["queue"])
    yield "articles a second, saved", articles, max(one["articles"] for one in rows["writers"])
    yield "articles a second, let go", articles, 1000 / _found(rows["growth"], "expire_ms")["expire_ms"]
    yield "articles a second, filed", articles, 1000 / _found(rows["growth"], "save_ms")["file_ms"]
    minute = next(one for one in rows["publishing"] if one.get("every") == 60)
    yield "cores to publish every minute; one publisher has two", minute["cpu"], 2
    largest = rows["claims"][-1]
    yield (
        f"turns of hosts in a second, by one connection, of {largest['rows']:,} sources",
        visits,
        1000 / largest["take_host"],
    )
    yield (
        f"sources claimed in a second, by one connection, of {largest['rows']:,}",
        visits,
        100_000 / largest["claim_100"],
    )
    most = rows["loading"][-1]
    seconds = (most["read_s"] + most["known_s"]) * SOURCES / most["sources"]
    yield "seconds of a start, calculated; five minutes are borne", seconds, 300
    yield (
        "MB of memory for the configuration, calculated; 16 GB",
        most["megabytes"] * SOURCES / most["sources"],
        16_000,
    )
