"""RSS 2.0 and Atom 1.0 as most feeds have them, read by lxml in a small part of feedparser's time.

It reads what it is sure that feedparser reads in the same way, and leaves every other feed to feedparser:
XML that is not well-formed or has a DOCTYPE; control characters; RSS 1.0, and Atom before 1.0; elements in
elements that hold text (XHTML, for one); bases of addresses (``xml:base``); contents that are files or
encoded; text that was UTF-8 twice; addresses with faults; elements that it has not on its lists, unless they
are of a namespace that feedparser does not know either. What it gives has feedparser's names. A test compares
both readers on feeds of all kinds.
"""

import re
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

from feedparser.mixin import _FeedParserMixin
from lxml import etree

from aggregator.sources.plain_elements import (
    BOX,
    HTML_TYPES,
    TEXTS,
    TITLES,
    TYPES,
    UNREAD,
    UNREAD_IN_HEAD,
    UNREAD_PARENTS,
    UNREAD_PREFIXES,
    UNREAD_PREFIXES_IN_HEAD,
)

ATOM = "http://www.w3.org/2005/atom"

_Item: TypeAlias = dict[str, Any]
_PREFIXES = {address.lower(): prefix for address, prefix in _FeedParserMixin.namespaces.items()}
# feedparser puts an element's prefix before its name: these would make names that are read.
_TAKEN_PREFIXES = {*_PREFIXES.values(), "second", "summary", "title"}
_DECLARED = re.compile(r"""xmlns:([\w.-]+)\s*=\s*["']([^"']*)""")
_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
"""Those of U+0080 to U+009F, in UTF-8."""
_WINDOWS_CHARACTER = re.compile(r"&#(?:0*1[2-5]\d|[xX]0*[89][0-9a-fA-F]);")
_XML_ATTRIBUTE = re.compile(r"\{http://www\.w3\.org/xml/1998/namespace\}(?:lang|space)")


class _UnsureError(Exception):
    """The feed has something of which only feedparser says what is made of it."""


def read_plain_feed(text: str) -> tuple[_Item, list[_Item]] | None:
    """Read a feed's XML: its head, and its items in their order; None where feedparser has to."""
    try:
        data = text.encode()
    except UnicodeEncodeError:  # half a character
        return None
    # XML refuses other control characters itself.
    has_controls = b"\x7f" in data or _CONTROL.search(data)
    if has_controls or "<!DOCTYPE" in text or _WINDOWS_CHARACTER.search(text):
        return None
    parser = etree.XMLParser(
        remove_comments=True, remove_pis=True, resolve_entities=False, no_network=True, collect_ids=False
    )
    try:
        _check_prefixes(text)
        return _Reader().read(etree.fromstring(data, parser))
    except (etree.XMLSyntaxError, _UnsureError):
        return None


def _check_prefixes(text: str) -> None:
    """Refuse a prefix of two meanings, and an unknown one where feedparser knows another."""
    declared = set(_DECLARED.findall(text))
    _must(len({prefix for prefix, _ in declared}) == len(declared))
    for prefix, address in declared:
        known = _PREFIXES.get(address.lower(), prefix.lower() in _TAKEN_PREFIXES and "")
        _must(known != "" or address.lower() == ATOM)


def _must(sure: object) -> None:
    if not sure:
        raise _UnsureError


