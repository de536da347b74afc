"""Articles looked at again behind an unchanged list: what is told of them, when, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.harbour import (
    DAY,
    HOUR,
    MINUTE,
    TOPICS,
    a_page,
    an_office,
    edited,
    in_turn,
    notice,
    sentences,
)
from tests.support.loopback import Answer, Handler


def test_a_quiet_edit_is_told_once_after_a_second_look(tmp_path: Path) -> None:
    """The list never changes, and is not asked for the looks; the earlier state is kept."""
    with an_office(tmp_path) as office:
        assert office.pass_time(2 * DAY) == []
        before = office.held(2)
        office.edit(2, edited(2))
        lists = office.site.paths().count("/list")
        assert office.pass_time(4 * DAY) == [("changed", "2.html")]
        assert office.pass_time(20 * DAY) == []
        kept = office.held(2)
        assert "sixty crowns" in kept.article.content
        assert (kept.changes, kept.version, kept.article.updated) == (1, 2, kept.changed)
        [earlier] = office.calendar.app.store.revisions(kept.id)
        assert earlier.article == before.article
        assert office.site.paths().count("/list") == lists


def test_a_change_is_told_minutes_after_the_first_look(tmp_path: Path) -> None:
    """One look tells nothing, the second one does; with ``confirm_after = "0s"`` the first one does."""
    for confirm_after, looks in ((5 * MINUTE, 2), (timedelta(0), 1)):
        with an_office(tmp_path / str(looks), confirm_after=confirm_after) as office:
            office.edit(2, edited(2))
            before = office.looks(2)
            assert office.pass_time(HOUR + MINUTE) == [("changed", "2.html")] * (looks == 1)
            assert office.looks(2) == before + 1
            assert office.pass_time(6 * MINUTE) == [("changed", "2.html")] * (looks == 2)
            assert office.looks(2) == before + looks


def test_the_schedule_thins_out(tmp_path: Path) -> None:
    """Looks come after an hour, six more, a day, three, a week, a month and three; a change begins anew."""
    with an_office(tmp_path, count=1) as office:
        waits = (HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY, 90 * DAY, 90 * DAY)
        for number, wait in enumerate(waits, 1):
            office.pass_time(wait - MINUTE)
            assert office.looks(0) == number
            office.pass_time(MINUTE + timedelta(seconds=3))
            assert office.looks(0) == number + 1
        office.edit(0, edited(0))
        office.pass_time(90 * DAY + 10 * MINUTE)
        before = office.looks(0)
        office.pass_time(HOUR)
        assert office.looks(0) == before + 1


def test_an_unchanged_page_is_not_sent_again(tmp_path: Path) -> None:
    """It is asked for with the validators that came with it; an edit comes with another one."""
    with an_office(tmp_path, count=0) as office:
        office.edit(0, Answer(notice(0), etag='"1"'))
        office.list_rows(0)
        office.now += MINUTE
        office.poll()
        office.pass_time(2 * DAY)
        asked = [one.headers.get("if-none-match") for one in office.site.requests if "/n/0" in one.path]
        assert asked == [None, *['"1"'] * 3]
        office.edit(0, Answer(edited(0), etag='"2"'))
        assert office.pass_time(4 * DAY) == [("changed", "0.html")]


def test_never_is_never(tmp_path: Path) -> None:
    """With ``revisit = false`` no page is asked for again; when it is switched on, age says when."""
    with an_office(tmp_path, revisit=False) as office:
        office.edit(2, edited(2))
        assert office.pass_time(100 * DAY, list_every=10 * DAY) == []
        assert office.looks(2) == 1
        office.calendar.source = office.calendar.source.model_copy(update={"revisit": (HOUR, DAY)})
        assert office.pass_time(3 * DAY, list_every=DAY) == [("changed", "2.html")]


def test_a_title_that_its_page_alone_changes(tmp_path: Path) -> None:
    """It is told, and stays when the list, which has the old one, changes in another way."""
    with an_office(tmp_path) as office:
        office.edit(2, notice(2, title="Notice 2 about tides, withdrawn in part"))
        assert office.pass_time(HOUR * 2) == [("changed", "2.html")]
        assert office.held(2).article.title == "Notice 2 about tides, withdrawn in part"
        rows = office.site.pages["/list"]
        assert isinstance(rows, bytes)
        office.site.pages["/list"] = rows.replace(b"05:00", b"05:01").replace(b"22:00", b"22:01")
        assert office.pass_time(DAY, list_every=HOUR) in ([], [("changed", "2.html")])
        assert office.held(2).article.title == "Notice 2 about tides, withdrawn in part"


def test_a_fact_that_its_page_changes(tmp_path: Path) -> None:
    """A document that is repealed says so above its text, which stays as it was."""
    fields = {"validity": {"label": "有效性"}}
    with an_office(tmp_path, count=0, fields=fields) as office:
        page = notice(2).replace(b"<h1>", "<p>有 效 性：有效</p><h1>".encode())
        office.edit(2, page)
        office.list_rows(2)
        office.now += MINUTE
        office.poll()
        assert office.held(2).article.facts == {"validity": "有效"}
        assert office.pass_time(DAY) == []
        office.edit(2, page.replace("：有效".encode(), "：废止".encode()))
        assert office.pass_time(4 * DAY) == [("changed", "2.html")]
        assert office.held(2).article.facts == {"validity": "废止"}


UNSTEADY = {
    "two-servers": lambda: in_turn(edited(2), notice(2)),
    "three-servers": lambda: in_turn(edited(2), notice(2), notice(2, title="Notice 2 of the third kind")),
    "always-another": lambda: in_turn(
        *(
            notice(2, texts=[*sentences("tides"), f"The gull of the hour is called {name}."])
            for name in TOPICS
        )
    ),
}


@pytest.mark.parametrize("pages", UNSTEADY.values(), ids=UNSTEADY)
def test_a_page_that_differs_from_look_to_look_is_told_once(
    tmp_path: Path, pages: Callable[[], Handler]
) -> None:
    """Two versions in turn, three, or another one at each fetch are no changes."""
    with an_office(tmp_path) as office:
        office.edit(2, pages())
        assert office.pass_time(60 * DAY) == [("unsteady", "2.html")]
        assert office.held(2).version == 1
        assert office.looks(2) < 16


def test_who_goes_back_and_forth_is_told_of_at_first_alone(tmp_path: Path) -> None:
    """Each version stays for days, so each is confirmed; the third time nobody is told any more."""
    with an_office(tmp_path, revisit=(HOUR,)) as office:
        told = []
        for turn in range(8):
            office.edit(2, notice(2) if turn % 2 else edited(2))
            told += office.pass_time(2 * HOUR)
        assert told[:2] == [("changed", "2.html")] * 2
        assert told.count(("unsteady", "2.html")) == 1
        assert told.count(("changed", "2.html")) <= 3


def test_a_steady_page_is_believed_again(tmp_path: Path) -> None:
    """A change of an unsteady page is told when many looks in a row agree on it."""
    with an_office(tmp_path, revisit=(HOUR,)) as office:
        office.edit(2, in_turn(edited(2), notice(2)))
        assert office.pass_time(6 * HOUR) == [("unsteady", "2.html")]
        office.edit(2, notice(2, texts=[*sentences("tides"), "By a later order the fine is waived."]))
        assert office.pass_time(3 * HOUR) == []
        assert office.pass_time(20 * HOUR) == [("changed", "2.html")]


DOUBTFUL = {
    "login": a_page("Sign up for the harbour news", ["Please tell us who you are.", "It is free."]),
    "cookies": a_page(
        "Notice 2 about tides",
        ["We use cookies. Read our privacy policy, or accept all. By consent you agree to all of it."],
    ),
    "cut": notice(2, texts=[*sentences("ropes")[:0], *sentences("ferries")[:0], *sentences(TOPICS[2])[:2]]),
    "another-article": notice(5, title="Concert of the brass band on Sunday"),
}


@pytest.mark.parametrize("page", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_doubtful_text_is_no_change_until_it_stays(tmp_path: Path, page: bytes) -> None:
    """For more than a day nobody is told, and if it passes, nobody ever is; what stays is told, once."""
    with an_office(tmp_path) as office:
        before = office.held(2)
        office.edit(2, page)
        assert office.pass_time(DAY) == []
        office.edit(2, notice(2))
        assert office.pass_time(10 * DAY) == []
        assert office.held(2) == before
        office.edit(2, page)
        assert office.pass_time(60 * DAY) == [("changed", "2.html")]
        [earlier] = office.calendar.app.store.revisions(before.id)
        assert earlier.article == before.article


def test_a_date_that_moves_back(tmp_path: Path) -> None:
    """It is a change; the time of the update does not go back with it."""
    rules = {"body": "main", "date": "aside"}
    with an_office(tmp_path, count=0, article=rules) as office:
        office.edit(2, notice(2, noise="2026-03-01 10:00"))
        office.list_rows(2)
        office.now += MINUTE
        office.poll()
        before = office.held(2).article
        office.edit(2, notice(2, noise="2026-01-01 10:00"))
        assert office.pass_time(2 * HOUR) == [("changed", "2.html")]
        after = office.held(2).article
        assert after.published < before.published
        assert after.updated > before.updated


def noisy(number: int) -> dict[str, bytes]:
    """The page of a notice with what nobody reads, by what that is."""
    page = notice(number)
    return {
        "counter": notice(number, texts=[*sentences(TOPICS[number]), "阅读次数：12345"]),
        "beside": notice(number, noise="<a href='/ad?z=9'>Buy lamps</a><p>Seen by 31. Related: gulls.</p>"),
        "attributes": page.replace(b"<p>", b"<p data-id='7' class='x y' style='color: red'>"),
        "white-space": page.replace(b"<p>", b"\n\n <p>\n").replace(b" the ", b"\n  the  "),
        "pixel": notice(number, files="<img src='/p.gif?r=88' width='1' height='1'>"),
        "markup": page.replace(b"<p>", b"<p><span>").replace(b"</p>", b"</span></p>"),
        "scripts": notice(number, files="<script>var t = 993;</script><!-- served by node 7 -->"),
    }


def test_what_nobody_reads_is_no_change(tmp_path: Path) -> None:
    """Counters, what stands beside, attributes, white space, pixels, markup and scripts make no revision."""
    kinds = len(noisy(0))
    with an_office(tmp_path, count=kinds) as office:
        for number in range(kinds):
            office.edit(number, [*noisy(number).values()][number])
        assert office.pass_time(3 * DAY) == []
        assert {office.looks(number) for number in range(kinds)} == {4}
        assert {kept.version for kept in office.calendar.app.store.every()} == {1}


def material(number: int) -> dict[str, bytes]:
    """The page of a notice with what readers see, by what that is."""
    return {
        "text": edited(number),
        "title": notice(number, title=f"Notice {number} about ebbs"),
        "link": notice(number, files="<p><a href='/form'>The form</a></p>"),
        "picture": notice(number, files="<img src='/map.png' width='400' height='300'>"),
        "attachment": notice(number, files="<a href='/files/annex.pdf'>Annex</a>"),
        "paragraph": notice(number, texts=sentences(TOPICS[number])[1:]),
    }


def test_what_readers_see_is_a_change(tmp_path: Path) -> None:
    """Text, title, links, pictures and attachments count."""
    kinds = len(material(0))
    with an_office(tmp_path, count=kinds + 1) as office:
        for number in range(kinds):
            office.edit(number, [*material(number).values()][number])
        told = office.pass_time(DAY)
        assert sorted(told) == [("changed", f"{number}.html") for number in range(kinds)]


def test_another_reading_of_the_same_page_is_not_told(tmp_path: Path) -> None:
    """A selector that is mended gives another text; what the site changed meanwhile is told all the same."""
    with an_office(tmp_path) as office:
        for number in (1, 2):
            office.edit(number, notice(number, noise="Printed by the harbour office itself."))
        assert office.pass_time(2 * HOUR) == []
        office.edit(1, edited(1).replace(b"<aside>", b"<aside>Printed by the harbour office itself."))
        mended = office.calendar.source.article.model_copy(update={"body": "body"})
        office.calendar.source = office.calendar.source.model_copy(update={"article": mended})
        assert office.pass_time(10 * DAY) == [("changed", "1.html")]
        held = office.held(2)
        assert "Printed by" in held.article.content
        assert (held.changes, held.version, office.calendar.app.store.revisions(held.id)) == (0, 2, [])


def test_the_budget_of_a_day_holds(tmp_path: Path) -> None:
    """A large archive is not asked for at once, whoever polls how often; what is new is looked at first."""
    with an_office(tmp_path, count=12, revisits_per_day=8) as office:
        office.pass_time(16 * HOUR - MINUTE)
        start = len(office.site.requests)
        for day in range(5):
            office.pass_time(DAY)
            made = sum("/n/" in one.path for one in office.site.requests[start:])
            assert made <= 8, day
            start = len(office.site.requests)
        looked = [office.looks(number) for number in range(12)]
        assert min(looked) >= 2
        assert sum(looked) - 12 > 25


def test_new_articles_come_before_old_ones(tmp_path: Path) -> None:
    """With a budget that is too small for all, a second look and a new article take what there is."""
    with an_office(tmp_path, count=8, revisits_per_day=4) as office:
        office.pass_time(10 * DAY)
        office.edit(9, notice(9))
        office.list_rows(9, first=office.now)
        office.poll()
        office.pass_time(2 * DAY)
        assert office.looks(9) >= 4
