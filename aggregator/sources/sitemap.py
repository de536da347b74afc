"""Sitemaps (https://www.sitemaps.org/protocol.html), news sitemaps and indexes: XML, text or gzip."""

import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from urllib.parse import urlsplit

from lxml import etree

from aggregator.content.metadata.value import Finding
from aggregator.errors import ReadError
from aggregator.model import Entry, Fetched, Listing, Request
from aggregator.settings import Source, Table
from aggregator.settings.values import Pattern
from aggregator.sources import options, page, paging, selectors
from aggregator.sources.describe import is_html, refuse
from aggregator.sources.provenance import rules_of, values_of
from aggregator.sources.templates import check_templates
from aggregator.text.addresses import canonical, resolve
from aggregator.text.charset import decode
from aggregator.text.text import fold
from aggregator.text.xml import mend_references

FIELDS = frozenset({"title", "link", "origin", "keywords", "language"})
"""Fields of a sitemap's entry that templates may name."""
MAX_SITEMAPS = 5
"""Sitemaps of an index that are read, the newest ones."""
MAX_ADDRESSES = 50_000
"""Addresses of one sitemap that are read; the protocol allows no more."""
MAX_ENTRIES = 500
"""Entries that count where the source sets no limit: a sitemap may list every page of twenty years."""
MAX_UNPACKED = 50 * 1024**2
"""Bytes of one sitemap, unpacked; the protocol allows no more."""

_ENTRY = re.compile(r"</(?:\w{1,20}:)?(?:url|sitemap)\s*>")
_END = re.compile(r"</(?:\w{1,20}:)?(?:urlset|sitemapindex)\s*>\s*(?:<!--.*)?\Z", re.DOTALL)


class Options(Table):
    """``[source.options]``: ``match`` is a regular expression on the addresses of articles."""

    match: Pattern = ""


@dataclass(frozen=True, slots=True)
class _Location:
    """One address of a sitemap, and what the sitemap says of it."""

    address: str
    lastmod: str = ""
    is_sitemap: bool = False
    news: Mapping[str, str] = field(default_factory=dict)
    """The elements of Google's news sitemaps by their names."""


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with what only a sitemap's table can have wrong; see :class:`aggregator.sources.Kind`."""
    if source.article.format == "json":
        yield "article.format", 'is for the kind "api": the articles of a sitemap are HTML pages'
    yield from selectors.check_page(source)
    yield from check_templates(source, FIELDS)
    yield from paging.check(source)
    yield from paging.unused(source, "next", "cursor")
    yield from options.check(source, Options)


