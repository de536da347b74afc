"""Sitemaps (https://www.sitemaps.org/protocol.html), news sitemaps and indexes; XML, text or packed."""

from __future__ import annotations

import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from urllib.parse import urlsplit

from lxml import etree

from aggregator.errors import ReadError
from aggregator.model import Entry, Fetched, Listing, Request
from aggregator.settings import Source, Table
from aggregator.settings.values import Pattern
from aggregator.sources import options, page, paging, selectors
from aggregator.sources.describe import is_html, refuse
from aggregator.sources.templates import check_templates
from aggregator.text.addresses import canonical, resolve
from aggregator.text.charset import decode
from aggregator.text.text import fold

FIELDS = frozenset({"title", "link", "origin", "keywords", "language"})
PARTS = 5
"""Sitemaps of an index that are read, the newest."""
MOST = 50_000
# Entries that count where the source sets no limit: a sitemap may list every page of twenty years.
NEWEST = 500
"""Addresses of one sitemap that are read; the protocol allows no more."""
UNPACKED = 50 * 1024**2
"""Bytes of one sitemap, unpacked; the protocol allows no more."""

_ENTRY = re.compile(r"</(?:\w{1,20}:)?(?:url|sitemap)\s*>")
_END = re.compile(r"</(?:\w{1,20}:)?(?:urlset|sitemapindex)\s*>\s*(?:<!--.*)?\Z", re.DOTALL)


class Options(Table):
    """``[source.options]``: ``match`` is a regular expression on the addresses of articles."""

    match: Pattern = ""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a sitemap says of one address; the names of ``news`` are those of Google's news sitemaps."""

    address: str
    lastmod: str
    sitemap: bool
    news: dict[str, str]


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with what only a sitemap's table can have wrong; see :class:`aggregator.sources.Kind`."""
    if source.article.format == "json":
        yield "article.format", 'is for the kind "api": the articles of a sitemap are HTML pages'
    yield from selectors.check_page(source)
    yield from check_templates(source, FIELDS)
    yield from paging.check(source)
    yield from paging.unused(source, "next", "cursor")
    yield from options.check(source, Options)


def ask(source: Source, number: int, before: Fetched | None) -> Request | None:
    """Ask for the sitemap; the others of an index come by ``Listing.more``."""
    return paging.ask(source, number, before)


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a sitemap, newest first, or an index, whose newest sitemaps come as ``more``. Raises ReadError."""
    body, notes = _unpacked(fetched)
    fetched = replace(fetched, body=body)
    text = decode(body, fetched.content_type, html=False).lstrip()
    if text.startswith("<") and not is_html(fetched):
        if not _END.search(text[-4096:]):
            notes = (*notes, "the sitemap was cut off")
        said = list(_read_xml(text))
    else:
        said = list(_read_text(text))
    if not said:
        raise _nothing(fetched, text)
    sitemaps = [item for item in said if item.sitemap]
    if len(sitemaps) > PARTS:
        notes = (*notes, f"{PARTS} of {len(sitemaps)} sitemaps are read, the newest")
    addresses = (resolve(fetched.address, item.address) for item in _newest(sitemaps))
    more = [address for address in dict.fromkeys(addresses) if address][:PARTS]
    return Listing(
        _entries(source, said, fetched.address),
        more=tuple(Request(address) for address in more),
        notes=notes,
        cut=any("cut off" in note for note in notes),
    )


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Take title, text and the rest from the entry's page. Raises ReadError where it has none."""
    return page.read_article(source, entry, fetched)


def _entries(source: Source, said: Iterable[_Said], base: str) -> tuple[Entry, ...]:
    wanted = re.compile(options.read(source, Options).match)
    entries: dict[str, Entry] = {}
    for item in _newest(item for item in said if not item.sitemap):
        address = resolve(base, item.address)
        if address and urlsplit(address).path.strip("/") and wanted.search(address):
            entries.setdefault(canonical(address), _entry(source, item, address))
    return tuple(entries.values())[: source.limit or NEWEST]


