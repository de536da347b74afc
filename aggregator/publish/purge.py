"""Tells a content delivery network by a webhook which addresses changed, once that is done."""

import asyncio
from collections.abc import Iterable, Sequence

from aggregator.errors import TellError
from aggregator.fetch import Asks
from aggregator.model import Document
from aggregator.output import Destination, Noting
from aggregator.output.destination import Places
from aggregator.publish.alerts.senders import WebhookSender, sender_for
from aggregator.render import paths
from aggregator.render.message import Message
from aggregator.settings import Config, Site
from aggregator.store import Store

BATCH_SIZE = 100
"""Addresses in one message: most networks take as many in one request."""


class Noted(Places):
    """A destination of whose changes caches are told: each is noted before it is made, and told of after."""

    def __init__(self, destination: Destination, site: Site, store: Store) -> None:
        super().__init__([destination])
        self._site = site
        self._store = store

    def write(self, documents: Iterable[Document], noting: Noting | None = None) -> list[str]:
        """Put documents in place. Raises PublishError."""
        changed = super().write(documents, self._note)
        self._release(changed)
        return changed

    def remove(self, paths: Sequence[str]) -> None:
        """Remove documents. Raises PublishError."""
        self._note(paths)
        super().remove(paths)
        self._release(paths)

    def _note(self, documents: Sequence[str]) -> None:
        self._store.note_purges(self._addresses(documents))

    def _release(self, documents: Sequence[str]) -> None:
        self._store.release_purges(self._addresses(documents))

    def _addresses(self, documents: Sequence[str]) -> list[str]:
        own = [one.removeprefix("site/") for one in documents if one.startswith("site/")]
        return [paths.absolute(self._site, one) for one in own]


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
