"""The configuration as frozen values: every key with type, default and checks; ``config`` reads the files."""

from aggregator.settings.access import Access, Auth, Browser, Hidden, Secret
from aggregator.settings.program import Config, NamedFeed, Network, Output, Server, Site, Storage, Websub
from aggregator.settings.source import NAME, ArticleRules, Filter, ListRules, Paging, Replacement, Source
from aggregator.settings.values import (
    Table,
    check_address,
    check_timezone,
    closest,
    parse_duration,
    parse_size,
)

__all__ = [
    "NAME",
    "Access",
    "ArticleRules",
    "Auth",
    "Browser",
    "Config",
    "Filter",
    "Hidden",
    "ListRules",
    "NamedFeed",
    "Network",
    "Output",
    "Paging",
    "Replacement",
    "Secret",
    "Server",
    "Site",
    "Source",
    "Storage",
    "Table",
    "Websub",
    "check_address",
    "check_timezone",
    "closest",
    "parse_duration",
    "parse_size",
]
