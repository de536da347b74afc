"""How long an answer is fresh by its own word (RFC 9111)."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from aggregator.text.dates.http import read_http_date

MAX_FRESH = timedelta(days=365)  # the longest time that an answer is believed to be fresh
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,12})\b")
_ASK = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b")


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return for how long an answer that came ``now`` need not be asked for again, zero where it is not said.

    ``max-age`` without the ``Age`` that it has already (sections 4.2.1 and 4.2.3), else ``Expires`` counted
    from the server's own ``Date`` (section 5.3). Nothing is guessed (section 4.2.2). ``headers`` have names
    in lower case.
    """
    control = headers.get("cache-control", "").lower()
    if _ASK.search(control):
        return timedelta(0)
    if found := _MAX_AGE.search(control):
        age = headers.get("age", "").strip()
        spent = int(age) if age.isascii() and age.isdecimal() and len(age) < 10 else 0
        return _sane(timedelta(seconds=min(int(found[1]), MAX_FRESH.total_seconds()) - spent))
    expires = read_http_date(headers.get("expires", ""))
    if expires is None:
        return timedelta(0)
    return _sane(expires - (read_http_date(headers.get("date", "")) or now))


def _sane(wait: timedelta) -> timedelta:
    return min(max(wait, timedelta(0)), MAX_FRESH)
