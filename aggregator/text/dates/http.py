"""Dates of HTTP (RFC 9110, section 5.6.7)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache


@lru_cache(1000)  # what answers of one moment say is the same
def read_http_date(value: str) -> datetime | None:
    """Read an HTTP date; None for anything else, such as the usual ``0``."""
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
