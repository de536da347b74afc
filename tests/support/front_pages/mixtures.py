"""Rows of front pages put together at random: whatever stands beside a headline, in any order and nesting."""

from __future__ import annotations

import random

from tests.support.front_pages.headlines import LANGUAGES
from tests.support.front_pages.layouts import FrontPage, each, framed, stories

FORMS = (
    "/news/2026/{n}.html",
    "/artikel/{slug}",
    "https://s{n}.example/{slug}",
    "thread-{n}-1-1.html",
    "/read/{n}",
    "viewtopic.php?t={n}",
    "/p/{slug}",
    "item?id={n}",
)
LINKED = ("<a href='{link}'>{title}</a>", "<h3><a href='{link}'>{title}</a></h3>")
UNLINKED = ("<b>{title}</b>", "<h4>{title}</h4>", "<span>{title}</span>", "<p>{title}</p>")
MORE = "<a href='{link}'>{w.more}</a>"
BESIDE = (
    "<a href='/vote?id={n}&amp;how=up'>▲</a>",
    "<a href='{link}'><img src='x.jpg'></a>",
    "<a href='/tag/{n}/'>{tag}</a>",
    "<a href='/user/{n}'>{user}</a>",
    "<span>{day}</span>",
    "{teaser}",
    "<a href='{link}#c'>{count} {w.comments}</a>",
    "<a href='/login?next={n}'>{w.hide}</a>",
    "{count}",
    "<time datetime='{day}'>{n} {w.hours}</time>",
    "<a href='/u/{n}/'><img src='u.png'></a> <a href='/u/{n}/'>{user}</a>",
)
WITHIN = ("<img src='x.jpg'>", "{tag}", "{user}", "{day}", "{teaser}", "{count} {w.comments}")
"""What stands beside the headline in a row that is one link."""
NAMES = ("meta", "info", "hd", "txt", "tit", "byline", "x1", "pic", "row-in", "d")


def mixture(seed: int) -> FrontPage:
    """A page whose rows are a mixture; one seed is one page."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    language = chance.choice(list(LANGUAGES))
    headline = chance.choice((*LINKED, *LINKED, *UNLINKED, "{title}"))
    parts = [part for part in (WITHIN if headline == "{title}" else BESIDE) if chance.random() < 0.45]
    if headline in UNLINKED:
        parts.append(MORE)
    parts.insert(chance.randint(0, len(parts)), headline)
    row = _row(chance, parts, one_link=headline == "{title}")
    rows, words = stories(language, chance.choice(FORMS)), LANGUAGES[language]
    tag = {"li": "ul", "tr": "table"}.get(row[1:3], "div")
    body = f"<div><{tag}>{each(row, rows, words)}</{tag}></div>"
    dated = "{day}" in row
    return FrontPage(
        framed(body, words, language),
        [(one.title, one.link) for one in rows],
        [one.day for one in rows] if dated else [],
    )


def _row(chance: random.Random, parts: list[str], *, one_link: bool) -> str:
    """Nest parts into elements of a row, with names or without."""
    tag = chance.choice(("div", "li", "tr", "article"))
    named = chance.random() < 0.5

    def wrap(inner: str, *tags: str) -> str:
        name = f" class='{chance.choice(NAMES)}'" if named and chance.random() < 0.6 else ""
        element = chance.choice(tags)
        return f"<{element}{name}>{inner}</{element}>"

    inner = ""
    while parts:
        size = chance.choice((1, 1, 2, 3))
        inner += wrap(
            " ".join(parts[: 1 if one_link else size]), "td" if tag == "tr" and not one_link else "div"
        )
        parts = parts[1 if one_link else size :]
    if one_link:
        inner = f"<a href='{{link}}'>{inner}</a>"
        inner = f"<td>{inner}</td>" if tag == "tr" else inner
    return f"<{tag}>{inner}</{tag}>"
