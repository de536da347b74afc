"""Probes of an address: it is a feed, a page with feeds, a known system, a site with a sitemap, or a list."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from aggregator.discover.advice import BROWSER, explain_nothing, needs_browser
from aggregator.discover.feeds import find_sitemaps, usual_feeds
from aggregator.discover.found import MIN_SURE, Found, Table
from aggregator.discover.page import list_page, view_page
from aggregator.discover.titles import title_of
from aggregator.errors import AggregatorError, FetchError, ReadError
from aggregator.model import Fetched, Request
from aggregator.poll import WebTools, web_tools
from aggregator.poll.list import first_request, open_page, open_whole
from aggregator.settings import Config, Source
from aggregator.sources.families import Family
from aggregator.sources.jobs import read_list
from aggregator.text.addresses import canonical, resolve
from aggregator.worker.pool import Pool

MAX_NAMED_FEEDS, MAX_SITEMAPS = 3, 6
"""Feeds that a page names, and sitemaps of a site, that are tried."""
MAX_LIKELIEST_FEEDS = 2
"""Usual places of feeds that are asked where the page has a sure list: feed/ below the page and the root."""
MAX_DOUBTED = 0.45
"""The most confidence in a list that is not the only one that may be meant."""
FRONT_PATH = re.compile(r"/?(?:(?:index|default|home)\.\w{2,5})?", re.IGNORECASE)
"""The path of a site's front page."""
CHINA = "Asia/Shanghai"

_List = tuple[Table, str, float]
"""A list of a page: its table, how it was found out, and how sure that is."""


async def discover(
    config: Config,
    make: Callable[[Table], Source],
    addresses: Sequence[str],
    now: datetime,
    *,
    kind: str,
    select: str,
    say: Callable[[str], None],
    workers: Pool | None = None,
) -> Found:
    """Find the first way in which an address is a source, as politely as a poll asks.

    Of ``addresses``, the first that answers counts. ``make`` reads a table as the configuration would,
    ``kind`` allows only sources of that kind, ``select`` is a CSS selector of the list on the page, ``say``
    is told each step. Raises FetchError, or ReadError with what was seen instead.
    """
    async with web_tools(config, lambda: now, workers) as tools:
        probe = _Probe(tools, make, now, config.site.timezone, say)
        answer = await probe.first(addresses)
        doubtful: Found | None = None
        async for found in probe.find(answer, "listing" if select and not kind else kind, select):
            if kind and found.source.kind != kind:
                continue
            found = await tools.workers.run(found.on_page, answer)
            if found.sure:
                return found
            doubtful = doubtful or found
        if doubtful:
            listed = doubtful.source.kind == "listing"
            built = listed and await tools.workers.run(needs_browser, answer)
            return replace(doubtful, advice=BROWSER if built else "")
        raise ReadError(await tools.workers.run(explain_nothing, answer, kind, select))


