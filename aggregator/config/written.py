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
            return _plain_table(value)
        case str():
            return PASSWORD.sub(rf"\1{HIDDEN}", USERINFO.sub(f"{HIDDEN}@", value))
        case Mapping():
            return {key: plain(one) for key, one in value.items()}
        case tuple() | list():
            return [plain(one) for one in value]
    return value


def _plain_table(table: BaseModel) -> dict[str, Any]:
    """Return the keys of a table that are no defaults; of a secret, where it is kept."""
    kept = {}
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        if value != field.get_default(call_default_factory=True):
            kept[field.alias or name] = plain(value) if field.repr else hide(value)
    return kept


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
