"""What servers and lists ask of us, and what we keep of it."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from aggregator.decide.timing import back_off, skip
from aggregator.decide.validators import fresh_for
from aggregator.fetch import Fetcher
from aggregator.model import Fetched, Pace, Request
from aggregator.settings import Access, Source
from aggregator.sources import feed as feeds
from tests.support.clock import START, a_calendar
from tests.support.fetching import limited
from tests.support.loopback import Answer, Received, Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace, environment

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": 'public, Max-Age="90"'}, 90),
        ({"cache-control": "s-maxage=9, max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=60", "age": "100"}, 0),
        ({"cache-control": "no-cache, max-age=600"}, 0),
        ({"cache-control": "no-store"}, 0),
        ({"cache-control": "max-age=99999999999"}, 365 * 86400),
        ({"cache-control": "x-max-age=5"}, 0),
        ({"expires": "Mon, 02 Mar 2026 09:00:00 GMT"}, 3600),
        ({"expires": "Mon, 02 Mar 2026 09:00:00 GMT", "date": "Mon, 02 Mar 2026 08:30:00 GMT"}, 1800),
        ({"expires": "Mon, 02 Mar 2026 09:00:00 GMT", "cache-control": "max-age=60"}, 60),
        ({"expires": "0"}, 0),
        ({"expires": "Mon, 02 Mar 1998 09:00:00 GMT"}, 0),
    ],
)
def test_how_long_an_answer_is_fresh(headers: dict[str, str], seconds: int) -> None:
    """RFC 9111: max-age less Age, else Expires less Date; nothing is guessed, and nothing is for ever."""
    assert fresh_for(headers, START) == timedelta(seconds=seconds)


def rss(channel: str) -> Pace:
    """The pace of a feed with such a channel."""
    source = Source(name="paper", kind="feed", url="http://x.example/")
    body = f"""<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>
    <title>t</title>{channel}<item><title>a</title><link>http://x.example/a</link></item></channel></rss>"""
    return feeds.read_list(source, Fetched(source.url, 200, {}, body.encode())).pace


def test_what_a_feed_says_of_its_pace() -> None:
    """The ttl, the hours and days to leave out, the syndication module; nonsense says nothing."""
    assert rss("") == Pace()
    assert rss("<ttl>90</ttl>").every == 90 * MINUTE
    assert rss("<ttl>-5</ttl>").every is None
    assert rss("<ttl>soon</ttl>").every is None
    both = "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency><ttl>5</ttl>"
    assert rss(both).every == 6 * HOUR
    hours = "<skipHours><hour>0</hour><hour> 23 </hour><hour>24</hour><hour>99</hour></skipHours>"
    days = "<skipDays><day>Sunday</day><day>Someday</day></skipDays>"
    assert rss(hours + days) == Pace(None, (0, 23), (6,))


def test_hours_and_days_that_are_left_out() -> None:
    """A visit moves behind them; a list that forbids every hour forbids none."""
    assert skip(START, Pace()) == START
    assert skip(START + MINUTE, Pace(hours=(8, 9))) == START + 2 * HOUR
    assert skip(START, Pace(days=(0, 1))) == datetime(2026, 3, 4, tzinfo=UTC)
    assert skip(START, Pace(hours=tuple(range(24)))) == START
    assert skip(START, Pace(days=tuple(range(7)))) == START


