"""Killed at any moment, the program loses no article, doubles none, and leaves no half file."""

from __future__ import annotations

import random
import re
import time

import pytest

from tests.support.crash import (
    COMMITS,
    RENAMES,
    WRITES,
    Newspaper,
    a_copy,
    can_trace,
    come_to_rest,
    count_calls,
    count_faults,
    kill_at_call,
    kill_at_moments,
    record_calls,
)
from tests.support.loopback import Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace

pytestmark = pytest.mark.slow


def killed_at_random(workplace: Workplace, times: int) -> None:
    """Kill the daemon so often while a newspaper grows, and count."""
    with Site() as site, Newspaper(site, sections=4, pace=0.08, most=25 * times) as paper:
        workplace.configure(paper.table("1s"))
        began = time.monotonic()
        killed = kill_at_moments(workplace, paper, times, random.Random(times))  # noqa: S311
        lived = time.monotonic() - began
        paper.stop()
        asked = len(site.requests)
        come_to_rest(workplace, paper)
        faults = count_faults(workplace, paper)
        print(
            f"\nkilled {killed} times in {lived:.0f} s, {asked} requests, {len(paper.said)} articles, faults: {dict(faults)}"
        )
        assert killed == times
        assert not faults
        # One visit a second and source, and one more for what each restart takes up again.
        assert asked <= len(paper.sections) * (lived + times) + 10


def killed_at_calls(workplace: Workplace, most: int, *commands: str) -> None:
    """Kill each command at its calls that commit, write or rename (``most`` of each), and count."""
    with Site() as site:
        paper = Newspaper(site, sections=2, pace=0, most=0)
        for turn in range(30):
            paper.print_one(turn)
        workplace.configure(paper.table("1s"))  # so that the daemon visits it at once, too
        workplace.run("poll")
        for turn in range(30, 50):
            paper.print_one(turn)
        copy = workplace.folder.parent / "copy"
        kills: dict[str, int] = {}
        for calls in (COMMITS, WRITES, RENAMES):
            for command in commands:
                with a_copy(workplace, copy) as place:
                    count = count_calls(place, calls, command)
                step = max(1, -(-count // most))
                for number in range(1 + step // 2, count + 1, step):
                    with a_copy(workplace, copy) as place:
                        name = f"{command} at {calls.partition(',')[0]}"
                        kills[name] = kills.get(name, 0) + kill_at_call(place, calls, number, command)
                        come_to_rest(place, paper)
                        faults = count_faults(place, paper)
                        assert not faults, (command, calls, number, faults)
        print(f"\nkilled at system calls: {kills}")
        assert len(kills) == 3 * len(commands)
        assert sum(kills.values()) >= 2 * len(commands)


def test_killed_at_random_moments(workplace: Workplace) -> None:
    """A dozen kills of the daemon at work."""
    killed_at_random(workplace, 12)


def test_killed_at_system_calls(workplace: Workplace) -> None:
    """A few kills at each kind of call; at random moments once more where this system lets nobody trace."""
    if can_trace():
        killed_at_calls(workplace, 1, "poll", "publish")
    else:
        killed_at_random(workplace, 13)


@pytest.mark.soak
def test_killed_two_hundred_times(workplace: Workplace) -> None:
    """The same with 200 kills."""
    killed_at_random(workplace, 200)


@pytest.mark.soak
def test_killed_at_every_system_call(workplace: Workplace) -> None:
    """Every call that commits or renames, and writes in steps."""
    if not can_trace():
        pytest.skip("strace is missing, or may not trace here (on Debian: apt install strace)")
    killed_at_calls(workplace, 120, "poll", "publish")


@pytest.mark.soak
def test_the_daemon_is_killed_at_system_calls(workplace: Workplace) -> None:
    """The same of what it does in its first seconds; its threads share the work as it comes."""
    if not can_trace():
        pytest.skip("strace is missing, or may not trace here (on Debian: apt install strace)")
    killed_at_calls(workplace, 12, "run")


def test_bytes_are_on_the_disk_before_their_names(workplace: Workplace) -> None:
    """Each file is brought there before it is renamed, and each folder after: a power cut leaves no half."""
    if not can_trace():
        pytest.skip("strace is missing, or may not trace here (on Debian: apt install strace)")
    with Site({"/feed.xml": feed(*(item(number) for number in range(1, 5)))}) as site:
        workplace.configure(feed_source(site))
        calls = list(record_calls(workplace, "fsync,renameat,renameat2", "poll"))
    synced: set[str] = set()
    folders: set[str] = set()
    renamed = 0
    for name, arguments in calls:
        if name == "fsync":
            synced |= set(re.findall(r"<([^>]*)>", arguments))
        elif found := re.match(r"\d+<(.*?)>, \"(.*?)\"", arguments):
            folder, file = found.groups()
            assert f"{folder}/{file}" in synced
            synced.discard(folder)
            folders.add(folder)
            renamed += 1
    assert renamed > 10
    assert folders <= synced
