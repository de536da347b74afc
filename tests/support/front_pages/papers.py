"""Newspapers and blogs: teasers and cards with pictures, kickers, excerpts and "more"."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.front_pages.headlines import Words
from tests.support.front_pages.layouts import Story, each, layout


@layout(dated=True)
def picture_first(rows: Sequence[Story], words: Words) -> str:
    """Teasers: a picture that links, a headline that does not, and "read more"."""
    row = (
        "<div class='teaser'><a class='img' href='{link}'><img src='{n}.jpg' alt=''></a><div><span class='when'>{day}</span><h3>{title}</h3>"
        "<p>{teaser}</p><a class='btn' href='{link}'>{w.more}</a></div></div>"
    )
    return f"<section>{each(row, rows, words)}</section>"


@layout(dated=True)
def only_more(rows: Sequence[Story], words: Words) -> str:
    """Teasers whose one link says "read more"; the headline is bold text in a div."""
    row = "<div><div><img src='{n}.jpg'></div><div><div><b>{title}</b></div><div>{teaser}</div><div>{day}</div><a href='{link}'>{w.more}</a></div></div>"
    return f"<div><div>{each(row, rows, words)}</div></div>"


@layout(dated=True)
def block_links(rows: Sequence[Story], words: Words) -> str:
    """Cards that are one link: picture, subject, headline, excerpt and day in divs without classes."""
    row = (
        "<div><a href='{link}'><div><img src='{n}.jpg'></div><div><div>{tag}</div><div>{title}</div><div>{teaser}</div>"
        "<div><span>{user}</span><span>{day}</span></div></div></a></div>"
    )
    return f"<div><div>{each(row, rows, words)}</div></div>"


@layout(dated=True)
def block_links_of_spans(rows: Sequence[Story], words: Words) -> str:
    """Rows that are one link: the headline, then user, day and count in spans."""
    row = "<li><a href='{link}'><span>{title}</span><span>{user}</span><span>{day}</span><span>{count}</span></a></li>"
    return f"<ul>{each(row, rows, words)}</ul>"


@layout(dated=True)
def card_grid(rows: Sequence[Story], words: Words) -> str:
    """Cards in a grid: the subject's link on the picture, headline, author's link and day."""
    row = (
        "<div class='col-md-4'><div class='card'><a href='{link}'><img src='{n}.jpg' alt='{user}'></a><a class='badge' href='/c/{n}'>{tag}</a>"
        "<div class='card-body'><h5 class='card-title'><a href='{link}'>{title}</a></h5><p class='card-text'>{teaser}</p>"
        "<small><a href='/author/{n}'>{user}</a>, <span>{day}</span></small></div></div></div>"
    )
    return f"<div class='container'><div class='row'>{each(row, rows, words)}</div></div>"


@layout(dated=True)
def tags_first(rows: Sequence[Story], words: Words) -> str:
    """A blog: subjects and user first, then the headline, and the number of comments."""
    row = (
        "<article><p><a href='/tag/{n}'>{tag}</a> <a href='/tag/sea'>{w.tags[0]}</a></p><p><a href='/by/{n}'>{user}</a> "
        "<time datetime='{day}'>{day}</time></p><h2><a href='{link}'>{title}</a></h2><p>{teaser}</p>"
        "<p><a href='{link}#c'>{count} {w.comments}</a> <a href='{link}#more'>{w.more}</a></p></article>"
    )
    return f"<main>{each(row, rows, words)}</main>"


@layout(dated=True)
def no_classes(rows: Sequence[Story], words: Words) -> str:
    """Divs in divs: subject, headline, excerpt, and a line of user, day and count."""
    row = (
        "<div><div><a href='/k/{n}/'>{tag}</a></div><div><a href='{link}'>{title}</a></div><div>{teaser}</div>"
        "<div><span><a href='/p/{n}/'>{user}</a></span><span>{day}</span><span>{count}</span></div></div>"
    )
    return f"<div><div><div>{each(row, rows, words)}</div></div></div>"


@layout(dated=True)
def some_pictures(rows: Sequence[Story], words: Words) -> str:
    """Rows of which some begin with a picture; then the author's link, and the headline."""
    out = ""
    for i, r in enumerate(rows):
        img = "<a href='{link}'><img src=x.jpg></a>" if i % 3 else ""
        out += each(
            "<div class=row>"
            + img
            + "<div class=txt><a href='/author/{n}'>{user}</a><a href='{link}'>{title}</a><p>{teaser}</p><small>{day}</small></div></div>",
            [r],
            words,
        )
    return f"<div>{out}</div>"


