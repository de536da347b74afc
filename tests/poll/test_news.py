"""What rules may tell of: what came since a source is known, and all of it only where that is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.support.archive import archive, archive_source, grow_archive
from tests.support.loopback import Site
from tests.support.samples import feed_source
from tests.support.workplace import Workplace

TODAY = datetime.now(UTC)
ALL = '[[rule]]\nname = "all"\nquery = "/./"\ntell = ["desk"]\n[[receiver]]\nname = "desk"\nurl = "{}/hook"\n'


def feed(*items: tuple[int, str, int]) -> bytes:
    """A feed of items by number, title, and how many days they are old."""
    rows = "".join(
        f"<item><guid>http://x.example/{number}</guid><link>http://x.example/{number}</link><title>{title}</title>"
        f"<pubDate>{format_datetime(TODAY - timedelta(days=days))}</pubDate><description>Text.</description></item>"
        for number, title, days in items
    )
    return f"<rss version='2.0'><channel><title>t</title>{rows}</channel></rss>".encode()


@contextmanager
def hook() -> Iterator[Site]:
    """A site with a webhook."""
    with Site({"/hook": b""}) as site:
        yield site


def told(site: Site) -> list[str]:
    """The titles that a webhook was told since it was last asked, sorted."""
    bodies = [json.loads(request.body) for request in site.requests if request.path == "/hook"]
    del site.requests[:]
    return sorted(hit["title"] for body in bodies for hit in body["hits"])


def test_what_a_first_poll_left_for_later(workplace: Workplace) -> None:
    """It is no news either, nor what a backfill finds; what comes then is."""
    with archive(8) as site, hook() as desk:
        source = archive_source(site).replace("[source.list]", "budget = 1\n[source.list]", 1)
        workplace.configure(ALL.format(desk.url) + source)
        for _ in range(3):
            workplace.run("poll", "old")
        workplace.run("backfill", "old", "--pages", "2")
        grow_archive(site, 9)
        workplace.run("poll", "old")
        assert told(desk) == ["Title 9"]
        workplace.run("backfill", "old", "--tell")
        assert told(desk) == ["Title 1", "Title 2"]


def test_a_first_poll_that_tells(workplace: Workplace) -> None:
    """Where it is asked for, all that it finds is told, with what it left for later."""
    with hook() as site:
        site.pages["/feed.xml"] = feed((1, "One", 9), (2, "Two", 8))
        workplace.configure(ALL.format(site.url) + feed_source(site))
        workplace.run("poll", "--tell")
        assert told(site) == ["One", "Two"]


def test_a_list_that_begins_anew(workplace: Workplace) -> None:
    """A site that moved, or another list, brings no news but what is younger than the last visit."""
    with hook() as site:
        site.pages["/feed.xml"] = feed((1, "One", 9), (2, "Two", 8))
        workplace.configure(ALL.format(site.url) + feed_source(site))
        workplace.run("poll")
        site.pages["/new.xml"] = feed(
            (11, "Of another list", 9), (12, "Two, as it is called now", 8), (13, "Three", 0)
        )
        workplace.configure(ALL.format(site.url) + feed_source(site).replace("feed.xml", "new.xml"))
        workplace.run("poll")
        assert told(site) == ["Three"]
        site.pages["/new.xml"] = feed((14, "Four", 0), (15, "Five", 0), (13, "Three", 0), (16, "Late", 3))
        workplace.run("poll")
        assert told(site) == ["Five", "Four", "Late"]


def test_a_filter_that_is_taken_away(workplace: Workplace) -> None:
    """What it left out comes, and is no news."""
    with hook() as site:
        site.pages["/feed.xml"] = feed((1, "One", 9))
        filtered = ALL.format(site.url) + feed_source(site) + 'block = "title:two"\n'
        workplace.configure(filtered)
        workplace.run("poll")
        site.pages["/feed.xml"] = feed((1, "One", 9), (2, "Two", 0))
        workplace.run("poll")
        workplace.configure(filtered.replace("title:two", "title:three"))
        site.pages["/feed.xml"] = feed((1, "One", 9), (2, "Two", 0), (4, "Four", 0))
        workplace.run("poll")
        assert told(site) == ["Four"]


def test_a_restore(workplace: Workplace) -> None:
    """What came since the copy comes again and is not told again, but where that is asked for."""
    copy = workplace.folder / "copy.db"
    with hook() as site:
        site.pages["/feed.xml"] = feed((1, "One", 0))
        workplace.configure(ALL.format(site.url) + feed_source(site))
        workplace.run("poll")
        workplace.run("backup", str(copy))
        site.pages["/feed.xml"] = feed((1, "One", 0), (2, "Two", -1))
        workplace.run("poll")
        assert told(site) == ["Two"]
        workplace.run("restore", str(copy))
        workplace.run("poll")
        assert told(site) == []
        site.pages["/feed.xml"] = feed((1, "One", 0), (2, "Two", -1), (3, "Three", 0))
        workplace.run("poll")
        assert told(site) == ["Three"]
        workplace.run("restore", str(copy), "--tell")
        workplace.run("poll")
        assert told(site) == ["Three", "Two"]