def test_a_fresh_answer_and_a_slow_list_wait_longer(tmp_path: Path) -> None:
    """As long as they say, up to four times the interval; the user's own bound comes first."""
    said = feed(item(1)).replace(b"<channel>", b"<channel><ttl>40</ttl>")
    with Site({"/feed.xml": Answer(said, {"Cache-Control": "max-age=1800"}, etag='"1"')}) as site:
        url = f"{site.url}/feed.xml"
        with a_calendar(tmp_path / "a", url, interval=15 * MINUTE) as paper:
            assert paper.visit(START).state.due == START + 40 * MINUTE
            # An answer that says "not modified" has no ttl: the one of the list still holds.
            assert paper.visit(START + HOUR).state.due == START + HOUR + 40 * MINUTE
            assert site.requests[-1].headers["if-none-match"] == '"1"'
        with a_calendar(tmp_path / "b", url, interval=5 * MINUTE) as paper:
            assert paper.visit(START).state.due == START + 20 * MINUTE
        with a_calendar(tmp_path / "c", url, interval=5 * MINUTE, interval_max=5 * MINUTE) as paper:
            assert paper.visit(START).state.due == START + 5 * MINUTE
        with a_calendar(
            tmp_path / "d", url, interval=5 * MINUTE, cron="0 9 * * *", full_text="never"
        ) as paper:
            assert paper.visit(START).state.due == START + HOUR


def test_a_permanent_redirect_is_believed_after_a_week(tmp_path: Path) -> None:
    """Until then, and whenever the new address fails, the configured one is asked; a temporary one never counts."""
    with Site() as site:
        site.pages |= {
            "/old": Answer(status=301, headers={"Location": "/new"}),
            "/new": feed(item(1)),
        }
        with a_calendar(tmp_path, f"{site.url}/old") as paper:
            for day in range(7):
                paper.visit(START + day * DAY)
            assert site.paths() == ["/old", "/new"] * 7
            assert (paper.state.moved, paper.state.moved_since) == (f"{site.url}/new", START)
            site.requests.clear()
            paper.visit(START + 7 * DAY)
            paper.visit(START + 8 * DAY)
            assert site.paths() == ["/new", "/new"]
            site.pages["/new"] = Answer(status=404)
            site.pages["/old"] = feed(item(1), item(2))
            site.requests.clear()
            assert len(paper.visit(START + 9 * DAY).new) == 1
            assert site.paths() == ["/new", "/old"]
            assert (paper.state.moved, paper.state.moved_since) == ("", None)


@pytest.mark.parametrize("statuses", [(302,), (307,), (302, 301), (301, 302)])
def test_only_permanent_steps_count(tmp_path: Path, statuses: tuple[int, ...]) -> None:
    """What comes behind a temporary redirect is temporary, too."""
    with Site() as site:
        for number, status in enumerate(statuses):
            site.pages[f"/{number}"] = Answer(status=status, headers={"Location": f"/{number + 1}"})
        site.pages[f"/{len(statuses)}"] = feed(item(1))
        with a_calendar(tmp_path, f"{site.url}/0") as paper:
            for day in range(9):
                paper.visit(START + day * DAY)
            whole = [f"/{number}" for number in range(len(statuses) + 1)]
            assert site.paths()[: 7 * len(whole)] == whole * 7
            # The last two visits begin behind the permanent step, if there is one.
            assert site.paths()[7 * len(whole) :] == (whole[1:] if statuses[0] == 301 else whole) * 2


def test_a_list_that_is_gone_stops_its_source(workplace: Workplace) -> None:
    """After the third 410 in a row it is visited no more, and says so; named, it is visited again."""
    with Site({"/feed.xml": Answer(status=410)}) as site:
        workplace.configure(f'[[source]]\nname = "paper"\nkind = "feed"\nurl = "{site.url}/feed.xml"\n')
        for _ in range(3):
            workplace.run("poll", expect=1)
        found = workplace.sources()["paper"]
        assert (found["status"], found["due"], found["failures"]) == ("gone", None, 3)
        said = workplace.run("poll", expect=1).stdout
        assert "410 Gone" in said
        assert "not visited any more until `aggregator poll paper`" in said
        assert len(site.requests) == 3
        assert "never" in workplace.run("sources").stdout
        site.pages["/feed.xml"] = feed(item(1))
        assert "1 new" in workplace.run("poll", "paper").stdout
        assert workplace.sources()["paper"]["status"] == "ok"