ask = paging.ask  # The sitemaps of an index come by ``Listing.more``.
read_article = page.read_article


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a sitemap, newest first, or an index, whose newest sitemaps come as ``more``. Raises ReadError."""
    body, notes = _unpacked(fetched)
    fetched = replace(fetched, body=body)
    text = decode(body, fetched.content_type, html=False).lstrip()
    if text.startswith("<") and not is_html(fetched):
        if not _END.search(text[-4096:]):
            notes.append("the sitemap was cut off")
        locations = list(_read_xml(mend_references(text)))
    else:
        locations = list(_read_text(text))
    if not locations:
        raise _nothing(fetched, text)
    cut = bool(notes)
    sitemaps = [location for location in locations if location.is_sitemap]
    if len(sitemaps) > MAX_SITEMAPS:
        notes.append(f"{MAX_SITEMAPS} of {len(sitemaps)} sitemaps are read, the newest")
    addresses = dict.fromkeys(resolve(fetched.address, sitemap.address) for sitemap in _newest(sitemaps))
    more = [Request(address) for address in addresses if address][:MAX_SITEMAPS]
    entries = _entries(source, locations, fetched.address)
    return Listing(entries, more=tuple(more), notes=tuple(notes), cut=cut)


def _entries(source: Source, locations: Iterable[_Location], base: str) -> tuple[Entry, ...]:
    """Make the entries of the newest articles, each address once."""
    wanted = re.compile(options.read(source, Options).match)
    entries: dict[str, Entry] = {}
    for location in _newest(location for location in locations if not location.is_sitemap):
        address = resolve(base, location.address)
        if address and urlsplit(address).path.strip("/") and wanted.search(address):
            entries.setdefault(canonical(address), _entry(source, location, address))
    return tuple(entries.values())[: source.limit or MAX_ENTRIES]


def _entry(source: Source, location: _Location, address: str) -> Entry:
    news = location.news
    title, origin = news.get("title", ""), news.get("name", "")
    found = {
        "key": Finding(canonical(address), "canonical address"),
        "address": Finding(address, "loc"),
        "updated": Finding(location.lastmod, "lastmod"),
        "published": Finding(news.get("publication_date", ""), "news:publication_date"),
        "title": Finding(title, "news:title"),
        "origin": Finding(origin, "news:name"),
    }
    keywords = map(fold, re.split(r"[,，;；]", news.get("keywords", "")))
    return Entry(
        **values_of(found),
        content="" if source.full_text == "never" else None,
        base=address,
        fields={
            "title": title,
            "link": address,
            "origin": origin,
            "keywords": [word for word in keywords if word],
            "language": news.get("language", ""),
        },
        # Where there is no title, its page has it: a sitemap will not show it later.
        rules={"title": "its page", **rules_of(found)},
    )


def _newest(locations: Iterable[_Location]) -> list[_Location]:
    """Sort by date, the newest first and those without a date last; equal ones keep their order."""
    return sorted(locations, key=_moment, reverse=True)


def _moment(location: _Location) -> datetime:
    for text in (location.news.get("publication_date", ""), location.lastmod):
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC)


def _read_text(text: str) -> Iterator[_Location]:
    """Read a sitemap of plain text, one address a line; another line ends it."""
    for count, line in enumerate(filter(None, map(str.strip, text.splitlines()))):
        if count == MAX_ADDRESSES or not re.match(r"https?://\S+$", line):
            return
        yield _Location(line)


def _read_xml(text: str) -> Iterator[_Location]:
    """Read the locations of an XML sitemap, as far as broken markup allows."""
    # A half location at the end is left out.
    last = next(iter(deque(_ENTRY.finditer(text), maxlen=1)), None)
    stream = BytesIO(text[: last.end() if last else None].encode("utf-8", "replace"))
    # Anybody may have written the answer: entities, the network, DTDs and deep trees are off.
    events = etree.iterparse(
        stream,
        events=("end",),
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    count = 0
    try:
        for _, element in events:
            if _name(element) not in ("url", "sitemap"):
                continue
            location = _location(element)
            # Elements that were read are dropped, so that a large sitemap never stands in memory as a tree.
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
            if location.address:
                count += 1
                yield location
            if count == MAX_ADDRESSES:
                return
    except etree.XMLSyntaxError:
        return


def _location(element: etree._Element) -> _Location:
    own: dict[str, str] = {}
    news: dict[str, str] = {}
    for child in element:
        if _name(child) == "news":
            for part in child.iter():
                news.setdefault(_name(part), fold(part.text or ""))
        else:
            # The addresses of images and videos stand further down, and do not count.
            own.setdefault(_name(child), fold(child.text or ""))
    return _Location(own.get("loc", ""), own.get("lastmod", ""), _name(element) == "sitemap", news)


def _name(element: etree._Element) -> str:
    """Give an element's name without its namespace, also where its prefix was never declared."""
    name = str(element.tag).rpartition("}")[2]
    return name.rpartition(":")[2].lower()


def _unpacked(fetched: Fetched) -> tuple[bytes, list[str]]:
    """Unpack gzip (``sitemap.xml.gz``), and note a break in it. Raises ReadError where it is too large."""
    if not fetched.body.startswith(b"\x1f\x8b"):
        return fetched.body, []
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(fetched.body, MAX_UNPACKED + 1)
    except zlib.error as exc:
        raise ReadError(f"is broken gzip: {exc}", fault="wrong-type") from exc
    if len(body) > MAX_UNPACKED:
        raise ReadError(f"is larger than {MAX_UNPACKED} bytes unpacked", fault="too-large")
    return body, [] if unpacker.eof else ["the gzip of the sitemap was cut off"]


def _nothing(fetched: Fetched, text: str) -> ReadError:
    """Make the error for an answer without a single address."""
    if re.search(r"<(?:\w{1,20}:)?(?:urlset|sitemapindex)\b", text[:4096]) and not is_html(fetched):
        return ReadError("is a sitemap without addresses", fault="empty")
    return refuse(fetched, "a sitemap")
