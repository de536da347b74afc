"""The configuration as frozen values: every key with type, default and checks; ``config`` reads the files."""

from aggregator.settings.access import Access
from aggregator.settings.alerts import Mail, Receiver, Rule
from aggregator.settings.backup import Backup
from aggregator.settings.cluster import Cluster
from aggregator.settings.fields import FieldRule
from aggregator.settings.operator import Operator
from aggregator.settings.program import (
    Config,
    Daemon,
    Evidence,
    NamedFeed,
    Network,
    Output,
    Reader,
    Server,
    Site,
    Storage,
    Websub,
)
from aggregator.settings.rules import ArticleRules, Filter, ListRules, Paging, Replacement
from aggregator.settings.source import NAME, Source
from aggregator.settings.values import Table, check_address, check_timezone, closest