class _Reader:
    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._is_rss = False

    def read(self, feed: etree._Element) -> tuple[_Item, list[_Item]]:
        _attributes(feed)
        item = "entry"
        if feed.tag == "rss":
            self._is_rss, item = True, "item"
            _must(len(feed) == 1 and self._name(feed[0]) == "channel" and not feed[0].attrib)
            feed = feed[0]
        else:
            _must(feed.tag.lower() == f"{{{ATOM}}}feed")
        head: _Item = {"version": item, "links": []}
        items = []
        for element in feed:
            if self._name(element) == item:
                items.append(self._read_item(element))
            else:
                self._read_head(head, element)
        return head, items

    def _name(self, element: etree._Element) -> str:
        """Give an element's name as feedparser has it."""
        name = self._names.get(element.tag)
        if name is None:
            address, _, local = element.tag.rpartition("}")
            prefix = _PREFIXES.get(address[1:].lower(), element.prefix and "?")
            _must(prefix is not None and element.tag.isascii() and ":" not in local)
            name = self._names[element.tag] = f"{prefix}:{local}".lower().lstrip(":")
        return name

    def _read_head(self, head: _Item, element: etree._Element) -> None:
        name = self._name(element)
        if name in ("image", "textinput"):
            _must(all(self._name(child) in BOX and not len(child) for child in element))
        elif name in ("link", "id", "ttl", "sy:updateperiod", "sy:updatefrequency"):
            self._read_element(head, element)
        else:
            self._pass_over(element, UNREAD_IN_HEAD, UNREAD_PREFIXES_IN_HEAD)

    def _read_item(self, element: etree._Element) -> _Item:
        _must(not _attributes(element))
        item: _Item = {"links": []}
        for child in element:
            self._read_element(item, child)
        item["enclosures"] = [link for link in item["links"] if link["rel"] == "enclosure"]
        return item

    def _read_element(self, item: _Item, element: etree._Element) -> None:
        name = self._name(element)
        if key := TEXTS.get(name):
            _must(key not in item and (not element.attrib or key == "media_description"))
            item[key] = _text(element)
        elif reader := _READERS.get(name):
            reader(item, element)
        elif name in TITLES or name in ("description", "summary", "content:encoded", "content"):
            self._read_text(item, element, name)
        elif name in ("author", "dc:creator", "itunes:author"):
            self._read_author(item, element)
        elif name in ("media:group", "media:content"):
            self._read_media(item, element, None)
        else:
            self._pass_over(element, UNREAD, UNREAD_PREFIXES)

    def _pass_over(self, element: etree._Element, names: Collection[str], prefixes: Collection[str]) -> None:
        """Make sure that nothing of an element is read, and nothing of what is in it."""
        for one in element.iter():
            name = self._name(one)
            prefix = name.partition(":")[0]
            _must(name in names or prefix in prefixes)
            _must(not len(one) or name in UNREAD_PARENTS or prefix in UNREAD_PARENTS)

    def _read_text(self, item: _Item, element: etree._Element, name: str) -> None:
        """Read a title, a summary or a content; of several titles the first that has a text counts."""
        default = "text/html" if name in ("description", "content:encoded") else "text/plain"
        value, kind = _text(element), _attributes(element).get("type", default)
        kind = TYPES.get(kind, kind)
        _must(kind in TYPES.values())
        if self._is_rss and kind == "text/plain" and _FeedParserMixin.looks_like_html(value):
            kind = "text/html"
        detail = {"type": kind, "value": value}
        if name in TITLES:
            _must("source" not in item and (name != "media:title" or item.get("title")))
            if not item.get("title"):
                item["title"], item["title_detail"] = value, detail
        elif name.startswith("content"):
            item.setdefault("content", []).append(detail)
        elif "summary_detail" not in item:
            item["summary_detail"] = detail
        else:
            _must(name == "description")
            item["second_description"] = value

    def _read_author(self, item: _Item, element: etree._Element) -> None:
        """Read a person, whose name stands in an element of its own (Atom) or alone (RSS)."""
        names = [_text(child) for child in element if self._name(child) == "name"]
        for child in element:
            self._pass_over(child, {"name", "uri", "url", "email"}, UNREAD_PREFIXES)
        _must(not len(element) or (len(names) == 1 and names[0]))
        name = names[0] if names else _text(element)
        item.setdefault("authors", []).append({"name": name} if name else {})

    def _read_media(self, item: _Item, element: etree._Element, group: etree._Element | None) -> None:
        """Read a file of Media RSS, or a group of several forms of one."""
        name = self._name(element)
        if name == "media:content":
            attributes = _attributes(element)
            attributes["group"] = attributes.get("url") if group is None else group
            item.setdefault("media_content", []).append(attributes)
        for child in element:
            if self._name(child) == "media:content":
                self._read_media(item, child, group if name == "media:content" else element)
            else:
                _must(self._name(child).startswith(("media:", "?:")))
                self._read_element(item, child)


