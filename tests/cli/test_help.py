"""What --help teaches, and progress."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import time

import pytest

from aggregator.cli.help import EXAMPLES, SECTIONS
from docs.site.commands import commands
from tests.support.loopback import Answer, Received, Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace, environment


def test_each_command_has_an_example() -> None:
    """And nothing else has one."""
    assert sorted(EXAMPLES) == sorted(name for name, _ in commands())


def test_the_list_of_commands_has_each_once(workplace: Workplace) -> None:
    """By task, what a newcomer needs first, and no sentence is cut."""
    listed = " ".join(SECTIONS.values()).split()
    assert sorted(listed) == sorted({name.split()[0] for name, _ in commands()})
    shown = workplace.run("--help").stdout
    assert [shown.index(f"\n  {name} ") for name in listed] == sorted(
        shown.index(f"\n  {name} ") for name in listed
    )
    assert "..." not in shown.partition("Begin:")[2]


def test_options_without_a_command_show_what_commands_there_are(workplace: Workplace) -> None:
    """As no word at all does; to say nothing would look as if something had been done."""
    said = workplace.run("--verbose", expect=2).stderr
    assert said == workplace.run(expect=2).stderr
    assert "\nBegin:\n" in said


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_can_be_typed(name: str) -> None:
    """Their options and arguments are those of the command, and they stand below its help."""
    command = dict(commands())[name]
    words = shlex.split(EXAMPLES[name].partition(">")[0])
    with command.make_context(name, words) as context:
        shown = " ".join(command.get_help(context).split())
    assert f"Example: aggregator {name} {' '.join(EXAMPLES[name].split())}".rstrip() in shown


def test_what_takes_long_shows_that_it_goes_on(workplace: Workplace) -> None:
    """At a terminal a bar appears, and goes; results go where they should, without it."""
    stuck = [True]

    def slow(_: Received) -> Answer:
        while stuck:
            time.sleep(0.05)
        return Answer(feed(item(1)))

    with Site({"/feed.xml": slow}) as site:
        workplace.configure(feed_source(site))
        ours, theirs = pty.openpty()
        command = workplace.command("poll")
        env = environment() | {"TERM": "xterm"}
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, cwd=workplace.folder, env=env, stdout=pipe, stderr=theirs, text=True
        )
        drawn = ""
        while "Visiting" not in drawn:
            drawn += os.read(ours, 65536).decode(errors="replace")
        stuck.clear()
        out, _ = process.communicate()
        os.close(theirs)
        os.close(ours)
    assert process.returncode == 0
    assert out.startswith("paper: 1 new, 0 changed\n")
    assert "\x1b" not in out
