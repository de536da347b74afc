"""APIs: JSON lists, read by JMESPath, of articles that are JSON or HTML pages."""

import json
from collections.abc import Iterator, Set
from dataclasses import replace
from typing import Any, Literal

from aggregator.content.metadata.value import Finding
from aggregator.errors import ReadError
from aggregator.model import Attachment, Entry, Fetched, Field, Listing, Request, Unreadable
from aggregator.model.digest import hexdigest
from aggregator.settings import Source, Table
from aggregator.sources import json_answer, options, page, paging, selectors
from aggregator.sources.json_answer import check_path, search, value_text
from aggregator.sources.provenance import rules_of, values_of
from aggregator.sources.templates import named_fields
from aggregator.text.addresses import canonical, resolve
from aggregator.text.text import as_html, scrub

PAGE = ("body", "title", "date", "author", "origin", "attachments")
"""Keys of ``[source.article]`` that are JMESPath where an article is JSON."""


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with what only an api's table can have wrong; see :class:`aggregator.sources.Kind`."""
    if not source.list.entry:
        yield "list.entry", 'is missing: the JMESPath of the list of items, such as "data.items"'
    if not source.list.title:
        yield "list.title", "is missing: the JMESPath of an item's title"
    if not (source.list.id or source.list.link):
        yield "list.id", "is missing: the JMESPath of an item's id (or list.link of its address)"
    if source.list.html:
        yield "list.html", 'is for the kind "listing": HTML inside of JSON'
    if source.article.body and not (source.article_url or source.list.link):
        yield "article_url", "is missing (or list.link): where article.body is to be read"
    if _format(source) == "html":
        yield from selectors.check_page(source)
    else:
        yield from _check_json_article(source)
    yield from _check_paths("list", source.list, *selectors.LIST)
    yield from _check_paths("paging", source.paging, "next", "cursor")
    if _format(source) == "json":
        yield from _check_paths("article", source.article, *PAGE)
    yield from paging.check(source)
    yield from options.check_none(source)


def _check_json_article(source: Source) -> Iterator[tuple[str, str]]:
    # The text in an article's JSON is HTML.
    yield from selectors.check("article", source.article, *selectors.PARTS)
    if not source.article.body:
        where = "article_url" if source.article_url else "list.link"
        yield "article.body", f"is missing: the JMESPath of the text in the answer of {where}"
    if source.article.next:
        yield "article.next", "is for articles in HTML"


def _check_paths(table: str, rules: Table, *keys: str) -> Iterator[tuple[str, str]]:
    """Find the values of these keys of a table that are no JMESPath."""
    for key in keys:
        path = getattr(rules, key)
        if path and (fault := check_path(path)):
            yield f"{table}.{key}", fault


def ask(source: Source, number: int, before: Fetched | None) -> Request | None:
    """Follow ``paging.next`` or ``paging.cursor``, count ``{page}``, or take the Link header (RFC 8288)."""
    rules = source.paging
    if before is None or paging.counts(source):
        return paging.ask(source, number, before)
    if rules.next:
        found = search(rules.next, json_answer.parse(before))
        return paging.follow(source, number, value_text(found or None), before.address)
    if rules.cursor:
        cursor = value_text(search(rules.cursor, json_answer.parse(before)) or None)
        return paging.request(source, number, cursor=cursor) if cursor else None
    return paging.follow(source, number, paging.header_link(before, "next"), before.address)


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a JSON list. Raises ReadError where the answer has none."""
    items = search(source.list.entry, json_answer.parse(fetched))
    if not isinstance(items, list):
        raise ReadError(f"list.entry {source.list.entry!r} is not a list in the answer", fault="wrong-type")
    entries: dict[str, Entry] = {}
    unreadable = []
    for item in items:
        try:
            entry = _entry(source, item, fetched.address)
        except ReadError as exc:
            unreadable.append(Unreadable(hexdigest(json.dumps(item, sort_keys=True), 8), str(exc)))
        else:
            if entry.address != entries.setdefault(entry.key, entry).address:
                # An id that several addresses share identifies none of them.
                entry = replace(entry, key=canonical(entry.address) or entry.key)
                entries.setdefault(entry.key, entry)
    return Listing(tuple(entries.values()), tuple(unreadable))


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Take the body from the entry's page, or from the answer of ``article_url``. Raises ReadError.

    An empty text in JSON leaves the summary to stand in.
    """
    if _format(source) == "html":
        return page.read_article(source, entry, fetched)
    rules = source.article
    answer = json_answer.parse(fetched)
    body = search(rules.body, answer)
    if body is not None and not isinstance(body, str):
        raise ReadError(f"article.body {rules.body!r} is not text in the answer", fault="wrong-type")
    found = {
        "title": Finding(_title(rules.title, answer), "article.title"),
        "published": Finding(value_text(search(rules.date, answer)), "article.date"),
        "author": Finding(_names(search(rules.author, answer)), "article.author"),
        "origin": Finding(value_text(search(rules.origin, answer)), "article.origin"),
    }
    return replace(
        entry,
        **values_of(found),
        content=as_html(body or ""),
        attachments=(*entry.attachments, *_attachments(rules.attachments, answer, fetched.address)),
        facts=(*_facts(source, answer), *entry.facts),
        rules={**entry.rules, **rules_of(found), "content": f"article.body {rules.body!r}"},
    )


