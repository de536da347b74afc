"""Entries made into articles, one by one, within the budget of pages; what fails is put off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import structlog

from aggregator.content.filter import refuse_entry
from aggregator.content.normalise import labels_of, own_address
from aggregator.decide import Read, owe
from aggregator.errors import FetchError, IncompleteError, ReadError
from aggregator.model import Article, Entry, Known, Owed, OwedReason, PollState
from aggregator.poll.page import complete
from aggregator.poll.tools import WebTools
from aggregator.settings import Source
from aggregator.sources.jobs import make_article

# After so many pages in a row that could not be fetched, the rest wait for the next poll.
PATIENCE = 3
GONE = (404, 410)
# The rules of a key that is no id of the entry's own.
BY_ADDRESS = ("canonical address", "link")

log = structlog.get_logger()

LookUp = Callable[[Sequence[str]], Awaitable[Mapping[str, Known]]]


class Reader:
    """Makes articles of a source's entries.

    ``reads`` and ``put_off`` are what became of them, ``state`` is the source's with what their servers asked
    for, ``known`` grows by what is known of the addresses that pages name, ``notes`` counts what was odd.
    ``look_up`` asks what is known of further keys, ``listed`` are those of the list.
    """

    def __init__(
        self,
        source: Source,
        state: PollState,
        known: Mapping[str, Known],
        owed: Mapping[str, Owed],
        tools: WebTools,
        look_up: LookUp,
        listed: frozenset[str],
    ) -> None:
        self.reads: list[Read] = []
        self.put_off: list[Owed] = []
        self.state = state
        self.known = dict(known)
        self.notes: Counter[str] = Counter()
        self._source = source
        self._owed = owed
        self._listed = listed
        self._tools = tools
        self._look_up = look_up
        self._clock = tools.clock
        self._start = tools.clock()
        self._pages = 0
        self._in_a_row = 0

    async def read(self, entry: Entry) -> None:
        """Make an article of an entry, or put it off."""
        try:
            refusal = refuse_entry(self._source, entry)
        except ReadError as exc:
            self._put_off(entry, exc.fault, str(exc))
            return
        if refusal:
            self._put_off(entry, "filtered", refusal)
            return
        held = self.known.get(entry.key)
        if held and held.complete and held.owner != self._source.name:
            # Another source of the namespace has it whole; here it only gets its category.
            self.reads.append(Read(entry, labels_of(entry, self._source), None))
            return
        if entry.content is None:
            if why := self._why_not_now():
                await self._miss_page(entry, "budget", why)
                return
            self._pages += 1
        try:
            whole = entry
            if entry.content is None:
                whole, robots = await complete(self._source, entry, self._tools)
                self.state = replace(self.state, robots=robots)
            article, refusal = await self._tools.workers.run(make_article, whole, self._source, self._start)
        except FetchError as exc:
            # A page that is gone says nothing of its host.
            self._in_a_row += exc.status not in GONE
            if exc.retry_after:
                self.state = replace(self.state, wait_until=self._clock() + exc.retry_after)
            await self._miss_page(entry, exc.fault, str(exc))
        except ReadError as exc:
            await self._miss_page(entry, exc.fault, str(exc))
        except IncompleteError as exc:
            self._put_off(entry, "incomplete", str(exc))
        except Exception as exc:
            log.exception("unforeseen", source=self._source.name, key=entry.key)
            self._put_off(entry, "failed", f"unforeseen: {type(exc).__name__}: {exc}")
        else:
            self._in_a_row = 0
            self.notes.update(whole.notes)
            if refusal:
                self._put_off(entry, "filtered", refusal)
            else:
                article, link = await self._joined(article, whole, held)
                self.reads.append(Read(entry, article.labels, article, whole, link))

    async def _joined(self, article: Article, whole: Entry, held: Known | None) -> tuple[Article, str]:
        """Give an article the key under which it is known, and its page's own address as an alias for it.

        An entry without an id of its own whose page names an address that is known is that article, seen
        under another address. Sites err here, so the two may differ in host and query alone, the title and
        day must be the same, and the address must not be that of another entry of the list: two articles
        are never made one.
        """
        link = whole.link
        key = held.article_key if held else article.key
        alike = urlsplit(link).path == urlsplit(own_address(whole, self._source)).path
        if not link or link == key or not alike or whole.rules.get("key") not in BY_ADDRESS:
            return replace(article, key=key), ""
        if link not in self.known:
            self.known |= await self._look_up([link])
        holder = self.known.get(link)
        twins = [
            read.article for read in self.reads if read.article and link in (read.link, read.article.key)
        ]
        same = [(one.title, one.published.date()) for one in twins]
        if holder and holder.article_key != key:
            same.append((holder.title, holder.published.date()))
        if link in self._listed or any(one != (article.title, article.published.date()) for one in same):
            return replace(article, key=key, address=own_address(whole, self._source)), ""
        if held or not same:
            return replace(article, key=key), link
        if holder:
            self.known.setdefault(holder.article_key, holder)
        return replace(article, key=holder.article_key if holder else twins[0].key), link

    async def _miss_page(self, entry: Entry, reason: OwedReason, message: str) -> None:
        """Put a page off; what the list itself says of the article is published until it comes."""
        held = self.known.get(entry.key)
        stands = False
        if article := await self._without_page(entry):
            # What we hold whole is not given away for a summary.
            kept = None if held and held.complete else article
            self.reads.append(Read(entry, article.labels, kept))
            stands = True
        self._put_off(entry, "full-text" if stands and reason != "budget" else reason, message)

    async def _without_page(self, entry: Entry) -> Article | None:
        """Make what a feed says of an article stand in for it, unless the user wants the whole or nothing.

        A feed's summary was written to be read alone; what a list says is a part of the list.
        """
        source = self._source
        if source.kind != "feed" or source.full_text != "auto" or not entry.summary:
            return None
        try:
            article, refusal = await self._tools.workers.run(make_article, entry, source, self._start)
        except (IncompleteError, ReadError):
            return None
        return None if refusal else article

    def _put_off(self, entry: Entry, reason: OwedReason, message: str) -> None:
        before = self._owed.get(entry.key)
        if debt := owe(entry, reason, message, before, self._source, self._clock()):
            self.put_off.append(debt)

    def _why_not_now(self) -> str:
        if self.state.wait_until:
            return "left for later: the server asked to wait"
        if self._in_a_row >= PATIENCE:
            return f"left for the next poll: {PATIENCE} pages in a row could not be fetched"
        if self._pages >= self._source.budget:
            return f"left for the next poll: budget = {self._source.budget}"
        return ""
