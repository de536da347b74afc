"""Reading on: a list of which more is new than its first page shows, whatever stands or moves on its pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.support.loopback import Received, Site
from tests.support.samples import published_articles
from tests.support.workplace import Workplace

PAGE = 6  # rows of a page


class Board:
    """A list of numbered notices, newest first, some of them pinned to the top (or foot) of its first page."""

    def __init__(self, site: Site, *, dated: bool) -> None:
        self.numbers: list[int] = []
        self.top: Sequence[int] = ()
        self.foot: Sequence[int] = ()
        self.on_page: Callable[[int], None] = lambda page: None
        self.dated = dated
        site.pages["/list"] = self.answer
        self.source = (
            f'[[source]]\nname = "old"\nkind = "listing"\nurl = "{site.url}/list?p={{page}}"\nfull_text = "never"\n'
            '[source.list]\nentry = "li"\nlink = "a"\ndate = "time"\n'
        )

    def answer(self, request: Received) -> bytes:
        """One page of the list."""
        page = int(request.path.partition("p=")[2])
        self.on_page(page)
        shown = self.numbers[(page - 1) * PAGE : page * PAGE]
        rows = [*self.top, *shown, *self.foot] if page == 1 else shown
        return f"<html><ul>{''.join(map(self.row, rows))}</ul></html>".encode()

    def row(self, number: int) -> str:
        """A row; each notice has a day of its own."""
        day = f"<time>2026-0{number // 28 + 1}-{number % 28 + 1:02}</time>" if self.dated else ""
        return f"<li><a href='/a/{number}.html'>Title {number}</a>{day}</li>"


def titles(*numbers: int) -> set[str]:
    """The titles of these notices."""
    return {f"Title {number}" for number in numbers}


@pytest.mark.parametrize(
    ("top", "foot", "dated"),
    [([90], [], True), ([90, 91], [], False), ([], [90], True), ([91], [90], False)],
    ids=["pinned", "two-pinned", "at-the-foot", "both"],
)
def test_what_is_pinned_ends_nothing(
    workplace: Workplace, top: Sequence[int], foot: Sequence[int], dated: bool
) -> None:
    """Known rows above or below those that are new do not hide what stands on older pages."""
    with Site() as site:
        board = Board(site, dated=dated)
        board.top, board.foot = top, foot
        board.numbers = list(range(20, 0, -1))
        workplace.configure(board.source)
        workplace.run("poll")
        board.numbers = list(range(36, 0, -1))
        workplace.run("poll")
        assert set(published_articles(workplace)) == titles(*top, *foot, *range(15, 37))


@pytest.mark.parametrize("dated", [True, False])
def test_what_moves_up_is_no_reason_to_read_on(workplace: Workplace, dated: bool) -> None:
    """Where notices were withdrawn, older ones move onto the first page; the pages behind it are not read."""
    with Site() as site:
        board = Board(site, dated=dated)
        board.numbers = list(range(20, 0, -1))
        workplace.configure(board.source)
        workplace.run("poll")
        board.numbers = [21, 20, *range(17, 0, -1)]
        asked = len(site.requests)
        workplace.run("poll")
        assert site.paths()[asked:] == ["/list?p=1"]
        assert set(published_articles(workplace)) == titles(*range(14, 22))


def test_rows_that_slip_over_the_edge(workplace: Workplace) -> None:
    """What is withdrawn while older pages are read moves a row onto a page that was read before."""
    with Site() as site:
        board = Board(site, dated=True)
        board.numbers = list(range(20, 0, -1))
        workplace.configure(board.source)
        workplace.run("poll")
        board.numbers = list(range(40, 0, -1))

        def withdraw(page: int) -> None:
            # When page 2 is asked for first, number 40 goes; when page 3 is, 39 goes.
            gone = {2: 40, 3: 39}.get(page, 0)
            if gone in board.numbers:
                board.numbers.remove(gone)

        board.on_page = withdraw
        workplace.run("poll")
        assert set(published_articles(workplace)) == titles(*range(15, 41))
