"""What sites get wrong must not cost an article: false addresses, failing older pages, lists that break off."""

from __future__ import annotations

import sqlite3

import pytest

from tests.support.archive import archive, archive_source, archive_titles, grow_archive
from tests.support.loopback import Answer, Content, Received, Site
from tests.support.samples import (
    LONG_TEXT,
    article_page,
    bare_listing,
    feed,
    feed_source,
    item,
    published_articles,
    summary_feed,
    summary_source,
)
from tests.support.workplace import Workplace

pytestmark = pytest.mark.slow


def rows(*names: str) -> bytes:
    """A list of articles of these names."""
    return (
        f"<ul>{''.join(f'<li><a href=/a/{name}.html>Title {name}</a></li>' for name in names)}</ul>".encode()
    )


def canonical(path: str, text: str = "ferry") -> bytes:
    """An article's page that says it stands at another address."""
    return article_page(LONG_TEXT.replace("ferry", text), head=f"<link rel='canonical' href='{path}'>")


def test_an_address_that_is_another_articles(workplace: Workplace) -> None:
    """A page that names its neighbour's address loses neither, whether both come at once or one by one."""
    with Site() as site:
        site.pages |= {
            "/a/one.html": canonical("/a/two.html"),
            "/a/two.html": article_page(LONG_TEXT.replace("ferry", "train")),
        }
        site.pages["/list.html"] = rows("one")
        workplace.configure(bare_listing(site))
        workplace.run("poll")
        site.pages["/list.html"] = rows("two", "one")
        assert "1 new, 0 changed" in workplace.run("poll").stdout
    assert set(published_articles(workplace)) == {"Title one", "Title two"}


def test_a_section_as_the_address_of_all(workplace: Workplace) -> None:
    """Reports of one title whose pages all name their section stay as many as they are, at their own addresses."""
    with Site() as site:
        site.pages |= {f"/a/{n}.html": canonical("/reports/", f"ship {n}") for n in (1, 2, 3)}
        site.pages["/list.html"] = (
            rows("1", "2", "3")
            .replace(b"Title 1", b"Daily")
            .replace(b"Title 2", b"Daily")
            .replace(b"Title 3", b"Daily")
        )
        workplace.configure(bare_listing(site))
        assert "3 new" in workplace.run("poll").stdout
        with sqlite3.connect(workplace.folder / "var" / "test.db") as database:
            found = {address for (address,) in database.execute("select address from articles")}
        assert found == {f"{site.url}/a/{n}.html" for n in (1, 2, 3)}


def test_a_whole_text_is_not_given_away_for_a_summary(workplace: Workplace) -> None:
    """An article that we hold whole stays so when its entry is edited and its page is gone."""
    with Site() as site:
        site.pages |= {"/feed.xml": summary_feed(site.url, 1), "/a/1.html": article_page()}
        workplace.configure(summary_source(site))
        workplace.run("poll")
        site.pages |= {
            "/feed.xml": summary_feed(site.url, 1, text="Another word on"),
            "/a/1.html": Answer(b"gone", status=404),
        }
        for _ in range(2):
            workplace.run("poll")
    assert "Paragraph 6" in published_articles(workplace)["Title 1"]["content_html"]


def test_an_older_page_that_fails(workplace: Workplace) -> None:
    """Where an older page fails while a poll reads on, what stood on it comes at the next visit."""
    with archive(3) as site:
        workplace.configure(archive_source(site))
        workplace.run("poll")
        grow_archive(site, 9)
        whole = site.pages["/list"]

        def failing(request: Received) -> Content:
            return Answer(b"not now", status=404) if "p=2" in request.path else whole(request)  # type: ignore[operator]

        site.pages["/list"] = failing
        workplace.run("poll", expect=1)
        site.pages["/list"] = whole
        workplace.run("poll")
    assert set(published_articles(workplace)) == archive_titles(*range(1, 10))


def test_a_list_that_goes_round(workplace: Workplace) -> None:
    """A backfill ends where the last page leads to the first again."""
    with archive(6) as site:
        whole = site.pages["/list"]
        last = "<a class=next href=/list>older</a></body>"
        site.pages["/list"] = lambda request: whole(request).replace(
            b"</body>", last.encode() if "p=2" in request.path else b"</body>"
        )
        workplace.configure(archive_source(site))
        assert "the list ends here" in workplace.run("backfill", "old").stdout
    assert set(published_articles(workplace)) == archive_titles(*range(1, 7))


def test_the_validators_of_half_a_feed(workplace: Workplace) -> None:
    """The ETag of a feed that broke off says nothing of the rest: it is asked for whole again."""
    with Site() as site:
        whole = summary_feed(site.url, 1, 2, 3)
        site.pages["/feed.xml"] = Answer(whole[: whole.index(b"number 3")], etag='"1"')
        workplace.configure(summary_source(site, full_text="never"))
        workplace.run("poll", expect=1)
        site.pages["/feed.xml"] = Answer(whole, etag='"1"')
        workplace.run("poll")
    assert set(published_articles(workplace)) == {"Title 1", "Title 2", "Title 3"}


