"""Several machines share the work: whatever ends or is cut off, nothing is lost and nothing is done twice."""

from __future__ import annotations

from tests.support.papers import (
    Asked,
    Told,
    longest_waits,
    overlapping_polls,
    overlapping_requests,
    told_twice,
)


def asked(path: str, node: str, began: float, ended: float, host: str = "a") -> Asked:
    return Asked(host, path, node, began, ended)


def test_requests_that_overlap_are_found() -> None:
    """The counts of the tests below would see what they look for."""
    orderly = [
        asked("/s/feed.xml", "one", 0, 1),
        asked("/s/1.html", "two", 1, 2),
        asked("/x", "one", 0, 9, "b"),
    ]
    within = asked("/s/2.html", "one", 1.5, 1.6)
    assert overlapping_requests(orderly) == []
    assert overlapping_requests([*orderly, within]) == [(orderly[1], within)]
    assert overlapping_requests([asked("/", "one", 0, 9), asked("/", "one", 1, 2), asked("/", "two", 3, 4)])[
        1:
    ]


def test_polls_that_overlap_are_found() -> None:
    """A node that goes on after another began is one too many, and so is one that begins meanwhile."""
    first, page, second = (
        asked("/s/feed.xml", "one", 0, 1),
        asked("/s/1.html", "one", 1, 2, "b"),
        asked("/s/feed.xml", "two", 3, 4),
    )
    assert overlapping_polls([first, page, second]) == []
    late = asked("/s/2.html", "one", 5, 6, "b")
    assert overlapping_polls([first, page, second, late]) == [(second, late)]
    early = asked("/s/feed.xml", "two", 1.5, 1.6)
    assert overlapping_polls([first, page, early]) == [(page, early)]


def test_sources_that_wait_are_found() -> None:
    """The end counts, too."""
    log = [asked("/s/feed.xml", "one", 0, 1), asked("/s/feed.xml", "two", 3, 4)]
    assert longest_waits(log, until=4) == {"s": 3}
    assert longest_waits(log, until=40) == {"s": 37}


def test_what_is_told_twice_is_found() -> None:
    """A message that comes again by its key is the same one."""
    once = Told("a", (("article", "new", 1),))
    assert told_twice([once, once, Told("b", (("article", "changed", 2),))]) == []
    assert told_twice([once, Told("b", once.hits)]) == [("article", "new", 1)]
