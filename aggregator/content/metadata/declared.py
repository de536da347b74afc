"""Metadata that a page declares for machines: JSON-LD, metas, microdata.

Its sources come in the order in which they are believed: schema.org's JSON-LD, the metas of Chinese
government sites, OpenGraph, those of publishing and library systems (Parse.ly, Sailthru, Dublin Core,
Highwire's ``citation_``), microdata.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from bs4 import BeautifulSoup, Tag

from aggregator.content.metadata.value import Finding, is_date, read_language, read_names
from aggregator.content.surroundings import path_of, stands_aside
from aggregator.text.html import attribute, is_text, short_text
from aggregator.text.text import fold, plain, scrub

FIELDS = ("title", "published", "updated", "author", "origin", "language", "summary", "site", "made")

# These are names of metas in lower case, the most trusted of each field first.
_METAS: dict[str, tuple[str, ...]] = {
    "title": tuple(
        "articletitle og:title parsely-title sailthru.title dc.title dcterms.title citation_title"
        " twitter:title".split()
    ),
    "published": tuple(
        "pubdate publishdate firstpublishedtime article:published_time og:article:published_time"
        " og:published_time og:pubdate og:time apub:time parsely-pub-date sailthru.date dcterms.issued"
        " dc.date.issued dcterms.created dc.date.created dc.date dcterms.date citation_publication_date"
        " citation_online_date citation_date datepublished publish_date publish-date publication_date"
        " publication-date pub_date ptime pdate originalpublicationdate rnews:datepublished"
        " cxenseparse:recs:publishtime article.published shareaholic:article_published_time date".split()
    ),
    "updated": (
        *"article:modified_time og:updated_time og:article:modified_time".split(),
        "weibo: article:update_at",
        *"dateupdate dcterms.modified dc.date.modified datemodified last-modified lastmodified".split(),
        "revised",
    ),
    "author": tuple(
        "author article:author og:article:author parsely-author sailthru.author dc.creator"
        " dcterms.creator dc.contributor citation_author articleauthor byl rnews:creator cxenseparse:author"
        " shareaholic:article_author_name".split()
    ),
    "origin": ("contentsource", "source", "mediaid", "article:source"),
    "language": ("content-language", "dc.language", "dcterms.language", "og:locale"),
    "summary": (
        "og:description",
        "description",
        "dc.description",
        "dcterms.description",
        "twitter:description",
    ),
    "site": ("og:site_name", "sitename", "application-name"),
    # jcms says when the file was written; it counts where no other date is declared.
    "made": ("maketime",),
}
_ITEMS = {
    "datePublished": "published",
    "dateModified": "updated",
    "author": "author",
    "headline": "title",
}
_AUTHORS = re.compile(
    r"(?!.*(?:comment|prep-))(?:.*[-_])?(?:author|byline)s?(?:[-_]*(?:name|line|link|\d))?", re.IGNORECASE
)
"""Classes and ids of the names of an article's authors."""
_JSON_NAMES = {
    "title": ("headline", "title"),
    "published": ("datePublished", "pubDate", "dateCreated", "uploadDate"),
    "updated": ("dateModified", "upDate"),
    "author": ("author",),
    "origin": ("sourceOrganization",),
    "language": ("inLanguage",),
    "summary": ("description",),
    "site": ("publisher",),
}
_MAX_MARKED, _MAX_MARKS, _MAX_PARTS, _MAX_NAME = 20, 500, 100, 100
"""Elements that are read for one mark, and for all of a page; nodes of a byline; characters of a name."""
_ARTICLE = re.compile(r"(?:\w*Article|\w*Posting|Report|Review|LiveBlogPosting|Chapter)", re.IGNORECASE)
_PAGE = frozenset({"webpage", "itempage", "videoobject", "newsvideo"})
_HIDDEN_FROM_HTML = re.compile(r"<!--|(?://\s*)?<!\[CDATA\[")
_MAX_JSON = 300_000
"""Characters of one JSON-LD block that are read."""
_MAX_NODES = 2_000
"""Nodes of JSON-LD that are looked at."""
_ORIGIN = re.compile(r"^(?:\w{0,2}来源|source|quelle|fuente|fonte)\s*[:：]\s*", re.IGNORECASE)
_SURNAME_FIRST = re.compile(r"([A-ZÀ-Þ][\w'’-]+),\s*([A-ZÀ-Þ][\w.'’ -]*)", re.ASCII)
_PAIR = re.compile(r'"(headline|datePublished|dateModified)"\s*:\s*"((?:[^"\\\n]|\\.){1,500})"')


