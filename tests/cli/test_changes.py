"""What changed, told on the terminal, after visits that take up what is due to be looked at again."""

from __future__ import annotations

import json
import time

from tests.support.harbour import edited, notice
from tests.support.loopback import Site
from tests.support.workplace import Workplace

SOURCE = """
[[source]]
name = "harbour"
kind = "listing"
url = "{url}/list"
revisit = ["0.05s"]
revisits_per_day = 100000
confirm_after = "0s"
withdrawn_after = "0.05s"
[source.list]
entry = "li"
link = "a"
[source.article]
body = "main"
"""


def test_changes_are_listed(workplace: Workplace) -> None:
    """A poll tells what the looks gave; `changes` lists it by source and day, for people and for programs."""
    with Site() as site:
        rows = "".join(f"<li><a href='/n/{number}.html'>Notice {number}</a></li>" for number in range(6))
        site.pages |= {"/list": f"<ul>{rows}</ul>".encode()}
        site.pages |= {f"/n/{number}.html": notice(number) for number in range(6)}
        workplace.configure(SOURCE.format(url=site.url))
        assert "harbour: 6 new, 0 changed\n" in workplace.run("poll").stdout
        assert "Nothing changed." in workplace.run("changes").stderr
        site.pages["/n/1.html"] = edited(1)
        del site.pages["/n/2.html"]
        time.sleep(0.1)
        assert "; looked at 6 again, 1 changed, 1 missing\n" in workplace.run("poll", "harbour").stdout
        time.sleep(0.1)
        assert "again, 1 withdrawn\n" in workplace.run("poll", "harbour").stdout
        site.pages["/n/2.html"] = notice(2)
        time.sleep(0.1)
        assert "again, 1 back\n" in workplace.run("poll", "harbour").stdout
    lines = workplace.run("changes", "harbour", "--since", "yesterday").stdout.splitlines()
    kinds = ["changed", "missing", "withdrawn", "back"]
    assert [line.split()[2] for line in lines] == kinds
    assert all("harbour" in line and "Notice" in line for line in lines)
    told = json.loads(workplace.run("changes", "--json").stdout)
    assert [one["kind"] for one in told] == kinds
    assert {one["source"] for one in told} == {"harbour"}
    assert "there is no source" in workplace.run("changes", "harbor", expect=2).stderr
    shown = workplace.run("sources").stdout
    assert "harbour looks at articles again" in shown
    assert workplace.sources()["harbour"]["revisits_per_day"] > 0
