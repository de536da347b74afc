"""What is owed: noted before it can be forgotten, asked for where only its page has the words."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.decide.explanation import explain
from aggregator.settings import Table
from aggregator.settings.rules import ArticleRules, ListRules
from tests.support.clock import START, a_calendar
from tests.support.loopback import Answer, Received, Site
from tests.support.running import until
from tests.support.samples import LONG_TEXT, article_page, published_articles
from tests.support.workplace import PATIENCE, Workplace


def source(site: Site, **keys: object) -> str:
    """A listing whose articles have pages."""
    extra = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return (
        f'[[source]]\nname = "old"\nkind = "listing"\nurl = "{site.url}/list"\n{extra}'
        '[source.list]\nentry = "li"\n[source.article]\nbody = "main"\n'
    )


def rows(*numbers: int) -> bytes:
    """A list of these numbers."""
    links = (f"<li><a href='/a/{number}'>Title {number}</a></li>" for number in numbers)
    return f"<html><ul>{''.join(links)}</ul></html>".encode()


def page(number: str) -> bytes:
    """The page of an article."""
    return (
        f"<html><head><title>Title {number}</title></head><body><h1>Title {number}</h1>"
        f"<main><p>The whole text of number {number}, which is long enough to be one.</p></main></body></html>"
    ).encode()


def articles(request: Received) -> bytes:
    """The page at a path such as /a/1."""
    return page(request.path.rpartition("/")[2])


@pytest.mark.parametrize("nth", [1, 4], ids=["at-the-first-page", "amid-its-pages"])
def test_a_poll_killed_in_its_pages(workplace: Workplace, nth: int) -> None:
    """What it saw in the list comes, though the list shows it no more; what was read before is not doubled."""
    ended = threading.Event()
    asked: list[str] = []

    def hang(request: Received) -> bytes:
        asked.append(request.path)
        if len(asked) == nth:
            ended.wait(PATIENCE)
        return articles(request)

    with Site({"/list": rows(1, 2), "/a": articles}) as site:
        for number in range(1, 12):
            site.pages[f"/a/{number}"] = articles
        workplace.configure(source(site))
        workplace.run("poll")
        for number in range(3, 9):
            site.pages[f"/a/{number}"] = hang
        site.pages["/list"] = rows(*range(8, 2, -1))
        polling = workplace.start("poll")
        try:
            until(lambda: len(asked) == nth)
            polling.kill()
            polling.communicate()
        finally:
            ended.set()
        site.pages["/list"] = rows(11, 10, 9)
        workplace.run("poll")
        assert set(published_articles(workplace)) == {f"Title {number}" for number in range(1, 12)}
    assert workplace.sources()["old"]["owed"] == []


def test_rows_without_words(workplace: Workplace) -> None:
    """A linked picture is an entry: its page gives the title, also where it can be read only later."""
    pictures = "".join(f"<li><a href='/a/{number}'><img src='/{number}.png'></a></li>" for number in (1, 2))
    with Site({"/list": f"<html><ul>{pictures}</ul></html>".encode(), "/a/1": articles}) as site:
        workplace.configure(source(site))
        workplace.run("poll", expect=1)
        assert set(published_articles(workplace)) == {"Title 1"}
        site.pages |= {"/list": rows(3), "/a/2": articles, "/a/3": articles}
        workplace.run("poll", "old")
    assert set(published_articles(workplace)) == {"Title 1", "Title 2", "Title 3"}


def test_a_source_without_a_single_text(tmp_path: Path) -> None:
    """It does not work, although its list does: it says what is missing, until an article comes."""
    page = article_page()
    with Site({"/list": Answer(rows(1, 2), etag='"1"'), "/a/1": page, "/a/2": page}) as site:
        rules: dict[str, Table] = {"list": ListRules(entry="li"), "article": ArticleRules(body="#text")}
        with a_calendar(tmp_path, f"{site.url}/list", kind="listing", **rules) as calendar:
            for day in range(2):
                calendar.visit(START + timedelta(days=day), again=True)
                told = explain(calendar.source, calendar.state, START)
                assert (told.state, told.mood) == ("has pages without an article", "doubtful")
                assert "[source.article] body" in told.mend
            site.pages["/a/1"] = article_page(f"<div id='text'>{LONG_TEXT}</div>")
            for day in range(2, 4):
                calendar.visit(START + timedelta(days=day), again=True)
                assert calendar.state.status == "ok"
                assert [debt.key for debt in calendar.app.store.owed("paper")] == [f"{site.url}/a/2"]
