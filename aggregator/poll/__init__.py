"""One source: its list, the pages of its entries, what is new of them, one commit."""

from aggregator.poll.look import look
from aggregator.poll.read import Reader
from aggregator.poll.visit import poll

__all__ = ["Reader", "look", "poll"]