def test_other_failures_only_wait_longer(tmp_path: Path) -> None:
    """A 404 is asked again within hours, later and later, a day and a quarter at most, and never gives up."""
    with Site() as site, a_calendar(tmp_path, f"{site.url}/feed.xml", interval=15 * MINUTE) as paper:
        now, waits = START, []
        for _ in range(12):
            due = paper.visit(now).state.due
            waits.append(due - now)
            now = due
        assert 15 * MINUTE <= waits[0] <= 19 * MINUTE
        assert all(before < after for before, after in pairwise(waits[:7]))
        assert DAY <= waits[-1] <= 1.25 * DAY
        site.pages["/feed.xml"] = feed(item(1))
        assert paper.visit(now).state.due == now + 15 * MINUTE


def test_what_fails_together_does_not_come_back_together() -> None:
    """The jitter is the source's own and always the same; gates are left alone for longer."""
    sources = [Source(name=f"s{number}", kind="feed", url="http://x.example/") for number in range(50)]
    waits = {back_off(source, 1) for source in sources}
    assert len(waits) > 40
    assert all(15 * MINUTE <= wait <= 18.75 * MINUTE for wait in waits)
    assert back_off(sources[0], 3) == back_off(sources[0], 3)
    assert HOUR <= back_off(sources[0], 1, "gated") <= 1.25 * HOUR
    assert 4 * HOUR <= back_off(sources[0], 3, "gated") <= 5 * HOUR


def test_a_retry_after_holds_up_no_other_source(workplace: Workplace) -> None:
    """A 429 on one feed is that feed's; the others of its host are asked in the same round."""
    pages = {f"/{number}.xml": feed(item(number)) for number in range(1, 6)}
    with Site({**pages, "/0.xml": Answer(status=429, headers={"Retry-After": "3600"})}) as site:
        workplace.configure(
            "".join(
                f'[[source]]\nname = "s{number}"\nkind = "feed"\nurl = "{site.url}/{number}.xml"\n'
                for number in range(6)
            )
        )
        said = workplace.run("poll", expect=1).stdout
        assert said.count("1 new") == 5
        found = workplace.sources()
        assert found["s0"]["wait_until"]
        assert all(found[f"s{number}"]["wait_until"] is None for number in range(1, 6))


LISTING = {"kind": "listing", "list": {"entry": "li", "link": "a", "date": "span"}}
ROWS = b"<ul><li><a href='/a/1.html'>One</a><span>2026-03-01</span></li><li><a href='/b/2.html'>Two</a><span>2026-03-01</span></li></ul>"
PAGE = (
    b"<html><body><article><h1>One</h1><p>"
    + b"The harbour is open again. " * 20
    + b"</p></article></body></html>"
)


def test_robots_txt_is_obeyed_for_pages(tmp_path: Path) -> None:
    """What it forbids is not asked for, and is said; what it allows is, with the decision kept; ignored if told so."""
    with Site() as site:
        site.pages |= {
            "/robots.txt": b"User-agent: *\nDisallow: /b/\n\nUser-agent: other\nDisallow: /\n",
            "/list.html": ROWS,
            "/a/1.html": PAGE,
            "/b/2.html": PAGE.replace(b"One", b"Two"),
        }
        with a_calendar(tmp_path / "a", f"{site.url}/list.html", **LISTING) as paper:
            outcome = paper.visit(START)
            assert [one.title for one in outcome.new] == ["One"]
            [debt] = outcome.owed
            assert debt.reason == "disallowed"
            assert "forbidden by" in debt.message
            assert 'robots = "ignore"' in debt.message
            assert paper.state.robots == f"allowed by {site.url}/robots.txt"
            assert "/b/2.html" not in site.paths()
            assert site.paths().count("/robots.txt") == 1
        site.requests.clear()
        with a_calendar(tmp_path / "b", f"{site.url}/list.html", robots="ignore", **LISTING) as paper:
            assert len(paper.visit(START).new) == 2
            assert "/robots.txt" not in site.paths()
            assert paper.state.robots == 'not asked (robots = "ignore")'
        site.pages["/robots.txt"] = b"User-agent: aggregator\nDisallow: /\n"
        with a_calendar(tmp_path / "c", f"{site.url}/list.html", **LISTING) as paper:
            state = paper.visit(START).state
            assert (state.status, state.failures) == ("disallowed", 1)