def _entry(source: Source, item: Any, base: str) -> Entry:
    """Read one item of the list. Raises ReadError where it cannot be an entry."""
    rules = source.list
    if not isinstance(item, dict):
        raise ReadError(f"is not an object: {json.dumps(item, ensure_ascii=False)[:60]}")
    address = resolve(base, value_text(search(rules.link, item)))
    own_id = _own_id(search(rules.id, item))
    if not (own_id or address):
        raise ReadError(f"has no id and no address: {json.dumps(item, ensure_ascii=False)[:60]}")
    body = value_text(search(rules.body, item), folded=False)
    asks = _wants_page(source, address, body)
    found = {
        "key": Finding(own_id, f"list.id {rules.id!r}") or Finding(canonical(address), "canonical address"),
        "title": Finding(_title(rules.title, item), f"list.title {rules.title!r}"),
        "address": Finding(address, f"list.link {rules.link!r}"),
        "published": Finding(value_text(search(rules.date, item)), f"list.date {rules.date!r}"),
        "author": Finding(_names(search(rules.author, item)), f"list.author {rules.author!r}"),
        "summary": Finding(value_text(search(rules.summary, item)), f"list.summary {rules.summary!r}"),
        "content": Finding("" if asks else as_html(body), f"list.body {rules.body!r}"),
    }
    return Entry(
        **{"content": None if asks else "", **values_of(found)},
        base=base,
        attachments=_attachments(rules.attachments, item, base),
        fields=dict(_fields(item, named_fields(source))),
        facts=tuple(_facts(source, item)),
        rules=rules_of(found),
    )


def _title(path: str, data: Any) -> str:
    # A line break in JSON is meant, other than one in HTML or XML.
    return value_text(search(path, data), folded=False).strip()


def _names(value: Any) -> str:
    """Give one name, or those of a list, a line each."""
    return "\n".join(filter(None, map(value_text, value if isinstance(value, list) else [value])))


def _own_id(value: Any) -> str:
    return "" if isinstance(value, bool) else scrub(value_text(value))


def _attachments(path: str, data: Any, base: str) -> tuple[Attachment, ...]:
    """Read files: an address or an object of ``address``, ``title`` and ``media_type``, or a list of them."""
    value = search(path, data)
    found = []
    for part in value if isinstance(value, list) else [value]:
        named = part if isinstance(part, dict) else {"address": part}
        address = resolve(base, value_text(named.get("address")))
        if address:
            title, media_type = value_text(named.get("title")), value_text(named.get("media_type"))
            found.append(Attachment(address, title, media_type))
    return tuple(found)


def _facts(source: Source, data: Any) -> Iterator[Field]:
    """Read the named facts that ``path`` finds; the parts of a list have a line each."""
    for name, rule in source.fields.items():
        value = search(rule.path, data)
        text = _names(value) if isinstance(value, list) else value_text(value)
        if text:
            yield Field(name, text, rule=f"fields.{name}.path {rule.path!r}")


def _wants_page(source: Source, address: str, body: str) -> bool:
    """Decide by ``full_text`` whether an item's page is asked for: where the list has no text, or always."""
    if source.full_text == "never":
        return False
    if source.article_url:
        return True
    return bool(address) and (source.full_text == "always" or not body.strip())


def _format(source: Source) -> Literal["html", "json"]:
    return source.article.format or ("json" if source.article_url else "html")


def _fields(item: dict[str, Any], named: Set[str]) -> Iterator[tuple[str, str | list[str]]]:
    """Give the fields that the templates name: a counter of readers among others would look like an edit."""
    for name, value in item.items():
        if name not in named:
            continue
        if isinstance(value, list):
            yield name, [value_text(part) for part in value if not isinstance(part, dict | list)]
        elif not isinstance(value, dict):
            yield name, value_text(value)
