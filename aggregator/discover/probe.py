"""What an address is, found out by itself: a feed, a page with feeds, a known system, a sitemap, a list."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from aggregator.content.body import find_body
from aggregator.discover.feeds import find_feeds, find_sitemaps, usual_feeds
from aggregator.discover.lists.infer import infer_lists
from aggregator.discover.titles import title_of
from aggregator.errors import AggregatorError, ReadError
from aggregator.model import Fetched, Listing, Request
from aggregator.poll import WebTools, make_web_tools
from aggregator.poll.list import first_request, open_page
from aggregator.settings import Config, Source
from aggregator.sources.families import expand_datastore, find_family
from aggregator.sources.jobs import read_list
from aggregator.sources.page import base_of, parse
from aggregator.text.addresses import canonical, resolve
from aggregator.text.html import attribute

# Below this a source is shown, but only written where the user says so.
SURE = 0.5
CHINA = "Asia/Shanghai"
# What is common in simplified Chinese and nowhere else.
HAN = re.compile("[这国发们时为来个说对关务业进动会]")

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A source that an address could be: its table, how it was found out, and how sure that is (0 to 1)."""

    table: Table
    source: Source
    how: str
    confidence: float
    listing: Listing
    title: str = ""
    """What the feed or the page calls itself."""

    @property
    def sure(self) -> bool:
        """Whether it may be written without being asked for."""
        return self.confidence >= SURE

    @property
    def explanation(self) -> str:
        """How it was found out and how sure that is, for people."""
        return f"{self.how} ({self.confidence:.0%} sure)"


async def discover(
    config: Config,
    make: Callable[[Table], Source],
    address: str,
    now: datetime,
    *,
    kind: str,
    select: str,
    say: Callable[[str], None],
) -> Found:
    """Find the first way in which an address is a source, as politely as any poll asks.

    ``make`` gives a table as the configuration would read it, ``kind`` allows only sources of that kind,
    ``select`` is a CSS selector of the list on the page, ``say`` is told each step. Raises FetchError, or
    ReadError saying what was seen instead.
    """
    async with make_web_tools(config, lambda: now) as tools:
        return await Discovery(tools, make, now, config.site.timezone, say).find(address, kind, select)


