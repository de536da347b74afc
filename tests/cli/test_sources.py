"""The list of sources: filters, pipes, terminals."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess

from tests.support.loopback import Answer, Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace, environment

LABEL = "港务局" * 60
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def named(site: Site, name: str, path: str, **keys: str) -> str:
    return feed_source(site, **keys).replace('"paper"', f'"{name}"').replace("/feed.xml", path)


def three_sources(workplace: Workplace, site: Site) -> None:
    """One that is well, one that fails, one that is paused; polled."""
    site.pages |= {"/feed.xml": feed(item(1)), "/bad:x:.xml": Answer(b"no", status=503)}
    well = named(site, "harbour-office", "/feed.xml", label=LABEL)
    workplace.configure(well + named(site, "bad", "/bad:x:.xml") + named(site, "resting", "/more.xml"))
    workplace.run("pause", "resting")
    workplace.run("poll", expect=1)


def test_what_is_shown_of_which_sources(workplace: Workplace) -> None:
    """Words and --failing choose; trouble comes with what to do; pipes get whole lines, without colours."""
    with Site() as site:
        three_sources(workplace, site)
    failing, harbour = workplace.run("sources", "--failing").stdout, workplace.run("sources", "港务").stdout
    assert re.search(r"^bad fails: answered 503 Service Unavailable \(http\S+/bad:x:.xml\)$", failing, re.M)
    assert "→ wait: the fault is its server's" in failing
    assert "harbour-office" not in failing
    assert f"  {LABEL}\n" in harbour, "neither folded nor cut"
    assert "\x1b" not in failing + harbour
    paused = json.loads(workplace.run("sources", "paused", "FEED", "--json").stdout)
    assert [(one["name"], one["due"], one["mend"]) for one in paused] == [
        ("resting", None, "`aggregator resume resting`")
    ]
    assert "No source is like that." in workplace.run("sources", "nothing").stderr
    assert "needs a terminal" in workplace.run("sources", "--watch", expect=2).stderr


def test_lists_of_nothing_say_where_to_begin(workplace: Workplace) -> None:
    """Of sources, receivers and readers."""
    workplace.configure("")
    workplace.run("poll")
    assert "`aggregator add https://…`" in workplace.run("sources").stderr
    assert "There is no [[receiver]]" in workplace.run("outbox").stderr
    assert "There is no [[reader]]" in workplace.run("readers").stderr


def test_watching(workplace: Workplace) -> None:
    """At a terminal of 60 columns it is drawn anew, trouble first, and Ctrl-C ends it."""
    with Site() as site:
        three_sources(workplace, site)
    drawn = watched(workplace)
    plain = ESCAPE.sub("", drawn)
    assert plain.index("bad") < plain.index("harbour-office")
    assert plain.count("next visit") >= 2
    assert "\x1b[31m" in drawn, "what fails is red"


def test_what_happened_to_a_source(workplace: Workplace) -> None:
    """Its visits with what each saw, what went on as before, its events, and changes of its articles, in order."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(named(site, "paper", "/feed.xml"))
        assert "Nothing happened." in workplace.run("log", "paper").stderr
        for number, pages in enumerate(
            [feed(item(1)), feed(item(1)), feed(item(1, "another")), Answer(b"no", status=503)]
        ):
            site.pages["/feed.xml"] = pages
            workplace.run("poll", "--quiet", expect=int(number == 3))
        for _ in range(2):
            workplace.run("poll", "--quiet", expect=1)
    said = workplace.run("log", "paper").stdout.splitlines()
    what = [line[21:].split("  ")[0] for line in said]
    assert what == ["ok", "as before", "ok", "changed", "failed", "as before", "event"], said
    assert "visit, answered 200, 1 KB, 1 listed, 1 new" in said[0]
    assert "one visit like the one before" in said[1]
    assert said[4].endswith(f": answered 503 Service Unavailable ({site.url}/feed.xml)")
    assert "2 visits like the one before" in said[5]
    assert "source-broken (since " in said[6]
    assert [one["what"] for one in json.loads(workplace.run("log", "paper", "--json").stdout)] == what
    assert "Nothing happened." in workplace.run("log", "paper", "--since", "2099-01-01").stderr


def watched(workplace: Workplace) -> str:
    """What `sources --watch` draws, until it was drawn twice."""
    ours, theirs = pty.openpty()
    size = environment() | {"COLUMNS": "60", "LINES": "30", "TERM": "xterm"}
    # A shell that starts the tests in the background has Ctrl-C ignored, and its children inherit that.
    command = ["env", "--default-signal=INT", *workplace.command("sources", "--watch")]
    process = subprocess.Popen(command, cwd=workplace.folder, env=size, stdout=theirs, stderr=theirs)
    os.close(theirs)
    drawn = ""
    while drawn.count("next visit") < 2:
        drawn += os.read(ours, 65536).decode(errors="replace")
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0
    os.close(ours)
    return drawn