def test_robots_txt_of_where_a_page_leads_to_counts(tmp_path: Path) -> None:
    """A redirect to another host, or into a forbidden corner of the same one, is asked for by its own rules."""
    with Site(host="0.0.0.0") as site:
        other = site.url.replace("127.0.0.1", "127.0.0.2")

        def rules(request: Received) -> bytes:
            there = request.headers["host"].startswith("127.0.0.2")
            return b"User-agent: *\nDisallow: " + (b"/there/" if there else b"/closed/") + b"\n"

        site.pages |= {
            "/robots.txt": rules,
            "/list.html": ROWS,
            "/a/1.html": Answer(status=302, headers={"Location": f"{other}/there/1.html"}),
            "/b/2.html": Answer(status=302, headers={"Location": "/closed/2.html"}),
            "/there/1.html": PAGE,
            "/closed/2.html": PAGE,
            "/closed/list.html": ROWS,
            "/moved.html": Answer(status=301, headers={"Location": "/closed/list.html"}),
        }
        with a_calendar(tmp_path / "a", f"{site.url}/list.html", **LISTING) as paper:
            outcome = paper.visit(START)
            assert [(debt.reason, other in debt.message) for debt in outcome.owed] == [
                ("disallowed", True),
                ("disallowed", False),
            ]
        with a_calendar(tmp_path / "b", f"{site.url}/moved.html", **LISTING) as paper:
            assert paper.visit(START).state.status == "disallowed"
        asked = {"/there/1.html", "/closed/2.html", "/closed/list.html"}
        assert not asked & set(site.paths())
        # A feed may lead anywhere; so may a page whose source ignores the rules.
        site.pages["/closed/feed.xml"] = feed(item(1))
        site.pages["/feed.xml"] = Answer(status=302, headers={"Location": "/closed/feed.xml"})
        with a_calendar(tmp_path / "c", f"{site.url}/feed.xml", full_text="never") as paper:
            assert len(paper.visit(START).new) == 1
        with a_calendar(tmp_path / "d", f"{site.url}/list.html", robots="ignore", **LISTING) as paper:
            paper.visit(START)
            assert asked - set(site.paths()) == {"/closed/list.html"}


def test_robots_txt_is_asked_before_every_address(tmp_path: Path) -> None:
    """The second page of an article, an older page of a list and a part of one are not asked for either."""
    with Site() as site:
        onward = b"<p><a href='/a/1_2.html'>2</a> <a href='/a/1_2.html'>next page</a></p></body>"
        site.pages |= {
            "/robots.txt": b"User-agent: *\nDisallow: /a/1_2.html\nDisallow: /list_2.html\n",
            "/list.html": ROWS,
            "/list_2.html": ROWS,
            "/a/1.html": PAGE.replace(b"</body>", onward),
            "/a/1_2.html": PAGE,
            "/b/2.html": PAGE.replace(b"One", b"Two"),
        }
        with a_calendar(tmp_path / "a", f"{site.url}/list.html", **LISTING) as paper:
            outcome = paper.visit(START)
            assert [one.title for one in outcome.new] == ["Two"]
            assert [debt.reason for debt in outcome.owed] == ["disallowed"]
            assert paper.state.robots == f"allowed by {site.url}/robots.txt"
        assert "/a/1.html" in site.paths()
        assert "/a/1_2.html" not in site.paths()
        site.requests.clear()
        with a_calendar(tmp_path / "b", f"{site.url}/list.html", robots="ignore", **LISTING) as paper:
            assert len(paper.visit(START).new) == 2
        assert "/a/1_2.html" in site.paths()


