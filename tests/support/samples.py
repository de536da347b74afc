"""Feeds, lists and pages of articles as sites give them, the sources that read them, and what is published."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from tests.support.loopback import Site
from tests.support.workplace import Workplace

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
LONG_TEXT = "".join(
    f"<p>Paragraph {number}: the ferry left at dawn with flour, letters and two goats, and was back before the bells of"
    " noon, which the harbour master wrote into his book without a word.</p>"
    for number in range(1, 7)
)


def feed(*items: str) -> bytes:
    """An RSS feed of these items."""
    return f"<rss version='2.0'><channel><title>t</title>{''.join(items)}</channel></rss>".encode()


def item(number: int, text: str = "text") -> str:
    """An RSS item."""
    return (
        f"<item><guid>urn:x:{number}</guid><title>Title {number}</title><link>http://x.example/{number}</link>"
        f"<description>{text} {number}</description><pubDate>Thu, 05 Mar 2026 10:{number:02}:00 GMT</pubDate></item>"
    )


def feed_source(site: Site, **keys: str) -> str:
    """A feed source of that site."""
    extra = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    return f'[[source]]\nname = "paper"\nkind = "feed"\nurl = "{site.url}/feed.xml"\nfull_text = "never"\n{extra}'


def summary_feed(url: str, *numbers: int, text: str = "A short word on number") -> bytes:
    """A feed that gives no more than a summary of its items."""
    items = "".join(
        f"<item><guid isPermaLink='false'>i-{n}</guid><title>Title {n}</title><link>{url}/a/{n}.html</link>"
        f"<description>{text} {n}.</description><pubDate>Thu, 05 Mar 2026 10:{n:02}:00 GMT</pubDate></item>"
        for n in numbers
    )
    return f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode()


def article_page(body: str = LONG_TEXT, head: str = "") -> bytes:
    """An article's page, with what surrounds it."""
    return (
        f"<html><head><title>Title</title>{head}</head><body><nav><a href='/'>Home</a><a href='/news'>News</a></nav>"
        f"<article><h1>Title</h1>{body}</article><footer>All rights reserved</footer></body></html>"
    ).encode()


def summary_source(site: Site, **keys: Any) -> str:
    """A feed source of that site."""
    extra = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f'[[source]]\nname = "paper"\nkind = "feed"\nurl = "{site.url}/feed.xml"\n{extra}'


def bare_listing(site: Site, extra: str = "") -> str:
    """A listing source without a selector for the text."""
    return f"""
[[source]]
name = "gov"
kind = "listing"
url = "{site.url}/list.html"
{extra}
[source.list]
entry = "li"
date = "span"
"""


def published_articles(workplace: Workplace) -> dict[str, dict[str, Any]]:
    """What was published, by title."""
    document = json.loads((workplace.folder / "public" / "feeds" / "feed.json").read_text("utf-8"))
    return {item["title"]: item for item in document["items"]}


def mirror_errors(workplace: Workplace) -> dict[str, str]:
    """Why files were not mirrored, by the end of their address."""
    with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
        rows = connection.execute("SELECT address, error FROM media WHERE path = ''").fetchall()
    connection.close()
    return {address.rpartition("/")[2]: error for address, error in rows}