def _text(element: etree._Element) -> str:
    """Give an element's text, unless feedparser would mend it: in Latin-1 it is UTF-8."""
    _must(not len(element))
    value = (element.text or "").strip()
    if not value.isascii():
        try:
            value.encode("iso-8859-1").decode()
        except UnicodeError:
            return value
        raise _UnsureError
    return value


def _attributes(element: etree._Element) -> _Item:
    if not element.attrib:
        return {}
    named = ((str(name).lower(), str(value)) for name, value in element.items())
    found = {name: value for name, value in named if not _XML_ATTRIBUTE.match(name)}
    _must(not any("{" in name or name in ("base", "mode", "src") for name in found))
    for name in found.keys() & {"type", "rel"}:
        found[name] = found[name].lower()
    return found


def _address(value: str) -> str:
    """Give an address, unless feedparser would mend it."""
    _must(":///" not in value and not ("&" in value and ";" in value))
    return value


def _read_link(item: _Item, element: etree._Element) -> None:
    """Read a link, which is a text (RSS) or an attribute (Atom); the last alternate one is the item's."""
    link, text = _attributes(element), _text(element)
    if not link:
        link = {"rel": "alternate", "href": _address(text)}
        item["link"] = link["href"]
    else:
        _must("href" in link and not link.keys() & {"url", "uri"})
        link = {"rel": "alternate", "type": "text/html", **link, "href": _address(link["href"])}
        if link["rel"] == "alternate" and link["type"] in HTML_TYPES:
            item["link"] = link["href"]
    item["links"].append(link)


def _read_id(item: _Item, element: etree._Element) -> None:
    """Read an id, which stands in for a link unless one has come before it."""
    item["id"] = _address(_text(element))
    if _attributes(element).get("ispermalink", "true") == "true":
        item.setdefault("link", item["id"])


def _file(element: etree._Element) -> _Item:
    """Read an element that is all in its attributes; its address is its ``href`` or its ``url``."""
    file = _attributes(element)
    _must(not _text(element) and "uri" not in file and ("href" in file) != ("url" in file))
    return {**file, "href": file.get("href") or file.get("url")}


def _read_category(item: _Item, element: etree._Element) -> None:
    attributes, value = _attributes(element), _text(element)
    scheme = attributes.get("scheme", attributes.get("domain"))
    tags = _add_tag(item, attributes.get("term"), scheme, attributes.get("label"))
    if value and tags and not tags[-1]["term"]:
        tags[-1]["term"] = value
    elif value:
        _add_tag(item, value)


def _add_tag(item: _Item, term: str | None, scheme: str | None = None, label: str | None = None) -> list[Any]:
    tags: list[Any] = item.setdefault("tags", [])
    tag = {"term": term, "scheme": scheme, "label": label}
    if (term or scheme or label) and tag not in tags:
        tags.append(tag)
    return tags


def _read_keywords(item: _Item, element: etree._Element) -> None:
    _must(not element.attrib)
    for word in filter(None, map(str.strip, _text(element).split(","))):
        _add_tag(item, word, "http://www.itunes.com/")


_READERS: dict[str, Callable[[_Item, etree._Element], None]] = {
    "link": _read_link,
    "id": _read_id,
    "guid": _read_id,
    "category": _read_category,
    "dc:subject": _read_category,
    "itunes:keywords": _read_keywords,
    "itunes:image": lambda item, element: item.update(image=_file(element)),
    "media:thumbnail": lambda item, element: item.setdefault("media_thumbnail", []).append(_file(element)),
    "enclosure": lambda item, element: item["links"].append({**_file(element), "rel": "enclosure"}),
    "source": lambda item, element: item.update(source={"title": _text(element)}),
}
