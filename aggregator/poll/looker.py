"""One look at an article that is held: its page, and its attachments, within a budget."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

import structlog

from aggregator.content.normalise import article_address
from aggregator.content.sniffing import is_file
from aggregator.decide.changes import state_digest
from aggregator.decide.comparison import compare, make_again
from aggregator.decide.revisits import FAILED_WAIT, Glimpse, Stamp
from aggregator.decide.schedule import allowance, fresh_entry, leads_away, next_allowed, reading_of
from aggregator.errors import AggregatorError, FetchError, IncompleteError, ReadError, StoreError
from aggregator.fetch.gate import LOGIN_ADDRESS
from aggregator.model import (
    Article,
    Attachment,
    Entry,
    Fetched,
    FileState,
    FileText,
    NotModified,
    PollState,
    Provenance,
    Request,
    Urgency,
    Watched,
)
from aggregator.model.digest import hexdigest
from aggregator.poll.files import FileReader
from aggregator.poll.list import page_access
from aggregator.poll.page import read_pages
from aggregator.poll.tools import WebTools
from aggregator.settings import Source
from aggregator.sources.jobs import make_article
from aggregator.text.addresses import file_at

MAX_FILES = 10  # attachments of an article that are looked at
MAX_FAILED = 3  # pages in a row that could not be asked for; the rest wait
GONE = (404, 410)

Made = tuple[Article | None, tuple[FileText, ...], Provenance | None]
"""What was made of a page: the article, the texts of its files, and where it all came from."""
_NOTHING: Made = (None, (), None)


@dataclass(frozen=True, slots=True)
class _File:
    """What a look at an attachment gave."""

    article: Article
    file: FileState
    texts: tuple[FileText, ...] = ()
    """What is in it, where that was read anew."""
    swapped: bool = False


log = structlog.get_logger()


def host_of(address: str) -> str:
    """Return the host of an address; empty where it has none."""
    return urlsplit(address).hostname or ""


class Looker:
    """Looks at articles of one source, one after the other, as long as the budget lasts."""

    def __init__(
        self, source: Source, tools: WebTools, used: dict[tuple[str, str], int], now: datetime
    ) -> None:
        self.spent: Counter[tuple[str, str]] = Counter()
        """The requests that were made, by source and host."""
        self._source = source
        self._tools = tools
        self._files = FileReader(source, tools)
        self._used = used
        self._now = now
        self._reading = reading_of(source)
        self._failed_in_a_row = 0
        self._stopped = False
        self._wait: timedelta | None = None

    def asked_to_wait(self, state: PollState) -> PollState:
        """Give the state with the time until which a server asked us to wait."""
        return replace(state, wait_until=self._now + self._wait) if self._wait else state

    def not_before(self) -> datetime | None:
        """Say when further looks are allowed; None where that is as soon as they are due."""
        if self._failed_in_a_row >= MAX_FAILED:
            return self._now + FAILED_WAIT
        if not self._stopped:
            return None
        per_day = self._source.revisits_per_day
        counts = [self._used[name] + self.spent[name] for name in self._used]
        return max(next_allowed(per_day, count, self._now) for count in counts)

    async def look(self, watched: Watched) -> Glimpse | None:
        """Look at an article; None where the budget is used up."""
        if self._failed_in_a_row >= MAX_FAILED or self._wait:
            return None
        try:
            glimpse = await self._look(watched)
        except StoreError:
            raise
        except AggregatorError as exc:
            if isinstance(exc, FetchError):
                self._failed_in_a_row += 1
                self._wait = exc.retry_after
            glimpse = Glimpse(watched, "failed", str(exc))
        except Exception as exc:
            log.error("unforeseen", source=self._source.name, key=watched.article.key, exc_info=exc)
            glimpse = Glimpse(watched, "failed", f"unforeseen: {type(exc).__name__}: {exc}")
        else:
            if glimpse:
                self._failed_in_a_row = 0
        return glimpse

    async def _look(self, watched: Watched) -> Glimpse | None:
        held, revisit = watched.article, watched.revisit
        entry = revisit.entry or fresh_entry(held, self._source)
        address = (article_address(entry, self._source) if entry else "") or held.address
        if urlsplit(address).scheme not in ("http", "https"):
            return Glimpse(watched, "same")
        files = min(len(held.attachments), MAX_FILES) if held.complete else 0
        if not self._may_ask(address, 1 + files):
            return None
        glimpse = await self._look_at_page(watched, entry, address)
        if glimpse.kind in ("same", "state") and held.complete and not glimpse.doubt:
            glimpse = await self._look_at_files(glimpse)
        return glimpse

    async def _look_at_page(self, watched: Watched, entry: Entry | None, address: str) -> Glimpse:
        revisit = watched.revisit
        same_reading = revisit.fingerprint == self._reading
        # Some servers say for ever that nothing changed, so what is asked for seldom comes whole.
        known = same_reading and revisit.urgency != Urgency.OLD
        etag, last_modified = (revisit.etag, revisit.last_modified) if known else ("", "")
        try:
            answer = await self._ask(Request(address, etag, last_modified), page=True)
        except FetchError as exc:
            if exc.status in GONE and not LOGIN_ADDRESS.search(urlsplit(exc.address).path):
                return Glimpse(watched, "missing", str(exc))
            raise
        if isinstance(answer, NotModified):
            return Glimpse(watched, "same")
        etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
        stamp = Stamp(etag, modified, sha256(answer.body).hexdigest())
        final = answer.address if answer.address.partition("#")[0] != address.partition("#")[0] else ""
        if final and LOGIN_ADDRESS.search(urlsplit(final).path):
            return Glimpse(watched, "failed", f"led to a login: {final}")
        if final and leads_away(address, final):
            return Glimpse(watched, "missing", f"it leads to {final}", final=final)
        same = same_reading and stamp.body_digest == revisit.body_digest
        if same or is_file(answer.content_type, answer.body, answer.address):
            return Glimpse(watched, "same", final=final, stamp=stamp)
        return replace(await self._read(watched, entry, answer, same_reading), final=final, stamp=stamp)

    async def _read(
        self, watched: Watched, entry: Entry | None, answer: Fetched, same_reading: bool
    ) -> Glimpse:
        """Read a page that is not what it was, byte by byte."""
        held, workers = watched.article, self._tools.workers
        try:
            made, texts, provenance = await self._make_again(held, entry, answer) if entry else _NOTHING
        except (ReadError, IncompleteError) as exc:
            log.debug("cannot be read", source=self._source.name, key=held.key, why=str(exc))
            made, texts, provenance = _NOTHING
        seen = await workers.run(compare, held, made, answer, same_reading=same_reading)
        if seen.missing:
            return Glimpse(watched, "missing", seen.missing)
        if entry is None or not (seen.change or seen.ours or seen.doubt):
            return Glimpse(watched, "same")
        if seen.ours and made:
            same = replace(made, updated=held.updated)
            return Glimpse(watched, "same", article=same, ours=True, texts=texts)
        if not seen.change:
            return Glimpse(watched, "failed", seen.doubt, page=seen.page)
        return Glimpse(
            watched,
            "state",
            article=made,
            digest=seen.digest,
            doubt=seen.doubt,
            provenance=provenance,
            texts=texts,
            page=seen.page,
        )

    async def _make_again(self, held: Article, entry: Entry, answer: Fetched) -> Made:
        source, workers = self._source, self._tools.workers
        whole = await read_pages(source, entry, answer, self._tools)
        article, _ = await workers.run(make_article, whole, source, self._now)
        # What is read of a file for the first time is no change of its page.
        unread_before = {item.address for item in held.attachments if not item.text}
        unread = self._files.unread(whole, article)
        if unread := [item for item in unread if item.address not in unread_before]:
            whole = await self._files.add(whole, unread, held)
            article, _ = await workers.run(make_article, whole, source, self._now)
        made = make_again(article, held, whole, self._now, source.timezone)
        return made, tuple(whole.files.values()), Provenance(whole.receipts, whole.rules)

    async def _look_at_files(self, glimpse: Glimpse) -> Glimpse:
        """Look at the attachments of an article; another file at the same address is a change."""
        state = glimpse.article or glimpse.watched.article
        files: dict[str, FileState] = {}
        texts: list[FileText] = []
        swapped = False
        for attachment in state.attachments[:MAX_FILES]:
            file = file_at(attachment.address)
            before = glimpse.watched.files.get(file, FileState(file))
            found = await self._look_at_file(state, attachment, before)
            state, files[file] = found.article, found.file
            texts += found.texts
            swapped |= found.swapped
        known = tuple(one for one in files.values() if one.digest)
        glimpse = replace(glimpse, files=known, texts=(*glimpse.texts, *texts))
        if swapped or glimpse.kind == "state":
            return replace(glimpse, kind="state", article=state, digest=state_digest(state), ours=False)
        return replace(glimpse, article=state, ours=True) if texts else glimpse

    async def _look_at_file(self, article: Article, attachment: Attachment, before: FileState) -> _File:
        address = attachment.address
        unread = self._files.reads(attachment) and not (attachment.text or attachment.fault)
        answer = await self._ask_file(address, FileState(before.file) if unread else before)
        if answer is None:
            return _File(article, before)
        etag, modified = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
        after = FileState(before.file, etag, modified, hexdigest(answer.body))
        differs = bool(before.digest) and after.digest != before.digest
        renewed = await self._files.renew(article, address, answer) if differs or unread else None
        if renewed is None:
            return _File(article, after)
        article, text = renewed
        if differs:
            article = _with_digest(article, address, after.digest)
        return _File(article, after, (text,), differs)

    async def _ask_file(self, address: str, before: FileState) -> Fetched | None:
        """Ask for a file; None where it is what it was, cannot be had, or is beyond the budget."""
        source = self._source
        if urlsplit(address).scheme not in ("http", "https") or not self._may_ask(address):
            return None
        request = Request(address, before.etag, before.last_modified, largest=source.mirror_file_size)
        try:
            answer = await self._ask(request)
        except AggregatorError as exc:
            log.debug("cannot be looked at", source=source.name, address=address, why=str(exc))
            return None
        return None if isinstance(answer, NotModified) else answer

    def _may_ask(self, address: str, requests: int = 1) -> bool:
        per_day = self._source.revisits_per_day
        for name in (("source", self._source.name), ("host", host_of(address))):
            used = self._used.setdefault(name, 0) + self.spent[name]
            if allowance(per_day, used, self._now) < min(requests, per_day):
                self._stopped = True
                return False
        return True

    async def _ask(self, request: Request, *, page: bool = False) -> Fetched | NotModified:
        source = self._source
        self.spent[("source", source.name)] += 1
        self.spent[("host", host_of(request.address))] += 1
        return await self._tools.fetcher.fetch(request, page_access(source) if page else source.access)


def _with_digest(article: Article, address: str, digest: str) -> Article:
    files = (replace(one, digest=digest) if one.address == address else one for one in article.attachments)
    return replace(article, attachments=tuple(files))