def read_declared(soup: BeautifulSoup, agrees: Callable[[str], bool]) -> Mapping[str, tuple[Finding, ...]]:
    """Return what the page declares of each of ``FIELDS``, the most trusted first.

    Dates and names are checked to be some; everything is plain text in one line. ``agrees`` says whether
    a headline or address is that of the page's article, for a page may describe several.
    """
    found: dict[str, list[Finding]] = {name: [] for name in FIELDS}
    for name, value, rule in (*_from_json(soup, agrees), *_from_metas(soup), *_from_items(soup)):
        text = fold(plain(scrub(value[:2000])))
        if name in ("published", "updated", "made") and not is_date(text):
            continue
        if name == "author":
            text = "" if _ORIGIN.match(text) else read_names(text)
        elif name == "origin":
            text = _ORIGIN.sub("", text).partition(" ")[0]
        elif name == "language":
            text = read_language(text)
        if text:
            found[name].append(Finding(text, rule))
    return {name: tuple(values) for name, values in found.items()}


def _from_metas(soup: BeautifulSoup) -> Iterator[tuple[str, str, str]]:
    contents: dict[str, tuple[str, list[str]]] = {}
    for meta in soup.find_all("meta"):
        content = attribute(meta, "content").strip()
        for kind in ("name", "property", "itemprop", "http-equiv"):
            if content and (name := attribute(meta, kind).strip()):
                contents.setdefault(name.lower(), (f"meta[{kind}={name}]", []))[1].append(content)
                break
    for field, names in _METAS.items():
        for name in names:
            if name in contents:
                rule, values = contents[name]
                yield field, ", ".join(map(_upright, values)) if field == "author" else values[0], rule


def _upright(name: str) -> str:
    """Turn the name of one person with the surname first, as libraries write it."""
    match = _SURNAME_FIRST.fullmatch(name.strip())
    return f"{match[2]} {match[1]}" if match else name


def _from_items(soup: BeautifulSoup) -> Iterator[tuple[str, str, str]]:
    """Yield the microdata of the article and the names marked as its authors', none of comments."""
    path = path_of(soup.find("h1"))
    seen: dict[str, int] = {}
    authors: dict[tuple[str, int], list[str]] = {}
    for element in soup.find_all(lambda tag: bool(_mark(tag)[0]), limit=_MAX_MARKS):
        field, rule = _mark(element)
        seen[rule] = seen.get(rule, 0) + 1
        if seen[rule] > _MAX_MARKED or stands_aside(element, path) or _is_reply(element):
            continue
        source = (_name_within(element) if field == "author" else None) or element
        value = attribute(source, "content") or attribute(source, "datetime") or _named_in(source)
        if field != "author":
            yield field, value, rule
        elif len(value) < _MAX_NAME:
            # The authors of one article stand beside each other.
            beside = element.parent and element.parent.parent
            authors.setdefault((rule, id(beside)), []).append(value)
    for (rule, _), names in authors.items():
        yield "author", ", ".join(names), rule


def _name_within(element: Tag) -> Tag | None:
    """Return the element in a byline that is marked as the name, or its only link where it has one name."""
    parts = [part for part in islice(element.descendants, _MAX_PARTS) if isinstance(part, Tag)]
    if marked := next((part for part in parts if "name" in attribute(part, "itemprop").split()), None):
        return marked
    links = [part for part in parts if part.name == "a"]
    alone = len(links) == 1 and "\n" not in read_names(short_text(element, _MAX_NAME))
    return links[0] if alone and short_text(links[0], _MAX_NAME).strip() else None


def _named_in(element: Tag) -> str:
    """Return the text of an element, with commas where it is a row of elements of one kind."""
    parts = element.find_all(True)
    while len(parts) == 1 and not any(is_text(node) and node.strip() for node in element.contents):
        element, parts = parts[0], parts[0].find_all(True)
    alike = {(part.name, *part.get_attribute_list("class")) for part in parts}
    loose = any(is_text(node) and node.strip(" \n\r\t,") for node in element.contents)
    if len(parts) > 1 and len(alike) == 1 and not loose:
        return ", ".join(short_text(part, _MAX_NAME) for part in parts)
    return short_text(element, 500)


