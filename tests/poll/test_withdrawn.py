"""Articles that their source shows no more: missing, withdrawn, back; and what is none of that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.harbour import DAY, HOUR, a_page, an_office, edited, notice
from tests.support.loopback import Answer, Content, Received

GONE = [("missing", "2.html"), ("withdrawn", "2.html")]


def moved(to: str) -> Answer:
    """A redirect."""
    return Answer(headers={"location": to}, status=302)


def no_page(title: str, *words: str) -> bytes:
    """A page that says that there is nothing, with a good status."""
    return a_page(title, list(words))


WAYS: dict[str, Content | None] = {
    "404": None,
    "410": Answer(status=410),
    "to-the-front-page": moved("/"),
    "to-a-section": moved("/n/"),
    "页面不存在": no_page("提示", "抱歉，您访问的页面不存在。"),
    "已删除": no_page("通知公告", "该内容已被删除。", "返回首页"),
    "not-found": no_page("Harbour office", "The page that you asked for was not found."),
}


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=way, marks=[pytest.mark.slow] if way in ("410", "not-found", "已删除") else [])
        for way, page in WAYS.items()
    ],
)
def test_what_is_not_there_is_missing_and_then_withdrawn(tmp_path: Path, page: Content | None) -> None:
    """Two looks make it missing, a week withdrawn; it is told once each, and stays; then it comes back."""
    with an_office(tmp_path, count=8) as office:
        office.site.pages["/"] = b"<html><body><h1>Harbour office</h1><p>Welcome.</p></body></html>"
        office.site.pages["/n/"] = office.site.pages["/"]
        before = office.held(2)
        office.edit(2, page)
        assert office.pass_time(2 * HOUR) == GONE[:1]
        missing = office.held(2)
        assert missing.article == before.article
        assert (missing.version, missing.changes) == (before.version + 1, 0)
        assert missing.missing_since is not None
        assert office.pass_time(7 * DAY - 2 * HOUR, list_every=DAY) == []
        assert office.pass_time(2 * DAY, list_every=DAY) == GONE[1:]
        withdrawn = office.held(2)
        assert withdrawn.missing_since == missing.missing_since
        assert withdrawn.withdrawn is not None
        assert withdrawn.withdrawn - missing.missing_since >= 7 * DAY
        assert withdrawn.sequence > missing.sequence
        assert office.pass_time(30 * DAY, list_every=DAY) == []
        office.edit(2, notice(2))
        assert office.pass_time(120 * DAY, list_every=DAY) == [("back", "2.html")]
        back = office.held(2)
        assert (back.missing_since, back.withdrawn, back.article) == (None, None, before.article)


def test_it_comes_back_with_another_text(tmp_path: Path) -> None:
    """Both are told: that it is back, and what changed."""
    with an_office(tmp_path, count=8) as office:
        office.edit(2, None)
        assert office.pass_time(DAY) == GONE[:1]
        office.edit(2, edited(2))
        assert office.pass_time(2 * DAY) == [("back", "2.html"), ("changed", "2.html")]


def test_one_bad_answer_is_nothing(tmp_path: Path) -> None:
    """A page that is there at the second look was never missing, nor is one whose server errs or asks for a login."""
    answers = [Answer(status=404), moved("/login"), Answer(status=403)]
    for answer in answers:
        with an_office(tmp_path / str(id(answer)), count=8) as office:
            left = [answer]

            def once(received: Received, left: list[Answer] = left) -> Content:
                return left.pop() if left else notice(2)

            office.edit(2, once)
            assert office.pass_time(9 * DAY, list_every=DAY) == []
            assert not left


@pytest.mark.parametrize(
    "answer", [Answer(status=501), moved("/login"), Answer(status=403)], ids=["501", "login", "403"]
)
def test_a_server_that_errs_withdraws_nothing(tmp_path: Path, answer: Answer) -> None:
    """Errors, logins and refusals say nothing of an article, however long they last."""
    with an_office(tmp_path, count=8) as office:
        office.edit(2, answer)
        assert office.pass_time(20 * DAY, list_every=DAY) == []


def test_an_article_about_what_was_not_found_is_there(tmp_path: Path) -> None:
    """No word decides alone: a short text may say that something was deleted."""
    with an_office(tmp_path, count=8) as office:
        office.edit(2, notice(2, texts=["The register of tides was not found.", "该名录已被删除。"]))
        told = office.pass_time(9 * DAY, list_every=DAY)
        assert told == [("changed", "2.html")]


def test_one_error_page_for_several_articles(tmp_path: Path) -> None:
    """A page that says the same in place of two articles is none of them, whatever its words are."""
    with an_office(tmp_path, count=9, withdrawn_after=2 * DAY) as office:
        for number in (2, 3):
            office.edit(number, a_page("Harbour office", [f"Choose a topic below. (ref {number}77)"]))
        told = office.pass_time(9 * DAY, list_every=DAY)
        assert sorted(told) == sorted([*GONE, ("missing", "3.html"), ("withdrawn", "3.html")])


def test_gone_from_a_list_that_reaches_further_back(tmp_path: Path) -> None:
    """Its page still stands there; it is missing once its list shows older and newer ones, and back with it."""
    with an_office(tmp_path, count=8) as office:
        rows = set(range(8))
        office.list_rows(*rows - {3})
        assert office.pass_time(2 * DAY, list_every=DAY / 2) == [("missing", "3.html")]
        assert office.pass_time(9 * DAY, list_every=DAY / 2) == [("withdrawn", "3.html")]
        office.list_rows(*rows)
        assert office.pass_time(DAY, list_every=DAY / 2) == [("back", "3.html")]


def test_rows_that_a_list_leaves_behind_are_not_missing(tmp_path: Path) -> None:
    """What is older than the oldest row left the list in the ordinary way; and half a list is another list."""
    with an_office(tmp_path, count=9) as office:
        office.list_rows(*range(4, 9))
        assert office.pass_time(9 * DAY, list_every=DAY / 2) == []
        office.list_rows(0, 2, 4, 6, 8)
        assert office.pass_time(9 * DAY, list_every=DAY / 2) == []


def test_a_thousand_at_once_are_a_broken_site(tmp_path: Path) -> None:
    """The source is suspect, nothing is withdrawn, and all is well when the site is."""
    with an_office(tmp_path, count=12) as office:
        office.pass_time(2 * DAY, list_every=DAY / 2)
        pages = {path: page for path, page in office.site.pages.items() if path.startswith("/n/")}
        for path in pages:
            del office.site.pages[path]
        assert office.pass_time(20 * DAY, list_every=DAY / 2) == []
        assert office.calendar.state.status == "suspect"
        assert "12 of 12" in office.calendar.state.error
        office.site.pages |= pages
        assert office.pass_time(40 * DAY, list_every=DAY / 2) == []
        assert "missing" not in office.calendar.state.error


def test_what_is_accepted_is_withdrawn(tmp_path: Path) -> None:
    """A site may well take down all at once: then its owner says so."""
    with an_office(tmp_path, count=12) as office:
        for number in range(12):
            office.edit(number, None)
        assert office.pass_time(2 * DAY, list_every=DAY / 2) == []
        office.calendar.accept(office.now)
        told = office.pass_time(20 * DAY, list_every=DAY / 2)
        assert sorted(told).count(("withdrawn", "2.html")) == 1
        assert len(told) == 24


def test_a_source_that_fails_withdraws_nothing(tmp_path: Path) -> None:
    """While its list cannot be had nobody looks, and nothing counts as withdrawn."""
    with an_office(tmp_path, count=8) as office:
        office.edit(2, None)
        assert office.pass_time(DAY, list_every=DAY / 2) == GONE[:1]
        rows = office.site.pages["/list"]
        office.site.pages["/list"] = Answer(status=403)
        assert office.pass_time(20 * DAY, list_every=DAY) == []
        office.site.pages["/list"] = rows
        assert office.pass_time(3 * DAY, list_every=DAY / 2) == GONE[1:]


def test_a_clock_that_jumps_withdraws_nothing(tmp_path: Path) -> None:
    """A year ahead is not believed at once: nothing is looked at, and nothing is told."""
    with an_office(tmp_path, count=8) as office:
        office.edit(2, None)
        assert office.pass_time(DAY, list_every=DAY / 2) == GONE[:1]
        before = len(office.site.requests)
        now, office.now = office.now, office.now + 365 * DAY
        office.calendar.live(office.now, office.now + DAY / 9999)
        assert len(office.site.requests) == before
        assert office.held(2).withdrawn is None
        office.now = now
        office.calendar.app.store.mend_times(now)
        assert office.pass_time(9 * DAY, list_every=DAY / 2) == GONE[1:]


def test_what_was_removed_is_looked_at_no_more(tmp_path: Path) -> None:
    """An article that we removed ourselves is asked for by nobody."""
    with an_office(tmp_path, count=8) as office:
        office.calendar.app.store.remove(office.held(2).id, "asked", office.now)
        before = office.looks(2)
        assert office.pass_time(9 * DAY, list_every=DAY / 2) == []
        assert office.looks(2) == before
