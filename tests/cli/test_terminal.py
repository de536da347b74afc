"""What strangers wrote, on the terminal and in the log: it is shown there and steers nothing."""

from __future__ import annotations

import json
import unicodedata

import pytest

from tests.support.loopback import Answer, Site
from tests.support.workplace import Workplace

# Clear the screen, set the window's title, write to the clipboard, the same in one character (C1), go back
# over what was there, turn the order of letters, begin a line of the log.
ESCAPES = (
    "\x1b[2J\x1b[H",
    "\x1b]0;owned\x07",
    "\x1b]52;c;b3duZWQ=\x1b\\",
    "\x9b31m",
    "\x9d0;owned\x9c",
    "\x08\x08\x08",
    "\r",
    "\u202eevil\u202c",
    "\u2066evil\u2069",
    "\u2028",
    "\n[info] recovered source=paper",
)


def steering(text: str) -> set[str]:
    """The characters of a text that a terminal acts upon, or that turn its order."""
    kinds = {"Cc", "Zl", "Zp", "Cs"}
    turning = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    return {
        each
        for each in text
        if (unicodedata.category(each) in kinds and each not in "\n\t") or each in turning
    }


def hostile_list(site: Site) -> str:
    """A JSON list, in which every escape can stand as it is, and the table of its source."""
    rows = [
        {
            "id": f"id{number}{escape}",
            "title": f"Title {number} {escape} end",
            "text": f"<p>Text {escape} of it, long enough to be one.</p>",
            "author": f"A{escape}B",
            "category": f"C{escape}D",
            "url": f"{site.url}/article/{number}?{escape}",
        }
        for number, escape in enumerate(ESCAPES)
    ]
    site.pages["/list.json"] = json.dumps({"rows": rows}).encode()
    return (
        f'[[source]]\nname = "paper"\nkind = "api"\nurl = "{site.url}/list.json"\ncategory = "{{category}}"\n'
        '[source.list]\nentry = "rows"\nid = "id"\ntitle = "title"\nbody = "text"\nauthor = "author"\nlink = "url"\n'
    )


def test_nothing_in_a_list_steers_the_terminal(workplace: Workplace) -> None:
    """Titles, ids, authors, categories and addresses, in every command that shows them, and in its JSON."""
    with Site() as site:
        workplace.configure(hostile_list(site))
        said = ""
        for arguments in (
            ["preview", "paper"],
            ["preview", "paper", "--json"],
            ["-v", "poll"],
            ["sources"],
            ["sources", "--json"],
            ["search", "Title"],
            ["search", "Title", "--json"],
            ["check"],
            ["export"],
        ):
            done = workplace.run(*arguments, expect=None)
            assert steering(done.stdout + done.stderr) == set(), arguments
            said += done.stdout
            if arguments[-1] == "--json":
                json.loads(done.stdout)
        assert "Title 3" in said
        for path, content in workplace.files().items():
            assert steering(path) == set()
            if path.endswith((".md", ".html")):
                assert not {"\x1b", "\x07", "\x08", "\x9b", "\x9d"} & set(content.decode()), path


@pytest.mark.parametrize("escape", ESCAPES)
def test_nothing_in_an_error_steers_the_log(workplace: Workplace, escape: str) -> None:
    """What a server says when it fails, in its body and where it sends us."""
    body = f"<html><title>{escape}no{escape}</title><p>{escape}".encode()
    with Site() as site:
        site.pages |= {
            "/gate": Answer(body, status=403),
            "/odd": Answer(body, headers={"Content-Type": "text/html"}),
            "/away": Answer(
                status=302, headers={"Location": f"ftp://{escape.strip()[:1] or 'x'}/".replace("\n", "")}
            ),
        }
        workplace.configure(
            "".join(
                f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "{site.url}/{name}"\n'
                for name in ("gate", "odd", "away")
            )
        )
        done = workplace.run("-v", "poll", expect=None)
        said = done.stdout + done.stderr + workplace.run("sources").stdout
        assert steering(said) == set()
        assert not any(line.startswith("[info] recovered") for line in said.splitlines())