def test_robots_txt_is_asked_before_a_part_of_a_list(tmp_path: Path) -> None:
    """The column's page of a jpaas site leads to a unit, which may be forbidden."""
    script = (
        b"""<script url="/unit" querydata="{'webId':'w','tplSetId':'t','pageId':'p','tagId':'a'}"></script>"""
    )
    with Site() as site:
        site.pages |= {
            "/robots.txt": b"User-agent: *\nDisallow: /unit\n",
            "/column/": b"<html><body>" + script + b"</body></html>",
            "/unit": b'{"data": {"html": "<ul></ul>"}}',
        }
        for robots, status in (("obey", "disallowed"), ("ignore", "empty")):
            assert not any(path.startswith("/unit") for path in site.paths())
            with a_calendar(tmp_path / robots, f"{site.url}/column/", kind="jpaas", robots=robots) as paper:
                assert paper.visit(START).state.status == status
        assert any(path.startswith("/unit") for path in site.paths())


def test_a_robots_txt_that_is_still_read_is_left_at_the_end() -> None:
    """Who waited for it was cancelled, and the fetcher is closed: nothing of it is left running."""
    asked, over = threading.Event(), threading.Event()

    def slow(_: Received) -> bytes:
        asked.set()
        over.wait(20)
        return b""

    with Site({"/robots.txt": slow}) as site:

        async def work() -> set[asyncio.Task[object]]:
            async with Fetcher(limited(), user_agent="aggregator-tests") as fetcher:
                waiting = asyncio.create_task(
                    fetcher.fetch(Request(f"{site.url}/a"), Access(hosts=(), robots="obey"))
                )
                await asyncio.to_thread(asked.wait)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
            return asyncio.all_tasks() - {asyncio.current_task()}

        assert asyncio.run(work()) == set()
        over.set()


def test_a_feed_itself_needs_no_leave(tmp_path: Path) -> None:
    """Feeds are made for programs; only the pages behind them are asked about."""
    pages = {"/robots.txt": b"User-agent: *\nDisallow: /\n", "/feed.xml": feed(item(1))}
    with Site(pages) as site, a_calendar(tmp_path, f"{site.url}/feed.xml") as paper:
        assert len(paper.visit(START).new) == 1
        assert site.paths() == ["/feed.xml"]


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        (Answer(status=404), True),
        (Answer(status=403), True),
        (Answer(b"<!doctype html><title>Our front page</title>"), True),
        (Answer(b"\xff\xfe\x00 no rules at all \x00" * 1000), True),
        (Answer(status=500), False),
        (Answer(status=503, headers={"Retry-After": "600"}), False),
    ],
)
def test_a_robots_txt_that_is_none(tmp_path: Path, answer: Answer, allowed: bool) -> None:
    """RFC 9309: without the file everything is allowed, while the host is in trouble nothing is."""
    pages = {"/robots.txt": answer, "/list.html": ROWS, "/a/1.html": PAGE, "/b/2.html": PAGE}
    with Site(pages) as site, a_calendar(tmp_path, f"{site.url}/list.html", **LISTING) as paper:
        outcome = paper.visit(START)
        assert ("/list.html" in site.paths()) is allowed
        assert bool(outcome.new) is allowed
        if not allowed:
            assert "robots.txt cannot be had" in outcome.state.error


def test_a_crawl_delay_is_kept(tmp_path: Path) -> None:
    """Pages of a host that asks for it are fetched that far apart."""
    moments: list[float] = []

    def page(request: Received) -> bytes:
        moments.append(time.monotonic())
        return PAGE.replace(b"One", request.path.encode())

    rows = b"".join(
        b"<li><a href='/a/%d.html'>Row %d</a><span>2026-03-01</span></li>" % (n, n) for n in range(4)
    )
    pages = {"/robots.txt": b"User-agent: *\nCrawl-delay: 0.4\n", "/list.html": b"<ul>" + rows + b"</ul>"}
    with Site(pages) as site:
        site.pages |= {f"/a/{number}.html": page for number in range(4)}
        with a_calendar(tmp_path, f"{site.url}/list.html", **LISTING) as paper:
            assert len(paper.visit(START).new) == 4
            assert "Crawl-delay 0.4 s" in paper.state.robots
    gaps = [after - before for before, after in pairwise(moments)]
    assert min(gaps) > 0.3


