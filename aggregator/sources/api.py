"""APIs: JSON lists, read by JMESPath, of articles that are JSON or HTML pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from dataclasses import replace
from typing import Any, Literal

from aggregator.errors import ReadError
from aggregator.model import Attachment, Entry, Fetched, Listing, Request, Unreadable
from aggregator.model.digest import hexdigest
from aggregator.settings import Source
from aggregator.sources import json_answer, options, page, paging, selectors
from aggregator.sources.json_answer import check_path, search, value_text
from aggregator.sources.templates import named_fields
from aggregator.text.addresses import canonical, resolve
from aggregator.text.text import as_html, scrub

PAGE = ("body", "title", "date", "author", "origin", "attachments")


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
    paths = [("list", key, getattr(source.list, key)) for key in selectors.LIST]
    paths += [("paging", "next", source.paging.next), ("paging", "cursor", source.paging.cursor)]
    if source.article.body and not (source.article_url or source.list.link):
        yield "article_url", "is missing (or list.link): where article.body is to be read"
    if _format(source) == "html":
        yield from selectors.check_page(source)
    else:
        # What is taken out of a text is HTML all the same.
        yield from selectors.check("article", source.article, *selectors.PARTS)
        paths += [("article", key, getattr(source.article, key)) for key in PAGE]
        if not source.article.body:
            where = "article_url" if source.article_url else "list.link"
            yield "article.body", f"is missing: the JMESPath of the text in the answer of {where}"
        if source.article.next:
            yield "article.next", "is for articles in HTML"
    for table, key, value in paths:
        if value and (fault := check_path(value)):
            yield f"{table}.{key}", fault
    yield from paging.check(source)
    yield from options.check_none(source)


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
    """Read a JSON list. Raises ReadError where there is none."""
    items = search(source.list.entry, json_answer.parse(fetched))
    if not isinstance(items, list):
        raise ReadError(f"list.entry {source.list.entry!r} is not a list in the answer", fault="wrong-type")
    entries: dict[str, Entry] = {}
    unreadable = []
    for item in items:
        try:
            entry = _entry(source, item, fetched.address)
        except ReadError as exc:
            unreadable.append(Unreadable(_digest(item), str(exc)))
        else:
            if entry.address != entries.setdefault(entry.key, entry).address:
                # One id for several addresses is no id.
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
        "title": value_text(search(rules.title, answer), folded=False).strip(),
        "published": value_text(search(rules.date, answer)),
        "author": value_text(search(rules.author, answer)),
        "origin": value_text(search(rules.origin, answer)),
    }
    named: dict[str, Any] = {name: value for name, value in found.items() if value}
    said = {name: f"article.{'date' if name == 'published' else name}" for name in named}
    return replace(
        entry,
        **named,
        content=as_html(body or ""),
        attachments=(*entry.attachments, *_attachments(rules.attachments, answer, fetched.address)),
        rules={**entry.rules, **said, "content": f"article.body {rules.body!r}"},
    )


def _entry(source: Source, item: Any, base: str) -> Entry:
    rules = source.list
    if not isinstance(item, dict):
        raise ReadError(f"is not an object: {json.dumps(item, ensure_ascii=False)[:60]}")
    address = resolve(base, value_text(search(rules.link, item)))
    said = search(rules.id, item)
    own_id = "" if isinstance(said, bool) else scrub(value_text(said))
    if not (own_id or address):
        raise ReadError(f"has no id and no address: {json.dumps(item, ensure_ascii=False)[:60]}")
    body = value_text(search(rules.body, item), folded=False)
    values: dict[str, Any] = {
        # JSON means the line breaks that it writes; in HTML and XML they are only blanks.
        "title": value_text(search(rules.title, item), folded=False).strip(),
        "address": address,
        "published": value_text(search(rules.date, item)),
        "author": value_text(search(rules.author, item)),
        "summary": value_text(search(rules.summary, item)),
        "key": own_id or canonical(address),
    }
    said = {
        "title": f"list.title {rules.title!r}",
        "address": f"list.link {rules.link!r}",
        "published": f"list.date {rules.date!r}",
        "author": f"list.author {rules.author!r}",
        "summary": f"list.summary {rules.summary!r}",
        "key": f"list.id {rules.id!r}" if own_id else "canonical address",
    }
    given = {name: rule for name, rule in said.items() if values[name]}
    asks = _wants_page(source, address, body)
    return Entry(
        **values,
        content=None if asks else as_html(body),
        base=base,
        attachments=_attachments(rules.attachments, item, base),
        fields=dict(_fields(item, named_fields(source))),
        rules={**given, "content": f"list.body {rules.body!r}"} if body and not asks else given,
    )


def _attachments(path: str, data: Any, base: str) -> tuple[Attachment, ...]:
    """Read files: addresses, or objects of ``address``, ``title`` and ``media_type``, or a list of either."""
    value = search(path, data)
    found = []
    for part in value if isinstance(value, list) else [value]:
        named = part if isinstance(part, dict) else {"address": part}
        address = resolve(base, value_text(named.get("address")))
        if address:
            title, media_type = value_text(named.get("title")), value_text(named.get("media_type"))
            found.append(Attachment(address, title, media_type))
    return tuple(found)


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
    # Only what the templates name: a count of readers that grows is no edit of the entry.
    for name, value in item.items():
        if name not in named:
            continue
        if isinstance(value, list):
            yield name, [value_text(part) for part in value if not isinstance(part, dict | list)]
        elif not isinstance(value, dict):
            yield name, value_text(value)


def _digest(item: Any) -> str:
    return hexdigest(json.dumps(item, sort_keys=True), 8)
