"""The publishing system "jpaas" of SAMR, MIIT, MOFCOM and many provinces of China.

A column's page names in the ``querydata`` of a script which unit of itself is a list; the unit's address
gives ``{"success": true, "data": {"html": "<ul>…"}}``. With ``pageId``, ``tagId``, ``webId`` and
``tplSetId`` in ``[source.options]`` the page is not asked for. Read from public scrapers, not from the
sites: probably so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from bs4 import BeautifulSoup
from pydantic import Field

from aggregator.errors import ReadError
from aggregator.model import Entry, Fetched, Listing, Request
from aggregator.settings import ListRules, Source, Table
from aggregator.sources import json_answer, listing, options, page, paging, selectors
from aggregator.sources.describe import refuse
from aggregator.sources.templates import check_templates
from aggregator.text.addresses import resolve
from aggregator.text.html import attribute, parse_html
from aggregator.text.templates import placeholders
from aggregator.text.text import fold

ROWS = ListRules(
    # SAMR: a list for every row, or a row with a picture. Elsewhere: a plain row that has a link.
    entry=(
        "ul:has(> .nav04Left02_content), li.imgContent01new, "
        "li:has(a[href]):not(:has(li), .nav04Left02_content, .imgContent01new, [class*=pag i] *), "
        "tr:has(a[href]):not(:has(tr))"
    ),
    link="a[href]",
    title="a[href]",
    date=(
        ".nav04Left02_contenttime, .contentRight01time, [class*=time i], [class*=date i], span, td:last-child"
    ),
)
"""The rows of a list where ``[source.list]`` does not say it."""

_SAID = re.compile(r"(\w{1,40})\\?[\"']?\s*:\s*\\?[\"']?([^\"'\\,{}\[\]]*)")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_HASH = re.compile(r"/art_([0-9a-fA-F]{32})\.html?$")
_TOTAL = re.compile(r"\b(count|rows)=\\?[\"']?(\d{1,9})")


class Options(Table):
    """``[source.options]``, named as the system names them; what is left out stands on the column's page.

    ``unit`` is the path of the unit's address. SAMR spells ``parseType`` as it is here, MIIT ``buildstatic``.
    """

    webId: str = ""  # noqa: N815
    tplSetId: str = ""  # noqa: N815
    pageId: str = ""  # noqa: N815
    tagId: str = ""  # noqa: N815
    parseType: str = "bulidstatic"  # noqa: N815
    pageSize: Annotated[int, Field(ge=1)] = 20  # noqa: N815
    unit: Annotated[str, Field(pattern="^/")] = "/api-gateway/jpaas-publish-server/front/page/build/unit"


NAMED = ("webId", "tplSetId", "pageId", "tagId")
# Entries a page; Python refuses to read numbers of thousands of digits.
SIZE = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with what only such a table can have wrong; see :class:`aggregator.sources.Kind`."""
    if source.list.html:
        yield "list.html", "is known here: data.html"
    if source.article.format == "json":
        yield "article.format", 'is for the kind "api": the articles of a column are HTML pages'
    yield from selectors.check("list", source.list, *selectors.LIST)
    yield from selectors.check_page(source)
    yield from check_templates(source, listing.FIELDS)
    if source.method != "GET" or source.body:
        yield "method", "is GET here: a column and its list are asked for without a body"
    if placeholders(source.url):
        yield "url", "is the column's page; the pages of its list are counted by themselves"
    yield from paging.unused(source, "next", "cursor", "url", "first")
    yield from options.check(source, Options)


def ask(source: Source, number: int, before: Fetched | None) -> Request | None:
    """Ask for a page of the unit, or for the column's page where the unit is not known.

    ``before`` may be the column's page or an answer of the unit, which names its page in its address.
    """
    if before is None:
        unit = _configured(source, number)
        return Request(unit or source.url)
    if _is_unit(before):
        return None if _ended(before, number) else Request(_turned(before.address, number))
    unit = _configured(source, number) or _found(source, before, number)
    return Request(unit) if unit else None


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read an answer of the unit; a column's page gives the unit's address as ``more``. Raises ReadError."""
    if not (_is_unit(fetched) or fetched.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")):
        unit = _found(source, fetched, 1)
        if not unit:
            raise refuse(fetched, "a column of a jpaas site: no script on it has querydata with a pageId")
        return Listing((), more=(Request(unit),))
    rows = _rows(fetched)
    # Their addresses count from the column's page, in which they are shown.
    found = listing.read_rows(source if source.list.entry else _with_rows(source), rows, source.url)
    if not (found.entries or found.unreadable):
        rule = f"list.entry {source.list.entry!r}" if source.list.entry else "the rule for rows"
        links = len(rows.select("a[href]"))
        raise ReadError(f"{rule} matches nothing in data.html ({links} links)", fault="empty")
    return replace(found, entries=tuple(_identified(source, entry) for entry in found.entries))


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Take the body from the entry's page. Raises ReadError where it has none."""
    return page.read_article(source, entry, fetched)


