"""Whole front pages: top stories above other sections, tabs, and sections of which none is the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.support.front_pages.headlines import LANGUAGES, Words
from tests.support.front_pages.layouts import framed

MOST_READ = {
    "en": "Most clicked",
    "de": "Meistgelesen",
    "fr": "Les plus lus",
    "pl": "Najczęściej czytane",
    "ru": "Самое читаемое",
    "zh": "一周人气",
    "ja": "よく読まれています",
    "ar": "الأكثر قراءة",
}
PLAIN = "<li><a href='{link}'>{title}</a></li>"
DATED = "<li><a href='{link}'>{title}</a> <span>{day}</span></li>"

Rows = Sequence[tuple[str, str]]


@dataclass
class Desk:
    """Gives stories that are on no other part of the page, and rows of them."""

    words: Words
    language: str
    number: int = 0

    def stories(self, count: int, host: str = "") -> list[tuple[str, str]]:
        """So many titles and links."""
        taken = range(self.number, self.number + count)
        self.number += count
        titles = self.words.titles
        return [(f"{titles[n % len(titles)]} {n}", f"{host}/2026/03/{n}-story-of-the-day") for n in taken]

    def rows(self, template: str, stories: Rows) -> str:
        """The rows of stories."""
        return "".join(
            template.format(
                title=title, link=link, teaser=self.words.teasers[n % 3], day=f"2026-02-{26 - n % 25:02}"
            )
            for n, (title, link) in enumerate(stories)
        )

    @property
    def most_read(self) -> str:
        """The foot of a newspaper: what is read most, and other sites."""
        partners = self.rows("<a href='{link}'>{title}</a> ", self.stories(8, "https://other.example"))
        return (
            f"<section class='most'><h2>{MOST_READ[self.language]}</h2><ol>{self.rows(PLAIN, self.stories(10))}</ol></section>"
            f"<div class='more'><h3>{self.words.users[0]}</h3>{partners}</div>"
        )


Sections = Callable[[Desk], tuple[str, Rows]]


def newspaper(desk: Desk) -> tuple[str, Rows]:
    """An opening story, teasers, a section's list, what is read most, and other sites."""
    hero, top, section = desk.stories(1), desk.stories(5), desk.stories(4)
    story = "<article><{h}><a href='{{link}}'>{{title}}</a></{h}><p>{{teaser}}</p></article>"
    return (
        f"<main>{desk.rows(story.format(h='h1'), hero)}<div>{desk.rows(story.format(h='h2'), top)}</div></main>"
        f"<section><h2>{desk.words.tags[0]}</h2><ul>{desk.rows(PLAIN, section)}</ul></section>{desk.most_read}",
        top,
    )


def pictures_above(desk: Desk) -> tuple[str, Rows]:
    """Pictures with headlines that are no headings, above longer lists."""
    top = desk.stories(5)
    row = "<div><a href='{link}'><img src='x.jpg'></a><div><a href='{link}'>{title}</a></div><div>{teaser}</div></div>"
    return (
        f"<div class='lead'>{desk.rows(row, top)}</div><div class='box'><div>{desk.words.tags[1]}</div>"
        f"<ul>{desk.rows(PLAIN, desk.stories(8))}</ul></div>{desk.most_read}",
        top,
    )


def dated_sections_below(desk: Desk) -> tuple[str, Rows]:
    """Top stories without days above three longer lists that have them."""
    top = desk.stories(5)
    row = "<div class='story'><h3><a href='{link}'>{title}</a></h3><p>{teaser}</p></div>"
    boxes = "".join(
        f"<div class='{name}'><h4>{tag}</h4><ul>{desk.rows(DATED, desk.stories(8))}</ul></div>"
        for name, tag in zip(("sports", "culture", "trade"), desk.words.tags, strict=False)
    )
    return f"<div class='top'>{desk.rows(row, top)}</div>{boxes}", top


def cards_of_partners(desk: Desk) -> tuple[str, Rows]:
    """Cards above cards of the same kind that lead to other sites."""
    top = desk.stories(6)
    card = "<div class='card'><a href='{link}'><img src='x.jpg'><h3>{title}</h3></a></div>"
    partners = desk.rows(card, desk.stories(8, "https://other.example"))
    return f"<section>{desk.rows(card, top)}</section><section><h2>+</h2>{partners}</section>", top


def read_most_repeats(desk: Desk) -> tuple[str, Rows]:
    """A list, and a longer one that shows some of it again."""
    top = desk.stories(8)
    most = [top[3], top[1], top[5], *desk.stories(7)]
    return f"<div><ul>{desk.rows(PLAIN, top)}</ul></div><div><ol>{desk.rows(PLAIN, most)}</ol></div>", top


def tabs(desk: Desk) -> tuple[str, Rows]:
    """Seven tabs, one of them visible, each with a class of its own."""
    panes = [desk.stories(7) for _ in range(7)]
    heads = "".join(f"<a href='javascript:;'>{desk.words.tags[n % 5]}</a>" for n in range(7))
    body = "".join(
        f"<div class='pane-{name}'{' hidden' if number else ''}><ul>{desk.rows(PLAIN, pane)}</ul></div>"
        for number, (name, pane) in enumerate(zip("abcdefg", panes, strict=True))
    )
    return f"<div class='heads'>{heads}</div><div>{body}</div>", [story for pane in panes for story in pane]


def numbered_tabs(desk: Desk) -> tuple[str, Rows]:
    """Tabs that a style sheet hides: only their numbers differ."""
    panes = [desk.stories(6) for _ in range(3)]
    body = "".join(f"<ul class='con{n}'>{desk.rows(DATED, pane)}</ul>" for n, pane in enumerate(panes, 1))
    return f"<div><div>{body}</div></div>", [story for pane in panes for story in pane]


def boxes_alike(desk: Desk) -> tuple[str, Rows]:
    """Four boxes of one kind: what the page is about is in all of them."""
    boxes = [desk.stories(5) for _ in range(4)]
    body = "".join(f"<div class='box'><h3>x</h3><ul>{desk.rows(DATED, box)}</ul></div>" for box in boxes)
    return f"<div>{body}</div>", [story for box in boxes for story in box]


def sections_of_three_kinds(desk: Desk) -> tuple[str, Rows]:
    """Three lists of one size, each of its own kind: nothing tells which one is meant."""
    first, second, third = desk.stories(6), desk.stories(6), desk.stories(6)
    return (
        f"<div class='news'><h3>1</h3><ul class='news-list'>{desk.rows(DATED, first)}</ul></div>"
        f"<div class='tenders'><h3>2</h3><table>{desk.rows('<tr><td>{day}</td><td><a href={link}>{title}</a></td></tr>', second)}</table></div>"
        f"<div class='posts'><h3>3</h3><dl>{desk.rows('<dt><a href={link}>{title}</a></dt><dd>{day}</dd>', third)}</dl></div>",
        first,
    )


CLEAR: list[Sections] = [
    newspaper,
    pictures_above,
    dated_sections_below,
    cards_of_partners,
    read_most_repeats,
    tabs,
    numbered_tabs,
    boxes_alike,
]
"""Pages of which one list is what they are about."""


def sections(make: Sections, language: str) -> tuple[str, Rows]:
    """A whole page in a language, and the stories that it is about."""
    words = LANGUAGES[language]
    body, rows = make(Desk(words, language))
    return framed(body, words, language), rows
