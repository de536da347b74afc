"""What commands take and say: days, words, quiet, files."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import typer

from aggregator.cli.days import read_day
from tests.support.loopback import Answer, Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace, environment

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)
"""In Berlin it is the day after, the clocks were put forward in the night before."""


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-03-30T00:00:00+02:00"),
        ("Yesterday", "2026-03-29T00:00:00+01:00"),
        ("7d", "2026-03-23T00:00:00+01:00"),
        ("2 weeks ago", "2026-03-16T00:00:00+01:00"),
        ("2026-03-05", "2026-03-05T00:00:00+01:00"),
    ],
)
def test_days_are_read(text: str, day: str) -> None:
    """They begin at midnight in the zone, summer time or not."""
    found = read_day(text, NOW, BERLIN, "--since")
    assert found is not None
    assert found.isoformat() == day


@pytest.mark.parametrize("text", ["soon", "2026-02-30", "9999999d", "5.3.2026", "-1d"])
def test_what_is_no_day_is_said(text: str) -> None:
    """With what there is to write."""
    with pytest.raises(typer.BadParameter, match="is no day; there are 2026-03-05, today"):
        read_day(text, NOW, BERLIN, "--since")


def paper(workplace: Workplace, site: Site) -> None:
    site.pages["/feed.xml"] = Answer(
        feed(item(1, "Food safety week"), item(2, "Harbour news")), {"Content-Type": "application/rss+xml"}
    )
    workplace.configure(feed_source(site))


def test_words_need_no_quotes(workplace: Workplace) -> None:
    """Several arguments are several words."""
    with Site() as site:
        paper(workplace, site)
        workplace.run("poll")
    assert "Food safety week" in workplace.run("search", "food", "safety").stdout
    assert "Food safety week" not in workplace.run("search", "food", "harbour").stdout
    assert "is no day" in workplace.run("search", "food", "--since", "soon", expect=2).stderr
    workplace.run("search", "food", "--since", "yesterday")


def test_a_quiet_poll_says_only_what_went_wrong(workplace: Workplace) -> None:
    """A mail from cron means that something is to be done."""
    with Site() as site:
        paper(workplace, site)
        for _ in range(2):
            done = workplace.run("poll", "--quiet")
            assert (done.stdout, done.stderr) == ("", "")
        assert list(workplace.folder.glob("public/share/*.html"))
        site.pages["/feed.xml"] = Answer(b"gone", status=500)
        done = workplace.run("poll", "--quiet", expect=1)
    assert done.stdout == ""
    assert "500" in done.stderr


def test_a_folder_takes_backups_by_the_time(workplace: Workplace) -> None:
    """Each has a name of its own, and is one that can be restored."""
    with Site() as site:
        paper(workplace, site)
        workplace.run("poll")
    assert "No such file or directory" in workplace.run("backup", "copies/", expect=1).stderr
    (workplace.folder / "copies").mkdir()
    workplace.run("backup", "copies/")
    (copy,) = (workplace.folder / "copies").iterdir()
    assert re.fullmatch(r"test-\d{8}T\d{6}Z\.db", copy.name)
    assert "Restored 2 articles" in workplace.run("restore", f"copies/{copy.name}").stdout


def test_accept_of_what_is_sound_says_so(workplace: Workplace) -> None:
    """And changes nothing."""
    with Site() as site:
        paper(workplace, site)
        workplace.run("poll")
        name = feed_source(site).split('name = "')[1].partition('"')[0]
        assert "is not suspect, but ok: there is nothing to accept" in workplace.run("accept", name).stdout


def test_usage_names_each_argument_once(workplace: Workplace) -> None:
    """Click puts the brackets and the dots."""
    workplace.configure("")
    for command in ("poll", "prune", "search", "backup", "add"):
        usage = workplace.run(command, "--help").stdout.splitlines()[0]
        assert "[[" not in usage
        assert usage.count("...") <= 1


def test_a_log_in_a_file_has_the_time(workplace: Workplace) -> None:
    """Journald and cron add their own; a file has nothing but the lines."""
    with Site() as site:
        workplace.configure(feed_source(site))
        site.pages["/feed.xml"] = Answer(feed(), {"Content-Type": "application/rss+xml"})
        code = "from aggregator.cli.log import open_log; import structlog; open_log(); structlog.get_logger().info('x')"
        log = workplace.folder / "log"
        with log.open("wb") as target:
            command = [*workplace.command()[:1], "-c", code]
            subprocess.run(command, stderr=target, check=True, env=os.environ | environment())
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4} \[info\] x", log.read_text("utf-8"))


def test_a_date_without_a_time_is_a_date(workplace: Workplace) -> None:
    """In previews and searches, as tables and as JSON; a time has its zone."""
    with Site() as site:
        day = item(1).replace("Thu, 05 Mar 2026 10:01:00 GMT", "2026-03-04")
        site.pages["/feed.xml"] = Answer(feed(day, item(2)), {"Content-Type": "application/rss+xml"})
        workplace.configure(feed_source(site))
        shown = workplace.run("preview", "paper").stdout
        said = [
            one["published"]
            for one in json.loads(workplace.run("preview", "paper", "--json").stdout)["entries"]
        ]
        workplace.run("poll")
    assert said == ["2026-03-04", "2026-03-05T10:02:00+00:00"]
    assert "2026-03-04 " in shown
    assert "2026-03-04 00:00" not in shown
    assert "2026-03-05 18:02:00+08:00" in shown
    found = {
        one["title"]: one["published"]
        for one in json.loads(workplace.run("search", "Title", "--json").stdout)
    }
    assert found == {"Title 1": "2026-03-04", "Title 2": "2026-03-05T10:02:00+00:00"}


def test_names_that_are_not_there(workplace: Workplace) -> None:
    """The likeliest one is named, else all there are, or that there is none."""
    workplace.configure("")
    assert 'there is no source "paper"; there are none' in workplace.run("poll", "paper", expect=2).stderr
    workplace.configure('[[source]]\nname = "paper"\nkind = "feed"\nurl = "http://x.example/"\n')
    assert 'did you mean "paper"?' in workplace.run("poll", "papre", expect=2).stderr
    assert 'there is no source "x"; there are paper' in workplace.run("poll", "x", expect=2).stderr
    many = (f'[[source]]\nname = "a{n:03}"\nkind = "feed"\nurl = "http://x.example/{n}"\n' for n in range(70))
    workplace.configure("".join(many))
    assert workplace.run("poll", "x", expect=2).stderr.endswith("a048, a049 and 20 more\n")
