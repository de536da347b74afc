"""A site that moves: the same articles at other addresses are no new ones, and two that are alike stay two."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.support.loopback import Answer, Received, Site
from tests.support.samples import feed
from tests.support.workplace import Workplace

X = "http://x.example"


def words(n: int) -> str:
    """The text of a notice."""
    return f"Notice {n} says what the office found in ward {n}, what it costs and whom to ask about it. " * 4


class Board:
    """A listing of notices, newest first, each of a day of its own, and a page of each at its address."""

    def __init__(self, site: Site, name: str = "old", page: int = 0, **keys: object) -> None:
        self.site, self.name, self.page = site, name, page
        self.shown: Sequence[int] = range(10, 0, -1)
        self.path = "/old/{n}.html"
        self.title: Callable[[int], str] = lambda n: f"Notice {n} on weights"
        self.day: Callable[[int], str] = lambda n: f"<time>2026-0{n // 28 + 1}-{n % 28 + 1:02}</time>"
        self.read = 0
        """How often a page of a notice was asked for."""
        site.pages[f"/{name}"] = self.answer
        extra = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        self.source = (
            f'[[source]]\nname = "{name}"\nkind = "listing"\nurl = "{site.url}/{name}{"?p={page}" * bool(page)}"\n{extra}'
            '[source.list]\nentry = "li"\nlink = "a"\ndate = "time"\n[source.article]\nbody = "main"\n'
        )

    def answer(self, request: Received) -> bytes:
        """A page of the list; the notices' own are served at the addresses that it shows."""
        first = (int(request.path.partition("p=")[2] or 1) - 1) * self.page
        rows = ""
        for n in self.shown[first : first + self.page] if self.page else self.shown:
            address = f"/{self.name}{self.path.format(n=n)}"
            self.site.pages[address] = lambda _, n=n: self.notice(n)
            rows += f"<li><a href='{address}'>{self.title(n)}</a>{self.day(n)}</li>"
        return f"<html><ul>{rows}</ul></html>".encode()

    def notice(self, n: int) -> Answer:
        """The page of a notice."""
        self.read += 1
        title = f"<title>{self.title(n).replace('…', ' and measures')}</title>"
        return Answer(f"<html><head>{title}</head><main><p>{words(n)}</p></main></html>".encode())


def items(workplace: Workplace, name: str = "old") -> list[dict[str, Any]]:
    """What the feed of a source shows."""
    path = workplace.folder / "public" / "source" / name / "feed.json"
    shown: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["items"]
    return shown


def test_a_list_at_other_addresses(workplace: Workplace) -> None:
    """No known page is read again, our own stay, and they link to the new addresses, again and again."""
    with Site() as site:
        board = Board(site)
        workplace.configure(board.source)
        workplace.run("poll")
        names = [path.name for path in workplace.posts()]
        before = {one["id"]: one for one in items(workplace)}
        for path in ("/new/c/{n:05}", "/show?id={n}&lang=en"):
            board.path, board.read = path, 0
            result = workplace.run("poll")
            assert "0 new, 10 changed" in result.stdout
            assert "known by its titles" in result.stderr
            assert board.read == 0
            after = {one["id"]: one for one in items(workplace)}
            assert after.keys() == before.keys()
            for name, one in after.items():
                number = int(one["title"].split()[1])
                assert one == before[name] | {"external_url": f"{site.url}/old{path.format(n=number)}"}
        board.path, board.shown = "/new/c/{n:05}", range(12, 1, -1)
        result = workplace.run("poll")
        assert "2 new, 0 changed" in result.stdout
        assert "known by its titles" not in result.stderr
        assert [path.name for path in workplace.posts()][:10] == names


def test_a_list_with_pages(workplace: Workplace) -> None:
    """Nobody reads on in a list that moved: what stands behind its first page was never asked for."""
    with Site() as site:
        boards = [Board(site, name, page=6) for name in ("plain", "cut", "undated")]
        boards[1].title = lambda n: f"Notice {n} on weights…"
        boards[2].day = lambda n: ""
        for board in boards:
            board.shown = range(40, 0, -1)
        workplace.configure("".join(board.source for board in boards))
        workplace.run("poll")
        for board in boards:
            board.path, board.shown, board.read = "/new/{n}", range(41, 0, -1), 0
        workplace.run("poll")
        assert [len(items(workplace, board.name)) for board in boards] == [7, 7, 7]
        # Titles alone tell nothing, so the pages of an undated list are read.
        assert [board.read for board in boards] == [1, 1, 6]