@dataclass(frozen=True, slots=True)
class _Probe:
    """The ways in which an address can be a source."""

    tools: WebTools
    make: Callable[[Table], Source]
    now: datetime
    timezone: str
    say: Callable[[str], None]

    async def get(self, address: str) -> Fetched:
        """Fetch an address. Raises FetchError or ReadError."""
        return await open_whole(Request(address), None, self.tools)

    async def first(self, addresses: Sequence[str]) -> Fetched:
        """Fetch the first address that answers. Raises FetchError or ReadError of the last one."""
        *others, last = addresses
        for address in others:
            with suppress(FetchError):
                return await self.get(address)
        return await self.get(last)

    async def find(self, answer: Fetched, kind: str, select: str) -> AsyncIterator[Found]:
        """Give the sources that an answer leads to, in the order in which they are tried."""
        address = answer.address
        for itself in ("feed", "sitemap"):
            how = f"the address is a {itself} itself"
            if found := await self._read({"kind": itself, "url": address}, answer, how, 1.0):
                yield found
                return
        if "/wp-json/wp/v2/" in address:
            table = {"preset": "wordpress", "url": address}
            if found := await self._read(table, answer, "the address is WordPress's own interface", 1.0):
                yield found
        if answer.body.lstrip()[:1] not in (b"{", b"["):
            async for found in self._on_page(answer, kind, select):
                yield found

    async def _on_page(self, answer: Fetched, kind: str, select: str) -> AsyncIterator[Found]:
        """Give what a page leads to; where a list on it is sure, only the likeliest places are asked."""
        page = await self.tools.workers.run(view_page, answer)
        base, links, named = page.base, page.links, page.feeds
        if kind in ("", "feed") and (found := await self._named_feed(named, links)):
            yield found
        if kind in ("", "jpaas", "api"):
            async for family in self._family(page.family, answer):
                yield family
        lists = await self._lists(answer, select) if kind in ("", "listing") else []
        settled = kind == "" and any(confidence >= MIN_SURE for _, _, confidence in lists)
        if kind in ("", "feed") and (found := await self._usual_feed(base, named, links, settled)):
            yield found
        if kind in ("", "sitemap") and (found := await self._sitemap(answer.address, kind, settled)):
            yield found
        if not select:
            self._tell_others(lists)
        if found := await self._first_list(lists, answer):
            yield found

    def _tell_others(self, lists: Sequence[_List]) -> None:
        for _, how, confidence in lists[1:]:
            if confidence >= MAX_DOUBTED:
                self.say(f"there is another list: {how}; --select takes it")

    async def _named_feed(self, named: Sequence[str], links: Set[str]) -> Found | None:
        tables = [{"kind": "feed", "url": feed} for feed in named[:MAX_NAMED_FEEDS]]
        found = await self._first_of(tables, "the page names the feed {}", 0.9, lambda found: True)
        sure = found is None or not links or _shares_articles(found, links)
        return found if sure or found is None else replace(found, confidence=0.6)

    async def _usual_feed(
        self, base: str, named: Sequence[str], links: Set[str], settled: bool
    ) -> Found | None:
        usual = [feed for feed in usual_feeds(base) if feed not in named]
        tables = [{"kind": "feed", "url": feed} for feed in usual[: MAX_LIKELIEST_FEEDS if settled else None]]
        # Nobody says that the feed is this page's, but its articles may show it.
        return await self._first_of(
            tables,
            "there is a feed at a usual place: {}",
            0.8,
            lambda found: _is_front(base) or _shares_articles(found, links),
        )

    async def _family(self, family: Family | None, answer: Fetched) -> AsyncIterator[Found]:
        if family is None:
            return
        if family.name in ("jcms", "trs"):
            # A listing unwraps the rows of jcms, and turns the pages of both.
            if found := await self._first_list(await self._lists(answer, ""), answer):
                how = f"the system {family.name}: {family.why}; {found.how}"
                table = {"preset": "official", **found.table}
                yield replace(found, how=how, table=table, source=self.make(table))
            return
        if family.name == "jpaas":
            samr = urlsplit(answer.address).hostname == "www.samr.gov.cn"
            table = {"preset": "samr"} if samr else {"preset": "official", "kind": "jpaas"}
            table["url"] = answer.address
            how = f"the system jpaas: {family.why}"
        elif family.name == "gkmlpt":
            table = {"preset": "gkmlpt", "url": family.api}
            how = f"the system gkmlpt: {family.why}"
        elif family.name == "gov-cn-library":
            table = {"preset": "gov-cn-library"}
            how = f"it is {family.why}"
        else:
            table = {"preset": "wordpress", "url": f"{family.api.rstrip('/')}/wp/v2/posts?per_page=20"}
            how = f"the system WordPress: {family.why}"
        if tried := await self._try(table, how, 0.9):
            yield tried

    async def _sitemap(self, address: str, kind: str, settled: bool) -> Found | None:
        if settled and not _is_front(address):
            return None
        root = resolve(address, "/")
        try:
            robots = (await self.get(resolve(root, "/robots.txt"))).body.decode("utf-8", "replace")
        except AggregatorError:
            robots = ""
        sitemaps = find_sitemaps(robots, root)
        if settled:
            sitemaps = [sitemap for sitemap in sitemaps if sitemap in robots and "news" in sitemap.lower()]
        tables = [{"kind": "sitemap", "url": sitemap} for sitemap in sitemaps[:MAX_SITEMAPS]]
        # A news sitemap dates and titles its articles; any other one lists every page of the site.
        return await self._first_of(
            tables,
            "the site has the sitemap {}",
            0.7,
            lambda found: (
                kind == "sitemap" or any(one.title and one.published for one in found.listing.entries)
            ),
        )

    async def _first_of(
        self, tables: Sequence[Table], how: str, confidence: float, accept: Callable[[Found], bool]
    ) -> Found | None:
        """Ask for all tables at once, as far as hosts' limits allow, and give the first that is accepted."""
        tasks = [
            asyncio.ensure_future(self._try(table, how.format(table["url"]), confidence)) for table in tables
        ]
        try:
            for table, task in zip(tables, tasks, strict=True):
                self.say(f"trying {table['url']}")
                found = await task
                if found and accept(found):
                    return found
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return None

    async def _lists(self, answer: Fetched, select: str) -> list[_List]:
        """Give the lists of a page, the likeliest first."""
        lists, chinese = await self.tools.workers.run(list_page, answer, self.now, self.timezone, select)
        # China's time is a guess for a page in simplified Chinese, where the site's own zone is another.
        zone = {"timezone": CHINA} if chinese and self.timezone != CHINA else {}
        found: list[_List] = []
        for inferred in lists:
            rules = {name: value for name, value in inferred.rules.model_dump().items() if value}
            table = {"kind": "listing", "url": answer.address, **zone, "list": rules}
            how = f"the page lists articles: {inferred.why}"
            confidence = inferred.confidence
            if inferred.doubtful:
                how, confidence = f"{how}; another of its lists may be meant", min(confidence, MAX_DOUBTED)
            found.append((table, how, confidence))
        return found

    async def _first_list(self, lists: Sequence[_List], answer: Fetched) -> Found | None:
        """Read the likeliest of a page's lists that can be read: a page may be large."""
        for table, how, confidence in lists:
            if found := await self._read(table, answer, how, confidence):
                return found
        return None

    async def _try(self, table: Table, how: str, confidence: float) -> Found | None:
        """Fetch what a table would poll, and read it; None where that gives no entries."""
        try:
            source = self.make(table)
            page = await open_page(source, 1, first_request(source), self.tools, self.now)
        except AggregatorError:
            return None
        if not page.listing.entries:
            return None
        return Found(table, source, how, confidence, page.listing, title_of(page.answer))

    async def _read(self, table: Table, answer: Fetched, how: str, confidence: float) -> Found | None:
        """Read an answer as a table would; None where it is not of the table's kind."""
        try:
            source = self.make(table)
            listing = await self.tools.workers.run(read_list, source, answer, self.now)
        except AggregatorError:
            return None
        if not (listing.entries or listing.more):
            return None
        return Found(table, source, how, confidence, listing, await self.tools.workers.run(title_of, answer))


def _is_front(address: str) -> bool:
    return bool(FRONT_PATH.fullmatch(urlsplit(address).path))


def _shares_articles(found: Found, links: Set[str]) -> bool:
    """Tell whether a page links to articles of a feed."""
    return any(canonical(entry.address) in links for entry in found.listing.entries)
