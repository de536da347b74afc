"""HTML pages of articles, read by CSS selectors, and without these by what a page says of itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bs4 import BeautifulSoup, Tag

from aggregator.content.attachments import find_outside
from aggregator.content.metadata.value import NOTHING, Finding, letters
from aggregator.content.pager import find_pager, next_part
from aggregator.content.sniffing import is_file
from aggregator.errors import ReadError
from aggregator.model import Attachment, Entry, Fetched, Field
from aggregator.settings import Source
from aggregator.sources.provenance import rules_of, values_of
from aggregator.text.addresses import canonical_link, resolve
from aggregator.text.charset import Text, read_text
from aggregator.text.dates import combine, is_moment, same_day
from aggregator.text.html import attribute, is_text, parse_html, spaced_text
from aggregator.text.text import fold, plain

_DECLARATION = re.compile(r"^\s*<\?xml\b[^<>]{0,200}\?>")
_MISSING = re.compile(
    r"\W*(?:(?:error\s*)?(?:40[0-9]|50[0-9])\b|(?:page )?not found|access denied"
    r"|internal (?:server )?error|(?:please )?(?:log|sign) in\b|请先?登录"
    r"|(?:该|您访问的)?页面不存在|找不到|系统(?:繁忙|错误|维护)|访问(?:被拒绝|出错))",
    re.IGNORECASE,
)
_CUT = re.compile(r"\s*(?:\.{2,}|[…⋯]+|。{2,}|·{3,}|[\[(（]\s*(?:…|\.{3})\s*[\])）])\s*$")
"""The signs that a title was cut."""
_ASIDE = re.compile(r"window|\btab\b|fenster|ventana|fenêtre|新窗口|external|\d\s?[km]b\b", re.IGNORECASE)
"""Words of a title attribute that speak of the link."""
_SUFFIX = re.compile(r"\s*[-–—|_:：·•/»«<>(（\[【,，]")
"""What begins a site's name, a section or a subtitle behind a title that is whole."""
EMPHASIS = frozenset("abbr b big br code em font i mark nobr q s small strong sub sup u wbr".split())
"""Elements whose text belongs to the text around them; that of others within a line may be a field."""
MIN_STUB = 4
"""Characters from which on a text can be the beginning of a title that bears no sign of a cut."""
MAX_EXCUSE_LENGTH, MAX_UNTITLED_EXCUSE_LENGTH = 300, 60
"""Characters of a page that may be nothing but an error message: with a title that says so, and without."""


def parse(fetched: Fetched) -> BeautifulSoup:
    """Parse an answer as HTML, in whatever charset. Raises ReadError for what is plainly not a page."""
    # An answer of jcms is XML, at which the parser would wonder.
    return parse_html(_DECLARATION.sub("", read_page(fetched).text))


def base_of(soup: BeautifulSoup, fetched: Fetched) -> str:
    """Give the address that relative ones count from (HTML, the base element)."""
    element = soup.select_one("base[href]")
    return (resolve(fetched.address, attribute(element, "href")) if element else "") or fetched.address


def element_text(element: Tag, *, numbers: bool = False) -> str:
    """Read the content of a meta, the datetime of a time, else an element's text.

    The title attribute of it, or of the link that it is part of, beats a text that is only its beginning:
    lists shorten a long title and keep the whole one there. ``numbers`` parts those of two elements, as
    dates need it.
    """
    if element.name == "meta":
        return fold(attribute(element, "content"))
    if element.name == "time" and element.get("datetime"):
        return fold(attribute(element, "datetime"))
    text = fold(spaced_text(element, numbers=numbers))
    own = fold(attribute(element, "title"))
    if not text or (_CUT.search(text) and len(own) > len(text)):
        return own
    link = element.find_parent("a", title=True) or element.find("a", title=True)
    for whole in (own, fold(attribute(link, "title")) if isinstance(link, Tag) else ""):
        if is_beginning(text, whole) and not _ASIDE.search(whole[len(text) - 1 :]):
            return whole
    return text


def own_text(element: Tag) -> str:
    """Give the text of an element outside the elements in it, except those that only change its looks."""
    return fold(
        "".join(
            element_text(node) if isinstance(node, Tag) else str(node)
            for node in element.contents
            if is_text(node) or (isinstance(node, Tag) and node.name in EMPHASIS)
        )
    )


def select_text(root: Tag, selector: str, *, numbers: bool = False) -> str:
    """Read the first matching element that is not empty; "" without one."""
    if not selector:
        return ""
    texts = (element_text(element, numbers=numbers) for element in root.select(selector))
    return next(filter(None, texts), "")


