"""The metadata of an article's page: what is declared and what is shown, the more trusted of both."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bs4 import BeautifulSoup

from aggregator.content.metadata.byline import read_byline
from aggregator.content.metadata.declared import read_declared
from aggregator.content.metadata.headline import find_headline, own_names, words_of
from aggregator.content.metadata.value import NOTHING, Finding, letters, read_language
from aggregator.text.html import attribute
from aggregator.text.text import fold

_DAY = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})")
_CLOCK = re.compile(r"\d[:：时]\d")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says of its article, each in the page's own words with the rule that gave it.

    ``published`` and ``updated`` are unread dates. ``author`` has a name a line. ``canonical`` is the
    page's own word on its address as it is written there: neither absolute nor checked. ``language`` is a
    tag such as ``zh-CN``.
    """

    title: Finding = NOTHING
    published: Finding = NOTHING
    updated: Finding = NOTHING
    author: Finding = NOTHING
    origin: Finding = NOTHING
    canonical: Finding = NOTHING
    language: Finding = NOTHING
    summary: Finding = NOTHING


def read_metadata(soup: BeautifulSoup) -> Metadata:
    """Read what an article's page says of it; the tree is left as it is.

    What is declared for machines is believed before what stands in plain sight near the title (see
    ``declared`` and ``byline``), but the title is taken from there where both agree,
    and so is a date that adds the time of day. No page raises anything.
    """
    own = own_names(soup)
    declared = read_declared(soup, lambda text: _agrees(text, own))
    canonical = _canonical(soup)
    sites = [*_values(declared["site"]), *words_of(canonical.value)]
    title, headline = find_headline(soup, declared["title"], sites)
    byline = read_byline(soup, title.value, headline)
    title = title or byline.get("title", NOTHING)
    called = fold(soup.title.get_text(" ")) if soup.title else ""
    names = [*sites, *_values(declared["origin"]), called.removeprefix(title.value).strip(" -–—|·•:")]
    author = _author(declared["author"], byline.get("author", NOTHING), names)
    return Metadata(
        title=title,
        published=_finer(_first(declared["published"]), byline.get("published", NOTHING))
        or _first(declared["made"]),
        updated=_first(declared["updated"]) or byline.get("updated", NOTHING),
        author=author or byline.get("editor", NOTHING),
        origin=_first(declared["origin"]) or byline.get("origin", NOTHING),
        canonical=canonical,
        language=_language(soup) or _first(declared["language"]),
        summary=next((text for text in declared["summary"] if text.value != title.value), NOTHING),
    )


def _agrees(text: str, own: frozenset[str]) -> bool:
    """Tell whether a headline or an address is one of those that the page has, but for the site's name."""
    wanted = letters(text[:1000])
    return len(wanted) > 3 and any(name.startswith(wanted) for name in own)


def _author(declared: Sequence[Finding], shown: Finding, sites: Sequence[str]) -> Finding:
    """Return the first author declared or shown who is not the site itself, else the site."""
    names = [name for name in map(letters, sites) if name]
    for author in (*declared, shown):
        own = letters(author.value)
        if own and not any(
            own == name or (len(name) > 2 + name.isascii() and own.startswith(name)) for name in names
        ):
            return author
    return _first(declared) or shown


def _values(findings: Sequence[Finding]) -> list[str]:
    return [finding.value for finding in findings]


def _finer(declared: Finding, shown: Finding) -> Finding:
    """Return what is declared, but the date in plain sight where that adds the time to the same day."""
    ours, theirs = (_DAY.search(date.value) for date in (declared, shown))
    same = ours and theirs and tuple(map(int, ours.groups())) == tuple(map(int, theirs.groups()))
    finer = same and not _CLOCK.search(declared.value) and _CLOCK.search(shown.value)
    return shown if finer or not declared else declared


def _first(findings: Sequence[Finding]) -> Finding:
    return next(iter(findings), NOTHING)


def _canonical(soup: BeautifulSoup) -> Finding:
    for selector, name in (
        ("link[rel~=canonical i]", "href"),
        ("meta[property='og:url' i], meta[name='og:url' i]", "content"),
    ):
        for element in soup.select(selector, limit=3):
            if value := fold(attribute(element, name)):
                return Finding(value, selector.partition(",")[0].replace(" i]", "]"))
    return NOTHING


def _language(soup: BeautifulSoup) -> Finding:
    root = soup.find("html")
    for name in ("lang", "xml:lang"):
        if root and (language := read_language(attribute(root, name).strip())):
            return Finding(language, f"html[{name}]")
    return NOTHING
