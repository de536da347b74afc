"""Days as people name them on the command line."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import typer

DAYS = "2026-03-05, today, yesterday, 7d, 2w"
"""What may be written for a day, for `--help` and errors."""
_AGO = re.compile(r"(\d{1,5})\s*(d|days?|w|weeks?)(?:\s+ago)?")
_NAMED = {"today": 0, "yesterday": 1}


def read_day(text: str, now: datetime, zone: ZoneInfo, option: str) -> datetime | None:
    """Give the beginning of a day in a zone: ``2026-03-05``, ``yesterday``, ``7d``, ``2 weeks ago``.

    None where no day was named. Raises BadParameter.
    """
    text = text.strip().lower()
    if not text:
        return None
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    ago = _AGO.fullmatch(text)
    try:
        if text in _NAMED:
            return today - timedelta(days=_NAMED[text])
        if ago:
            return today - timedelta(days=int(ago[1]) * (7 if ago[2].startswith("w") else 1))
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is no day; there are {DAYS} (so long ago)", param_hint=option
        ) from None
