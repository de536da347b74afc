"""WebSub, both ways, between a real daemon and a hub on loopback."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import feedparser
import httpx
import pytest

from aggregator.decide.timing import pace
from aggregator.model import Fetched, PollState
from aggregator.poll.push import is_signed
from aggregator.settings import Source
from aggregator.sources import feed
from aggregator.sources.hubs import find_hub
from tests.support.database import NOW
from tests.support.hub import Hub
from tests.support.loopback import Answer, Site
from tests.support.running import get, running, until
from tests.support.samples import item
from tests.support.workplace import Workplace


def hub_feed(site: Site, *items: str, hub: str = "/hub") -> bytes:
    """A feed that names a hub of its site."""
    links = f'<a:link rel="hub" href="{site.url}{hub}"/><a:link rel="self" href="{site.url}/feed.xml"/>'
    return (
        f"<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel><title>t</title>{links}"
        f"{''.join(items)}</channel></rss>"
    ).encode()


def source(site: Site, interval: str = "1h") -> str:
    """A source of that feed."""
    return (
        f'[[source]]\nname = "paper"\nkind = "feed"\nurl = "{site.url}/feed.xml"\nfull_text = "never"\n'
        f'interval = "{interval}"\n'
    )


def pushed(workplace: Workplace) -> bool:
    """Whether the source is trusted to be pushed."""
    with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
        (when,) = connection.execute("SELECT pushed FROM sources").fetchone()
    connection.close()
    return when is not None


def titles(address: str) -> list[str]:
    """What the daemon publishes."""
    return [entry.title for entry in feedparser.parse(get(f"{address}/feeds/rss.xml").content).entries]


def test_what_a_hub_pushes_is_published_without_a_visit(workplace: Workplace) -> None:
    """The source is visited once; what its hub pushes, signed, is there at once, and slows the visits down."""
    hub = Hub()
    with Site() as site:
        site.pages |= {"/feed.xml": hub_feed(site, item(1)), "/hub": hub.receive}
        tables = source(site) + "[websub]\nsubscribe = true\n"
        with running(workplace, tables) as address:
            until(lambda: hub.subscriptions)
            assert hub.answers == [(200, "a challenge")]
            until(lambda: "Title 1" in titles(address))
            assert hub.push(hub_feed(site, item(2))) == 202
            until(lambda: "Title 2" in titles(address))
            assert hub.push(hub_feed(site, item(3)), method="sha512") == 202
            until(lambda: "Title 3" in titles(address))
            assert site.paths().count("/feed.xml") == 1
            for signature in ("", "sha256=00", "md5=00", "sha256="):
                assert hub.push(hub_feed(site, item(9)), signature=signature) == 202
            assert httpx.post(f"{address}/websub/guessed", content=b"x").status_code == 404
            assert get(f"{address}/websub/guessed", params={"hub.mode": "subscribe"}).status_code == 404
            state = workplace.sources()["paper"]
            assert state["push"] == "active"
            time.sleep(1)
            assert "Title 9" not in titles(address)
            assert pushed(workplace)
            workplace.run("poll", "paper")
            assert pushed(workplace), "a visit that finds nothing new shows that pushes can be trusted"
            site.pages["/feed.xml"] = hub_feed(site, item(1), item(4))
            workplace.run("poll", "paper")
            assert not pushed(workplace), "a visit found what no push had brought"
        log = (workplace.folder / "log.txt").read_text()
        assert log.count("without a right signature") == 1
        assert hub.subscriptions[0].secret not in log
        assert hub.subscriptions[0].callback.rpartition("/")[2] not in log


@pytest.mark.slow
def test_a_push_can_be_made_of_nothing_that_is_kept(workplace: Workplace) -> None:
    """Neither the database nor what is published, shown or logged has the callback's address or its secret.

    Both are made of a key in a file that nobody else may read. Without it, hubs are asked anew.
    """
    hub = Hub()
    with Site() as site:
        site.pages |= {"/feed.xml": hub_feed(site, item(1)), "/hub": hub.receive}
        tables = source(site) + "[websub]\nsubscribe = true\n"
        with running(workplace, tables) as address:
            until(lambda: hub.answers)
            assert hub.push(hub_feed(site, item(2))) == 202
            until(lambda: "Title 2" in titles(address))
            told = workplace.run("sources", "--json").stdout + workplace.run("sources").stdout
        key = workplace.folder / "var" / "test.db.key"
        assert key.stat().st_mode & 0o777 == 0o600
        [first] = hub.subscriptions
        kept = workplace.files("var") | workplace.files("public") | workplace.files("_posts")
        kept |= {"log": (workplace.folder / "log.txt").read_bytes(), "told": told.encode()}
        del kept["var/test.db.key"]
        for secret in (first.secret.encode(), first.callback.rpartition("/")[2].encode(), key.read_bytes()):
            assert [name for name, content in kept.items() if secret in content] == []
        key.unlink()
        with running(workplace, tables) as address:
            until(lambda: len(hub.subscriptions) == 2)
            again = hub.subscriptions[1]
            assert again.callback.rpartition("/")[2] != first.callback.rpartition("/")[2]
            assert again.secret != first.secret
            until(lambda: workplace.sources()["paper"]["push"] == "active")
            assert hub.push(hub_feed(site, item(3))) == 202
            until(lambda: "Title 3" in titles(address))


def test_a_stranger_s_push_is_not_even_read(workplace: Workplace) -> None:
    """Who doesn't know the callback is refused before he has sent anything of what he announced."""
    with Site() as site:
        site.pages["/feed.xml"] = hub_feed(site, item(1))
        with running(workplace, source(site) + "[websub]\nsubscribe = true\n") as address:
            host, _, port = address.rpartition("/")[2].partition(":")
            with socket.create_connection((host, int(port)), timeout=20) as sock:
                sock.sendall(b"POST /websub/guessed HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
                assert sock.recv(65536).startswith(b"HTTP/1.1 404 ")


@pytest.mark.slow
def test_a_lease_is_renewed_and_given_back(workplace: Workplace) -> None:
    """Before it ends it is asked for again; without its source it is given back."""
    hub = Hub(lease=4)
    with Site() as site:
        site.pages |= {"/feed.xml": hub_feed(site, item(1)), "/hub": hub.receive}
        with running(workplace, source(site) + "[websub]\nsubscribe = true\n"):
            until(lambda: len(hub.subscriptions) >= 2)
            assert len({one.callback for one in hub.subscriptions}) == 1
        with running(workplace, source(site)):
            until(lambda: hub.left)
        assert hub.left == [f"{site.url}/feed.xml"]


def test_nobody_is_asked_unless_it_is_configured(workplace: Workplace) -> None:
    """By default a hub is not asked, and a callback answers nobody."""
    hub = Hub()
    with Site() as site:
        site.pages |= {"/feed.xml": hub_feed(site, item(1)), "/hub": hub.receive}
        with running(workplace, source(site)) as address:
            until(lambda: "Title 1" in titles(address))
            time.sleep(6)
        assert "/hub" not in site.paths()


def test_our_hub_is_told_after_the_files_are_in_place(workplace: Workplace) -> None:
    """What the hub fetches when it is told is new already; told while it is down, it is told later."""
    hub = Hub(down=True)
    with Site() as site:
        site.pages |= {"/feed.xml": hub_feed(site, item(1)), "/ours": hub.receive}
        workplace.configure(source(site) + f'[websub]\nhub = "{site.url}/ours"\n')
        assert "will be next time" in workplace.run("poll").stderr
        published = workplace.files("public")
        for name in ("feeds/rss.xml", "feeds/atom.xml", "feeds/feed.json", "category/paper/atom.xml"):
            assert f"{site.url}/ours".encode() in published[f"public/{name}"]
        hub.down = False
        assert "Told the hub of" in workplace.run("publish").stderr
        assert "https://news.example.org/feeds/atom.xml" in hub.told
        assert len(hub.told) == len(set(hub.told)) == 12
        hub.told.clear()
        workplace.run("poll")
        assert hub.told == []
        site.pages["/feed.xml"] = hub_feed(site, item(1), item(2))
        workplace.run("poll")
        assert len(hub.told) == 9, "the feeds of what was withdrawn stay as they are"


def test_the_daemon_tells_the_hub(workplace: Workplace) -> None:
    """Also without anybody who asks it to; on being told, the hub finds the new article."""
    seen: list[str] = []
    hub = Hub()
    with Site() as site:
        site.pages |= {"/feed.xml": hub_feed(site, item(1))}
        with running(workplace, source(site) + f'[websub]\nhub = "{site.url}/ours"\n') as address:

            def receive(request: object) -> Answer:
                seen.extend(titles(address))
                return hub.receive(request)  # type: ignore[arg-type]

            site.pages["/ours"] = receive
            until(lambda: hub.told, 60)
        assert "Title 1" in seen


@pytest.mark.parametrize(
    ("headers", "links", "found"),
    [
        ({}, [{"rel": "hub", "href": "/hub"}], ("http://x.example/hub", "http://x.example/feed")),
        (
            {"link": '<http://h.example/>; rel="hub", <http://x.example/own>; rel=self'},
            [{"rel": "hub", "href": "http://other.example/"}],
            ("http://h.example/", "http://x.example/own"),
        ),
        (
            {"link": '</hub>; title="a, b"; rel="alternate HUB"'},
            [],
            ("http://x.example/hub", "http://x.example/feed"),
        ),
        ({}, [{"rel": "hub", "href": "javascript:alert(1)"}], ("", "")),
        ({}, [{"rel": "self", "href": "http://x.example/own"}], ("", "")),
        ({"link": "<" * 5000}, [], ("", "")),
    ],
)
def test_where_a_hub_is_named(
    headers: dict[str, str], links: list[dict[str, str]], found: tuple[str, str]
) -> None:
    """Headers go before the feed's own links; what is no address of the web is none."""
    assert find_hub(Fetched("http://x.example/feed", 200, headers, b""), links) == found


def test_a_json_feed_names_its_hub() -> None:
    """In ``hubs``; what is odd there names none."""
    paper = Source(name="paper", kind="feed", url="http://x.example/feed")
    for hubs, hub in (
        ([{"type": "WebSub", "url": "http://h.example/"}], "http://h.example/"),
        ([{"type": "WebSub"}], ""),
        ("odd", ""),
    ):
        said = {"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [], "hubs": hubs}
        said["feed_url"] = "http://x.example/own"
        listing = feed.read_list(paper, Fetched(paper.url, 200, {}, json.dumps(said).encode()))
        assert (listing.hub, listing.topic) == (hub, "http://x.example/own" if hub else "")


def test_visits_are_rare_while_pushes_come(tmp_path: Path) -> None:
    """Four times as rare, never more often than the interval, a day at most; and back when they stop."""
    paper = Source(name="paper", kind="feed", url="http://x.example/", interval=timedelta(minutes=30))
    state = PollState("paper", due=NOW)

    def wait(source: Source, state: PollState, **later: float) -> timedelta:
        now = NOW + timedelta(**later)
        return pace(source, state, timedelta(0), now) - now

    assert wait(paper, state) == timedelta(minutes=30)
    pushed = replace(state, pushed=NOW)
    assert wait(paper, pushed, hours=23) == timedelta(hours=2)
    assert wait(paper, pushed, hours=25) == timedelta(minutes=30)
    rare = paper.model_copy(update={"interval": timedelta(hours=20)})
    assert wait(rare, pushed) == timedelta(days=1)
    rarest = paper.model_copy(update={"interval": timedelta(days=3)})
    assert wait(rarest, pushed, days=11) == timedelta(days=3)


def test_signatures() -> None:
    """The four algorithms of the Recommendation, in either case; nothing else."""
    import hashlib
    import hmac

    for method in ("sha1", "sha256", "sha384", "sha512"):
        digest = hmac.new(b"s", b"body", getattr(hashlib, method)).hexdigest()
        assert is_signed("s", f"{method.upper()}={digest.upper()}", b"body")
        assert not is_signed("s", f"{method}={digest}", b"other")
        assert not is_signed("t", f"{method}={digest}", b"body")
    for said in ("", "sha256", "sha256=", "md5=00", "sha256=\u00e9", "=00"):
        assert not is_signed("s", said, b"body")
