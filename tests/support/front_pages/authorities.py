"""Authorities: lists by day, tables of papers, registers."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.front_pages.headlines import Words
from tests.support.front_pages.layouts import Story, each, layout


@layout(dated=True)
def dates_on_the_right(rows: Sequence[Story], words: Words) -> str:
    """An authority's list: the file's subject in brackets, the headline, and the day right of it."""
    row = "<li><a href='/zt/{n}/'>[{tag}]</a><a href='{link}' target='_blank'>{title}</a><span>{day}</span></li>"
    return f"<div><div><ul>{each(row, rows, words)}</ul></div></div>"


@layout(dated=True)
def papers_for_download(rows: Sequence[Story], words: Words) -> str:
    """A table of papers: day, headline as plain text, and links that only say the file's type."""
    row = (
        "<tr><td>{day}</td><td>{title}</td><td><a href='{link}'>PDF ({count} kB)</a></td>"
        "<td><a href='{link}?lang=fr'>FR</a></td></tr>"
    )
    return f"<table><tr><th>{words.tags[0]}</th><th>{words.tags[1]}</th><th>PDF</th><th>FR</th></tr>{each(row, rows, words)}</table>"


@layout(dated=True)
def file_numbers(rows: Sequence[Story], words: Words) -> str:
    """A register: the link is a file number, and the headline stands in the next cell."""
    row = "<tr><td><a href='{link}'>IV-{n}/26</a></td><td>{title}</td><td>{user}</td><td>{day}</td></tr>"
    return f"<table>{each(row, rows, words)}</table>"


@layout(dated=True)
def day_as_term(rows: Sequence[Story], words: Words) -> str:
    """A definition list: the day as term, the headline and an excerpt as definition."""
    row = "<div><dt>{day}</dt><dd><a href='{link}'>{title}</a><p>{teaser}</p></dd></div>"
    return f"<dl>{each(row, rows, words)}</dl>"


@layout(dated=False)
def terms(rows: Sequence[Story], words: Words) -> str:
    """A definition list: the headline as term; subject, user and "more" as definition."""
    row = "<dt><a href='{link}'>{title}</a></dt><dd><a href='/zt/{n}/'>{tag}</a> {teaser} <a href='{link}'>{w.more}</a></dd>"
    return f"<dl class='press'>{each(row, rows, words)}</dl>"


@layout(dated=False)
def days_as_headings(rows: Sequence[Story], words: Words) -> str:
    """A list for each day under the day's heading; an entry has the time only."""
    days = [rows[start : start + 3] for start in range(0, len(rows), 3)]
    row = "<li><span>1{n}:05</span> <a href='{link}'>{title}</a></li>"
    return "".join(f"<h3>{some[0].day}</h3><ul>{each(row, some, words)}</ul>" for some in days)


@layout(dated=False)
def days_in_a_list(rows: Sequence[Story], words: Words) -> str:
    """A list of days, each of which holds a list."""
    days = [rows[start : start + 3] for start in range(0, len(rows), 3)]
    row = "<li><a href='{link}'>{title}</a> <a href='/u/{n}'>{user}</a></li>"
    return f"<ul>{''.join(f'<li><b>{some[0].day}</b><ul>{each(row, some, words)}</ul></li>' for some in days)}</ul>"


@layout(dated=True)
def day_behind_in_link(rows: Sequence[Story], words: Words) -> str:
    """An authority's list: the day stands in the link, behind the headline and without a blank."""
    row = "<li><a href='{link}'>{title}<span>{day}</span></a></li>"
    return f"<ul class='a'>{each(row, rows, words)}</ul>"


@layout(dated=True)
def day_before_in_link(rows: Sequence[Story], words: Words) -> str:
    """An authority's list: the day stands in the link, before the headline and without a blank."""
    row = "<li><a href='{link}' target=_blank><span>{day}</span>{title}</a></li>"
    return f"<div><ul>{each(row, rows, words)}</ul></div>"


@layout(dated=True)
def picture_of_a_file(rows: Sequence[Story], words: Words) -> str:
    """Press releases: day, bold headline, and a picture that leads to the file."""
    row = "<li><span>{day}</span> <strong>{title}</strong> <a href='{link}'><img src='pdf.gif' alt='PDF'></a></li>"
    return f"<ul>{each(row, rows, words)}</ul>"


@layout(dated=True)
def table_in_table(rows: Sequence[Story], words: Words) -> str:
    """A table in a table, beside another one."""
    row = "<tr><td><a href='{link}'>{title}</a></td><td>{day}</td></tr>"
    return f"<table><tr><td><table>{each(row, rows, words)}</table></td><td><table><tr><td><a href='/x/1'>{words.tags[0]}</a></td></tr><tr><td><a href='/x/2'>{words.tags[1]}</a></td></tr></table></td></tr></table>"


@layout(dated=True)
def buttons(rows: Sequence[Story], words: Words) -> str:
    """Rows whose headline is plain, and whose links are buttons."""
    row = "<div><p>{title}</p><span>{day}</span><a href='{link}'>{w.more}</a><a href='{link}&amp;action=share'>{w.share}</a></div>"
    return f"<div>{each(row, rows, words)}</div>"