def is_beginning(text: str, whole: str) -> bool:
    """Tell whether a title is another one cut off, with or without a sign of that."""
    stub = _CUT.sub("", text)
    if stub != text:
        return letters(stub) in letters(whole)
    return len(stub) >= MIN_STUB and whole.startswith(stub) and len(whole) > len(stub)


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Fill an entry from its own page: by the selectors of ``[source.article]``, else by what the page says.

    A selector's value beats the list's, and that beats one found without a selector. Raises ReadError where
    the page has no body.
    """
    from aggregator.content.metadata.fields import read_fields  # loaded with the first page
    from aggregator.content.metadata.metadata import read_metadata

    if fetched.body.lstrip()[:1] in (b"{", b"["):
        raise ReadError("is JSON, not a page", fault="wrong-type")
    rules = source.article
    text = read_page(fetched)
    soup = parse_html(text.text)
    base = base_of(soup, fetched)
    body = _body(rules.body, soup, text.text, fetched.address)
    meta = read_metadata(soup)
    _refuse_excuse(meta.title.value, plain(body.html))
    next_part = _next_part(soup, rules.next, body.element, base, fetched.address)
    is_part = bool(next_part or entry.next_part)
    found = {
        "title": _title(entry, _by_rule(soup, "title", rules.title), meta.title),
        "published": _published(entry, _by_rule(soup, "date", rules.date, numbers=True), meta.published),
        "updated": Finding(entry.updated) or meta.updated,
        "author": _by_rule(soup, "author", rules.author) or Finding(entry.author) or meta.author,
        "origin": _by_rule(soup, "origin", rules.origin) or Finding(entry.origin) or meta.origin,
        "content": Finding(_without_pager(body, fetched.address) if is_part else body.html, body.rule),
        "link": Finding(canonical_link(fetched.address, meta.canonical.value, base), meta.canonical.rule),
        "address": Finding("" if entry.address else fetched.address, "its page"),
    }
    attachments = _attachments(soup, rules.attachments, base) or find_outside(soup, body.element, base)
    return replace(
        entry,
        **values_of(found),
        base=base,
        next_part=next_part,
        attachments=(*entry.attachments, *attachments),
        heading=meta.title.value,
        facts=read_fields(source.fields, soup, (*_selected(source, soup), *entry.facts)),
        rules={**entry.rules, **rules_of(found)},
        notes=(*entry.notes, text.note) if text.note else entry.notes,
    )


def _selected(source: Source, soup: BeautifulSoup) -> Iterator[Field]:
    """Give the named facts that selectors find."""
    for name, rule in source.fields.items():
        if value := select_text(soup, rule.select):
            yield Field(name, value, rule=f"fields.{name}.select {rule.select!r}")


def read_page(fetched: Fetched) -> Text:
    """Read an answer as the text of a page. Raises ReadError for what is plainly none."""
    if media_type := is_file(fetched.content_type, fetched.body, fetched.address):
        raise ReadError(f"is a file, not a page ({media_type})", fault="wrong-type")
    return read_text(fetched.body, fetched.content_type)


@dataclass(frozen=True, slots=True)
class _Body:
    """A body: its HTML, the rule that found it, and its element where that stands in the page's tree."""

    html: str
    rule: str
    element: Tag | None = None


def _body(rule: str, soup: BeautifulSoup, markup: str, address: str) -> _Body:
    if rule:
        element = soup.select_one(rule)
        if element is None:
            raise ReadError(f"article.body {rule!r} matches nothing on its page", fault="no-body")
        return _Body(element.decode_contents(), f"article.body {rule!r}", element)
    from aggregator.content.body import find_body  # loaded with the first page; `check` needs none

    found = find_body(markup, address)
    if found is None:
        raise ReadError("no text of an article can be found on its page", fault="no-body")
    return _Body(found.html, f"found: {found.rule}")


def _without_pager(body: _Body, address: str) -> str:
    """Give a body without the links to its other parts."""
    root = body.element or parse_html(body.html).body
    if root is None:
        return body.html
    for node in find_pager(root, address):
        node.extract()
    return root.decode_contents()


def _refuse_excuse(title: str, text: str) -> None:
    """Raise ReadError for a page that says, with a good status, why there is no article."""
    excuse = ""
    if len(text) < MAX_EXCUSE_LENGTH and _MISSING.match(title):
        excuse = title
    elif len(text) < MAX_UNTITLED_EXCUSE_LENGTH and _MISSING.match(text):
        excuse = text
    if excuse:
        raise ReadError(f"its page only says {excuse!r}", fault="no-body")


def _by_rule(soup: BeautifulSoup, name: str, selector: str, *, numbers: bool = False) -> Finding:
    return Finding(select_text(soup, selector, numbers=numbers), f"article.{name} {selector!r}")


def _title(entry: Entry, by_rule: Finding, found: Finding) -> Finding:
    """Give the article's title; where the list shortened its own, the page's whole one."""
    whole = found.value
    if entry.heading and whole and letters(entry.heading) != letters(whole):
        return by_rule or found  # the page gave itself another title since
    shortened = is_beginning(entry.title, whole) and (
        _CUT.search(entry.title) or not _SUFFIX.match(whole[len(entry.title) :])
    )
    return by_rule or (found if shortened else Finding(entry.title) or found)


def _published(entry: Entry, by_rule: Finding, found: Finding) -> Finding:
    """Give the article's date: a selector's, completed by the list's where it is only a time of day.

    What is no date counts only where nothing else is one. One found without a selector stands in for a
    missing date, or adds the time of day to the list's.
    """
    if entry.published and not is_moment(entry.published) and is_moment(by_rule.value or found.value):
        return by_rule or found
    if by_rule and (is_moment(by_rule.value) or not entry.published):
        return Finding(combine(entry.published, by_rule.value), by_rule.rule)
    if not entry.published or same_day(entry.published, found.value):
        return Finding(combine(entry.published, found.value), found.rule)
    return NOTHING


def _next_part(soup: BeautifulSoup, selector: str, body: Tag | None, base: str, address: str) -> str:
    if not selector:
        return next_part(soup, address, body)
    link = soup.select_one(selector)
    return resolve(base, attribute(link, "href")) if link else ""


def _attachments(soup: BeautifulSoup, selector: str, base: str) -> list[Attachment]:
    links = soup.select(selector) if selector else []
    return [Attachment(resolve(base, attribute(link, "href")), element_text(link)) for link in links]
