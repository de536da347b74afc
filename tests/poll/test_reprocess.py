"""Articles made again from archived answers, without a request, after a selector was mended."""

from __future__ import annotations

import json
import sqlite3

from tests.support.loopback import Answer, Site
from tests.support.notices import notice, notice_site, notice_source, notices
from tests.support.samples import published_articles
from tests.support.workplace import Workplace


def mended(site: Site, **keys: object) -> str:
    """The source with another selector of the text."""
    return notice_source(site, body="#other", archive="warc", **keys)


def texts(workplace: Workplace) -> dict[str, str]:
    """The published texts by title."""
    return {title: item["content_html"] for title, item in published_articles(workplace).items()}


def test_a_mended_selector_takes_effect_without_the_network(workplace: Workplace) -> None:
    """What would change is shown; then it is so, also of what no list shows any more, and nothing was asked."""
    with notice_site(1, 2, 3) as site:
        workplace.configure(notice_source(site, archive="warc"))
        workplace.run("poll")
        site.pages["/list.html"] = notices(3)
        workplace.run("poll")
        before, files, asked = texts(workplace), workplace.files(), len(site.requests)
        dates = {title: item["date_published"] for title, item in published_articles(workplace).items()}
        workplace.configure(mended(site))
        said = workplace.run("reprocess", "notices", "--dry-run")
        assert "3 changed, 0 new, 0 could not be made again" in said.stdout
        assert said.stdout.count("Said otherwise: The") == 3
        assert "Nothing was changed" in said.stderr
        assert workplace.files() == files
        assert "3 changed" in workplace.run("reprocess", "notices").stdout
        after = published_articles(workplace)
        assert {
            title: item["content_html"].count("Said otherwise") for title, item in after.items()
        } == dict.fromkeys(before, 1)
        assert {title: item["date_published"] for title, item in after.items()} == dates
        assert not [
            item
            for item in after.values()
            if "date_modified" in item and item["date_modified"] != item["date_published"]
        ]
        assert "0 changed" in workplace.run("reprocess", "notices").stdout
        assert len(site.requests) == asked
    pages = {path: body for path, body in workplace.files("public/share").items() if b"number 1" in body}
    article = next(iter(pages)).removeprefix("public/share/").removesuffix(".html")
    states = json.loads(workplace.run("provenance", article, "--json").stdout)["states"]
    assert [state["rules"]["content"] for state in states] == [
        "article.body '#other'",
        "article.body '#text'",
    ]
    assert states[0]["answers"][1] == states[1]["answers"][1]
    assert states[0]["answers"][0]["robots"] == f"allowed by {site.url}/robots.txt"
    workplace.run("publish", "--check")


def test_a_poll_in_between_changes_nothing(workplace: Workplace) -> None:
    """What a poll by the new configuration did not reach is made again, and counts as no change of the source."""
    with notice_site(1, 2, 3) as site:
        workplace.configure(notice_source(site, archive="warc"))
        workplace.run("poll")
        site.pages["/list.html"] = notices(3)
        workplace.configure(mended(site))
        workplace.run("poll")
        assert "2 changed, 0 new" in workplace.run("reprocess", "notices").stdout
    assert workplace.run("changes").stdout == ""
    assert all("Said otherwise" in text for text in texts(workplace).values())


def test_what_could_never_be_read_comes_in(workplace: Workplace) -> None:
    """Entries that a wrong selector left unread are articles then, and owed no more."""
    with notice_site(1, 2) as site:
        workplace.configure(notice_source(site, body="#nowhere", archive="warc"))
        workplace.run("poll", expect=1)
        assert workplace.sources()["notices"]["articles"] == 0
        workplace.configure(notice_source(site, archive="warc"))
        asked = len(site.requests)
        assert "0 changed, 2 new" in workplace.run("reprocess", "notices").stdout
        assert len(site.requests) == asked
    assert set(texts(workplace)) == {"Notice 1", "Notice 2"}
    with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
        assert connection.execute("SELECT count(*) FROM owed").fetchone() == (0,)


def test_each_article_is_made_of_its_own_answer(workplace: Workplace) -> None:
    """A page that is an error by now, or another one behind a redirect, takes no article's place."""
    with notice_site(1, 2) as site:
        page = site.pages["/n/1.html"]
        site.pages["/now.html"] = page
        site.pages["/n/1.html"] = Answer(status=302, headers={"location": "/now.html"})
        workplace.configure(notice_source(site, archive="warc"))
        workplace.run("poll")
        other = notice("Something else altogether.").body.replace(b"id='text'", b"id='none'")
        site.pages["/now.html"] = other
        site.pages["/n/2.html"] = Answer(b"gone", status=404)
        site.pages["/list.html"] = notices(1, 2).replace(b"2026-03-0", b"2026-03-1")
        workplace.run("poll", expect=1)
        workplace.configure(mended(site))
        workplace.run("reprocess", "notices")
    after = texts(workplace)
    assert "Said otherwise: The text of number 1" in after["Notice 1"]
    assert "Said otherwise: The text of number 2" in after["Notice 2"]


def test_what_is_not_archived_stays_as_it_is(workplace: Workplace) -> None:
    """An article whose answers nobody kept is told, and nothing is lost of it."""
    with notice_site(1, 2) as site:
        workplace.configure(notice_source(site))
        workplace.run("poll")
        site.pages["/list.html"] = notices(1, 2, 3)
        site.pages["/n/3.html"] = notice("The text of number 3, which is kept.")
        workplace.configure(notice_source(site, archive="warc"))
        workplace.run("poll")
        before = texts(workplace)
        workplace.configure(mended(site))
        said = workplace.run("reprocess", "notices").stdout
        assert "1 changed, 0 new, 2 could not be made again" in said
        assert "not made again: Notice 1" in said
    after = texts(workplace)
    assert "Said otherwise" in after.pop("Notice 3")
    assert after == {title: text for title, text in before.items() if title != "Notice 3"}


def test_a_removed_article_stays_removed(workplace: Workplace) -> None:
    """It is not made again of the answers that still show it."""
    with notice_site(1, 2) as site:
        workplace.configure(notice_source(site, archive="warc"))
        workplace.run("poll")
        said = workplace.run("remove", f"{site.url}/n/1.html", "--reason", "asked for").stderr
        assert "The raw answers that show it stay, in var/evidence/notices/notices-" in said
        workplace.configure(mended(site))
        assert "1 changed, 0 new, 0 could" in workplace.run("reprocess", "notices").stdout
    assert set(texts(workplace)) == {"Notice 2"}