def test_what_is_owed(workplace: Workplace) -> None:
    """It stays owed once, also where the old addresses are dead, and a slash more is no other address."""
    with Site() as site:
        boards = [Board(site, name, budget=3) for name in ("moved", "slash")]
        boards[1].path = "/old/{n}"
        workplace.configure("".join(board.source for board in boards))
        workplace.run("poll")
        boards[0].path, boards[1].path = "/new/{n}", "/old/{n}/"
        for path in list(site.pages):
            if path.startswith("/moved/"):
                del site.pages[path]
        workplace.run("poll")
        for board in boards:
            owed = workplace.sources()[board.name]["owed"]
            assert len(items(workplace, board.name)) + len(owed) == 10, board.name


def item(title: str, link: str = "", guid: str = "", text: str = "", day: int = 5, hour: int = 10) -> str:
    """An item of a feed; an empty guid or link is none, and so is day 0."""
    facts = f"<link>{link}</link>" * bool(link) + f"<guid isPermaLink='false'>{guid}</guid>" * bool(guid)
    date = f"<pubDate>{day:02} Mar 2026 {hour}:00:00 GMT</pubDate>" * bool(day)
    return f"<item><title>{title}</title>{facts}<description>{text}</description>{date}</item>"


def five(link: str, text: Callable[[int], str], day: int | None = None, **facts: Any) -> list[str]:
    """Five items of a feed, of this day or of a day each."""
    return [
        item(f"Title {n}", f"{X}{link}{n}", text=text(n), day=n if day is None else day, **facts)
        for n in range(1, 6)
    ]


def annex(path: str) -> str:
    """The text of a notice that is in its file."""
    return f"See &lt;a href='{X}{path}'&gt;the annex&lt;/a&gt;."


def silence(n: int) -> str:
    """No text."""
    return ""


MOVED = {
    "an id appears": ([item("A", f"{X}/1", "", "Text")], [item("A", f"{X}/1", "g1", "Text")]),
    "an id goes": ([item("A", f"{X}/1", "g1", "Text")], [item("A", f"{X}/1", "", "Text")]),
    "an id of another form": ([item("A", f"{X}/1", "1", "Text")], [item("A", f"{X}/1", f"{X}/?p=1", "Text")]),
    "another address": ([item("A", f"{X}/1", "", "Text")], [item("A", f"{X}/b/1", "", "Text")]),
    "another host": (five("/", words), five(".net/", words)),
    "another zone": (five("/", words), five("/b/", words, hour=11)),
    "another frame": (five("/", words), five("/b/", lambda n: f"{words(n)} This post appeared here first.")),
    "a line more": (
        [item("A", f"{X}/1", text=words(1))],
        [item("A", f"{X}/b/1", text=f"&lt;p&gt;{words(1)}&lt;/p&gt;&lt;p&gt;Share this.&lt;/p&gt;")],
    ),
    "no texts": (five("/", silence), five("/b/", silence)),
    "no dates": (five("/", words, 0), five("/b/", words, 0)),
    "a file": ([item("A", f"{X}/1", "", annex("/a.pdf"))], [item("A", f"{X}/2", "", annex("/up/a.pdf"))]),
    "two of one title": (
        [item("A", f"{X}/{n}", text=words(n)) for n in (1, 2)],
        [item("A", f"{X}/b/{n}", text=words(n)) for n in (2, 1)],
    ),
}
TWO = {
    "another text": ([item("A", guid="1", text="Storm")], [item("A", guid="2", text="Snow")]),
    "another number": ([item("A", guid="1", text=words(1))], [item("A", guid="2", text=words(2))]),
    "a number more": ([item("A", guid="1", text=words(1))], [item("A", guid="2", text=f"{words(1)} 500")]),
    "a line with a number more": (
        [item("A", guid="1", text=words(1))],
        [item("A", guid="2", text=f"{words(1)}&lt;p&gt;500 dollars&lt;/p&gt;")],
    ),
    "a name more": ([item("A", guid="1", text=words(1))], [item("A", guid="2", text=f"{words(1)} Smith")]),
    "another day": ([item("A", guid="1", text=words(1))], [item("A", guid="2", text=words(1), day=6)]),
    "another time": ([item("A", guid="1", text="Storm")], [item("A", guid="2", text="Storm", hour=15)]),
    "another file": (
        [item("A", guid="1", text=annex("/a.pdf"))],
        [item("A", guid="2", text=annex("/b.pdf"))],
    ),
    "no text": ([item("A", f"{X}/1")], [item("A", f"{X}/2")]),
    "one beside the other": (
        [item("A", f"{X}/1", text=words(1))],
        [item("A", f"{X}/2", text=words(1)), item("A", f"{X}/1", text=words(1))],
    ),
    "the same titles every hour": (
        five("/", lambda n: f"From 10 in ward {n}", 5),
        five("/b/", lambda n: f"From 15 in ward {n}", 5, hour=15),
    ),
    "the same titles every day": (five("/", words, 5), five("/b/", words, 6)),
    "menus without a date": (five("/", lambda n: "Soup, fish", 0), five("/b/", lambda n: "Soup, fish", 0)),
    "a list of other texts": (
        five("/", words),
        five("/b/", lambda n: f"Quite other things in {n * n}. " * 15),
    ),
}