def test_a_named_poll_asks_for_no_page_twice(workplace: Workplace) -> None:
    """`poll NAME` takes up debts, not what is held: a list that changes costs one request."""
    with Site() as site:
        site.pages |= {"/list.html": rows("1", "2"), "/a/1.html": article_page(), "/a/2.html": article_page()}
        workplace.configure(bare_listing(site))
        workplace.run("poll", "gov")
        site.pages["/list.html"] = rows("1", "2") + b"<p>visitor 2</p>"
        asked = len(site.requests)
        workplace.run("poll", "gov")
        assert site.paths()[asked:] == ["/list.html"]


def test_dead_links_starve_nobody(workplace: Workplace) -> None:
    """Rows whose pages are gone do not keep the rows beneath them from their turn."""
    with Site() as site:
        site.pages |= {
            "/list.html": rows("1", "2", "3", "4", "5"),
            "/a/4.html": article_page(),
            "/a/5.html": article_page(),
        }
        workplace.configure(bare_listing(site))
        workplace.run("poll", expect=1)
    assert set(published_articles(workplace)) == {"Title 4", "Title 5"}


@pytest.mark.parametrize(
    "answer",
    [
        b"<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1><p>It is not on this server.</p></body></html>",
        "<html><head><title>系统繁忙</title></head><body><p>系统繁忙，请稍后再试。</p></body></html>".encode(),
        b'{"code": 401, "message": "Please log in to read"}',
        Answer(b"Please log in", headers={"Content-Type": "application/pdf"}),
        Answer(status=302, headers={"Location": "/"}),
        Answer(status=302, headers={"Location": "/login?from=1"}),
    ],
    ids=["404", "busy", "json", "pdf", "home", "login"],
)
def test_an_excuse_is_no_article(workplace: Workplace, answer: Content) -> None:
    """What a server says with a good status in place of an article is not published; the article comes later."""
    with Site(
        {
            "/": article_page(),
            "/login": article_page("<p>Who are you? Say your name and your word, and we shall see.</p>"),
        }
    ) as site:
        site.pages |= {"/list.html": rows("1"), "/a/1.html": answer}
        workplace.configure(bare_listing(site))
        workplace.run("poll", expect=1)
        assert workplace.posts() == []
        site.pages["/a/1.html"] = article_page()
        workplace.run("poll", "gov")
    assert set(published_articles(workplace)) == {"Title 1"}


def test_a_source_that_is_renamed_keeps_its_articles(workplace: Workplace) -> None:
    """With what it owes, its feed under the old name, and no article twice; ``check`` says what would happen."""
    feed_of = "public/source/{}/atom.xml"
    with Site({"/feed.xml": feed(item(1), item(2))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        posts = {path.name for path in workplace.posts()}
        workplace.configure(feed_source(site).replace('"paper"', '"press"'))
        said = workplace.run("check").stdout
        assert "paper: is a source no more; its 2 articles stay" in said
        assert 'was = "paper"' in said
        assert "press: is a new source" in said
        workplace.configure(feed_source(site, was="paper").replace('name = "paper"', 'name = "press"'))
        assert "press: was paper, and keeps its 2 articles" in workplace.run("check").stdout
        site.pages["/feed.xml"] = feed(item(1), item(2, "corrected"), item(3))
        assert "press: 1 new, 1 changed" in workplace.run("poll").stdout
        assert posts < {path.name for path in workplace.posts()}
        assert len(workplace.posts()) == 3
        assert workplace.sources()["press"]["articles"] == 3
        text = feed(item(1), item(2, "corrected"), item(3), item(4))
        site.pages["/feed.xml"] = text
        workplace.configure(
            feed_source(site).replace('name = "paper"', 'name = "daily"\nwas = ["paper", "press"]')
        )
        assert "daily: 1 new, 0 changed" in workplace.run("poll").stdout
        workplace.run("publish", "--check")
        assert "is sound: 4 articles" in workplace.run("check", "--database").stdout
    files = workplace.files("public")
    for name in ("paper", "press", "daily"):
        assert b"Title 4" in files[feed_of.format(name)], name
    assert b"source/daily/" in files["public/feeds.html"]
    assert b"source/paper/" not in files["public/feeds.html"], "nobody is to find it anew"


def test_a_former_name_is_nobody_elses(workplace: Workplace) -> None:
    """Two sources cannot have been one."""
    with Site() as site:
        table = feed_source(site)
        other = table.replace('name = "paper"', 'name = "press"\nwas = "paper"')
        workplace.configure(table + other)
        assert "stands 2 times" in workplace.run("check", expect=2).stderr
