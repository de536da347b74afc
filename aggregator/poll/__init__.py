"""One source: its list, the pages of its entries, what is new of them, one commit."""

from aggregator.poll.again import look_again
from aggregator.poll.entries import ArticleMaker
from aggregator.poll.leases import Lease, Leases
from aggregator.poll.list import look
from aggregator.poll.tools import (
    Records,
    Tools,
    WebTools,
    session_records,
    shared_hosts,
    web_tools,
)
from aggregator.poll.visit import poll
