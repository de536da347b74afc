"""What layouts of front pages have in common: their stories, their register, and the page around them.

Each layout is a function: it writes the stories of a language as sites of its kind do and gives the body of
the page. What is no headline (votes, users, tags, counts, "read more") is in the page's language too, and has
words that no list of ours knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.support.front_pages.headlines import LANGUAGES, Words


@dataclass(frozen=True)
class Story:
    """One row as its page shows it."""

    number: int
    title: str
    link: str
    day: str
    user: str
    tag: str
    teaser: str


@dataclass(frozen=True)
class FrontPage:
    """A page, and what has to be read from it."""

    markup: str
    rows: list[tuple[str, str]]
    """The title and the link of each entry."""
    days: list[str]
    """The day of each, where the page shows one in the entry."""


Layout = Callable[[Sequence[Story], Words], str]
LAYOUTS: dict[str, tuple[Layout, bool]] = {}
"""The layouts, and whether their entries hold a date."""


def layout(*, dated: bool) -> Callable[[Layout], Layout]:
    """Register a layout by its name."""

    def register(function: Layout) -> Layout:
        LAYOUTS[function.__name__] = (function, dated)
        return function

    return register


def stories(language: str, form: str = "/news/2026/{n}.html") -> list[Story]:
    """The stories of a language, at addresses of a form."""
    words = LANGUAGES[language]
    return [
        Story(
            number,
            title,
            form.format(n=1000 + 7 * number, slug=f"a-story-of-the-harbour-{number}"),
            f"2026-02-{26 - number:02}",
            words.users[number % len(words.users)],
            words.tags[number % len(words.tags)],
            words.teasers[number % len(words.teasers)],
        )
        for number, title in enumerate(words.titles)
    ]


def each(template: str, rows: Sequence[Story], words: Words) -> str:
    """A template filled for each story."""
    return "".join(
        template.format(
            n=row.number,
            count=3 * row.number + 2,
            title=row.title,
            link=row.link,
            day=row.day,
            user=row.user,
            tag=row.tag,
            teaser=row.teaser,
            w=words,
        )
        for row in rows
    )


def front_page(name: str, language: str, form: str = "/news/2026/{n}.html") -> FrontPage:
    """A page of a layout in a language, with a menu above and links to friends below."""
    words = LANGUAGES[language]
    function, dated = LAYOUTS[name]
    rows = stories(language, form)
    return FrontPage(
        framed(function(rows, words), words, language),
        [(row.title, row.link) for row in rows],
        [row.day for row in rows] if dated else [],
    )


def framed(body: str, words: Words, language: str = "en") -> str:
    """A page with a menu above its body and links to others below it."""
    menu = "".join(f"<li><a href='/{number}/'>{name}</a></li>" for number, name in enumerate(words.tags))
    friends = "".join(
        f"<a href='https://f{number}.example/'>{name}</a> " for number, name in enumerate(words.users)
    )
    return (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>{words.site}</title></head><body>"
        f"<header><a href='/'>{words.site}</a><ul>{menu}</ul></header>{body}<footer><p>{friends}</p></footer></body></html>"
    )
