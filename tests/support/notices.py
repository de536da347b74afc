"""A regulator's site: a list of notices with pages of their own, and the source that reads it."""

from __future__ import annotations

import json

from tests.support.loopback import Answer, Site

ROBOTS = b"User-agent: *\nDisallow: /private/\n"


def notice(text: str, title: str = "Notice") -> Answer:
    """A notice's page, with validators as servers give them."""
    body = (
        f"<html><head><title>{title}</title></head><body><nav>Home</nav><h1>{title}</h1>"
        f"<div id='text'><p>{text}</p></div><div id='other'><p>Said otherwise: {text}</p></div></body></html>"
    )
    kind = {"content-type": "text/html; charset=utf-8", "last-modified": "Thu, 05 Mar 2026 10:00:00 GMT"}
    return Answer(body.encode(), headers=kind)


def notices(*numbers: int) -> bytes:
    """The list of these notices."""
    rows = "".join(
        f"<li><a href='/n/{n}.html'>Notice {n}</a><span>2026-03-{n:02}</span></li>" for n in numbers
    )
    return f"<html><body><ul>{rows}</ul></body></html>".encode()


def notice_site(*numbers: int) -> Site:
    """A site of these notices."""
    pages: dict[str, Answer | bytes] = {
        f"/n/{n}.html": notice(f"The text of number {n}, which says what is to be done.") for n in numbers
    }
    return Site({**pages, "/list.html": notices(*numbers), "/robots.txt": ROBOTS})  # type: ignore[arg-type]


def notice_source(site: Site, body: str = "#text", **keys: object) -> str:
    """The source of its notices, whose texts ``body`` selects."""
    extra = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f"""
[[source]]
name = "notices"
kind = "listing"
url = "{site.url}/list.html"
{extra}
[source.list]
entry = "li"
link = "a"
title = "a"
date = "span"
[source.article]
body = "{body}"
"""
