"""The database: sources and what they owe, articles and what is published of them.

This is the only room that imports SQLAlchemy, which takes as long as a short command. So its names are
looked up where they stand when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aggregator.store.excerpt import Excerpt
    from aggregator.store.machines.clock import DatabaseClock
    from aggregator.store.media import Due
    from aggregator.store.pushes import Push
    from aggregator.store.search import PublicPart, Search
    from aggregator.store.sources import SourceOverview
    from aggregator.store.store import Store
    from aggregator.store.upkeep.inquiries import Filed
    from aggregator.store.upkeep.overview import MirrorState, Overview
    from aggregator.store.upkeep.retention import Expired

__all__ = [
    "DatabaseClock",
    "Due",
    "Excerpt",
    "Expired",
    "Filed",
    "MirrorState",
    "Overview",
    "PublicPart",
    "Push",
    "Search",
    "SourceOverview",
    "Store",
]
_MODULES = {
    **{"Due": "media", "MirrorState": "upkeep.overview", "Overview": "upkeep.overview", "Push": "pushes"},
    **{"Excerpt": "excerpt", "Expired": "upkeep.retention", "Search": "search", "PublicPart": "search"},
    **{"Filed": "upkeep.inquiries", "DatabaseClock": "machines.clock"},
    **{"SourceOverview": "sources", "Store": "store"},
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"aggregator.store.{_MODULES[name]}"), name)
