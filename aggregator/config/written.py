"""Values of the configuration as a person would write them in TOML."""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from pydantic import BaseModel

from aggregator.config.report import USERINFO
from aggregator.settings.access import Secret
from aggregator.settings.values import UNITS

PASSWORD = re.compile(r"(\b(?:ssl)?password=)[^&\s]+")
"""A password in the query of an address of PostgreSQL."""
HIDDEN = "…"
"""What stands in the place of a secret."""


def plain(value: Any) -> Any:
    """Return a value in TOML's types, durations as texts; of a table, the keys that are no defaults."""
    match value:
        case timedelta():
            return write_duration(value)
        case time():
            return f"{value:%H:%M}"
        case BaseModel():
            fields = type(value).model_fields
            keys = value.model_fields_set if isinstance(value, Secret) else fields
            kept = {key: getattr(value, key) for key in keys}
            return {
                fields[key].alias or key: hide(one) if not fields[key].repr else plain(one)
                for key, one in kept.items()
                if isinstance(value, Secret) or one != fields[key].get_default(call_default_factory=True)
            }
        case str():
            return PASSWORD.sub(rf"\1{HIDDEN}", USERINFO.sub(f"{HIDDEN}@", value))
        case Mapping():
            return {key: plain(one) for key, one in value.items()}
        case tuple() | list():
            return [plain(one) for one in value]
    return value


def hide(value: Any) -> Any:
    """Return a value that may be a secret without it; where a secret is kept is none."""
    if isinstance(value, Secret):
        return plain(value)
    if isinstance(value, Mapping):
        return {key: hide(one) for key, one in value.items()}
    return HIDDEN if value else value


def write_duration(span: timedelta) -> str:
    """Write a duration as ``parse_duration`` reads it: ``"1h30m"``; whole weeks are days."""
    left, text = span.total_seconds(), ""
    for unit in "dhm":
        count, left = divmod(left, UNITS[unit])
        text += f"{count:g}{unit}" if count else ""
    return text + (f"{left:g}s" if left or not text else "")
