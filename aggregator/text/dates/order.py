"""The order of day and month in the dates of one list, as dates beside them and addresses prove it."""

import re
from collections.abc import Sequence

_NUMBERS = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2((?:19|20)\d{2}|\d{2})(?![\d/.-])")
_IN_ADDRESS = re.compile(r"(?<!\d)((?:19|20)\d{2})([-/_.]?)(\d{1,2})\2(\d{1,2})(?!\d{3})")
_DAY_IN_ADDRESS = re.compile(r"(?<!\d)((?:19|20)\d{2})[-/_.]?([01]\d)[-/_.]?([0-3]\d)(?!\d)")


def settle_order(dates: Sequence[str], addresses: Sequence[str]) -> list[str]:
    """Write dates such as 05/03/2026 as 2026-03-05, where it is proven which number is the month.

    A date of the same list proves it by a number above 12, and so does the day in an entry's own address;
    that counts for its entry even where the others contradict. Dates with other proofs stay as they are,
    and all do where nothing is proven or the list contradicts itself.
    """
    own = [_proof(date) or _proof(date, address) for date, address in zip(dates, addresses, strict=True)]
    orders = {order for order in own if order}
    common = orders.pop() if len(orders) == 1 else ""
    return [_written(date, order or common) for date, order in zip(dates, own, strict=True)]


def day_in(address: str) -> str:
    """Return the day in an address, such as /2026-03/05/ or t20260305_17, as 2026-03-05; "" without one."""
    found = _DAY_IN_ADDRESS.search(address[:2000])
    return "-".join(found.groups()) if found else ""


def _proof(date: str, address: str = "") -> str:
    """Return "day" or "month", whichever certainly comes first in a date, or ""."""
    match = _NUMBERS.search(date[:200])
    if match is None:
        return ""
    first, second = int(match[1]), int(match[3])
    if not address:
        return "day" if first > 12 >= second else "month" if second > 12 >= first else ""
    for year, _, month, day in _IN_ADDRESS.findall(address[:2000]):
        if year[-2:] == match[4][-2:] and {int(month), int(day)} == {first, second} and first != second:
            return "day" if first == int(day) else "month"
    return ""


def _written(date: str, order: str) -> str:
    match = _NUMBERS.search(date[:200]) if order else None
    if match is None or max(int(match[1]), int(match[3])) > 12:
        return date
    month, day = (match[3], match[1]) if order == "day" else (match[1], match[3])
    year = match[4] if len(match[4]) == 4 else f"20{match[4]}"
    return f"{date[: match.start()]}{year}-{int(month):02}-{int(day):02}{date[match.end() :]}"
