"""HTML pages: by CSS selectors, and by what they say of themselves where there are none."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from bs4 import BeautifulSoup, Tag

from aggregator.content.attachments import find_outside
from aggregator.content.body import find_body
from aggregator.content.metadata import NOTHING, Finding, read_metadata
from aggregator.content.pager import find_pager, next_part
from aggregator.content.sniffing import is_file
from aggregator.errors import ReadError
from aggregator.model import Attachment, Entry, Fetched
from aggregator.settings import Source
from aggregator.text.addresses import canonical_link, resolve
from aggregator.text.charset import Text, read_text
from aggregator.text.dates import combine, same_day
from aggregator.text.html import attribute, parse_html
from aggregator.text.text import fold, plain

_MISSING = re.compile(
    r"\W*(?:(?:error\s*)?(?:40[0-9]|50[0-9])\b|(?:page )?not found|access denied"
    r"|internal (?:server )?error|(?:please )?(?:log|sign) in\b|请先?登录"
    r"|(?:该|您访问的)?页面不存在|找不到|系统(?:繁忙|错误|维护)|访问(?:被拒绝|出错))",
    re.IGNORECASE,
)
SHORT, SHORTEST = 300, 60
"""Characters of a page that may be nothing but an error message: with a title that says so, and without."""


def parse(fetched: Fetched) -> BeautifulSoup:
    """Parse an answer as HTML in its own characters. Raises ReadError for what is plainly not a page."""
    return parse_html(read_page(fetched).text)


def base_of(soup: BeautifulSoup, fetched: Fetched) -> str:
    """Give the address that relative ones count from (HTML, the base element)."""
    element = soup.select_one("base[href]")
    return (resolve(fetched.address, attribute(element, "href")) if element else "") or fetched.address


def element_text(element: Tag) -> str:
    """Read what an element says: the content of a meta, the datetime of a time, else its text.

    Lists shorten a long title and keep the whole one in the title attribute.
    """
    if element.name == "meta":
        return fold(attribute(element, "content"))
    if element.name == "time" and element.get("datetime"):
        return fold(attribute(element, "datetime"))
    text = fold(element.get_text())
    whole = fold(attribute(element, "title"))
    return whole if whole and (not text or text.rstrip().endswith(("…", "..."))) else text


def select_text(root: Tag, selector: str) -> str:
    """Read the first matching element that says anything; empty without one."""
    if not selector:
        return ""
    return next((text for element in root.select(selector) if (text := element_text(element))), "")


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Fill an entry from its own page: by the selectors of ``[source.article]``, else by what the page says.

    A selector beats the list, the list beats what was found without one. Raises ReadError where there is
    no body.
    """
    rules = source.article
    if fetched.body.lstrip()[:1] in (b"{", b"["):
        raise ReadError("is JSON, not a page", fault="wrong-type")
    text = read_page(fetched)
    soup = parse_html(text.text)
    base = base_of(soup, fetched)
    body = _body(rules.body, soup, text.text, fetched.address)
    element = body.element
    meta = read_metadata(soup)
    _refuse_excuse(meta.title.value, plain(body.html))
    following = _next_part(soup, rules.next, element, base, fetched.address)
    split = following or entry.next_part
    content = _without_pager(body, fetched.address) if split else body.html
    title = _chosen(_by_rule(soup, "title", rules.title), Finding(entry.title), meta.title)
    if entry.title.endswith(("…", "...")) and meta.title.value.startswith(entry.title.rstrip(".… ")):
        title = title if title.rule else meta.title
    found = {
        "title": title,
        "published": _published(entry, _by_rule(soup, "date", rules.date), meta.published),
        "updated": _chosen(Finding(entry.updated), meta.updated),
        "author": _chosen(_by_rule(soup, "author", rules.author), Finding(entry.author), meta.author),
        "origin": _chosen(_by_rule(soup, "origin", rules.origin), Finding(entry.origin), meta.origin),
        "content": Finding(content, body.rule),
        "link": Finding(canonical_link(fetched.address, meta.canonical.value, base), meta.canonical.rule),
        "address": Finding("" if entry.address else fetched.address, "its page"),
    }
    named: dict[str, Any] = {name: said.value for name, said in found.items() if said.value and said.rule}
    outside = (
        [_as_attachment(link, base) for link in soup.select(rules.attachments)] if rules.attachments else ()
    )
    return replace(
        entry,
        **named,
        base=base,
        next_part=following,
        attachments=(*entry.attachments, *(outside or find_outside(soup, element, base))),
        rules={**entry.rules, **{name: found[name].rule for name in named}},
        notes=(*entry.notes, *([text.note] if text.note else [])),
    )


def read_page(fetched: Fetched) -> Text:
    """Read an answer as the text of a page. Raises ReadError for what is plainly none."""
    if media_type := is_file(fetched.content_type, fetched.body, fetched.address):
        raise ReadError(f"is a file, not a page ({media_type})", fault="wrong-type")
    return read_text(fetched.body, fetched.content_type)


@dataclass(frozen=True, slots=True)
class _Body:
    """A body's HTML, the rule that found it, and its element where it is one of the page's tree."""

    html: str
    rule: str
    element: Tag | None = None


def _body(rule: str, soup: BeautifulSoup, markup: str, address: str) -> _Body:
    if rule:
        element = soup.select_one(rule)
        if element is None:
            raise ReadError(f"article.body {rule!r} matches nothing on its page", fault="no-body")
        return _Body(element.decode_contents(), f"article.body {rule!r}", element)
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
    said = title if len(text) < SHORT and _MISSING.match(title) else ""
    said = said or (text if len(text) < SHORTEST and _MISSING.match(text) else "")
    if said:
        raise ReadError(f"its page only says {said!r}", fault="no-body")


def _by_rule(soup: BeautifulSoup, name: str, selector: str) -> Finding:
    return Finding(select_text(soup, selector), f"article.{name} {selector!r}")


def _chosen(*said: Finding) -> Finding:
    """Give the first that says anything."""
    return next(filter(None, said), NOTHING)


def _published(entry: Entry, by_rule: Finding, found: Finding) -> Finding:
    """Give the article's date: the page's own words, with those of the list where they say only a time.

    What was found without a selector only adds the time of day to the date of the list.
    """
    if by_rule:
        return Finding(combine(entry.published, by_rule.value), by_rule.rule)
    if not entry.published or same_day(entry.published, found.value):
        return Finding(combine(entry.published, found.value), found.rule)
    return NOTHING


def _next_part(soup: BeautifulSoup, selector: str, body: Tag | None, base: str, address: str) -> str:
    if not selector:
        return next_part(soup, address, body)
    link = soup.select_one(selector)
    return resolve(base, attribute(link, "href")) if link else ""


def _as_attachment(link: Tag, base: str) -> Attachment:
    return Attachment(resolve(base, attribute(link, "href")), element_text(link))