def _entry(source: Source, item: _Said, address: str) -> Entry:
    news = item.news
    rules = {
        "key": "canonical address",
        "address": "loc",
        "updated": "lastmod" if item.lastmod else "",
        "published": "news:publication_date" if news.get("publication_date") else "",
        # Where there is no title, its page has it: a sitemap will not show it later.
        "title": "news:title" if news.get("title") else "its page",
        "origin": "news:name" if news.get("name") else "",
    }
    keywords = [word for part in re.split(r"[,，;；]", news.get("keywords", "")) if (word := fold(part))]
    return Entry(
        key=canonical(address),
        title=news.get("title", ""),
        address=address,
        published=news.get("publication_date", ""),
        updated=item.lastmod,
        origin=news.get("name", ""),
        content="" if source.full_text == "never" else None,
        base=address,
        fields={
            "title": news.get("title", ""),
            "link": address,
            "origin": news.get("name", ""),
            "keywords": keywords,
            "language": news.get("language", ""),
        },
        rules={name: rule for name, rule in rules.items() if rule},
    )


def _newest(said: Iterable[_Said]) -> list[_Said]:
    """Sort by date, what has none last; what is equally old stays in its order."""
    return sorted(said, key=_moment, reverse=True)


def _moment(item: _Said) -> datetime:
    for text in (item.news.get("publication_date", ""), item.lastmod):
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC)


def _read_text(text: str) -> Iterator[_Said]:
    """Read a sitemap of plain text: one address a line, and nothing else."""
    for count, line in enumerate(filter(None, map(str.strip, text.splitlines()))):
        if count == MOST or not re.match(r"https?://\S+$", line):
            return
        yield _Said(line, "", False, {})


def _read_xml(text: str) -> Iterator[_Said]:
    """Read what stands in an XML sitemap, whatever is broken in it."""
    # Half an entry at the end is none.
    last = next(iter(deque(_ENTRY.finditer(text), maxlen=1)), None)
    stream = BytesIO(text[: last.end() if last else None].encode("utf-8", "replace"))
    # No entities, no network, no DTD, no deep trees: an answer is anybody's.
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
            if (name := _name(element)) not in ("url", "sitemap"):
                continue
            said = _said(element, sitemap=name == "sitemap")
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
            if said.address:
                count += 1
                yield said
            if count == MOST:
                return
    except etree.XMLSyntaxError:
        return


def _said(element: etree._Element, *, sitemap: bool) -> _Said:
    own: dict[str, str] = {}
    news: dict[str, str] = {}
    for child in element:
        if _name(child) == "news":
            for part in child.iter():
                news.setdefault(_name(part), fold(part.text or ""))
        else:
            # Images and videos have addresses of their own, further down.
            own.setdefault(_name(child), fold(child.text or ""))
    return _Said(own.get("loc", ""), own.get("lastmod", ""), sitemap, news)


def _name(element: etree._Element) -> str:
    """Give an element's own name, also where its prefix was never declared."""
    name = str(element.tag).rpartition("}")[2]
    return name.rpartition(":")[2].lower()


def _unpacked(fetched: Fetched) -> tuple[bytes, tuple[str, ...]]:
    """Unpack gzip (``sitemap.xml.gz`` arrives packed). Raises ReadError for what is too large."""
    if not fetched.body.startswith(b"\x1f\x8b"):
        return fetched.body, ()
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(fetched.body, UNPACKED + 1)
    except zlib.error as exc:
        raise ReadError(f"is broken gzip: {exc}", fault="wrong-type") from exc
    if len(body) > UNPACKED:
        raise ReadError(f"is larger than {UNPACKED} bytes unpacked", fault="too-large")
    return body, () if unpacker.eof else ("the gzip of the sitemap was cut off",)


def _nothing(fetched: Fetched, text: str) -> ReadError:
    """Make the error for an answer without a single address."""
    if re.search(r"<(?:\w{1,20}:)?(?:urlset|sitemapindex)\b", text[:4096]) and not is_html(fetched):
        return ReadError("is a sitemap without addresses", fault="empty")
    return refuse(fetched, "a sitemap")
