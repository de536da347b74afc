"""A newspaper's front page: its stories are found, whatever section they stand in, and not one section."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup

from aggregator.discover.lists.infer import infer_lists
from tests.support.cookbook import html

NOW = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
SECTIONS = {"politics": 4, "sport": 9, "culture": 3, "business": 5}
TITLES = (
    "Harbour council raises the fee for berths again",
    "Two goats found on the night ferry to the island",
    "New lamp for the northern lighthouse this spring",
    "Rope makers open their yard to visitors in May",
    "Tide tables for the spring are printed at last",
)
MENU = (
    "<nav><ul>"
    + "".join(f"<li><a href='/{name}'>{name.title()}</a></li>" for name in SECTIONS)
    + "</ul></nav>"
)

SHAPES = {
    "articles": (
        "<section class='{name}'><h2>{name}</h2>{stories}</section>",
        "<article class='story'>{}</article>",
    ),
    "sizes": (
        "<section id='{name}'><h2>{name}</h2><div class='grid-{name}'>{stories}</div></section>",
        "<article class='teaser teaser--{{size}}'>{}</article>",
    ),
    "lists": ("<div><h2>{name}</h2><ul class='{name}-list'>{stories}</ul></div>", "<li>{}</li>"),
    "rows": (
        "<div class='zone zone-{name}'><div><h2>{name}</h2>{stories}</div></div>",
        "<div class='row'><div class='card'>{}</div></div>",
    ),
}


def front_page(section: str, story: str) -> bytes:
    """A front page with sections of different sizes; its stories are numbered throughout."""
    number, body = 0, ""
    for name, count in SECTIONS.items():
        stories = ""
        for place in range(count):
            number += 1
            title = f"{TITLES[number % len(TITLES)]} {number}"
            link = f"<h3><a href='/2026/03/story-{number}-of-the-day'>{title}</a></h3><p>A teaser for it.</p>"
            stories += story.replace("{{size}}", "small" if place else "big").replace("{}", link)
        body += section.format(name=name, stories=stories)
    return html("The Quay", f"{MENU}<main>{body}</main><footer><a href='/about'>About us</a></footer>")


@pytest.mark.parametrize(("section", "story"), SHAPES.values(), ids=SHAPES.keys())
def test_stories_of_all_sections_are_found(section: str, story: str) -> None:
    """All of them, surely, and first."""
    soup = BeautifulSoup(front_page(section, story), "lxml")
    first = infer_lists(soup, "https://quay.example/", NOW, "UTC")[0]
    assert first.count == sum(SECTIONS.values())
    assert first.confidence >= 0.5