def _is_unit(fetched: Fetched) -> bool:
    return "paramJson=" in urlsplit(fetched.address).query


def _with_rows(source: Source) -> Source:
    # The place for rules that are found by looking at the rows themselves.
    given = {key: value for key in ListRules.model_fields if (value := getattr(source.list, key))}
    return source.model_copy(update={"list": ROWS.model_copy(update=given)})


def _identified(source: Source, entry: Entry) -> Entry:
    """Take the hash in an article's address for its key: several columns show it, under several paths."""
    match = _HASH.search(urlsplit(entry.address).path)
    if source.list.id or not match:
        return entry
    key = match[1].lower()
    fields = {**entry.fields, "id": key}
    return replace(entry, key=key, fields=fields, rules={**entry.rules, "key": "hash in its address"})


def _rows(fetched: Fetched) -> BeautifulSoup:
    """Give the HTML of a unit's answer. Raises ReadError where it has none."""
    answer = json_answer.parse(fetched)
    if not isinstance(answer, dict):
        raise refuse(fetched, "the answer of a jpaas unit")
    if answer.get("success") is False:
        said = fold(json_answer.value_text(answer.get("message") or answer.get("msg") or answer.get("code")))
        raise ReadError(f"the unit answered success: false ({said or 'without a reason'})")
    data = answer.get("data")
    markup = data.get("html") if isinstance(data, dict) else None
    if not isinstance(markup, str) or not markup.strip():
        raise ReadError("the unit answered without data.html; its ids may have changed", fault="empty")
    return parse_html(markup)


def _configured(source: Source, number: int) -> str:
    """Give the unit's address as the options have it; empty where they do not say enough."""
    said = options.read(source, Options)
    if not all(getattr(said, name) for name in NAMED):
        return ""
    return _address(source.url, said, number)


def _found(source: Source, column: Fetched, number: int) -> str:
    """Give the unit's address as the column's page has it; what is configured counts more."""
    own = options.read(source, Options)
    given = own.model_dump(exclude_unset=True)
    units = []
    for script in page.parse(column).select("[querydata]"):
        query = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), attribute(script, "querydata"))
        said = {name: value.strip() for name, value in _SAID.findall(query) if value.strip()}
        if all((value := given.get(name)) is None or said.get(name, value) == value for name in NAMED):
            units.append((said, attribute(script, "url"), attribute(script, "parsetype")))
    units = [unit for unit in units if unit[0].get("pageId")]
    if not units:
        return ""
    # A page has several units, its lists of links among them; what turns pages is the list.
    said, unit, parse_type = max(units, key=lambda unit: "pageSize" in unit[0] or "pageNo" in unit[0])
    found: dict[str, Any] = {name: said[name] for name in (*NAMED, "parseType") if name in said}
    if parse_type:
        found.setdefault("parseType", parse_type)
    if SIZE.fullmatch(said.get("pageSize", "")):
        found["pageSize"] = int(said["pageSize"])
    if unit.startswith("/"):
        found["unit"] = unit.partition("?")[0]
    return _address(column.address, own.model_copy(update={**found, **given}), number)


def _address(base: str, said: Options, number: int) -> str:
    query = {
        "parseType": said.parseType,
        "webId": said.webId,
        "tplSetId": said.tplSetId,
        "pageType": "column",
        "tagId": said.tagId,
        "editType": "null",
        "pageId": said.pageId,
        "paramJson": _page(number, said.pageSize),
    }
    return resolve(base, f"{said.unit}?{urlencode(query, quote_via=quote, errors='replace')}")


def _page(number: int, size: int) -> str:
    return json.dumps({"pageNo": number, "pageSize": size}, separators=(",", ":"))


def _turned(address: str, number: int) -> str:
    """Give the address of another page of the same unit."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    said = dict(_SAID.findall(query["paramJson"]))
    size = int(said["pageSize"]) if SIZE.fullmatch(said.get("pageSize", "")) else 20
    query["paramJson"] = _page(number, size)
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote, errors="replace")))


def _ended(unit: Fetched, number: int) -> bool:
    """Tell whether page ``number`` is past the end, by the totals that stand in the unit's HTML."""
    total = {name: int(value[:9]) for name, value in _TOTAL.findall(unit.body.decode("utf-8", "replace"))}
    rows = total.get("rows", 0)
    return bool(rows and "count" in total and (number - 1) * rows >= total["count"])
