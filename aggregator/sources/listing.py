"""Listings: HTML that lists articles, a page of its own or inside of JSON, read by CSS selectors."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from aggregator.content.metadata.value import Finding
from aggregator.content.pager import next_of_list
from aggregator.errors import ReadError
from aggregator.model import Attachment, Entry, Fetched, Listing, Request, Unreadable
from aggregator.model.digest import hexdigest
from aggregator.settings import ListRules, Source
from aggregator.sources import json_answer, options, page, paging, selectors
from aggregator.sources.describe import describe, page_title
from aggregator.sources.families import expand_datastore
from aggregator.sources.provenance import rules_of, values_of
from aggregator.sources.scripted import next_page
from aggregator.sources.templates import check_templates
from aggregator.text.addresses import canonical, resolve
from aggregator.text.html import attribute, parse_html
from aggregator.text.text import fold

BY_ADDRESS = "canonical address"
OWN_TEXT = ":scope"
"""The selector of an own text, outside of elements: a date's in the entry, a title's in its link."""
BARE_ROW = (
    "li:has(a[href]):not(:has(li)), tr:has(a[href]):not(:has(tr)), "
    ":is(div, p):has(a[href]):not(:has(li, tr, div, p), li *, tr *)"
)
"""The selector of a row with a link where nothing is known of what is around it."""
FIRST_LINK = 'a[href]:not([href^="javascript:" i], [href^="mailto:" i], [href^="tel:" i])'
FIELDS = frozenset({"title", "link", "id", "author", "date"})
"""Fields of a listing's entry that templates may name."""


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with what only a listing's table can have wrong; see :class:`aggregator.sources.Kind`."""
    if not source.list.entry:
        yield "list.entry", 'is missing: the CSS selector of one entry, such as "ul.news > li"'
    if source.list.html and (fault := json_answer.check_path(source.list.html)):
        yield "list.html", fault
    if source.article.format == "json":
        yield "article.format", 'is for the kind "api": the articles of a listing are HTML pages'
    yield from selectors.check("list", source.list, *selectors.LIST)
    yield from selectors.check("paging", source.paging, "next")
    yield from selectors.check_page(source)
    yield from check_templates(source, FIELDS)
    yield from paging.check(source)
    yield from paging.unused(source, "cursor")
    yield from options.check_none(source)


