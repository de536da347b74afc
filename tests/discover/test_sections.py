"""Sections of front pages: the top stories go before what stands below, and what is unsure is not written."""

from __future__ import annotations

import cProfile
import pstats
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup

from aggregator.discover.lists.infer import infer_lists
from aggregator.discover.page import list_page
from aggregator.model import Fetched
from aggregator.settings import Source
from aggregator.sources.listing import read_list
from tests.support.front_pages.headlines import LANGUAGES
from tests.support.front_pages.sections import (
    CLEAR,
    Sections,
    boxes_alike,
    newspaper,
    sections,
    sections_of_three_kinds,
)
from tests.support.loopback import Site
from tests.support.samples import article_page
from tests.support.workplace import Workplace

BASE = "https://quay.example/"
NOW = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("language", ["de", "pl", "zh", "ar"])
@pytest.mark.parametrize("make", CLEAR, ids=lambda make: make.__name__)
def test_what_a_page_is_about_comes_first(make: Sections, language: str) -> None:
    """All of its rows come, no others do, and of that we are sure; no word of any language is needed for it."""
    markup, rows = sections(make, language)
    found = infer_lists(BeautifulSoup(markup, "lxml"), BASE, NOW, "UTC")[0]
    source = Source(name="x", kind="listing", url=BASE, list=found.rules)
    entries = read_list(source, Fetched(BASE, 200, {}, markup.encode())).entries
    assert [entry.title for entry in entries] == [title for title, _ in rows]
    assert found.confidence >= 0.5
    assert not found.doubtful


@pytest.mark.parametrize("language", LANGUAGES)
def test_sections_alike_are_doubted(language: str) -> None:
    """Of several sections that are shown alike each is found, and none is sure."""
    markup, _ = sections(sections_of_three_kinds, language)
    found = infer_lists(BeautifulSoup(markup, "lxml"), BASE, NOW, "UTC")
    assert [one.doubtful for one in found[:3]] == [True, True, True]


def test_what_is_unsure_is_shown_and_not_written(workplace: Workplace) -> None:
    """The rows of one section are shown, the other sections are named, and no table is written."""
    markup, rows = sections(sections_of_three_kinds, "en")
    with Site({"/": markup.encode(), **{link: article_page() for _, link in rows}}) as site:
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/", expect=1)
    assert "another of its lists may be meant" in done.stdout
    assert "not sure enough" in done.stderr
    assert done.stderr.count("there is another list") == 2
    assert "table > tr" in done.stderr
    assert not (workplace.config.parent / "sources.d").exists()


@pytest.mark.parametrize("make", [newspaper, boxes_alike], ids=lambda make: make.__name__)
def test_what_is_sure_is_written(workplace: Workplace, make: Sections) -> None:
    """Top stories are written; of boxes alike it is said that the list is in several."""
    markup, rows = sections(make, "en")
    with Site({"/": markup.encode(), **{link: article_page() for _, link in rows}}) as site:
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/")
    assert f"{len(rows)} <" in done.stdout
    assert ("in 4 blocks alike" in done.stdout) == (make is boxes_alike)
    assert list((workplace.config.parent / "sources.d").glob("*.toml"))


@pytest.mark.slow
def test_a_page_of_half_a_million_links() -> None:
    """What is looked at of a page has a limit: many more links cost no more calls, and the list is found."""

    def calls(count: int) -> int:
        rows = "".join(
            f"<li><a href='/2026/{n}.html'>Story {n} of the harbour</a></li>" for n in range(count)
        )
        answer = Fetched(BASE, 200, {"Content-Type": "text/html; charset=utf-8"}, f"<ul>{rows}</ul>".encode())
        profile = cProfile.Profile()
        lists, _ = profile.runcall(list_page, answer, NOW, "UTC", "")
        assert lists[0].rules.entry
        return int(pstats.Stats(profile).total_calls)

    assert calls(500_000) < 1.1 * calls(6_000)
