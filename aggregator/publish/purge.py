"""Tells a content delivery network by a webhook which addresses changed, once that is done."""

import asyncio

from aggregator.errors import TellError
from aggregator.fetch import Asks
from aggregator.publish.alerts.senders import WebhookSender, sender_for
from aggregator.render.message import Message
from aggregator.settings import Config
from aggregator.store import Store

BATCH_SIZE = 100
"""Addresses in one message: most networks take as many in one request."""


async def purge(config: Config, store: Store, fetcher: Asks) -> int:
    """Tell ``[output] purge`` what caches have to forget, and return how many addresses.

    What it does not take is told again later. Raises TellError.
    """
    receiver = next((one for one in config.receivers if one.name == config.output.purge), None)
    if receiver is None:
        return 0
    sender = sender_for(receiver, config, fetcher)
    if not isinstance(sender, WebhookSender):
        raise TellError(f'[output] purge: receiver "{receiver.name}" is no webhook')
    count = 0
    while batch := await asyncio.to_thread(store.purges, BATCH_SIZE):
        told = [address for address, _ in batch]
        message = Message("", "", "", {"version": 1, "site": config.site.root, "purge": told})
        await sender.send(message, f"{receiver.name}-purge-{batch[0][1]}-{batch[-1][1]}")
        await asyncio.to_thread(store.mark_purged, batch)
        count += len(batch)
    return count
