"""Archived answers in place of the network: what a source's servers said once, asked again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.errors import FetchError
from aggregator.fetch.addresses import follow, read_address
from aggregator.fetch.archive import Archive
from aggregator.fetch.archive.index import Capture
from aggregator.fetch.exchange import REDIRECTS
from aggregator.fetch.fetcher import MAX_REDIRECTS
from aggregator.model import Fetched, KeptSession, Receipt, Request
from aggregator.settings import Access

SUCCESS = 200


class Replay:
    """Answers requests from the archive of a source, in the place of a fetcher.

    ``names`` are the source's names, the present one first; ``receipts`` say by the address that was asked
    which answer an article was made of. Any other address has its last success.
    """

    def __init__(self, archive: Archive, names: Sequence[str], receipts: Mapping[str, Receipt]) -> None:
        self._archive = archive
        self._names = names
        self._receipts = receipts

    async def fetch(self, request: Request, access: Access | None = None) -> Fetched:
        """Give the archived answer to a request. Raises FetchError where there is none."""
        if receipt := self._receipts.get(request.address):
            found = (self._read(name, capture) for name, capture in self._of_digest(receipt.digest))
            if answer := next(filter(None, found), None):
                answer = replace(answer, address=receipt.address, taken=receipt.time)
                return replace(answer, robots=receipt.robots)
        return self._last_success(request.address)

    def confirms(self, now: datetime) -> bool | None:
        """Say nothing of the time: nobody was asked."""
        return None

    def session_change(self, access: Access) -> None:
        """Keep no session: nobody was asked."""

    def note_kept(self, session: KeptSession) -> None:
        """Take note of nothing."""

    async def aclose(self) -> None:
        """Close nothing."""

    def time_of(self, address: str, usual: datetime) -> datetime:
        """Give the time of the answer of an address, as far as an article was made of it."""
        receipt = self._receipts.get(address)
        return receipt.time if receipt else usual

    def answers(self, addresses: Iterable[str], digests: Iterable[str]) -> Iterator[Fetched]:
        """Yield every different success of some addresses, and bodies by their hashes, the oldest first.

        Raises ArchiveError.
        """
        found = [item for digest in digests for item in self._of_digest(digest)]
        for address in addresses:
            found += self._of_address(str(read_address(address)))
        whole = {one.digest: (name, one) for name, one in found if one.status == SUCCESS}
        for name, capture in sorted(whole.values(), key=lambda item: item[1].time):
            if answer := self._read(name, capture):
                yield answer

    def _of_digest(self, digest: str) -> Iterator[tuple[str, Capture]]:
        for name in self._names:
            yield from ((name, one) for one in self._archive.find(name, digest=digest))

    def _of_address(self, address: str) -> list[tuple[str, Capture]]:
        return [(name, one) for name in self._names for one in self._archive.find(name, address=address)]

    def _last_success(self, address: str) -> Fetched:
        url = read_address(address)
        for _ in range(MAX_REDIRECTS + 1):
            useful = [item for item in self._of_address(str(url)) if item[1].status in (SUCCESS, *REDIRECTS)]
            answer = next(filter(None, (self._read(name, one) for name, one in useful)), None)
            if answer is None:
                break
            if answer.status == SUCCESS:
                return answer
            url = follow(url, answer.headers.get("location", "").encode("latin-1"))
        raise FetchError(str(url), "is not in the archive", status=404)

    def _read(self, name: str, capture: Capture) -> Fetched | None:
        payload = self._archive.payload(name, capture)
        if payload is None:
            return None
        record = self._archive.read(name, capture)
        body = record.body if payload is capture else self._archive.read(name, payload).body
        headers = {key.lower(): value for key, value in record.head}
        status = SUCCESS if record.status == 304 else record.status
        return Fetched(capture.address, status, headers, body, taken=capture.time)
