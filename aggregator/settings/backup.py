"""``[backup]``: copies of the database that the daemon makes by itself."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from aggregator.settings.values import Period, Table


class Backup(Table):
    """``[backup]``: when the database is copied, into which folder, and how many copies stay."""

    folder: Annotated[str, Field(min_length=1)]
    """Where the copies lie, outside of what is published."""
    interval: Period = timedelta(days=1)
    """How often a copy is made."""
    cron: str = ""
    """When a copy is made instead: five fields, in the time zone of the site."""
    daily: Annotated[int, Field(ge=1, le=366)] = 7
    """Of so many last days that have a copy, the newest copy stays."""
    weekly: Annotated[int, Field(ge=0, le=520)] = 4
    """Of so many last weeks that have a copy, the newest copy stays."""
