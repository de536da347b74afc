"""feedparser, given text that it can bear, with its faults answered here and nowhere else.

feedparser 6 has no options for what follows, so the methods by which it handles elements are replaced;
tests hold each of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.sax.expatreader import ExpatParser

import feedparser
import feedparser.api
import feedparser.mixin
from feedparser.namespaces import dc, itunes, mediarss

from aggregator.errors import ReadError
from aggregator.model import Fetched, Unreadable
from aggregator.sources.plain_feed import read_plain_feed
from aggregator.text.charset import read_text
from aggregator.text.text import scrub
from aggregator.text.xml import mend_references

# Python's SAX parser compares each attribute of an element with all others of it.
_CROWDED_TAG = re.compile(r"<[^<>=]*+(?:=[^<>=]*+){1000}")
_ITEM_TAG = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<(/?)(?:\w{1,20}:)?(?:item|entry)(?:\s[^<>]*)?(?<!/)>",
    re.IGNORECASE | re.DOTALL,
)
_FEED_END = re.compile(r"</(?:rss|feed|(?:\w{1,20}:)?RDF|channel)\s*>", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a feed says, in feedparser's names: its head, and its entries in their order.

    ``cut`` tells of a feed that breaks off within an item, ``complete`` of one that ends as feeds do.
    ``failed`` are the items over which feedparser gives up.
    """

    head: Any
    entries: tuple[Any, ...]
    failed: tuple[Unreadable, ...] = ()
    cut: bool = False
    complete: bool = True
    note: str = ""


def parse_feed(fetched: Fetched) -> Parsed | None:
    """Parse an answer as a feed; None where it is none. Raises ReadError where it can not be parsed.

    Where the bytes contradict the declared charset, the bytes are believed; a bad byte costs one character.
    """
    decoded = read_text(fetched.body, fetched.content_type, html=False)
    if plain := read_plain_feed(_without_declaration(decoded.text)):
        head, entries = plain
        return Parsed(head, tuple(entries), note=decoded.note)
    text = mend_references(_without_declaration(scrub(decoded.text)))
    if _CROWDED_TAG.search(text):
        raise ReadError("has a tag of a thousand attributes and more")
    text, cut = _without_half_item(text)
    complete = cut or bool(_FEED_END.search(text)) or text.rstrip().endswith("/>")
    failed: list[Unreadable] = []
    try:
        found = _parse(text)
        head, entries = found, found.entries
    except OSError:
        raise  # This machine is at fault: it has no more descriptors, for example.
    except Exception as exc:
        head, entries = _parse_items(text, failed, exc)
    if not head.get("version") and not entries:
        return None
    return Parsed(head.feed, tuple(entries), tuple(failed), cut, complete, decoded.note)


def _without_declaration(text: str) -> str:
    """Take off the XML declaration, whose charset is that of the bytes."""
    declaration = _DECLARATION.match(text)
    return text[declaration.end() :] if declaration else text


