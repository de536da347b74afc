"""The database: sources and what they owe, articles and what is published of them.

The only room that imports SQLAlchemy, which takes half a second: import it inside the commands that
need it.
"""

from aggregator.store.kept import Revision
from aggregator.store.publication import Unpublished
from aggregator.store.sources import SourceOverview
from aggregator.store.store import Store

__all__ = ["Revision", "SourceOverview", "Store", "Unpublished"]