class Discovery:
    """The ways in which an address can be a source, in the order in which they are tried."""

    def __init__(
        self,
        tools: WebTools,
        make: Callable[[Table], Source],
        now: datetime,
        timezone: str,
        say: Callable[[str], None],
    ) -> None:
        self._tools = tools
        self._make = make
        self._now = now
        self._timezone = timezone
        self._say = say

    async def find(self, address: str, kind: str, select: str) -> Found:
        """Give the first sure way, else the first doubtful one. Raises FetchError or ReadError."""
        answer = await self._get(address)
        doubtful: Found | None = None
        async for found in self._ways(answer, "listing" if select and not kind else kind, select):
            if kind and found.source.kind != kind:
                continue
            found = replace(found, title=found.title or title_of(answer))
            if found.sure:
                return found
            doubtful = doubtful or found
        if doubtful:
            return doubtful
        raise ReadError(_nothing(answer, kind, select))

    async def _ways(self, answer: Fetched, kind: str, select: str) -> AsyncIterator[Found]:
        address = answer.address
        for one in ("feed", "sitemap"):
            if found := self._as_is(one, {"url": address}, answer, "the address is a {} itself", 1.0):
                yield found
                return
        if "/wp-json/wp/v2/" in address:
            table = {"preset": "wordpress", "url": address}
            if found := self._as_is("api", table, answer, "the address is WordPress's own interface", 1.0):
                yield found
        if answer.body.lstrip()[:1] in (b"{", b"["):
            return
        soup = parse(answer)
        base = base_of(soup, answer)
        if kind in ("", "feed"):
            async for found in self._feeds(soup, base, address):
                yield found
        if kind in ("", "jpaas", "api"):
            async for found in self._family(soup, base, answer):
                yield found
        if kind in ("", "sitemap"):
            async for found in self._sitemaps(address, everything=kind == "sitemap"):
                yield found
        if kind in ("", "listing"):
            lists = self._lists(answer, select)
            for other in lists[1:]:
                if other.sure and not select:
                    self._say(f"there is another list: {other.how}; --select takes it")
            for found in lists:
                yield found

    async def _feeds(self, soup: BeautifulSoup, base: str, address: str) -> AsyncIterator[Found]:
        links = _links(soup, base)
        named = [link.address for link in find_feeds(soup, base)]
        for feed in named[:3]:
            if found := await self._try("feed", {"url": feed}, f"the page names the feed {feed}", 0.9):
                yield replace(found, confidence=0.9 if _shared(found, links) or not links else 0.6)
        for feed in [one for one in usual_feeds(base) if one not in named]:
            found = await self._try("feed", {"url": feed}, f"there is a feed at a usual place: {feed}", 0.8)
            # Nobody says that it is this page's feed, but its articles do.
            if found and (_shared(found, links) or urlsplit(address).path in ("", "/")):
                yield found

    async def _family(self, soup: BeautifulSoup, base: str, answer: Fetched) -> AsyncIterator[Found]:
        family, address = find_family(soup, base), answer.address
        if family is None:
            return
        if family.name == "jcms":
            # Its rows stand in the page, wrapped up; a listing unwraps them.
            for one in self._lists(answer, ""):
                yield replace(one, how=f"the system jcms: {family.why}; {one.how}")
            return
        if family.name == "jpaas":
            preset = (
                {"preset": "samr"} if urlsplit(address).hostname == "www.samr.gov.cn" else {"kind": "jpaas"}
            )
            found = await self._try(
                "jpaas", {**preset, "url": address}, f"the system jpaas: {family.why}", 0.9
            )
        elif family.name == "wordpress":
            url = f"{family.api.rstrip('/')}/wp/v2/posts?per_page=20"
            table = {"preset": "wordpress", "url": url}
            found = await self._try("api", table, f"the system WordPress: {family.why}", 0.9)
        else:
            return
        if found:
            yield found

    async def _sitemaps(self, address: str, *, everything: bool) -> AsyncIterator[Found]:
        root = resolve(address, "/")
        try:
            robots = (await self._get(resolve(root, "/robots.txt"))).body.decode("utf-8", "replace")
        except AggregatorError:
            robots = ""
        for sitemap in find_sitemaps(robots, root)[:6]:
            found = await self._try("sitemap", {"url": sitemap}, f"the site has the sitemap {sitemap}", 0.7)
            # A news sitemap dates and titles its articles; any other one lists every page there is.
            if found and (everything or any(one.title and one.published for one in found.listing.entries)):
                yield found
                return

    def _lists(self, answer: Fetched, select: str) -> list[Found]:
        soup = parse(answer)
        expand_datastore(soup)
        base = base_of(soup, answer)
        found = []
        for inferred in infer_lists(soup, base, self._now, self._timezone, select=select):
            rules = {name: value for name, value in inferred.rules.model_dump().items() if value}
            table = {"url": answer.address, **self._zone(soup, answer.address), "list": rules}
            how = f"the page lists articles: {inferred.why}"
            if one := self._as_is("listing", table, answer, how, inferred.confidence):
                found.append(one)
        return found

    def _zone(self, soup: BeautifulSoup, address: str) -> Table:
        """Guess that a page in simplified Chinese means China's time, where the site's zone is another."""
        language = attribute(soup.html, "lang") if soup.html else ""
        host = urlsplit(address).hostname or ""
        chinese = (
            language.lower().startswith("zh") or host.endswith(".cn") or len(HAN.findall(soup.text)) > 200
        )
        return {"timezone": CHINA} if chinese and self._timezone != CHINA else {}

    async def _try(self, kind: str, table: Table, how: str, confidence: float) -> Found | None:
        """Fetch what a table would poll, and read it; None where that gives no entries."""
        self._say(f"trying {table['url']}")
        try:
            source = self._make(_whole(kind, table))
            page = await open_page(source, 1, first_request(source), self._tools, self._now)
        except AggregatorError:
            return None
        listing = page.listing
        if not listing.entries:
            return None
        return Found(_whole(kind, table), source, how, confidence, listing, title_of(page.answer))

    def _as_is(self, kind: str, table: Table, answer: Fetched, how: str, confidence: float) -> Found | None:
        """Read an answer that is there already; None where it is not of the kind."""
        try:
            source = self._make(_whole(kind, table))
            listing = read_list(source, answer, self._now)
        except AggregatorError:
            return None
        if not (listing.entries or listing.more):
            return None
        return Found(_whole(kind, table), source, how.format(kind), confidence, listing, title_of(answer))

    async def _get(self, address: str) -> Fetched:
        answer = await self._tools.fetcher.fetch(Request(address))
        if not isinstance(answer, Fetched):
            raise ReadError(f"said that nothing changed, though nothing was known of it ({address})")
        return answer


def _whole(kind: str, table: Table) -> Table:
    return table if "preset" in table else {"kind": kind, **table}


def _links(soup: BeautifulSoup, base: str) -> set[str]:
    return {canonical(resolve(base, attribute(link, "href"))) for link in soup.select("a[href]")}


def _shared(found: Found, links: set[str]) -> bool:
    """Tell whether a feed has articles to which the page links."""
    return any(canonical(entry.address) in links for entry in found.listing.entries)


def _nothing(answer: Fetched, kind: str, select: str) -> str:
    asked = f" of the kind {kind!r}" if kind else f" at {select!r}" if select else ""
    return f"no source{asked} was found at {answer.address}: {_advice(answer)}"


def _advice(answer: Fetched) -> str:
    """Say what is there instead, and what may help."""
    start = answer.body.lstrip()[:1]
    if not start:
        return "its answer is empty"
    if start in (b"{", b"["):
        return "it is JSON; an api source reads it (docs/sources.md, recipe 2)"
    soup = parse(answer)
    if len(soup.select("a[href]")) < 3 and soup.select("script"):
        return "the page is written by a script; [source.browser] renders it (docs/sources.md, recipe 10)"
    if find_body(str(soup), answer.address):
        return "it looks like an article; give the page that lists it, or the site's front page"
    return "no list of links stands out; --select CSS names it"
