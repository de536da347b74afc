"""Searches by visitors: as a page, and as a feed that they may subscribe to."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aggregator.errors import StoreError
from aggregator.model import EVERYTHING, Category, KeptArticle
from aggregator.publish import Documents
from aggregator.render import paths
from aggregator.render.feeds import EPOCH, FORMS, read_feed
from aggregator.render.links import FORMS as NAMES
from aggregator.render.search_page import MAX_COUNT, Pieces, SearchPage
from aggregator.settings import Site
from aggregator.store import Search, Store
from aggregator.text.query import Query, QueryError, mark, parse_query, snippet
from aggregator.text.text import text_of

ON_PAGE = 20
IN_FEED = 50
LAST_PAGE = 50


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as it is written in an address."""

    query: str = ""
    category: str = ""
    since: str = ""
    until: str = ""
    order: Literal["newest", "best"] = "newest"
    page: int = 1

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> Self:
        """Read the parameters of an address; invalid ones are left out."""
        page = parameters.get("page", "")[:9]
        is_number = page.isascii() and page.isdecimal()
        return cls(
            query=parameters.get("q", "").strip(),
            category=parameters.get("category", "").strip(),
            since=_day(parameters.get("from", "")),
            until=_day(parameters.get("to", "")),
            order="best" if parameters.get("order") == "best" else "newest",
            page=min(max(int(page), 1), LAST_PAGE) if is_number else 1,
        )

    def parameters(self, page: int = 1) -> str:
        """Write the parameters of its address, in a fixed order and without defaults."""
        values = {
            "q": self.query,
            "category": self.category,
            "from": self.since,
            "to": self.until,
            "order": self.order if self.order != "newest" else "",
            "page": str(page) if page > 1 else "",
        }
        return urlencode({key: value for key, value in values.items() if value})


class Finder:
    """Answers searches from a store, with the theme of a site and only the published part of each text."""

    def __init__(self, site: Site, store: Store, documents: Documents) -> None:
        self._site = site
        self._store = store
        self._documents = documents

    def page(self, asked: SearchRequest) -> bytes:
        """Render the HTML page, which shows what is wrong with a query. Raises StoreError."""
        categories = tuple(
            Category(state.topic.name, state.topic.label)
            for state in self._store.topics()
            if state.topic.kind == "category" and state.articles and not state.leads_to
        )
        found = SearchPage(
            asked.query, asked.category, asked.since, asked.until, asked.order, categories=categories
        )
        named = {category.slug: category.label for category in categories}
        period = f"{asked.since} – {asked.until}".strip() if asked.since or asked.until else ""
        found = replace(found, filters=tuple(filter(None, (named.get(asked.category, ""), period))))
        if asked.query:
            found = self._fill(found, asked)
        return self._documents.search(found)

    def feed(self, asked: SearchRequest, form: str) -> bytes:
        """Render a feed of the newest articles that a query finds, whatever the order of its page.

        Raises QueryError, StoreError.
        """
        asked = replace(asked, order="newest", page=1)
        query = parse_query(asked.query, self._site.timezone)
        wanted = self._search(asked, query, limit=IN_FEED)
        articles = self._documents.descriptions.shown_all(self._store.search(wanted))
        address = f"{paths.absolute(self._site, paths.SEARCH)}/{paths.FEED_FILES[form]}?{asked.parameters()}"
        home = f"{paths.absolute(self._site, paths.SEARCH)}?{asked.parameters()}"
        urn = uuid.uuid5(paths.NAMESPACE, f"search\n{asked.parameters()}").urn
        # What finds nothing is dated by what was searched.
        last = [kept.article.updated for kept in self._store.latest(EVERYTHING, 1)]
        feed = read_feed(self._site, urn, asked.query, home, articles, changed=max(last, default=EPOCH))
        return FORMS[form](feed, address)

    def _fill(self, found: SearchPage, asked: SearchRequest) -> SearchPage:
        try:
            query = parse_query(asked.query, self._site.timezone)
            wanted = self._search(asked, query, limit=ON_PAGE + 1, offset=(asked.page - 1) * ON_PAGE)
            articles = self._documents.descriptions.shown_all(self._store.search(wanted))
            count = len(articles)
            if asked.page > 1 or count > ON_PAGE:
                count = self._store.count_found(wanted, MAX_COUNT + 1)
        except QueryError as exc:
            return replace(found, problem=f"search_{exc.fault}", limit=exc.limit, place=exc.place)
        except StoreError:
            return replace(found, problem="search_failed")
        results = tuple(_result(query, kept) for kept in articles[:ON_PAGE])
        more = len(articles) > ON_PAGE and asked.page < LAST_PAGE
        newest = replace(asked, order="newest").parameters()
        feeds = tuple((*NAMES[form], f"{paths.SEARCH}/{paths.FEED_FILES[form]}?{newest}") for form in FORMS)
        return replace(
            found,
            results=results,
            count=count,
            newer=f"?{asked.parameters(asked.page - 1)}" if asked.page > 1 else "",
            older=f"?{asked.parameters(asked.page + 1)}" if more else "",
            feeds=feeds,
        )

    def _search(self, asked: SearchRequest, query: Query, limit: int, offset: int = 0) -> Search:
        zone = ZoneInfo(self._site.timezone)
        since = datetime.fromisoformat(asked.since).replace(tzinfo=zone) if asked.since else None
        until = datetime.fromisoformat(asked.until).replace(tzinfo=zone) if asked.until else None
        return Search(
            query,
            asked.category,
            since,
            # The day in ``until`` is part of the period.
            until + timedelta(days=1) if until else None,
            asked.order,
            limit,
            offset,
            # Who tries words must not learn what is in texts that are not shown.
            self._documents.descriptions.public_part(),
        )


def _result(query: Query, kept: KeptArticle) -> tuple[KeptArticle, Pieces, Pieces]:
    title = mark(query, kept.article.title)
    found = mark(query, snippet(query, text_of(kept.article.content)))
    # Words beside a title that has all that was looked for say nothing.
    return kept, title, found if any(wanted for _, wanted in found) or len(title) == 1 else []


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if "1900" <= text[:4] <= "9000" else ""
    except ValueError:
        return ""