def test_what_nobody_foresaw_is_told_once(workplace: Workplace) -> None:
    """A kind that breaks is a state of its source; its traceback is in the log the first time alone."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(
            f'[[source]]\nname = "paper"\nkind = "feed"\nurl = "{site.url}/feed.xml"\ninterval = "1s"\n'
        )
        program = (
            "import aggregator.sources.feed as kind, aggregator.cli as cli, sys\n"
            "def broken(source, fetched): raise RuntimeError('a bug of ours')\n"
            "kind.read_list = broken\n"
            "sys.argv = ['aggregator', 'poll']\n"
            "cli.main()\n"
        )
        runs = [
            subprocess.run(
                [sys.executable, "-c", program],
                cwd=workplace.folder,
                env=environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            for _ in range(2)
        ]
        assert [run.returncode for run in runs] == [1, 1]
        assert [run.stderr.count("a bug of ours") > 0 for run in runs] == [True, False]
        found = workplace.sources()["paper"]
        assert (found["status"], found["failures"]) == ("failed", 2)
        assert "unforeseen: RuntimeError: a bug of ours" in found["error"]


def test_a_validator_that_is_renewed_is_used(workplace: Workplace) -> None:
    """By a 304 and by the same bytes again (RFC 9110, section 15.4.5)."""
    renewed = Answer(status=304, headers={"ETag": '"v2"'})
    with Site({"/feed.xml": Answer(feed(item(1)), {"ETag": '"v1"'})}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        site.pages["/feed.xml"] = renewed
        workplace.run("poll")
        site.pages["/feed.xml"] = Answer(feed(item(1)), {"ETag": '"v3"'})
        workplace.run("poll")
        workplace.run("poll")
    asked = [request.headers.get("if-none-match") for request in site.requests]
    assert asked == [None, '"v1"', '"v2"', '"v3"']


def test_a_date_in_the_future_is_no_validator(workplace: Workplace) -> None:
    """Nothing would be newer than that, so the list comes whole (RFC 9110, section 8.8.2.1)."""
    last = "Wed, 01 Jan 2098 00:00:00 GMT"
    with Site({"/feed.xml": Answer(feed(item(1)), {"Last-Modified": last})}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        site.pages["/feed.xml"] = Answer(feed(item(1), item(2)), {"Last-Modified": last})
        assert "1 new" in workplace.run("poll").stdout


def test_a_validator_that_stays_is_believed_for_a_day(workplace: Workplace) -> None:
    """Then the list comes whole; where it shows something new, that validator is not sent again."""
    with Site({"/feed.xml": Answer(feed(item(1)), etag='"v1"')}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        site.pages["/feed.xml"] = Answer(feed(item(1), item(2)), etag='"v1"')
        assert "0 new" in workplace.run("poll").stdout
        with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
            connection.execute("UPDATE sources SET succeeded = datetime(succeeded, '-1 day')")
        assert "1 new" in workplace.run("poll").stdout
        site.pages["/feed.xml"] = Answer(feed(item(1), item(2), item(3)), etag='"v1"')
        assert "1 new" in workplace.run("poll").stdout
        site.pages["/feed.xml"] = Answer(feed(item(1), item(2), item(3)), etag='"v2"')
        workplace.run("poll")
        workplace.run("poll")
    asked = [request.headers.get("if-none-match") for request in site.requests]
    assert asked == [None, '"v1"', None, None, None, '"v2"']
