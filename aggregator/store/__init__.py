"""The database: sources and what they owe, articles and what is published of them.

This is the only room that imports SQLAlchemy, which takes half a second; commands import it where they
need it.
"""

from aggregator.store.media import Due, MirrorState
from aggregator.store.pushes import Push
from aggregator.store.retention import Expired
from aggregator.store.search import Search
from aggregator.store.sources import SourceOverview
from aggregator.store.store import Store
from aggregator.store.upkeep.key import read_key
