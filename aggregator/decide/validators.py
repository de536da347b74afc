"""Validators that are sent with the next request, and how long an answer is fresh (RFC 9110, RFC 9111)."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.model import PollState
from aggregator.settings import Source
from aggregator.text.dates.http import read_http_date

MIN_TRUST = timedelta(days=1)
TRUSTED_VISITS = 12
"""Validators are believed for a day, or for so many intervals of a source that is visited seldom."""
MAX_CLOCK_SKEW = timedelta(minutes=5)
LIAR = "!"
"""Stands before a stored validator that stayed the same though the list had changed: it is not sent."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_FRESH = timedelta(days=365)  # the longest time that an answer is believed to be fresh
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,12})\b")
_ASK = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b")


def validators_to_send(source: Source, state: PollState, now: datetime) -> tuple[str, str]:
    """Return the ETag and the Last-Modified to ask with, empty where the list is to come whole.

    Some servers answer 304 for ever, so it comes whole now and then. The name spreads this over the sources.
    """
    trust = max(MIN_TRUST, TRUSTED_VISITS * source.interval)
    offset = timedelta(seconds=zlib.crc32(source.name.encode()) % int(trust.total_seconds()))
    last = state.succeeded or _EPOCH
    if (last + offset - _EPOCH) // trust != (now + offset - _EPOCH) // trust:
        return "", ""
    if state.etag.startswith(LIAR) or state.last_modified.startswith(LIAR):
        return "", ""
    return state.etag, state.last_modified


def with_validators(state: PollState, headers: Mapping[str, str], now: datetime) -> PollState:
    """Keep the validators of an answer, those that a 304 renews too.

    A Last-Modified after the answer's own Date is none (RFC 9110, section 8.8.2.1). One that is known to lie
    stays marked. ``headers`` have names in lower case.
    """
    etag, last_modified = headers.get("etag", ""), headers.get("last-modified", "")
    modified = read_http_date(last_modified)
    answered = min(read_http_date(headers.get("date", "")) or now, now)
    if modified and modified > answered + MAX_CLOCK_SKEW:
        last_modified = ""
    etag, last_modified = _marked(state.etag, etag), _marked(state.last_modified, last_modified)
    if (etag, last_modified) == (state.etag, state.last_modified):
        return state
    return replace(state, etag=etag, last_modified=last_modified)


def distrusted(before: PollState, after: PollState) -> PollState:
    """Mark a validator that stayed as it was ``before`` although the list shows what is new."""
    if after.etag:
        return replace(after, etag=_liar(after.etag)) if after.etag == before.etag else after
    same = after.last_modified == before.last_modified
    return replace(after, last_modified=_liar(after.last_modified)) if same else after


def _marked(known: str, found: str) -> str:
    return known if found and known == LIAR + found else found


def _liar(validator: str) -> str:
    return validator if not validator or validator.startswith(LIAR) else LIAR + validator


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
