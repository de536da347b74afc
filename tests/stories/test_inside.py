"""Nothing that a source says leads to an address inside: every request of the program, against a trap.

The sources' site is on 127.0.0.1, which alone is allowed; the trap on 127.0.0.2 and ::1 counts connections.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from aggregator.settings import Network
from aggregator.settings.access import Access
from tests.support.fetching import failure, fetch_body, limited, refusal
from tests.support.loopback import Answer, Site
from tests.support.running import free_port, logged_daemon, until
from tests.support.samples import PNG, article_page, mirror_errors
from tests.support.workplace import Workplace

pytestmark = pytest.mark.slow

REFUSED = "refused: 127.0.0.2 is not a public address ([network] allow_private)"
ONE_HOST = limited(allow_private=("127.0.0.1/32",))


class Trap:
    """Counts whoever connects to the same port as a site has, at the addresses inside."""

    def __init__(self, port: int) -> None:
        self.connections = 0
        self.url = f"http://127.0.0.2:{port}"
        self._listeners = [socket.create_server(("127.0.0.2", port))]
        if socket.has_ipv6:
            with contextlib.suppress(OSError):  # no IPv6 on this machine's loopback
                self._listeners.append(socket.create_server(("::1", port), family=socket.AF_INET6))
        self._threads = [threading.Thread(target=self._count, args=(one,)) for one in self._listeners]

    def __enter__(self) -> Trap:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for thread in self._threads:
            thread.join()

    def _count(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()


@pytest.fixture
def site() -> Iterator[Site]:
    """The site that may be asked."""
    with Site() as one:
        yield one


@pytest.fixture
def trap(site: Site) -> Iterator[Trap]:
    """The trap beside it; whatever the test did, nobody may have been there."""
    with Trap(int(site.url.rpartition(":")[2])) as one:
        yield one
        assert one.connections == 0


def test_the_trap_would_tell(site: Site) -> None:
    """Where its address is allowed, a request is counted; so what it does not count was not sent."""
    with Trap(int(site.url.rpartition(":")[2])) as trap:
        failure(f"{trap.url}/")
        assert trap.connections > 0


def configure(workplace: Workplace, tables: str) -> None:
    """A configuration that allows 127.0.0.1 and no more."""
    workplace.configure(tables)
    narrow(workplace)


def narrow(workplace: Workplace) -> None:
    """Allow 127.0.0.1 and no more."""
    said = workplace.config.read_text("utf-8")
    assert '"127.0.0.0/8"' in said
    workplace.config.write_text(said.replace('"127.0.0.0/8"', '"127.0.0.1/32"'), "utf-8")


def source(name: str, kind: str, url: str, more: str = "") -> str:
    """A source's table, that does not ask what robots.txt says."""
    return f'[[source]]\nname = "{name}"\nkind = "{kind}"\nurl = "{url}"\nrobots = "ignore"\n{more}\n'


ROWS = '[source.list]\nentry = "li"\nlink = "a"\n'
ITEMS = '[source.list]\nentry = "list"\nid = "id"\ntitle = "title"\n[source.article]\nbody = "text"\n'
TABLES = {"feed": "", "listing": ROWS, "api": f'article_url = "/text"\n{ITEMS}', "jpaas": "", "sitemap": ""}


@pytest.mark.parametrize("direct", [True, False], ids=["itself", "redirect"])
def test_lists_of_every_kind(workplace: Workplace, site: Site, trap: Trap, direct: bool) -> None:
    """Whether a list is inside or leads there."""
    site.pages["/out"] = Answer(status=302, headers={"Location": f"{trap.url}/inside"})
    url = f"{trap.url}/inside" if direct else f"{site.url}/out"
    configure(workplace, "".join(source(kind, kind, url, more) for kind, more in TABLES.items()))
    workplace.run("poll", expect=1)
    for kind, state in workplace.sources().items():
        assert REFUSED in state["error"], (kind, state["error"])
    assert len(site.requests) == (0 if direct else len(TABLES))


def entry(link: str, more: str = "") -> str:
    """A feed of one entry."""
    return (
        "<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel><title>t</title>"
        f"<item><guid>urn:x:1</guid><title>The harbour opens</title><link>{link}</link>{more}</item></channel></rss>"
    )


def owed(workplace: Workplace) -> dict[str, str]:
    """Why something is owed, by its source."""
    return {name: debt["message"] for name, found in workplace.sources().items() for debt in found["owed"]}


