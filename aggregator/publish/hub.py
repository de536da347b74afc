"""Telling our hub which feeds have changed, once their files are in place (W3C WebSub, 6)."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from aggregator.fetch import Fetcher
from aggregator.model import Request
from aggregator.store import Store

BATCH = 50


async def announce(store: Store, fetcher: Fetcher, hub: str) -> int:
    """Tell a hub what it has not been told; what it does not take stays to be told. Raises FetchError.

    How a hub is told is not in the Recommendation; hubs take ``hub.mode=publish`` with ``hub.url`` (as
    PubSubHubbub had it) or ``hub.topic``, so both are sent.
    """
    count = 0
    while batch := await asyncio.to_thread(store.announcements, BATCH):
        said = [("hub.mode", "publish")]
        for address, _ in batch:
            said += [("hub.url", address), ("hub.topic", address)]
        await fetcher.fetch(Request(hub, method="POST", body=urlencode(said)))
        await asyncio.to_thread(store.mark_announced, batch)
        count += len(batch)
    return count
