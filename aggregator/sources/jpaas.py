"""The publishing system "jpaas" of SAMR, MIIT, MOFCOM and many provinces of China.

On a column's page the ``querydata`` of a script names the unit that is the list; the unit's address answers
``{"success": true, "data": {"html": "<ul>…"}}``. With ``pageId``, ``tagId``, ``webId`` and ``tplSetId`` in
``[source.options]`` a poll does without the page. All of this was learnt from public scrapers, not from the
sites.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from bs4 import BeautifulSoup, Tag
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
    # At SAMR each row is a list of its own, or has a picture. Elsewhere a plain row has a link.
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
"""The rules for the keys that ``[source.list]`` leaves out where it has no ``entry``."""

# A name and its value in a query: JSON, escaped JSON, or JavaScript.
_PAIR = re.compile(r"(\w{1,40})\\?[\"']?\s*:\s*\\?[\"']?([^\"'\\,{}\[\]]*)")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_HASH = re.compile(r"/art_([0-9a-fA-F]{32})\.html?$")
_TOTAL = re.compile(r"\b(count|rows)=\\?[\"']?(\d{1,9})")


class Options(Table):
    """``[source.options]``, named as the system names them; the column's page has what is left out."""

    webId: str = ""  # noqa: N815
    tplSetId: str = ""  # noqa: N815
    pageId: str = ""  # noqa: N815
    tagId: str = ""  # noqa: N815
    parseType: str = "bulidstatic"  # noqa: N815
    """SAMR misspells it like this; MIIT has ``buildstatic``."""
    pageSize: Annotated[int, Field(ge=1)] = 20  # noqa: N815
    unit: Annotated[str, Field(pattern="^/")] = "/api-gateway/jpaas-publish-server/front/page/build/unit"
    """The path of the unit's address."""


NAMED = ("webId", "tplSetId", "pageId", "tagId")
"""The options that together identify a unit."""
# Entries a page: Python refuses to read numbers of thousands of digits.
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

    ``before`` is the column's page or an answer of the unit, whose address names its page.
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
    # Relative addresses count from the column's page, which shows the rows.
    found = listing.read_rows(source if source.list.entry else _with_rows(source), rows, source.url)
    if not (found.entries or found.unreadable):
        rule = f"list.entry {source.list.entry!r}" if source.list.entry else "the rule for rows"
        links = len(rows.select("a[href]"))
        raise ReadError(f"{rule} matches nothing in data.html ({links} links)", fault="empty")
    return replace(found, entries=tuple(_identified(source, entry) for entry in found.entries))


read_article = page.read_article


def _is_unit(fetched: Fetched) -> bool:
    return "paramJson=" in urlsplit(fetched.address).query


def _with_rows(source: Source) -> Source:
    """Give the source with the rules for rows behind its own."""
    own = {key: value for key, value in source.list.model_dump().items() if value}
    return source.model_copy(update={"list": ROWS.model_copy(update=own)})


def _identified(source: Source, entry: Entry) -> Entry:
    """Make the hash in an article's address its key, since several columns show it under other paths."""
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
        reason = fold(
            json_answer.value_text(answer.get("message") or answer.get("msg") or answer.get("code"))
        )
        raise ReadError(f"the unit answered success: false ({reason or 'without a reason'})")
    data = answer.get("data")
    markup = data.get("html") if isinstance(data, dict) else None
    if not isinstance(markup, str) or not markup.strip():
        raise ReadError("the unit answered without data.html; its ids may have changed", fault="empty")
    return parse_html(markup)


def _configured(source: Source, number: int) -> str:
    """Give the unit's address by the options; empty where they do not identify it."""
    configured = options.read(source, Options)
    if not all(getattr(configured, name) for name in NAMED):
        return ""
    return _address(source.url, configured, number)


def _found(source: Source, column: Fetched, number: int) -> str:
    """Give the unit's address by the column's page, where the options agree; empty where it has none."""
    own = options.read(source, Options)
    configured = own.model_dump(exclude_unset=True)
    scripts = [(script, _query(script)) for script in page.parse(column).select("[querydata]")]
    units = [
        (script, query) for script, query in scripts if query.get("pageId") and _agrees(query, configured)
    ]
    if not units:
        return ""
    # Of several units, lists of links among them, the one that turns pages is the list.
    script, query = max(units, key=lambda unit: "pageSize" in unit[1] or "pageNo" in unit[1])
    found: dict[str, Any] = {name: query[name] for name in (*NAMED, "parseType") if name in query}
    if parse_type := attribute(script, "parsetype"):
        found.setdefault("parseType", parse_type)
    if SIZE.fullmatch(query.get("pageSize", "")):
        found["pageSize"] = int(query["pageSize"])
    path = attribute(script, "url").partition("?")[0]
    if path.startswith("/"):
        found["unit"] = path
    return _address(column.address, own.model_copy(update={**found, **configured}), number)


def _query(script: Tag) -> dict[str, str]:
    """Read the ``querydata`` of a script."""
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), attribute(script, "querydata"))
    return {name: value.strip() for name, value in _PAIR.findall(text) if value.strip()}


def _agrees(query: Mapping[str, str], configured: Mapping[str, Any]) -> bool:
    """Tell whether a query names no other unit than the options do."""
    named = [name for name in NAMED if name in query and name in configured]
    return all(query[name] == configured[name] for name in named)


def _address(base: str, unit: Options, number: int) -> str:
    query = {
        "parseType": unit.parseType,
        "webId": unit.webId,
        "tplSetId": unit.tplSetId,
        "pageType": "column",
        "tagId": unit.tagId,
        "editType": "null",
        "pageId": unit.pageId,
        "paramJson": _page(number, unit.pageSize),
    }
    return resolve(base, f"{unit.unit}?{urlencode(query, quote_via=quote, errors='replace')}")


def _page(number: int, size: int) -> str:
    return json.dumps({"pageNo": number, "pageSize": size}, separators=(",", ":"))


def _turned(address: str, number: int) -> str:
    """Give the address of another page of the same unit."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    size = dict(_PAIR.findall(query["paramJson"])).get("pageSize", "")
    query["paramJson"] = _page(number, int(size) if SIZE.fullmatch(size) else 20)
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote, errors="replace")))


def _ended(unit: Fetched, number: int) -> bool:
    """Tell whether page ``number`` is past the end, by the totals that stand in the unit's HTML."""
    total = {name: int(value[:9]) for name, value in _TOTAL.findall(unit.body.decode("utf-8", "replace"))}
    rows = total.get("rows", 0)
    return bool(rows and "count" in total and (number - 1) * rows >= total["count"])
