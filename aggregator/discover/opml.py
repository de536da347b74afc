"""OPML, the lists of feeds that readers exchange: 1.0, 1.1 and 2.0 are read (http://opml.org/spec2.opml).

Many programs write OPML that is no XML: ampersands and whole links stand bare in a description. An XML parser
that recovers drops such an outline with its feed, so broken text is mended before it is parsed.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from aggregator.discover.address import read_address
from aggregator.errors import ReadError
from aggregator.render.opml import Subscription
from aggregator.text.addresses import canonical, resolve
from aggregator.text.charset import decode
from aggregator.text.excerpt import shorten
from aggregator.text.text import fold, scrub
from aggregator.text.xml import mend_references

MAX_DEPTH = 16
"""Folders inside each other that count; a feed in a deeper one counts as being in the last of them."""
MAX_NAME_LENGTH = 80
"""Characters of a name in a message."""

NAMESPACES = {"https://freshrss.org/opml": "frss", "https://miniflux.app/opml": "miniflux"}
"""Namespaces whose attributes are rules of a feed, and their prefixes here, whatever a file calls them."""
_READ = frozenset("text title type xmlurl htmlurl url category".split())
_RULE = re.compile(rf"(?:{'|'.join(NAMESPACES.values())}):", re.IGNORECASE)
ADDRESSES = frozenset(("xmlurl", "url", "htmlurl"))
LOGIN = "login"
"""The rule that has the name and the password of an address, which no message shows."""
_LOGIN = re.compile(r"(//)([^/?#]*)@")
_DYNAMIC = "frss:opmlUrl"

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# An outline holds nothing but attributes and outlines: its tag ends where the next one begins.
_OUTLINE = re.compile(r"<outline\b(.*?)(?=</?(?:outline|body|opml)\b|\Z)", re.DOTALL | re.IGNORECASE)
# A quote ends a value only where another attribute follows, or the tag's end.
_ATTRIBUTE = re.compile(
    r"""(?<![\w:.-])([\w:.-]++)\s*+=\s*+(["'])(.*?)"""
    r"""(?:(\2)(?=\s*+[\w:.-]++\s*+=\s*+["']|\s*+/?\Z)|\Z)""",
    re.DOTALL,
)


def read_opml(body: bytes) -> tuple[list[Subscription], list[str]]:
    """Read a list of feeds: the subscriptions in their order, and what was left out with the reason.

    A feed's folders are the outlines around it, else the first path of its ``category`` attribute. An address
    with ``feed:`` or without a scheme becomes an ``http://`` one, from which a server may redirect. A feed
    that stands twice (canonical address, and rules) is kept once, in the first folder that it has. Links to
    pages and to other lists are left out. Raises ReadError where the bytes are no OPML.
    """
    kept: dict[tuple[str, object], Subscription] = {}
    left_out: list[str] = []
    for attributes, rules, around in _outlines(_parse(body)):
        address = attributes.get("xmlurl") or attributes.get("url", "")
        found = Subscription(
            title=_name(attributes),
            address=read_address(address),
            page=resolve("", attributes.get("htmlurl", "")),
            folders=around or _category(attributes.get("category", "")),
            rules=rules,
        )
        name = f'"{shorten(found.title or address or found.page, MAX_NAME_LENGTH)}"'
        if why := _no_feed(attributes, found):
            left_out.append(f"{name}{why}")
        elif (key := (canonical(found.address), rules)) in kept:
            first = kept[key]
            kept[key] = replace(first, folders=first.folders or found.folders)
            elsewhere = found.folders and found.folders != first.folders
            where = f" in {' / '.join(found.folders)}" if elsewhere else ""
            same = f'"{first.title}" ({first.address})' if first.title else first.address
            left_out.append(f"{name}{where} is the same feed as {same}")
        else:
            kept[key] = found
    return list(kept.values()), left_out


def _no_feed(attributes: dict[str, str], found: Subscription) -> str:
    """Say why an outline is no feed; empty where it is one."""
    address = attributes.get("xmlurl") or attributes.get("url", "")
    if not address and (elsewhere := dict(found.rules).get(_DYNAMIC)):
        return f" is filled from {elsewhere} ({_DYNAMIC}): download that list and import it"
    if not attributes.get("xmlurl") and attributes.get("type", "").lower() in ("link", "include"):
        return " is a link, not a feed"
    if not address:
        return " names no address of a feed"
    return "" if found.address else f': "{shorten(address, MAX_NAME_LENGTH)}" is no address on the web'


def _parse(body: bytes) -> etree._Element:
    text = scrub(decode(body, html=False)).lstrip()
    try:
        root = etree.fromstring(text.encode(), _parser(recover=False))
    except etree.XMLSyntaxError:
        root = _recovered(_mend(text))
    if root is None or _local_name(root) != "opml":
        raise ReadError(f"is not OPML, but {f'<{_local_name(root)}>' if root is not None else 'no XML'}")
    return root


def _recovered(text: str) -> etree._Element | None:
    """Parse what can be parsed; None where that is no element at all."""
    try:
        return etree.fromstring(text.encode(), _parser(recover=True))
    except etree.XMLSyntaxError:
        return None


def _parser(*, recover: bool) -> etree.XMLParser:
    """Make a parser for text: without entities and network, with libxml2's limits on depth and size."""
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _mend(text: str) -> str:
    """Make broken outlines well-formed. Only the entities that XML itself defines are left."""
    return _OUTLINE.sub(_mended_outline, mend_references(_COMMENT.sub("", text)))


def _mended_outline(match: re.Match[str]) -> str:
    inner, end, _ = match[1].rpartition(">")
    attributes: dict[str, str] = {}
    for name, _, value, closed in _ATTRIBUTE.findall(inner if end else match[1]):
        # Half an address, where the text breaks off, is worse than none.
        if closed and (name.lower() in _READ or _RULE.match(name)):
            attributes.setdefault(
                name if ":" in name else name.lower(), value.replace("<", "&lt;").replace('"', "&quot;")
            )
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<outline{written}{'>' if end and not inner.endswith('/') else '/>'}\n"


def _outlines(
    root: etree._Element,
) -> Iterator[tuple[dict[str, str], tuple[tuple[str, str], ...], tuple[str, ...]]]:
    """Yield the attributes, rules and folders of each outline that is or should be a feed."""
    folders: list[tuple[str, ...]] = [()]
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if _local_name(element) != "outline":
            continue
        if event == "end":
            folders.pop()
            continue
        attributes: dict[str, str] = {}
        for key, value in element.attrib.items():
            attributes.setdefault(str(key).lower(), fold(scrub(str(value))))
        # An outline with nothing but a text is a folder, even if it is empty.
        rules = (*_login(attributes), *_rules(element, attributes.get("type", "")))
        attributes |= {name: _LOGIN.sub(r"\1", attributes[name]) for name in ADDRESSES if name in attributes}
        if attributes.keys() & ADDRESSES or attributes.get("type") or rules:
            yield attributes, rules, folders[-1]
        name = _name(attributes)
        folders.append((*folders[-1], name)[:MAX_DEPTH] if name else folders[-1])


def _login(attributes: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Give the name and password in the address of an outline's feed as a rule."""
    found = _LOGIN.search(attributes.get("xmlurl") or attributes.get("url", ""))
    return ((LOGIN, found[2]),) if found else ()


def _rules(element: etree._Element, kind: str) -> tuple[tuple[str, str], ...]:
    """Give the attributes of known namespaces, and a type that says more than that this is a feed."""
    found = [("type", kind)] if "+" in kind else []
    for key, value in element.attrib.items():
        space, _, local = str(key).removeprefix("{").partition("}")
        name = f"{NAMESPACES[space]}:{local}" if space in NAMESPACES else str(key)
        if _RULE.match(name) and str(value).strip():
            found.append((name, scrub(str(value)).strip()))
    return tuple(found)


def _name(attributes: dict[str, str]) -> str:
    """Give the text, which the user chose in the reader, else the title."""
    return attributes.get("text") or attributes.get("title", "")


def _category(attribute: str) -> tuple[str, ...]:
    """Read the first of the paths in a ``category`` (``/Boston/Weather,/Harvard``) as folders."""
    names = (fold(name) for name in attribute.partition(",")[0].split("/"))
    return tuple(name for name in names if name)[:MAX_DEPTH]


def _local_name(element: etree._Element) -> str:
    # lxml leaves an undeclared prefix in the tag.
    return re.split("[}:]", str(element.tag))[-1].lower()
