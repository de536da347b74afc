"""What an article is survives where it stands: nothing is doubled, and no two are made one."""

from __future__ import annotations

import json

import pytest

from tests.support.loopback import Received, Site
from tests.support.samples import feed, feed_source, published_articles
from tests.support.workplace import Workplace


def listing(site: Site, **keys: object) -> str:
    """A listing whose articles have pages."""
    extra = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return (
        f'[[source]]\nname = "old"\nkind = "listing"\nurl = "{site.url}/list"\n{extra}'
        '[source.list]\nentry = "li"\nlink = "a"\ndate = "span"\n[source.article]\nbody = "main"\n'
    )


def page(text: str, head: str = "") -> bytes:
    """An article's page."""
    return f"<html><head>{head}</head><body><main><p>{text}</p></main></body></html>".encode()


def rows(*links: tuple[str, str, str]) -> bytes:
    """A list of these addresses, titles and days."""
    items = (f"<li><a href='{href}'>{title}</a><span>{day}</span></li>" for href, title, day in links)
    return f"<html><ul>{''.join(items)}</ul></html>".encode()


@pytest.mark.parametrize("same", [True, False], ids=["one-text", "two-texts"])
def test_a_canonical_address_of_two(workplace: Workplace, same: bool) -> None:
    """Title, day and canonical address prove nothing where the texts differ."""

    def show(request: Received) -> bytes:
        number = "1" if same else request.path[-1]
        text = f"Company number {number} is fined for what it did in the year before. " * 3
        return page(text, '<link rel="canonical" href="/show">')

    with Site(
        {"/list": rows(*((f"/show?id={n}", "Notice", "2026-03-05") for n in (1, 2))), "/show": show}
    ) as site:
        workplace.configure(listing(site))
        assert f"{1 if same else 2} new" in workplace.run("poll").stdout
        site.pages["/list"] = rows(*((f"/show?id={n}", "Notice", "2026-03-05") for n in (2, 1)))
        assert "0 new" in workplace.run("poll").stdout


def atom(day: int, text: str) -> bytes:
    """A feed of one entry that states only when it was updated."""
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom'><id>f</id><title>f</title><entry><id>urn:w</id><title>Warnings</title>"
        f"<link href='http://w.example/w'/><updated>2026-03-{day:02}T10:00:00Z</updated><content>{text}</content></entry></feed>"
    ).encode()


def test_the_first_date_stays(workplace: Workplace) -> None:
    """Where an entry states only its update, that is no news by itself, and no new date of publication."""
    with Site({"/feed.xml": atom(5, "none")}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        names = [path.name for path in workplace.posts()]
        site.pages["/feed.xml"] = atom(6, "none")
        assert "0 new, 0 changed" in workplace.run("poll").stdout
        site.pages["/feed.xml"] = atom(7, "storms")
        assert "0 new, 1 changed" in workplace.run("poll").stdout
    assert [path.name for path in workplace.posts()] == names
    assert published_articles(workplace)["Warnings"]["date_published"].startswith("2026-03-05")


def test_a_feed_that_moves_to_https(workplace: Workplace) -> None:
    """Its links and guids with it, to www and with slashes: nothing is new, and nothing is changed."""

    def items(form: str) -> bytes:
        links = ((number, form.format(number)) for number in range(1, 5))
        return feed(
            *(
                f"<item><guid>{link}</guid><link>{link}</link><title>Title {number}</title></item>"
                for number, link in links
            )
        )

    with Site({"/feed.xml": items("http://x.example/{}")}) as site:
        workplace.configure(feed_source(site))
        assert "4 new" in workplace.run("poll").stdout
        site.pages["/feed.xml"] = items("https://www.x.example/{}/?utm_source=rss")
        assert "0 new, 0 changed" in workplace.run("poll").stdout
        site.pages["/feed.xml"] = items("https://x.example/{}/index.html")
        assert "0 new, 0 changed" in workplace.run("poll").stdout


def news(number: int, guid: str, **changes: str) -> str:
    """An item of a feed, with an address, a title and a day of its own."""
    facts = {
        "title": f"Notice {number}",
        "link": f"http://n.example/{number}",
        "day": f"{number:02}",
    } | changes
    return (
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{facts['title']}</title><link>{facts['link']}</link>"
        f"<description>Text of {number}</description><pubDate>{facts['day']} Mar 2026 10:00:00 GMT</pubDate></item>"
    )


def test_one_id_for_all(workplace: Workplace) -> None:
    """It is learnt, whether items come one at a time or together, and items do not flip with their neighbours."""
    with Site() as site:
        workplace.configure(feed_source(site))
        for shown, new in (([1], 1), ([2], 1), ([2, 1], 0), ([3, 2], 1), ([3], 0), ([1], 0), ([4], 1)):
            site.pages["/feed.xml"] = feed(*(news(number, "N/A") for number in shown))
            assert f"{new} new, 0 changed" in workplace.run("poll").stdout, shown
    assert set(published_articles(workplace)) == {f"Notice {number}" for number in (1, 2, 3, 4)}


def test_an_id_of_its_own(workplace: Workplace) -> None:
    """A corrected title, and by it a new address, is a change of the entry that has the id."""
    with Site({"/feed.xml": feed(news(1, "a"))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        site.pages["/feed.xml"] = feed(news(1, "a", title="Corrected", link="http://n.example/corrected"))
        assert "0 new, 1 changed" in workplace.run("poll").stdout
        site.pages["/feed.xml"] = feed(news(1, "a", title="Corrected", day="09"))
        assert "0 new, 1 changed" in workplace.run("poll").stdout


@pytest.mark.parametrize(
    "href",
    [
        pytest.param("#", id="hash"),
        pytest.param("#n{0}", id="anchor", marks=pytest.mark.slow),
        pytest.param("/app#detail?id={0}", id="route", marks=pytest.mark.slow),
        pytest.param("/notices.html", id="page"),
        pytest.param("/list", id="list", marks=pytest.mark.slow),
    ],
)
def test_rows_with_one_address(workplace: Workplace, href: str) -> None:
    """Each is an article, alone or beside others."""
    with Site() as site:
        workplace.configure(listing(site, full_text="never"))
        for shown, new in (([1], 1), ([2, 1], 1), ([4, 3, 2], 2), ([4, 3], 0)):
            links = ((href.format(number), f"Notice {number}", f"2026-03-0{number}") for number in shown)
            site.pages["/list"] = rows(*links)
            assert f"{new} new, 0 changed" in workplace.run("poll").stdout, shown


def test_one_row_twice(workplace: Workplace) -> None:
    """A box of top stories shows an article a second time: with a picture, shortened, or in other words."""
    shown = rows(("/a/1", "Notice of the council", "2026-03-01"), ("/a/2", "Another", "2026-03-02"))
    box = b"<li><a href='/a/1'><img></a></li><li><a href='/a/1'>Notice...</a></li><li><a href='/a/2'>Top!</a></li>"
    with Site({"/list": shown.replace(b"<ul>", b"<ul>" + box)}) as site:
        workplace.configure(listing(site, full_text="never"))
        assert "2 new" in workplace.run("poll").stdout
