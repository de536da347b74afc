"""What a page says of the article that is held, where another text was found on it."""

from __future__ import annotations

from datetime import UTC, datetime

from aggregator.decide.comparison import compare
from aggregator.model import Article, Fetched

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LINES = ("The harbour is closed at night.", "Berths cost nine crowns a day.", "Ferries are free of charge.")


def an_article(*lines: str) -> Article:
    """A notice with a paragraph for each line."""
    content = "".join(f"<p>{line}</p>" for line in lines)
    return Article("n", "1", "n", "Harbour notice", "https://n.example/1", content, NOW, NOW, ())


def doubt(held: Article, made: Article, *page: str) -> str:
    """Why a change is doubtful that makes of a page with these lines another text; empty where it is not."""
    body = f"<h1>{held.title}</h1>" + "".join(f"<p>{line}</p>" for line in page)
    seen = compare(held, made, Fetched("https://n.example/1", 200, {}, body.encode()), same_reading=True)
    assert seen.change
    return seen.doubt


def test_another_choice_of_the_lines_of_a_page_is_doubtful() -> None:
    """Where every line stands on its page as before, but one is no more taken for its text, reading errs."""
    held = an_article(*LINES[:2])
    chosen = "other parts of its page are taken for its text"
    assert doubt(held, an_article(LINES[0], LINES[2]), *LINES) == chosen
    assert doubt(held, an_article(LINES[0], LINES[2]), LINES[0], LINES[2]) == ""


def test_a_line_that_is_longer_now_is_believed() -> None:
    """The words that were held stand in it still."""
    held, longer = an_article(*LINES[:2]), (LINES[0], f"{LINES[1]} From May it is ten.")
    assert doubt(held, an_article(*longer), *longer) == ""
