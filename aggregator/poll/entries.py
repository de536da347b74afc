"""Entries made into articles, one by one, within the budget of pages; what fails is put off."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import structlog

from aggregator.content.filter import refuse_entry
from aggregator.content.normalise import labels_of, own_address, shared_at
from aggregator.decide.changes import same_text
from aggregator.decide.finding import Finding
from aggregator.decide.moves import is_alike, is_moved
from aggregator.decide.owed import owe
from aggregator.decide.visit import Visit
from aggregator.errors import FetchError, IncompleteError, ReadError
from aggregator.model import Article, Entry, Known, Owed, OwedReason, PollState
from aggregator.poll.files import FileReader
from aggregator.poll.page import complete
from aggregator.poll.tools import Records, WebTools
from aggregator.sources.first import Made
from aggregator.sources.jobs import MAX_BATCH, make_article, make_articles

MAX_FAILED_PAGES = 3  # pages in a row that could not be fetched; the rest wait for the next poll
GONE = (404, 410)
BY_ADDRESS = ("canonical address", "link")  # the rules of a key that is no id of the entry's own

log = structlog.get_logger()


def _is_same(one: Article, other: Article) -> bool:
    """Tell whether two articles are one by title, day and text."""
    same_day = one.published.date() == other.published.date()
    return one.title == other.title and same_day and same_text(one.content, other.content)


def _with_key(article: Article, key: str) -> Article:
    return article if article.key == key else replace(article, key=key)


class ArticleMaker:
    """Makes articles of a source's entries during one visit.

    ``listed`` are the keys of the list.
    """

    def __init__(
        self, visit: Visit, state: PollState, tools: WebTools, records: Records, listed: Collection[str]
    ) -> None:
        self.state = state
        """The source's state, with what its servers asked for."""
        self.known = dict(visit.known)
        """What is known, the addresses that pages name included."""
        self.before: dict[str, Article] = {}
        """The articles that are held, by key, where what was made differs from them."""
        self.notes: Counter[str] = Counter()
        """What was odd, and how often."""
        self._source = visit.source
        self._owed = visit.owed
        self._listed = listed
        self._tools = tools
        self._records = records
        self._files = FileReader(visit.source, tools)
        self._moves = visit.moves
        self._is_first = not visit.state.succeeded
        self._start = tools.clock()
        self._made: list[tuple[Article, str]] = []
        self._ready: dict[str, Made] = {}
        self._pages = 0
        self._failed_in_a_row = 0

    async def prepare(self, entries: Sequence[Entry], begun: Sequence[Made] = ()) -> None:
        """Make at once what needs no page; what cannot be made so is made when its turn comes.

        ``begun`` has what was made with the list.
        """
        read = {entry.key: entry for entry in entries}
        self._ready |= {one[0].key: one for one in begun if read.get(one[0].key) == one[0]}
        whole = [entry for entry in entries if entry.content is not None and entry.key not in self._ready]
        for start in range(0, len(whole), MAX_BATCH):
            some = whole[start : start + MAX_BATCH]
            try:
                made = await self._tools.workers.run(make_articles, some, self._source, self._start)
            except ReadError:
                continue  # one of them costs the worker
            self._ready |= {entry.key: (entry, *one) for entry, one in zip(some, made, strict=True) if one}

    async def make(self, entry: Entry) -> Finding:
        """Make an article of an entry, or put it off."""
        if refused := self.refuse(entry):
            return Finding(entry, debt=refused)
        held = self.known.get(entry.key)
        if held and held.complete and (finding := await self._as_held(entry, held)):
            return finding
        if entry.content is None:
            if why := self._why_not_now():
                return await self._miss_page(entry, "budget", why)
            self._pages += 1
            if held:
                entry = await self._records.with_heading(entry, held.article_key)
        try:
            whole, article, refusal = await self._read(entry, held)
        except Exception as exc:
            return await self._fail(entry, exc)
        self._failed_in_a_row = 0
        self.notes.update(whole.notes)
        if refusal:
            return self._put_off(entry, "filtered", refusal)
        article, link = await self._identify(entry.key, article, whole, held)
        known = self.known.get(article.key, held)
        if known and known.article_digest != article.digest:
            self.before |= await self._records.held([article.key])
        self._made.append((article, link))
        return Finding(entry, article.labels, article, whole, link)

    def refuse(self, entry: Entry) -> Owed | None:
        """Give the debt of an entry that a rule of the user's leaves out before its page is read."""
        try:
            refusal = refuse_entry(self._source, entry)
        except ReadError as exc:
            return self._put_off(entry, exc.fault, str(exc)).debt
        return self._put_off(entry, "filtered", refusal).debt if refusal else None

    async def _read(self, entry: Entry, held: Known | None) -> Made:
        """Give the entry with its page and files, the article made of it, and the rule that leaves it out."""
        ready = self._ready.pop(entry.key, None)
        if ready is None:
            ready = await self._read_page(entry)
        whole, article, refusal = ready
        # What is blocked stays so, whatever its files say.
        unread = [] if refusal.startswith("block") else self._files.unread(whole, article)
        if not unread:
            return ready
        before = (await self._records.held([held.article_key])).get(held.article_key) if held else None
        with_texts = await self._files.add(whole, unread, before)
        self._pages += len(with_texts.receipts) - len(whole.receipts)
        return with_texts, *await self._tools.workers.run(make_article, with_texts, self._source, self._start)

    async def _read_page(self, entry: Entry) -> Made:
        if entry.content is None:
            entry = await complete(self._source, entry, self._tools)
            self.state = replace(self.state, robots=entry.receipts[-1].robots)
        article, refusal = await self._tools.workers.run(make_article, entry, self._source, self._start)
        return entry, article, refusal

    async def _as_held(self, entry: Entry, held: Known) -> Finding | None:
        """Give what comes of an entry whose article is held whole; None where it is to be read."""
        if held.owner != self._source.name:
            # Another source of the namespace has it whole; here it only gets its category.
            return Finding(entry, labels_of(entry, self._source))
        return await self._move(entry, held) if entry.key in self._moves.known else None

    async def _fail(self, entry: Entry, error: Exception) -> Finding:
        """Put off an entry that cannot be read, by what went wrong."""
        match error:
            case FetchError():
                # A page that is gone says nothing of its host.
                self._failed_in_a_row += error.status not in GONE
                if error.retry_after:
                    self.state = replace(self.state, wait_until=self._tools.clock() + error.retry_after)
                return await self._miss_page(entry, error.fault, str(error))
            case ReadError():
                return await self._miss_page(entry, error.fault, str(error))
            case IncompleteError():
                return self._put_off(entry, "incomplete", str(error))
        log.error("unforeseen", source=self._source.name, key=entry.key, exc_info=error)
        return self._put_off(entry, "failed", f"unforeseen: {type(error).__name__}: {error}")

    async def _identify(
        self, entry_key: str, article: Article, whole: Entry, held: Known | None
    ) -> tuple[Article, str]:
        """Give an article the key under which it is known, and a further one, empty for none."""
        for one in await self._find_alike(article, entry_key):
            if is_moved(one, article, self._source, self._moves, entry_key):
                return _with_key(article, one.key), ""
        return await self._identify_by_page(article, whole, held)

    async def _identify_by_page(
        self, article: Article, whole: Entry, held: Known | None
    ) -> tuple[Article, str]:
        """Give an article the key under which it is known, and its page's own address as an alias for it.

        An entry without an id of its own whose page names an address that is known is that article, seen
        under another address. Sites err here, so the two may differ in host and query alone, title, day and
        text must be the same, and the address must not be that of another entry of the list: two articles
        are never made one.
        """
        link = whole.link
        key = held.article_key if held else article.key
        if not link or link == key or not self._may_be(link, whole):
            return _with_key(article, key), ""
        if link not in self.known:
            self.known |= await self._records.known([link])
        holder = self.known.get(link)
        twins = self._made_at(link)
        if holder and holder.article_key != key:
            twins += (await self._records.held([holder.article_key])).values()
        if link in self._listed or not all(_is_same(twin, article) for twin in twins):
            return replace(article, key=key, address=own_address(whole, self._source)), ""
        if held or not twins:
            return _with_key(article, key), link
        if holder:
            self.known.setdefault(holder.article_key, holder)
        return _with_key(article, holder.article_key if holder else twins[0].key), link

    def _made_at(self, link: str) -> list[Article]:
        return [made for made, other in self._made if link in (other, made.key)]

    def _may_be(self, link: str, whole: Entry) -> bool:
        """Tell whether an entry's page may name another address of the same article."""
        alike = urlsplit(link).path == urlsplit(own_address(whole, self._source)).path
        return alike and whole.rules.get("key") in BY_ADDRESS

    async def _move(self, entry: Entry, held: Known) -> Finding:
        """Give an article that has moved, as its list shows, its new address; its page is not asked for."""
        self.before |= await self._records.held([held.article_key])
        article = replace(
            self.before[held.article_key],
            address=own_address(entry, self._source),
            share_url=shared_at(entry, self._source),
        )
        self._made.append((article, ""))
        return Finding(entry, labels_of(entry, self._source), article)

    async def _find_alike(self, article: Article, entry_key: str) -> list[Article]:
        """Give the articles of its title, and of no other day, as which an article may be known already.

        Those that the list shows are others, unless this one is a debt that the list shows no more.
        """
        if self._is_first or entry_key in self.known:
            return []
        titled = self._moves.titled
        if article.title not in titled:
            titled = await self._records.titled([article.title])
        candidates = {one.article_key: one for one in titled.get(article.title, ())}
        made = {one.key: one for one, _ in self._made}
        if entry_key in self._listed:
            shown = {known.article_key for key, known in self.known.items() if key in self._listed}
            candidates = {key: one for key, one in candidates.items() if key not in shown | made.keys()}
            made = {}
        self.known |= candidates
        found = (*made.values(), *(await self._records.held(candidates)).values())
        return [one for one in found if is_alike(one, article, self._source)]

    async def _miss_page(self, entry: Entry, reason: OwedReason, message: str) -> Finding:
        """Put a page off; what the list itself says of the article is published until it comes."""
        article = await self._without_page(entry)
        if article is None or await self._find_alike(article, entry.key):
            return self._put_off(entry, reason, message)
        finding = self._put_off(entry, "budget" if reason == "budget" else "full-text", message)
        held = self.known.get(entry.key)
        if held and held.complete:
            # What we hold whole is not given away for a summary.
            return replace(finding, labels=article.labels)
        self._made.append((article, ""))
        return replace(finding, labels=article.labels, article=article)

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

    def _put_off(self, entry: Entry, reason: OwedReason, message: str) -> Finding:
        before = self._owed.get(entry.key)
        return Finding(entry, debt=owe(entry, reason, message, before, self._source, self._tools.clock()))

    def _why_not_now(self) -> str:
        if self.state.wait_until:
            return "left for later: the server asked to wait"
        if self._failed_in_a_row >= MAX_FAILED_PAGES:
            return f"left for the next poll: {MAX_FAILED_PAGES} pages in a row could not be fetched"
        if self._pages >= self._source.budget:
            return f"left for the next poll: budget = {self._source.budget}"
        return ""
