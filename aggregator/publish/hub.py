"""Tells our WebSub hub which feeds have changed, once their files are in place (W3C WebSub, 6)."""

import asyncio
from urllib.parse import urlencode

from aggregator.fetch import Asks
from aggregator.model import Request
from aggregator.store import Store

BATCH_SIZE = 50


async def announce(store: Store, fetcher: Asks, hub: str) -> int:
    """Tell a hub of the feeds that have changed, and return how many. Raises FetchError.

    What a hub does not accept is told again later. The Recommendation leaves the request open; hubs take
    ``hub.mode=publish`` with ``hub.url`` (as PubSubHubbub had it) or ``hub.topic``, so both are sent.
    """
    count = 0
    while batch := await asyncio.to_thread(store.announcements, BATCH_SIZE):
        form = [("hub.mode", "publish")]
        for address, _ in batch:
            form += [("hub.url", address), ("hub.topic", address)]
        await fetcher.fetch(Request(hub, method="POST", body=urlencode(form)))
        await asyncio.to_thread(store.mark_announced, batch)
        count += len(batch)
    return count
