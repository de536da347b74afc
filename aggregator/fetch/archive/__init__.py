"""The archive of raw answers: WARC files for each source, with an index."""

from aggregator.fetch.archive.archive import Archive
from aggregator.fetch.archive.exchange import Exchange

__all__ = ["Archive", "Exchange"]
