"""Searches that visitors ask for: as a page, and as a feed to which they may subscribe."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aggregator.errors import StoreError
from aggregator.model import Category
from aggregator.publish import Documents
from aggregator.render import paths
from aggregator.render.feeds import FORMS, read_feed
from aggregator.render.pages import FORMS as NAMES
from aggregator.render.search_page import SearchPage
from aggregator.settings import Site
from aggregator.store import Search, Store
from aggregator.text.query import Query, parse_query, snippet
from aggregator.text.text import text_of

ON_PAGE = 20
IN_FEED = 50
LAST_PAGE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor asks, as it stands in an address."""

    query: str = ""
    category: str = ""
    since: str = ""
    until: str = ""
    order: Literal["newest", "best"] = "newest"
    page: int = 1

    @classmethod
    def read(cls, said: Mapping[str, str]) -> Asked:
        """Read the parameters of an address; what makes no sense counts as not said."""
        page = said.get("page", "")[:9]
        return cls(
            query=said.get("q", "").strip(),
            category=said.get("category", "").strip(),
            since=_day(said.get("from", "")),
            until=_day(said.get("to", "")),
            order="best" if said.get("order") == "best" else "newest",
            page=min(int(page[:9]), LAST_PAGE)
            if page.isascii() and page.isdecimal() and int(page[:9])
            else 1,
        )

    def parameters(self, page: int = 1) -> str:
        """Write it as the parameters of an address, always the same for the same."""
        said = {
            "q": self.query,
            "category": self.category,
            "from": self.since,
            "to": self.until,
            "order": self.order if self.order != "newest" else "",
            "page": str(page) if page > 1 else "",
        }
        return urlencode({key: value for key, value in said.items() if value})


class Finder:
    """Answers searches from a store, in the look of a site, with no more of a text than is published."""

    def __init__(self, site: Site, store: Store, documents: Documents) -> None:
        self._site = site
        self._store = store
        self._documents = documents

    def page(self, asked: Asked) -> bytes:
        """Answer with an HTML page; it says what is wrong with a query. Raises StoreError."""
        categories = tuple(
            Category(state.topic.name, state.topic.label)
            for state in self._store.topics()
            if state.topic.kind == "category" and state.articles
        )
        found = SearchPage(
            asked.query, asked.category, asked.since, asked.until, asked.order, categories=categories
        )
        if asked.query:
            found = self._fill(found, asked)
        return self._documents.search(found)

    def feed(self, asked: Asked, form: str) -> bytes:
        """Answer with a feed of the newest that a query finds. Raises ValueError, StoreError.

        In whatever order its page is shown: whoever subscribes waits for what is new.
        """
        asked = replace(asked, order="newest", page=1)
        query = parse_query(asked.query)
        wanted = self._search(asked, query, limit=IN_FEED)
        articles = self._documents.shown_all(self._store.search(wanted))
        address = f"{paths.absolute(self._site, paths.SEARCH)}/{paths.FEED_FILES[form]}?{asked.parameters()}"
        home = f"{paths.absolute(self._site, paths.SEARCH)}?{asked.parameters()}"
        urn = uuid.uuid5(paths.NAMESPACE, f"search\n{asked.parameters()}").urn
        return FORMS[form](read_feed(self._site, urn, asked.query, home, articles), address)

    def _fill(self, found: SearchPage, asked: Asked) -> SearchPage:
        try:
            query = parse_query(asked.query)
            wanted = self._search(asked, query, limit=ON_PAGE + 1, offset=(asked.page - 1) * ON_PAGE)
            articles = self._documents.shown_all(self._store.search(wanted))
        except (ValueError, StoreError) as exc:
            return replace(found, problem=str(exc))
        results = tuple((kept, snippet(query, text_of(kept.article.content))) for kept in articles[:ON_PAGE])
        more = len(articles) > ON_PAGE and asked.page < LAST_PAGE
        said = replace(asked, order="newest").parameters()
        feeds = tuple((*NAMES[form], f"{paths.SEARCH}/{paths.FEED_FILES[form]}?{said}") for form in FORMS)
        return replace(
            found,
            results=results,
            newer=f"?{asked.parameters(asked.page - 1)}" if asked.page > 1 else "",
            older=f"?{asked.parameters(asked.page + 1)}" if more else "",
            feeds=feeds,
        )

    def _search(self, asked: Asked, query: Query, limit: int, offset: int = 0) -> Search:
        zone = ZoneInfo(self._site.timezone)
        since = datetime.fromisoformat(asked.since).replace(tzinfo=zone) if asked.since else None
        until = datetime.fromisoformat(asked.until).replace(tzinfo=zone) if asked.until else None
        return Search(
            query,
            asked.category,
            since,
            # The last day is among those asked for.
            until + timedelta(days=1) if until else None,
            asked.order,
            limit,
            offset,
        )


def _day(said: str) -> str:
    try:
        return date.fromisoformat(said).isoformat() if "1900" <= said[:4] <= "9000" else ""
    except ValueError:
        return ""