@layout(dated=True)
def advertisements_between(rows: Sequence[Story], words: Words) -> str:
    """Headlines with an advertisement between them."""
    out = ""
    for i, r in enumerate(rows):
        out += each("<li><h4><a href='{link}'>{title}</a></h4><span>{day}</span></li>", [r], words)
        if i == 2:
            out += "<li class=ad><a href='https://ads.example/x'><img src=ad.png></a></li>"
    return f"<ul>{out}</ul>"


@layout(dated=True)
def kicker_in_heading(rows: Sequence[Story], words: Words) -> str:
    """Teasers whose heading holds a kicker and the headline, without a blank between them."""
    row = "<article><a href='{link}'><img src='x'><h3><span>{tag}</span><span>{title}</span></h3></a><p>{teaser}</p><time datetime='{day}'></time></article>"
    return f"<div>{each(row, rows, words)}</div>"


@layout(dated=False)
def kicker_in_link(rows: Sequence[Story], words: Words) -> str:
    """Links that hold a kicker as wide as a headline, and the headline."""
    row = "<div><a href='{link}'><div>{user} – {tag}</div><div>{title}</div></a></div>"
    return f"<div>{each(row, rows, words)}</div>"


@layout(dated=True)
def paragraphs(rows: Sequence[Story], words: Words) -> str:
    """Paragraphs: headline, excerpt, and a line of day, author's link and "more"."""
    row = "<li><p>{title}</p><p>{teaser}</p><p><em>{day}</em> <a href='/author/u{n}'>{user}</a> <a href='{link}'>{w.more} »</a></p></li>"
    return f"<ul>{each(row, rows, words)}</ul>"


@layout(dated=True)
def blog(rows: Sequence[Story], words: Words) -> str:
    """A blog: category, headline, author, the day as link, comments, excerpt and "more"."""
    row = "<div class='post-{n} hentry'><div><a href='/category/c{n}/' rel='category tag'>{tag}</a></div><h2><a href='{link}' rel='bookmark'>{title}</a></h2><div><a href='/author/u/'>{user}</a> <a href='{link}'><time datetime='{day}'>{day}</time></a> <a href='{link}#respond'>{w.comments}</a></div><div><p>{teaser}</p><p><a href='{link}'>{w.more}</a></p></div></div>"
    return f"<div id='main'>{each(row, rows, words)}</div>"


@layout(dated=True)
def videos(rows: Sequence[Story], words: Words) -> str:
    """Videos: a picture with its length, the headline, channel, views and day."""
    row = "<div><a href='{link}'><img src='x'><span>1{n}:3{n}</span></a><div><a href='{link}'>{title}</a><div><a href='/channel/{n}'>{user}</a></div><div>{count} 000 {w.points} <span>{day}</span></div></div></div>"
    return f"<div><div>{each(row, rows, words)}</div></div>"


@layout(dated=True)
def cards_without_classes(rows: Sequence[Story], words: Words) -> str:
    """Cards without classes: picture, subject and day, headline, excerpt, and "more"."""
    row = "<div><div><a href='{link}'><picture><img src='x' alt='{user}'></picture></a></div><div><span>{tag}</span><span>{day}</span></div><div><a href='{link}'>{title}</a></div><div>{teaser}</div><div><a href='{link}'><span>{w.more}</span></a></div></div>"
    return f"<div>{each(row, rows, words)}</div>"


@layout(dated=True)
def rows_of_spans(rows: Sequence[Story], words: Words) -> str:
    """Rows that are one link: subject and day, headline and excerpt, all in spans."""
    row = "<li><a href='{link}'><span><span>{tag}</span><span>{day}</span></span><span>{title}</span><span>{teaser}</span></a></li>"
    return f"<ul>{each(row, rows, words)}</ul>"