@pytest.mark.parametrize(("cases", "doubled"), [(MOVED, False), (TWO, True)], ids=["moved", "two"])
def test_feeds(workplace: Workplace, cases: dict[str, tuple[list[str], list[str]]], doubled: bool) -> None:
    """Title, day and text tell an article; two of one title and day are two where anything differs."""
    with Site() as site:
        source = '[[source]]\nname = "{0}"\nkind = "feed"\nurl = "{1}/{0}"\nfull_text = "never"\n'
        workplace.configure("".join(source.format(name.replace(" ", "-"), site.url) for name in cases))
        for step in (0, 1, 1):
            for name, bodies in cases.items():
                site.pages[f"/{name.replace(' ', '-')}"] = feed(*bodies[step])
            result = workplace.run("poll")
        assert "0 new, 0 changed" in result.stdout
        for name, (before, after) in cases.items():
            kept = items(workplace, name.replace(" ", "-"))
            more = 1 if "beside" in name else len(after)
            assert len(kept) == len(before) + (more if doubled else 0), name
            assert doubled or not any("date_modified" in one for one in kept), name


def test_a_page_that_is_dead(workplace: Workplace) -> None:
    """No summary is published as an article beside the one that it may well be."""
    with Site() as site:
        workplace.configure(
            f'[[source]]\nname = "old"\nkind = "feed"\nurl = "{site.url}/feed"\nfull_text = "auto"\n'
        )
        site.pages["/old"] = site.pages["/new"] = (
            f"<article><h1>A</h1><p>{words(1) * 3}</p></article>".encode()
        )
        for path, told in (
            ("old", "1 new"),
            ("dead", "0 new, 0 changed, 1 put off"),
            ("new", "0 new, 1 changed"),
        ):
            site.pages["/feed"] = feed(item("A", f"{site.url}/{path}", "", "Summary."))
            assert told in workplace.run("poll", "old", expect=None).stdout
        assert [one["external_url"] for one in items(workplace)] == [f"{site.url}/new"]


def test_two_sources_of_one_namespace(workplace: Workplace) -> None:
    """Whichever of them shows first that their articles have moved, they are one's all the same."""
    with Site() as site:
        source = (
            '[[source]]\nname = "{0}"\nkind = "feed"\nnamespace = "n"\nurl = "{1}/{0}"\nfull_text = "never"\n'
        )
        workplace.configure("".join(source.format(name, site.url) for name in ("old", "second")))
        for link in (X, "https://www.x.example", "http://y.example/news"):
            body = feed(*(item(f"Title {n}", f"{link}/{n}", text=words(n), day=n) for n in range(1, 6)))
            site.pages |= {"/old": body, "/second": body}
            for name in ("old", "second") if link == X else ("second", "old"):
                workplace.run("poll", name)
        assert {one["external_url"] for one in items(workplace)} == {f"{link}/{n}" for n in range(1, 6)}