def _parse(text: str) -> Any:
    # feedparser opens bytes as a local file of that name, and makes a URL of every id once it knows
    # the feed's address. So it gets a stream without an address; addresses are resolved by the feed kind.
    return feedparser.parse(
        BytesIO(text.encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _parse_items(text: str, failed: list[Unreadable], error: Exception) -> tuple[Any, list[Any]]:
    """Parse each item alone, in what stands around the items, so that only those fail that must.

    feedparser promises nothing of what it raises on markup that is broken enough. Raises ReadError where no
    item can be parsed.
    """
    spans = list(_item_spans(text))
    before, after = (text[: spans[0][0]], text[spans[-1][1] :]) if spans else (text, "")
    head, entries = None, []
    for number, (start, end) in enumerate(spans, 1):
        try:
            alone = _parse(before + text[start:end] + after)
        except OSError:
            raise
        except Exception as exc:
            name = f"entry {number}"
            failed.append(Unreadable(name, f"{name} is too broken to be read: {type(exc).__name__}: {exc}"))
        else:
            head = head or alone
            entries += alone.entries
    if head is None:
        raise ReadError(f"is a feed too broken to be read: {type(error).__name__}: {error}") from error
    return head, entries


def _item_spans(text: str) -> Iterable[tuple[int, int]]:
    start = None
    for tag in _ITEM_TAG.finditer(text):
        if tag[1] == "" and start is None:
            start = tag.start()
        elif tag[1] == "/" and start is not None:
            yield start, tag.end()
            start = None


def _without_half_item(text: str) -> tuple[str, bool]:
    """Take off the half item at the end of a feed that was cut off, and tell whether there was one."""
    last = None
    for tag in _ITEM_TAG.finditer(text):
        if tag[1] is not None:
            last = tag
    if last is None or last[1] or _FEED_END.search(text, last.end()):
        return text, False
    return text[: last.start()], True


class _TextJoiner(ExpatParser):
    """Python's SAX parser, which gives a text as one piece; every reference or line would be one else."""

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined]


def create_parser() -> ExpatParser:
    """Make a SAX parser; ``xml.sax.make_parser`` finds it by this name."""
    return _TextJoiner()


def _keep_apart(namespace: type, element: str) -> None:
    """Keep an element's text under its own name; feedparser mixes it into ``summary`` and ``content``.

    Once they are mixed, nobody can tell what the item says from what captions its picture.
    """

    def start(self: Any, attributes: Any) -> None:
        self.push(element, 1)

    def end(self: Any) -> None:
        self.pop(element)

    setattr(namespace, f"_start_{element}", start)
    setattr(namespace, f"_end_{element}", end)


def _keep_second_descriptions_apart() -> None:
    """Keep a second ``<description>`` of an item apart; feedparser calls it the item's ``content``."""
    parser = feedparser.mixin._FeedParserMixin
    start_first, end_first = parser._start_description, parser._end_description

    def start(self: Any, attributes: Any) -> None:
        if self.inentry and "summary_detail" in self._get_context():
            self._summaryKey = "second_description"
            self.push("second_description", 1)
        else:
            start_first(self, attributes)

    def end(self: Any) -> None:
        if self._summaryKey == "second_description":
            self._summaryKey = None
            self.pop("second_description")
        else:
            end_first(self)

    parser._start_description, parser._end_description = start, end


def _tell_media_groups() -> None:
    """Number the ``media:group`` of each ``media:content``, which hold several forms of one file."""
    space = mediarss.Namespace
    start_content = space._start_media_content

    def start_group(self: Any, attributes: Any) -> None:
        self.media_group = self.media_groups = getattr(self, "media_groups", 0) + 1

    def end_group(self: Any) -> None:
        self.media_group = None

    def start(self: Any, attributes: Any) -> None:
        attributes["group"] = getattr(self, "media_group", None) or attributes.get("url")
        start_content(self, attributes)

    space._start_media_group, space._end_media_group = start_group, end_group
    space._start_media_content = start


def _end_bases() -> None:
    """Let an ``xml:base`` end with its element; feedparser goes on with it where none is around it."""
    parser = feedparser.mixin._FeedParserMixin
    end_tag = parser.unknown_endtag

    def end(self: Any, tag: str) -> None:
        end_tag(self, tag)
        self.baseuri = self.basestack[-1] if self.basestack else ""

    parser.unknown_endtag = end


def _keep_authors_whole() -> None:
    """Keep an author's text as it came; the feed kind takes e-mail addresses from it.

    feedparser's own pattern knows top-level domains of four letters at most, and takes quadratic time.
    """
    parser = feedparser.mixin._FeedParserMixin
    join_name_and_address = parser._sync_author_detail

    def keep(self: Any, key: str = "author") -> None:
        context = self._get_context()
        details = context.get(f"{key}s", [{}])
        if details[-1]:
            join_name_and_address(self, key)
        elif context.get(key):
            details[-1]["name"] = context[key]

    parser._sync_author_detail = keep


feedparser.api.PREFERRED_XML_PARSERS = [__name__]
_keep_apart(mediarss.Namespace, "media_description")
_keep_apart(itunes.Namespace, "itunes_summary")
_keep_apart(dc.Namespace, "dc_description")
_keep_second_descriptions_apart()
_tell_media_groups()
_end_bases()
_keep_authors_whole()
