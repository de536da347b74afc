"""Older pages: a backfill walks them, stops and goes on; a poll after a time without visits reads on by itself."""

from __future__ import annotations

import signal
import threading

from tests.support.archive import archive, archive_source, archive_titles, grow_archive
from tests.support.loopback import Answer, Content, Received
from tests.support.running import until
from tests.support.samples import published_articles
from tests.support.workplace import PATIENCE, Workplace


def test_the_whole_list(workplace: Workplace) -> None:
    """Without a limit a backfill walks to the list's end, and asks for no article twice."""
    with archive(8) as site:
        workplace.configure(archive_source(site))
        workplace.run("poll")
        assert set(published_articles(workplace)) == archive_titles(8, 7, 6)
        done = workplace.run("backfill", "old")
        assert "5 new articles" in done.stdout
        assert "the list ends here" in done.stdout
        pages = [path for path in site.paths() if path.startswith("/a/")]
        assert len(pages) == len(set(pages)) == 8
        assert "0 new articles" in workplace.run("backfill", "old").stdout
    assert set(published_articles(workplace)) == archive_titles(*range(1, 9))


def test_so_many_pages_and_then_on(workplace: Workplace) -> None:
    """--pages stops there, and the next call goes on where it was; --restart begins anew."""
    with archive(12) as site:
        workplace.configure(archive_source(site))
        workplace.run("backfill", "old", "--pages", "2")
        assert set(published_articles(workplace)) == archive_titles(*range(7, 13))
        asked = len(site.requests)
        done = workplace.run("backfill", "old", "--pages", "1")
        assert "page 3" in done.stderr
        assert set(published_articles(workplace)) == archive_titles(*range(4, 13))
        assert [path for path in site.paths()[asked:] if path.startswith("/list")] == ["/list?p=3"]
        workplace.run("backfill", "old", "--pages", "1", "--restart")
        assert site.paths()[-1] == "/list"


def test_since_a_day(workplace: Workplace) -> None:
    """--since takes nothing older and ends where the list is older."""
    with archive(12) as site:
        workplace.configure(archive_source(site))
        assert "older than 2026-01-08" in workplace.run("backfill", "old", "--since", "2026-01-08").stdout
        assert "/list?p=4" not in site.paths()
    assert set(published_articles(workplace)) == archive_titles(8, 9, 10, 11, 12)


def test_ctrl_c_and_on(workplace: Workplace) -> None:
    """Stopped in the middle of a page, it says how to go on, and goes on without losing or doubling anything."""
    with archive(9) as site:
        page = site.pages["/a/4.html"]
        ended = threading.Event()

        def hold(_: Received) -> Content:
            ended.wait(PATIENCE)
            return Answer(b"too late", status=500)

        site.pages["/a/4.html"] = hold
        workplace.configure(archive_source(site))
        process = workplace.start("backfill", "old")
        until(lambda: "/a/4.html" in site.paths() or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
        ended.set()
        assert process.returncode == 1
        assert "goes on from here" in said
        site.pages["/a/4.html"] = page
        done = workplace.run("backfill", "old")
        assert "going on at page 2" in done.stderr
    assert set(published_articles(workplace)) == archive_titles(*range(1, 10))


def test_a_failing_page_is_owed(workplace: Workplace) -> None:
    """An article of an older page that fails is owed like any other, and its page is not walked again for it."""
    with archive(6) as site:
        whole = site.pages["/a/2.html"]
        site.pages["/a/2.html"] = Answer(b"no", status=404)
        workplace.configure(archive_source(site))
        workplace.run("backfill", "old")
        (debt,) = workplace.sources()["old"]["owed"]
        assert debt["key"].endswith("/a/2.html")
        site.pages["/a/2.html"] = whole
        workplace.run("poll", "old")
    assert set(published_articles(workplace)) == archive_titles(*range(1, 7))


def test_the_server_that_asks_to_wait(workplace: Workplace) -> None:
    """A Retry-After ends the walk for now, and what is done stays done."""
    with archive(9) as site:
        site.pages["/a/5.html"] = Answer(b"slow down", status=429, headers={"Retry-After": "600"})
        workplace.configure(archive_source(site))
        done = workplace.run("backfill", "old")
        assert "asked us to wait" in done.stdout
        assert set(published_articles(workplace)) >= archive_titles(9, 8, 7, 6)
        assert "/list?p=3" not in site.paths()


def test_a_poll_reads_on_after_a_pause(workplace: Workplace) -> None:
    """Where nothing on the first page is known, a poll reads older pages until it meets what it knows."""
    with archive(6) as site:
        workplace.configure(archive_source(site))
        workplace.run("poll")
        grow_archive(site, 14)
        asked = len(site.requests)
        assert "8 new" in workplace.run("poll").stdout
        lists = [path for path in site.paths()[asked:] if path.startswith("/list")]
        assert lists == ["/list", "/list?p=2", "/list", "/list?p=3", "/list?p=2", "/list?p=4", "/list?p=3"]
    assert set(published_articles(workplace)) == archive_titles(4, 5, 6, *range(7, 15))


def test_the_first_poll_takes_the_first_page(workplace: Workplace) -> None:
    """A new source begins with its first page; the archive is a backfill's."""
    with archive(12) as site:
        workplace.configure(archive_source(site))
        workplace.run("poll")
        assert [path for path in site.paths() if path.startswith("/list")] == ["/list"]


def test_paging_that_nobody_configured(workplace: Workplace) -> None:
    """A link that says "next" is followed without a selector, by a backfill and by a poll that reads on."""
    with archive(8) as site:
        for newest in (8, 15):
            grow_archive(site, newest)
            pages = site.pages["/list"]
            site.pages["/list"] = lambda request, pages=pages: pages(request).replace(
                b"older</a>", "下一页</a>".encode()
            )
            workplace.configure(archive_source(site).replace('[source.paging]\nnext = "a.next"\n', ""))
            workplace.run("poll")
        assert set(published_articles(workplace)) == archive_titles(*range(6, 16))
        workplace.run("backfill", "old")
    assert set(published_articles(workplace)) == archive_titles(*range(1, 16))


def test_a_list_without_older_pages_says_so(workplace: Workplace) -> None:
    """Where everything is new and nothing leads further back, the log says that some may be missed."""
    rows = "<ul>{}</ul>"
    with archive(30) as site:

        def listed_once(*numbers: int) -> bytes:
            return rows.format(
                "".join(f"<li><a href='/a/{n}.html'>Title {n}</a></li>" for n in numbers)
            ).encode()

        site.pages["/list"] = listed_once(1, 2, 3, 4)
        workplace.configure(archive_source(site))
        workplace.run("poll")
        site.pages["/list"] = listed_once(11, 12, 13, 14)
        assert "some may be missed" in workplace.run("poll").stderr
        assert "names no older page" in workplace.run("backfill", "old").stdout