def test_articles_and_what_belongs_to_lists(workplace: Workplace, site: Site, trap: Trap) -> None:
    """Pages of articles of each kind, further pages of one, parts of a sitemap, and the rules of a host."""
    inside = f"{trap.url}/inside"
    unit = {"id": "abcdef1", "title": "The harbour opens"}
    text = "<p>The harbour opens on Monday, and all are invited to come and see.</p>" * 9
    site.pages |= {
        "/feed": entry(inside).encode(),
        "/list": f"<ul><li><a href='{inside}'>The harbour opens</a></li></ul>".encode(),
        "/led": f"<ul><li><a href='{site.url}/lead'>The harbour opens</a></li></ul>".encode(),
        "/lead": Answer(status=301, headers={"Location": inside}),
        "/api": json.dumps({"list": [unit]}).encode(),
        "/map": f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>{inside}</loc></url></urlset>".encode(),
        "/index": f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap><loc>{inside}</loc></sitemap></sitemapindex>".encode(),
        "/long": b"<ul><li><a href='/whole.html'>The harbour opens</a></li></ul>",
        "/whole.html": article_page(f"{text}<p><a rel='next' href='{inside}/whole_2.html'>Next page</a></p>"),
        "/robots.txt": Answer(status=302, headers={"Location": f"{trap.url}/robots.txt"}),
    }
    article = '[source.article]\nbody = "article"\n'
    detail = f'article_url = "{inside}?id={{id}}"\n{ITEMS}'
    tables = {
        "feed": source("feed", "feed", f"{site.url}/feed", 'full_text = "always"'),
        "listing": source("listing", "listing", f"{site.url}/list", ROWS),
        "led": source("led", "listing", f"{site.url}/led", ROWS),
        "api": source("api", "api", f"{site.url}/api", detail),
        "sitemap": source("sitemap", "sitemap", f"{site.url}/map"),
        "index": source("index", "sitemap", f"{site.url}/index"),
        "long": source("long", "listing", f"{site.url}/long", ROWS + article + 'next = "a[rel=next]"\n'),
        "asks": source("asks", "listing", f"{site.url}/list", ROWS).replace("ignore", "obey"),
    }
    configure(workplace, "".join(tables.values()))
    workplace.run("poll", expect=1)
    said = owed(workplace) | {name: one["error"] for name, one in workplace.sources().items() if one["error"]}
    for name in tables:
        assert "127.0.0.2 is not a public address" in said.get(name, ""), (name, said.get(name))


def test_pictures_and_files(workplace: Workplace, site: Site, trap: Trap) -> None:
    """What is mirrored, whether it is inside or leads there."""
    site.pages |= {
        "/led.png": Answer(status=307, headers={"Location": f"{trap.url}/a.png"}),
        "/fine.png": Answer(PNG, {"Content-Type": "image/png"}),
    }
    pictures = f'<img src="{trap.url}/in.png"><img src="{site.url}/led.png"><img src="{site.url}/fine.png">'
    more = f"<description><![CDATA[<p>Here.</p>{pictures}]]></description><enclosure url='{trap.url}/in.pdf' type='application/pdf'/>"
    site.pages["/feed"] = entry("http://x.example/1", more).encode()
    table = f'[[source]]\nname = "paper"\nkind = "feed"\nurl = "{site.url}/feed"\nfull_text = "never"\nmirror = ["images", "attachments"]\n'
    configure(workplace, table)
    workplace.run("poll")
    found = mirror_errors(workplace)
    assert set(found) == {"in.png", "led.png", "in.pdf"}
    assert all(REFUSED in message for message in found.values())


def test_older_pages(workplace: Workplace, site: Site, trap: Trap) -> None:
    """Those that a backfill walks through."""
    site.pages |= {
        "/list": b"<ul><li><a href='/1'>One</a></li></ul><a class=n href='/2'>older</a>",
        "/1": article_page("<p>The harbour opens on Monday, and all are invited.</p>" * 9),
        "/2": Answer(status=302, headers={"Location": f"{trap.url}/2"}),
    }
    more = f'{ROWS}[source.paging]\nnext = "a.n"\n'
    configure(workplace, source("paper", "listing", f"{site.url}/list", more))
    done = workplace.run("backfill", "paper", expect=1)
    assert REFUSED in " ".join((done.stdout + done.stderr).split())
    assert "/2" in site.paths()
    site.pages["/list"] = f"<ul><li>One</li></ul><a class=n href='{trap.url}/2'>older</a>".encode()
    workplace.run("backfill", "paper", "--restart", expect=None)


