"""APIs: JSON lists and JSON articles, read by JMESPath."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Set
from dataclasses import replace
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from aggregator.content.addresses import canonical, resolve
from aggregator.content.charset import decode
from aggregator.content.text import as_html, fold
from aggregator.errors import ReadError
from aggregator.model import Entry, Fetched, Listing, Unreadable
from aggregator.settings import ArticleRules, Source
from aggregator.sources import page
from aggregator.sources.templates import named_fields


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find fault with what only an api's table can have wrong; see :class:`aggregator.sources.Kind`."""
    if not source.list.entry:
        yield "list.entry", 'is missing: the JMESPath of the list of items, such as "data.items"'
    if not source.list.title:
        yield "list.title", "is missing: the JMESPath of an item's title"
    if not (source.list.id or source.list.link):
        yield "list.id", "is missing: the JMESPath of an item's id (or list.link of its address)"
    if source.article.body and not source.article_url:
        yield "article_url", "is missing: where article.body is to be read"
    if source.article_url and not source.article.body:
        yield "article.body", "is missing: the JMESPath of the text in the answer of article_url"
    yield from page.check_selectors(
        "article", ArticleRules(remove=source.article.remove, unwrap=source.article.unwrap)
    )
    for table, rules in (("list", source.list), ("article", source.article)):
        for key, value in rules.model_dump(exclude={"remove", "unwrap", "replace", "format"}).items():
            try:
                if value:
                    jmespath.compile(value)
            except JMESPathError as exc:
                yield f"{table}.{key}", f"{value!r} is not JMESPath: {str(exc).splitlines()[0]}"


def read_list(source: Source, fetched: Fetched) -> Listing:
    """Read a JSON list. Raises ReadError where there is none."""
    items = _search(source.list.entry, _parse(fetched))
    if not isinstance(items, list):
        raise ReadError(f"list.entry {source.list.entry!r} is not a list in the answer")
    entries: dict[str, Entry] = {}
    unreadable = []
    for item in items:
        try:
            entry = _entry(source, item, fetched.address)
        except ReadError as exc:
            unreadable.append(Unreadable(_digest(item), str(exc)))
        else:
            entries.setdefault(entry.key, entry)
    return Listing(tuple(entries.values()), tuple(unreadable))


def read_article(source: Source, entry: Entry, fetched: Fetched) -> Entry:
    """Take the body from the answer of ``article_url``; an empty one leaves the summary to stand in."""
    rules = source.article
    answer = _parse(fetched)
    body = _search(rules.body, answer)
    if body is not None and not isinstance(body, str):
        raise ReadError(f"article.body {rules.body!r} is not text in the answer")
    found = {
        "title": _text(_search(rules.title, answer), folded=False).strip(),
        "published": _text(_search(rules.date, answer)),
        "author": _text(_search(rules.author, answer)),
        "origin": _text(_search(rules.origin, answer)),
    }
    named: dict[str, Any] = {name: value for name, value in found.items() if value}
    said = {name: f"article.{'date' if name == 'published' else name}" for name in named}
    return replace(
        entry,
        **named,
        content=as_html(body or ""),
        rules={**entry.rules, **said, "content": f"article.body {rules.body!r}"},
    )


def _entry(source: Source, item: Any, base: str) -> Entry:
    rules = source.list
    if not isinstance(item, dict):
        raise ReadError(f"is not an object: {json.dumps(item, ensure_ascii=False)[:60]}")
    address = resolve(base, _text(_search(rules.link, item)))
    own_id = _text(_search(rules.id, item))
    if not (own_id or address):
        raise ReadError(f"has no id and no address: {json.dumps(item, ensure_ascii=False)[:60]}")
    body = _text(_search(rules.body, item), folded=False)
    values: dict[str, Any] = {
        # JSON means the line breaks that it writes; in HTML and XML they are only blanks.
        "title": _text(_search(rules.title, item), folded=False).strip(),
        "address": address,
        "published": _text(_search(rules.date, item)),
        "author": _text(_search(rules.author, item)),
        "summary": _text(_search(rules.summary, item)),
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
    return Entry(
        **values,
        content=None if source.article_url else as_html(body),
        base=base,
        fields=dict(_fields(item, named_fields(source))),
        rules={**given, "content": f"list.body {rules.body!r}"} if body else given,
    )


def _fields(item: dict[str, Any], named: Set[str]) -> Iterator[tuple[str, str | list[str]]]:
    # Only what the templates name: a count of readers that grows is no edit of the entry.
    for name, value in item.items():
        if name not in named:
            continue
        if isinstance(value, list):
            yield name, [_text(part) for part in value if not isinstance(part, dict | list)]
        elif not isinstance(value, dict):
            yield name, _text(value)


def _parse(fetched: Fetched) -> Any:
    try:
        return json.loads(decode(fetched.body, fetched.content_type, html=False))
    except (ValueError, RecursionError) as exc:
        start = fold(fetched.body[:60].decode("utf-8", "replace"))
        raise ReadError(f"is not JSON: {exc}; it begins {start!r}") from exc


def _search(path: str, data: Any) -> Any:
    try:
        return jmespath.search(path, data) if path else None
    except (JMESPathError, ValueError, TypeError, RecursionError) as exc:
        raise ReadError(f"{path!r} cannot be applied: {exc}") from exc


def _text(value: Any, *, folded: bool = True) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return fold(text) if folded else text


def _digest(item: Any) -> str:
    return hashlib.blake2b(json.dumps(item, sort_keys=True).encode(), digest_size=8).hexdigest()