def _mark(element: Tag) -> tuple[str, str]:
    """Return the field that an element is marked to hold, and by what; both empty for most."""
    for name in attribute(element, "itemprop").split():
        if name in _ITEMS:
            return _ITEMS[name], f"itemprop={name}"
    if element.name == "a" and "author" in attribute(element, "rel").lower().split():
        return "author", "rel=author"
    names = f"{attribute(element, 'class')} {attribute(element, 'id')}".split()
    name = next(filter(_AUTHORS.fullmatch, names), "")
    return ("author", f"{element.name}.{name}") if name else ("", "")


def _is_reply(element: Tag) -> bool:
    return any("Comment" in attribute(parent, "itemtype") for parent in element.parents)


def _from_json(soup: BeautifulSoup, agrees: Callable[[str], bool]) -> Iterator[tuple[str, str, str]]:
    nodes: list[dict[str, Any]] = []
    for script in soup.find_all("script", type=re.compile(r"ld\+json", re.IGNORECASE)):
        text = script.get_text()[:_MAX_JSON]
        data = _loaded(text)
        nodes += _nodes(data) if data is not None else [{"@type": "Article", **dict(_PAIR.findall(text))}]
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    for node in _about_article(nodes, agrees):
        for field, names in _JSON_NAMES.items():
            for name in names if field != "title" or _is_article(node) else ():
                if value := _text(node.get(name), by_id):
                    yield field, value, f"JSON-LD {name}"
    for node in nodes:
        if "website" in _types(node) and (name := _text(node.get("name"), by_id)):
            yield "site", name, "JSON-LD WebSite"


def _about_article(nodes: list[dict[str, Any]], agrees: Callable[[str], bool]) -> list[dict[str, Any]]:
    """Return the nodes of the page's article and of the page itself, none where all articles are others'."""
    articles = [node for node in nodes if _is_article(node)]
    ours = [node for node in articles if _is_called_so(node, agrees)]
    if not ours and len(articles) == 1:
        ours = articles
    pages = [node for node in nodes if not _PAGE.isdisjoint(_types(node))]
    return [*ours[:1], *(pages[:1] if not articles or ours else ())]


def _loaded(text: str) -> Any:
    """Return the data of a JSON-LD block, its usual faults mended, or None where it cannot be read."""
    text = _HIDDEN_FROM_HTML.sub("", text.strip(), count=1)
    text = text.removesuffix("-->").removesuffix("]]>").rstrip().removesuffix("//")
    for attempt in (text, re.sub(r",(?=\s*[}\]])", "", text).rstrip("; \n")):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(data: Any) -> list[dict[str, Any]]:
    """Return the nodes at the top level, in lists and graphs, and under ``mainEntity``."""
    nodes: list[dict[str, Any]] = []
    waiting = deque([data])
    while waiting and len(nodes) < _MAX_NODES:
        thing = waiting.popleft()
        if isinstance(thing, list):
            waiting.extendleft(reversed(thing[:_MAX_NODES]))
        elif isinstance(thing, dict):
            context = thing.get("@context")
            if isinstance(context, str) and "cambrian" in context and "@type" not in thing:
                thing = {"@type": "Article", **thing}  # Baidu's own dialect
            nodes.append(thing)
            waiting.extendleft(thing[name] for name in ("mainEntity", "@graph") if name in thing)
    return nodes


def _types(node: Mapping[str, Any]) -> list[str]:
    kinds = node.get("@type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return [kind.rpartition("/")[2].lower() for kind in listed if isinstance(kind, str)]


def _is_article(node: Mapping[str, Any]) -> bool:
    return any(_ARTICLE.fullmatch(kind) for kind in _types(node))


def _is_called_so(node: Mapping[str, Any], agrees: Callable[[str], bool]) -> bool:
    page = node.get("mainEntityOfPage")
    address = page.get("@id") if isinstance(page, dict) else page
    names = [*(node.get(name) for name in ("headline", "title", "name", "url", "@id")), address]
    return any(isinstance(name, str) and agrees(name) for name in names)


def _text(value: Any, by_id: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a value as text: a string, a node's name, or those of a list joined by commas."""
    if isinstance(value, list):
        return ", ".join(
            filter(None, (_text(part, by_id) for part in value[:20] if not isinstance(part, list)))
        )
    if isinstance(value, dict):
        name = value.get("name") or value.get("@value") or _named(value.get("@id"), by_id)
        if isinstance(name, list):
            name = ", ".join(part for part in name if isinstance(part, str))
        return name if isinstance(name, str) else ""
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _named(key: Any, by_id: Mapping[str, Mapping[str, Any]]) -> Any:
    return by_id.get(key, {}).get("name") if isinstance(key, str) else None