def test_what_is_found_out_about_an_address(workplace: Workplace, site: Site, trap: Trap) -> None:
    """Feeds, sitemaps and pages that a page names, when a source is to be added."""
    links = "".join(
        f"<link rel=alternate type='application/{kind}' href='{trap.url}/{kind}'>"
        for kind in ("rss+xml", "atom+xml", "feed+json")
    )
    site.pages["/"] = (
        f"<html><head>{links}</head><body><a href='{trap.url}/feed.xml'>RSS</a></body></html>".encode()
    )
    site.pages["/robots.txt"] = f"Sitemap: {trap.url}/sitemap.xml\n".encode()
    site.pages["/out"] = Answer(status=302, headers={"Location": f"{trap.url}/"})
    configure(workplace, "")
    workplace.run("add", f"{site.url}/", expect=None)
    assert "/" in site.paths()
    for address in (f"{site.url}/out", f"{trap.url}/"):
        for command in ("add", "preview"):
            done = workplace.run(command, address, expect=None)
            assert done.returncode != 0
            assert REFUSED in " ".join((done.stdout + done.stderr).split())


def test_a_hub_that_a_feed_names(workplace: Workplace, site: Site, trap: Trap) -> None:
    """The daemon asks no hub inside for pushes, nor one that leads there."""
    links = f"<a:link rel='hub' href='{trap.url}/hub'/><a:link rel='self' href='{site.url}/a'/>"
    site.pages |= {
        "/a": entry("http://x.example/1").replace("<item>", f"{links}<item>").encode(),
        "/b": entry("http://x.example/2")
        .replace("<item>", f"{links}<item>")
        .replace(f"{trap.url}/hub", f"{site.url}/hub")
        .replace("/a'", "/b'")
        .encode(),
        "/hub": Answer(status=307, headers={"Location": f"{trap.url}/hub"}),
    }
    tables = "".join(source(name, "feed", f"{site.url}/{name}", 'full_text = "never"\n') for name in "ab")

    port = free_port()
    workplace.configure(
        f'{tables}\n[server]\nlisten = "127.0.0.1:{port}"\n[websub]\nsubscribe = true\n',
        url=f"http://127.0.0.1:{port}",
    )
    narrow(workplace)
    with logged_daemon(workplace, port) as daemon:
        until(lambda: "/hub" in site.paths())
        until(lambda: daemon.log.count(REFUSED) >= 2)
    assert daemon.log.count(REFUSED) == 2


def test_a_redirect_through_a_proxy(site: Site, trap: Trap) -> None:
    """The proxy is the user's word; where the answers of others lead is not."""
    site.pages["http://8.8.8.8/"] = Answer(status=302, headers={"Location": f"{trap.url}/"})
    error = refusal("http://8.8.8.8/", Access(hosts=("8.8.8.8",), proxy=site.url), ONE_HOST)
    assert error.reason.endswith(REFUSED)


