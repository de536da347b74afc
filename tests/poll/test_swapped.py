"""Attachments that are replaced at their addresses, and articles whose text came with their feed."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tests.support.clock import START, a_calendar
from tests.support.harbour import DAY, HOUR, MINUTE, Office, an_office, notice
from tests.support.loopback import Answer, Site
from tests.support.samples import feed, item

PDF = "%PDF-1.4\n{}\n%%EOF"
ANNEX = "<p><a href='/files/annex.pdf'>Annex</a></p>"


def annex(text: str, etag: str = "") -> Answer:
    """The file of a notice."""
    return Answer(PDF.format(text * 300).encode(), {"content-type": "application/pdf"}, etag=etag)


def mirror(office: Office) -> None:
    """Fetch what is to be mirrored, as the daemon does after a publication."""
    app = office.calendar.app

    async def fetch() -> None:
        async with app.tools(lambda: office.now) as tools:
            await app.mirror(lambda: office.now).fetch_due(tools.fetcher)

    asyncio.run(fetch())


@pytest.mark.parametrize("etag", ["", '"{}"'], ids=["by-hash", "by-validator"])
def test_another_file_at_the_same_address_is_a_change(tmp_path: Path, etag: str) -> None:
    """It is told once, after a second look; each state has its own file, and the old one stays."""
    with an_office(tmp_path, count=3, mirror=("attachments",)) as office:
        office.site.pages["/files/annex.pdf"] = annex("first ", etag.format(1))
        office.edit(2, notice(2, files=ANNEX))
        assert office.pass_time(2 * HOUR) == [("changed", "2.html")]
        mirror(office)
        assert office.pass_time(2 * DAY) == []
        first = office.held(2)
        [address] = first.media
        office.site.pages["/files/annex.pdf"] = annex("second ", etag.format(2))
        assert office.pass_time(4 * DAY) == [("changed", "2.html")]
        mirror(office)
        assert office.pass_time(10 * DAY) == []
        second = office.held(2)
        [old, new] = first.article.attachments[0], second.article.attachments[0]
        assert (old.address, old.digest) == (new.address, "")
        assert new.digest in second.media[address].path
        assert second.media[f"{address}#{old.digest}"] == first.media[address]
        for file in second.media.values():
            assert (tmp_path / "public" / file.path).is_file()
        assert not office.calendar.app.store.unused_media()
        [*_, earlier] = office.calendar.app.store.revisions(second.id)
        assert earlier.article == first.article
        not_sent = [one.headers.get("if-none-match") for one in office.site.requests if "annex" in one.path]
        assert ('"1"' in not_sent) == bool(etag)


def test_a_file_that_cannot_be_had_is_no_change(tmp_path: Path) -> None:
    """Neither an error nor a file that is too large says that another one took its place."""
    with an_office(tmp_path, count=3) as office:
        office.site.pages["/files/annex.pdf"] = annex("first ")
        office.edit(2, notice(2, files=ANNEX))
        assert office.pass_time(2 * DAY) == [("changed", "2.html")]
        office.site.pages["/files/annex.pdf"] = Answer(status=403)
        assert office.pass_time(10 * DAY) == []
        office.site.pages["/files/annex.pdf"] = annex("first ")
        assert office.pass_time(40 * DAY) == []


def test_what_came_with_a_feed(tmp_path: Path) -> None:
    """An edit comes with the feed, at once; of the page only counts whether it is there."""
    with (
        Site() as site,
        a_calendar(tmp_path, f"{site.url}/feed", withdrawn_after=2 * DAY, full_text="never") as calendar,
    ):
        office = Office(site, calendar, START)

        def show(*words: str) -> None:
            items = "".join(item(number, word) for number, word in enumerate(words))
            site.pages["/feed"] = feed(re.sub(r"http://x.example/(\d+)", rf"{site.url}/n/\1.html", items))

        texts = ["ropes", "tides", "ferries", "bridges", "lanterns", "winters"]
        for number, text in enumerate(texts):
            office.edit(number, notice(number, texts=[f"A page with more about {text} than the feed has."]))
        show(*texts)
        office.poll()
        assert office.pass_time(2 * HOUR, list_every=HOUR) == []
        office.edit(1, notice(1, texts=["The page says something else, and the feed does not."]))
        assert office.pass_time(3 * DAY, list_every=DAY) == []
        show("ropes", "tides", "ferries, all of them", "bridges", "lanterns", "winters")
        assert office.pass_time(HOUR, list_every=30 * MINUTE) == [("changed", "2.html")]
        office.edit(3, None)
        told = office.pass_time(12 * DAY, list_every=DAY)
        assert told == [("missing", "3.html"), ("withdrawn", "3.html")]
