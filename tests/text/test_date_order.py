"""Which number of 05/03/2026 is the month: proven by the dates of the same list, or by the address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.text.dates import read_date, settle_order


@pytest.mark.parametrize(
    ("dates", "addresses", "settled"),
    [
        (["25/11/2026", "05/03/2026 10:20"], ["", ""], ["25/11/2026", "2026-03-05 10:20"]),
        (["03.05.26", "13.04.26"], ["", ""], ["2026-05-03", "13.04.26"]),
        (["11-25-2026", "05-03-2026"], ["", ""], ["11-25-2026", "2026-05-03"]),
        (["05/03/2026", "06/03/2026"], ["/2026/03/05/a", "/b"], ["2026-03-05", "2026-03-06"]),
        (["05/03/2026"], ["/n/t20260503_77.html"], ["2026-05-03"]),
        (
            ["25/11/2026", "11/25/2026", "05/03/2026"],
            ["", "", ""],
            ["25/11/2026", "11/25/2026", "05/03/2026"],
        ),
        (["05/03/2026", "06/03/2026"], ["/1", "/2"], ["05/03/2026", "06/03/2026"]),
        (
            ["25/11/2026", "2026-03-05", "5 March", ""],
            ["", "", "", ""],
            ["25/11/2026", "2026-03-05", "5 March", ""],
        ),
    ],
)
def test_proofs(dates: list[str], addresses: list[str], settled: list[str]) -> None:
    """A proof counts for the whole list, unless the list contradicts itself."""
    assert settle_order(dates, addresses) == settled


@pytest.mark.parametrize(
    ("zone", "month"),
    [
        ("America/Sao_Paulo", 3),
        ("Asia/Kolkata", 3),
        ("Pacific/Auckland", 3),
        ("America/Chicago", 5),
        ("UTC", 5),
    ],
)
def test_countries(zone: str, month: int) -> None:
    """Without a proof the zone says how its country writes."""
    found = read_date("05/03/2026 12:00 UTC", datetime(2026, 11, 30, tzinfo=UTC), zone)
    assert found is not None
    assert found.month == month