def ask(source: Source, number: int, before: Fetched | None) -> Request | None:
    """Count ``{page}``, or follow the link of ``paging.next``, else a link that says "next"."""
    if before is None or paging.counts(source):
        return paging.ask(source, number, before)
    soup, base = _markup(source, before)
    if not source.paging.next:
        further = next_of_list(soup, base) or next_page(soup, base)
        return paging.follow(source, number, further, before.address)
    hrefs = (attribute(element, "href") for element in soup.select(source.paging.next))
    href = next((href for href in hrefs if resolve(base, href)), "")
    return paging.follow(source, number, resolve(base, href), before.address)


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a list page. Raises ReadError where no entry matches."""
    soup, base = _markup(source, fetched)
    rows = expand_datastore(soup)
    listing = read_rows(source, rows, base)
    if not listing.entries and rows is not soup:
        # The rows in an answer of dataproxy.jsp stand outside of what is around them on the page.
        bare = source.model_copy(update={"list": source.list.model_copy(update={"entry": BARE_ROW})})
        listing = read_rows(bare, rows, base)
    if not (listing.entries or listing.unreadable):
        what = f"list.entry {source.list.entry!r} matches nothing"
        raise ReadError(f"{what} {_where(source, fetched, rows)}", fault="empty")
    return listing


read_article = page.read_article


def read_rows(source: Source, soup: Tag, base: str) -> Listing:
    """Read the entries that ``[source.list]`` finds in HTML, each key once."""
    entries: list[Entry] = []
    unreadable: dict[str, Unreadable] = {}
    for element in soup.select(source.list.entry):
        entry = read_entry(source.list, element, base, source.full_text)
        if entry:
            entries.append(entry)
        elif text := page.element_text(element):
            key = hexdigest(text, 8)
            unreadable[key] = Unreadable(key, f"has no link: {text[:60]!r}")
    own = (canonical(base), canonical(source.url))
    return Listing(_told_apart(entries, own), tuple(unreadable.values()))


def _told_apart(entries: Sequence[Entry], own: Collection[str]) -> tuple[Entry, ...]:
    """Keep one entry a key; rows that share an address are told apart by its fragment, else by title and day.

    ``own`` are the forms of the list's own address: a row that leads there has no page of its own.
    """
    rows: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        rows[entry.key].append(entry)
    kept: dict[str, Entry] = {}
    for entry in entries:
        if entry.rules.get("key") == BY_ADDRESS:
            special = _special_key(entry)
            if entry.key in own or (entry.title and _are_several(rows[entry.key])):
                rules = {**entry.rules, "key": f"{BY_ADDRESS}, with what tells it from others there"}
                entry = replace(entry, key=special, also=entry.key, shared=True, rules=rules)
            else:
                # Of an article that is shown twice, the row that says most counts.
                entry = max(rows[entry.key], key=lambda row: (bool(row.title), bool(row.published)))
                entry = replace(entry, also=_special_key(entry))
        kept.setdefault(entry.key, entry)
    return tuple(kept.values())


def _special_key(entry: Entry) -> str:
    fragment = urlsplit(entry.address).fragment
    return f"{entry.key}#{fragment or hexdigest(f'{entry.title} {entry.published}', 8)}"


def _are_several(rows: Sequence[Entry]) -> bool:
    """Tell whether rows that share an address are several articles rather than one that is shown twice.

    Several have titles of which none is another one shortened, and a day each, a fragment each, or are many:
    a box of top stories shows an article a second time, with other words and without a day.
    """
    titles = sorted({row.title.rstrip("… .") for row in rows if row.title}, key=len)
    different = [title for title in titles if not title.startswith(titles[0])]
    fragments = {urlsplit(row.address).fragment for row in rows}
    dated = all(row.published for row in rows)
    return bool(different) and (dated or len(fragments) == len(rows) or len(different) > 1)


def _markup(source: Source, fetched: Fetched) -> tuple[BeautifulSoup, str]:
    """Give the HTML of an answer, and the address that relative ones in it count from."""
    if not source.list.html:
        soup = page.parse(fetched)
        return soup, page.base_of(soup, fetched)
    markup = json_answer.search(source.list.html, json_answer.parse(fetched))
    if not isinstance(markup, str):
        raise ReadError(f"list.html {source.list.html!r} is not text in the answer", fault="wrong-type")
    return parse_html(markup), fetched.address


def _where(source: Source, fetched: Fetched, soup: BeautifulSoup) -> str:
    """Say for an error where entries were looked for."""
    links = f"{len(soup.select('a[href]'))} links"
    if source.list.html:
        return f"in the HTML of list.html ({links})"
    title = page_title(fetched)
    where = f"on the page {title!r}" if title else f"on the page: it is {describe(fetched)}"
    return f"{where} ({links})"


def read_entry(rules: ListRules, element: Tag, base: str, full_text: str = "auto") -> Entry | None:
    """Read one entry of a list page; None where it has neither a link nor an id."""
    link = find_link(rules.link, element)
    address = resolve(base, attribute(link, "href")) if link else ""
    own_id = page.select_text(element, rules.id)
    if not address and not own_id:
        return None
    title = _title(rules, element, link)
    published = select_date(rules.date, element)
    author = page.select_text(element, rules.author)
    key = own_id or canonical(address)
    body = element.select_one(rules.body) if rules.body and full_text != "always" else None
    content = body.decode_contents() if body else ""
    found = {
        "key": Finding(key, f"list.id {rules.id!r}" if own_id else BY_ADDRESS),
        "title": title,
        "address": Finding(address, f"list.link {rules.link!r}" if rules.link else "first link of the entry"),
        "published": Finding(published, f"list.date {rules.date!r}"),
        "author": Finding(author, f"list.author {rules.author!r}"),
        "summary": Finding(page.select_text(element, rules.summary), f"list.summary {rules.summary!r}"),
        "content": Finding(content.strip() and content, f"list.body {rules.body!r}"),
    }
    return Entry(
        **{"content": content if full_text == "never" else None, **values_of(found)},
        base=base,
        attachments=_attachments(element, rules.attachments, base),
        fields={"title": title.value, "link": address, "id": key, "author": author, "date": published},
        rules=rules_of(found),
    )


def _title(rules: ListRules, element: Tag, link: Tag | None) -> Finding:
    if rules.title == OWN_TEXT:
        return Finding(page.own_text(link or element), "the link's own text")
    if rules.title:
        return Finding(page.select_text(element, rules.title), f"list.title {rules.title!r}")
    text = page.select_text(element, rules.link) if rules.link else page.element_text(link or element)
    return Finding(text, "the link's text")


def _attachments(element: Tag, selector: str, base: str) -> tuple[Attachment, ...]:
    links = element.select(selector) if selector else []
    found = (Attachment(resolve(base, attribute(link, "href")), page.element_text(link)) for link in links)
    return tuple(item for item in found if item.address)


def find_link(selector: str, element: Tag) -> Tag | None:
    """Find the link of an entry: the selected one, else the entry itself or the first link in it."""
    if selector:
        return element.select_one(selector)
    return element if element.name == "a" and element.get("href") else element.select_one(FIRST_LINK)


def select_date(selector: str, element: Tag) -> str:
    """Read the date of an entry as its source writes it."""
    if selector == OWN_TEXT:
        return fold(" ".join(element.find_all(string=True, recursive=False)))
    return page.select_text(element, selector, numbers=True)
