"""Rows of front pages: their headlines, links and days are read, whatever else links in them, in any language."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup

from aggregator.discover.lists.infer import InferredList, infer_lists
from aggregator.model import Fetched
from aggregator.settings import Source
from aggregator.sources.listing import read_list
from aggregator.text.addresses import resolve
from aggregator.text.dates import read_date
from tests.support.front_pages import LAYOUTS, FrontPage, front_page
from tests.support.front_pages.mixtures import mixture
from tests.support.sampling import sampled

BASE = "https://quay.example/"
NOW = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
FORMS = {
    "en": "/news/2026/{n}.html",
    "de": "/artikel/{slug}",
    "fr": "https://s{n}.example/{slug}",
    "pl": "thread-{n}-1-1.html",
    "ru": "/read/{n}",
    "zh": "/art/2026/2/{n}.shtml",
    "ja": "viewtopic.php?t={n}",
    "ar": "/p/{slug}",
}
"""The form of the addresses of each language's stories."""


def cases() -> list[tuple[str, str, bool]]:
    """Every layout in two languages, once with the names that its elements have and once without any."""
    languages = list(FORMS)
    return [
        (name, languages[(place + 3 * bare) % len(languages)], bool(bare))
        for place, name in enumerate(LAYOUTS)
        for bare in (0, 1)
    ]


@pytest.mark.parametrize(("name", "language", "bare"), cases())
def test_rows_are_read(name: str, language: str, bare: bool) -> None:
    """Each row gives its headline alone, the link that goes with it, and its day; of that we are sure."""
    page = front_page(name, language, FORMS[language])
    markup = re.sub(r" (class|id)='[^']*'", "", page.markup) if bare else page.markup
    assert read(replace(page, markup=markup)).confidence >= 0.5


@sampled(20, 200, name="count")
def test_any_mixture_is_read(count: int) -> None:
    """Whatever stands beside the headline, in any order and nesting."""
    for seed in range(count):
        read(mixture(seed))


def read(page: FrontPage) -> InferredList:
    """Infer the list of a page, hold what it reads to what the page shows, and give it."""
    found = infer_lists(BeautifulSoup(page.markup, "lxml"), BASE, NOW, "UTC")[0]
    source = Source(name="x", kind="listing", url=BASE, list=found.rules)
    entries = read_list(source, Fetched(BASE, 200, {}, page.markup.encode())).entries
    assert [(entry.title, entry.address.partition("#")[0]) for entry in entries] == [
        (title, resolve(BASE, link)) for title, link in page.rows
    ]
    if page.days:
        assert [str(read_date(entry.published, NOW, "UTC"))[:10] for entry in entries] == page.days
    return found