@pytest.mark.parametrize(
    "address",
    [
        "http://2130706434:{port}/",
        "http://0x7f000002:{port}/",
        "http://0x7f.0.0.2:{port}/",
        "http://017700000002:{port}/",
        "http://0177.0.0.2:{port}/",
        "http://127.2:{port}/",
        "http://127.0.2:{port}/",
        "http://127.0.0.2.:{port}/",
        "http://０{port}/",
        "http://１２７.0.0.2:{port}/",
        "http://127。0。0。2:{port}/",
        "http://127．0．0．2:{port}/",
        "http://127｡0｡0｡2:{port}/",
        "http://①②⑦.0.0.②:{port}/",
        "http://%31%32%37.0.0.2:{port}/",
        "http://0:{port}/",
        "http://0.0.0.0:{port}/",
        "http://[::]:{port}/",
        "http://[::1]:{port}/",
        "http://[0:0:0:0:0:0:0:1]:{port}/",
        "http://[::1%25lo]:{port}/",
        "http://[::ffff:127.0.0.2]:{port}/",
        "http://[::ffff:7f00:2]:{port}/",
        "http://[::127.0.0.2]:{port}/",
        "http://[64:ff9b::7f00:2]:{port}/",
        "http://[64:ff9b::127.0.0.2]:{port}/",
        "http://[64:ff9b:1::7f00:2]:{port}/",
        "http://[2002:7f00:2::]:{port}/",
        "http://[2001:0:7f00:2::80ff:fffd]:{port}/",
        "http://8.8.8.8@127.0.0.2:{port}/",
        "http://8.8.8.8:80@127.0.0.2:{port}/",
        "http://127.0.0.2:{port}#@8.8.8.8/",
        "http://127.0.0.2:{port}?@8.8.8.8/",
        "http://8.8.8.8\\@127.0.0.2:{port}/",
        "http://127.0.0.2:{port}\\@8.8.8.8/",
        "http://127.0.0.2%00.example.org:{port}/",
        "http://127.0.0.2%2f@8.8.8.8:{port}/",
        "http:\\\\127.0.0.2:{port}/",
        "http:///127.0.0.2:{port}/",
        "\thttp://127.0.0.2:{port}/",
    ],
)
def test_no_spelling_leads_inside(site: Site, trap: Trap, address: str) -> None:
    """Neither as an address nor as the Location of a redirect."""
    port = site.url.rpartition(":")[2]
    spelt = address.replace("{port}", port)
    closed = Network(allow_private=("127.0.0.1/32",), delay=timedelta(0), timeout=timedelta(seconds=2))
    assert failure(spelt, closed).status is None
    site.pages["/"] = Answer(status=302, headers={"Location": spelt.encode().decode("latin-1")})
    assert failure(f"{site.url}/", closed)


def names(monkeypatch: pytest.MonkeyPatch, **answers: list[list[str]]) -> dict[str, int]:
    """Let the system's resolver give a name these addresses, other ones at each question; counts the questions."""
    asked: dict[str, int] = dict.fromkeys(answers, 0)
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        name = str(host).partition(".")[0]
        if name not in answers:
            return real(host, *rest, **more)
        found = answers[name][min(asked[name], len(answers[name]) - 1)]
        asked[name] += 1
        return [info for address in found for info in real(address, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_name_that_is_bound_anew(monkeypatch: pytest.MonkeyPatch, site: Site, trap: Trap) -> None:
    """Rebinding: the address that was checked is the one connected to; the next answer is checked anew."""
    asked = names(monkeypatch, turns=[["127.0.0.1"], ["127.0.0.2"]])
    port = site.url.rpartition(":")[2]
    site.pages |= {
        "/": b"outside",
        "/again": Answer(status=302, headers={"Location": "/", "Connection": "close"}),
    }
    assert fetch_body(f"http://turns.example:{port}/", ONE_HOST) == b"outside"
    assert asked == {"turns": 1}
    said = failure(f"http://turns.example:{port}/", ONE_HOST).reason
    assert said == "refused: turns.example is 127.0.0.2, not a public address ([network] allow_private)"
    asked["turns"] = 0
    said = failure(f"http://turns.example:{port}/again", ONE_HOST).reason
    assert said.startswith("refused: turns.example is 127.0.0.2"), "the redirect's second connection"


@pytest.mark.parametrize(
    "inside", ["127.0.0.2", "::1", "::ffff:127.0.0.2", "169.254.169.254", "fe80::1", "fd00::1"]
)
def test_one_address_inside_bars_a_name(
    monkeypatch: pytest.MonkeyPatch, site: Site, trap: Trap, inside: str
) -> None:
    """Whichever of its addresses comes first: nobody falls back to it."""
    names(monkeypatch, first=[[inside, "127.0.0.1"]], last=[["127.0.0.1", inside]])
    port = site.url.rpartition(":")[2]
    for name in ("first", "last"):
        assert "not a public address" in failure(f"http://{name}.example:{port}/", ONE_HOST).reason
    assert not site.requests


def test_the_configuration_opens_and_closes(workplace: Workplace, site: Site) -> None:
    """`allow_private` names networks; without it nothing of this machine is asked, with it that alone."""
    site.pages["/feed"] = entry("http://x.example/1", "<description>It opens.</description>").encode()
    for said, status in (("", "failed"), ('"10.0.0.0/8"', "failed"), ('"127.0.0.1/32"', "ok")):
        workplace.configure(source("paper", "feed", f"{site.url}/feed", 'full_text = "never"'))
        text = workplace.config.read_text("utf-8").replace('"127.0.0.0/8"', said)
        workplace.config.write_text(text, "utf-8")
        workplace.run("poll", "paper", expect=None)
        assert workplace.sources()["paper"]["status"] == status
    assert site.paths() == ["/feed"]
