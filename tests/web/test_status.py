"""The page of all sources: what it says, in which order, and to whom."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup

from aggregator.app import App
from aggregator.model import (
    Baseline,
    Occurrence,
    Outcome,
    Owed,
    PollRecord,
    PollState,
    Provenance,
    Receipt,
    Sighting,
)
from aggregator.settings import Config, Output, Site, Source, Storage
from aggregator.web.operator import OperatorAccess
from aggregator.web.status import StatusOverview, StatusSite
from tests.support.posts import an_item
from tests.support.website import serving

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOSTILE = "</title><script>alert(1)</script>\"'&\u202e{{ 7 * 7 }}"


@contextmanager
def serving_status(
    folder: Path, names: dict[str, dict[str, Any]], **site: Any
) -> Iterator[tuple[httpx.Client, App]]:
    """A server of the pages of some sources, by their names with more keys of each."""
    config = Config(
        site=Site(url="https://news.example.org", **({"language": "en", "timezone": "UTC"} | site)),
        storage=Storage(database=f"sqlite:///{folder}/test.db"),
        output=Output(site=f"{folder}/public"),
        sources=tuple(
            Source(**{"name": name, "kind": "feed", "url": f"https://{name}.example/feed", **keys})
            for name, keys in names.items()
        ),
    )
    with App(config) as app:
        app.know_sources(NOW)
        overview = StatusOverview(config, app.store, lambda: NOW)
        status = StatusSite(overview, app.status_pages(), OperatorAccess(None))
        with serving(folder / "public", more=status.routes()) as client:
            yield client, app


def save(app: App, state: PollState, *days: int) -> None:
    """Save a state, and an article that came so many days ago for each of ``days``."""
    for number, day in enumerate(days):
        made = an_item(number, source=state.name, namespace=state.name, key=f"{state.name}{number}")
        sighting = Sighting(made.key, made.digest, made.labels)
        app.store.save(
            Outcome(state.name, state.name, state, (made,), (), (sighting,)), NOW - timedelta(days=day)
        )
    app.store.save(Outcome(state.name, state.name, state), NOW)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Sources in every mood."""
    labels = {
        "alpha": "Zeta Office",
        "beta": "市场监管总局",
        "gamma": "Gamma",
        "delta": "Delta",
        "eps": "Eps",
    }
    named = {name: {"label": label} for name, label in labels.items()}
    with serving_status(tmp_path_factory.mktemp("status"), named) as (client, app):
        well = PollState("alpha", NOW + HOUR, polled=NOW, succeeded=NOW, status="ok")
        save(app, well, 0, 0, 1, 29, 30)
        down = {
            "status": "failed",
            "failures": 2,
            "error": "answered 503 Service Unavailable (https://b.example/)",
        }
        save(app, replace(well, name="beta", due=NOW + 2 * HOUR, succeeded=NOW - HOUR, **down), 3)
        save(
            app, replace(well, name="gamma", due=NOW + 3 * HOUR, status="suspect", failures=1, error="doubt")
        )
        app.store.pause(["delta"], NOW)
        yield client


def names(answer: httpx.Response) -> list[str]:
    """The sources of a page, in their order."""
    return [
        link["href"].rpartition("/")[2] for link in BeautifulSoup(answer.text, "lxml").select("tbody th a")
    ]


def test_what_each_source_does_is_said(site: httpx.Client) -> None:
    """In words, with what to do."""
    answer = site.get("/status")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    row = BeautifulSoup(answer.text, "lxml").select_one("tbody tr")
    assert row is not None
    said = row.get_text(" ", strip=True)
    for part in (
        "市场监管总局",
        "beta",
        "fails",
        "answered 503",
        "the fault is its server's",
        "2026-03-05 11:00",
        "2026-03-05 14:00",
        "it failed 2 times in a row",
        "0 today, 1 in 30 days",
    ):
        assert part in said
    assert row.select_one("svg")["aria-label"] == "articles in 30 days: 1; on the day with most: 1"  # type: ignore[index]
    assert re.findall(r"\d+ (?:in trouble|to look at|waiting|well)", answer.text)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["beta", "gamma", "delta", "eps", "alpha"]),
        ("?sort=state&order=desc", ["alpha", "eps", "delta", "gamma", "beta"]),
        ("?sort=name", ["delta", "eps", "gamma", "alpha", "beta"]),
        ("?sort=name&order=desc", ["beta", "alpha", "gamma", "eps", "delta"]),
        ("?sort=next", ["eps", "alpha", "beta", "gamma", "delta"]),
        ("?sort=success", ["delta", "eps", "beta", "gamma", "alpha"]),
        ("?sort=articles", ["alpha", "beta", "delta", "eps", "gamma"]),
        ("?state=bad", ["beta"]),
        ("?state=waiting", ["delta", "eps"]),
        ("?q=zeta", ["alpha"]),
        ("?q=OFFICE+alpha", ["alpha"]),
        ("?q=市场", ["beta"]),
        ("?q=gamma.example", ["gamma"]),
        ("?q=nobody", []),
        ("?size=2", ["beta", "gamma"]),
        ("?size=2&page=2", ["delta", "eps"]),
        ("?size=2&page=4", []),
        ("?sort=x&state=x&page=x&size=x&order=x&more=x", ["beta", "gamma", "delta", "eps", "alpha"]),
        ("?page=-1&size=99999999999", ["beta", "gamma", "delta", "eps", "alpha"]),
        ("?q=%00%ff", []),
    ],
)
def test_sources_are_found_and_sorted(site: httpx.Client, asked: str, found: list[str]) -> None:
    """By the address alone; the same for programs."""
    assert names(site.get(f"/status{asked}")) == found
    assert [one["name"] for one in site.get(f"/status.json{asked}").json()["sources"]] == found


def test_columns_turn(site: httpx.Client) -> None:
    """Their heads lead there and back, and keep what was asked for."""
    heads = BeautifulSoup(site.get("/status?q=a&sort=next").text, "lxml").select("thead a")
    assert [link["href"] for link in heads] == [
        "?q=a&sort=name",
        "?q=a",
        "?q=a&sort=success",
        "?q=a&sort=next&order=desc",
        "?q=a&sort=articles",
    ]


def test_pages_lead_on(site: httpx.Client) -> None:
    """Both ways, and JSON too."""
    page = BeautifulSoup(site.get("/status?size=2&page=2").text, "lxml")
    assert [link["href"] for link in page.select(".pager a")] == ["?size=2", "?size=2&page=3"]
    assert site.get("/status.json?size=2").json()["next"] == "status.json?size=2&page=2"
    assert site.get("/status.json?size=2&page=3").json()["next"] is None


def test_days_are_those_of_the_site(tmp_path: Path) -> None:
    """At noon of UTC it is tomorrow in Kiribati."""
    with serving_status(tmp_path, {"a": {}}, timezone="Pacific/Kiritimati") as (client, app):
        save(app, PollState("a", NOW), 0)
        assert client.get("/status.json").json()["sources"][0]["days"][-2:] == [0, 1]
        app.store.save(
            Outcome("a", "a", PollState("a", NOW), (an_item(9, source="a", namespace="a"),)), NOW - 3 * HOUR
        )
        assert client.get("/status.json").json()["sources"][0]["days"][-2:] == [1, 1]


def test_strangers_words_stay_words(tmp_path: Path) -> None:
    """Labels, errors and what was searched for are escaped, and no script of a page's own runs."""
    with serving_status(tmp_path, {"a": {"label": HOSTILE}}, title=HOSTILE) as (client, app):
        save(app, PollState("a", NOW, status="failed", failures=1, error=HOSTILE))
        for path in ("/status", f"/status?q={HOSTILE}", "/status.json"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert path.endswith("json") or "<script>alert" not in answer.text
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert client.get("/status.json").json()["sources"][0]["obstacle"] == HOSTILE
        scripts = BeautifulSoup(client.get("/status").text, "lxml").select("script")
        assert [script["src"] for script in scripts] == ["status/status.js"]


def test_only_the_operator_is_shown_it(site: httpx.Client) -> None:
    """Whoever comes through a proxy finds nothing, and nobody can change anything here."""
    for path in ("/status", "/status.json", "/status/status.css", "/status/status.js"):
        assert site.get(path).status_code == 200
        assert site.get(path, headers={"X-Forwarded-For": "203.0.113.1"}).status_code == 404
        assert site.get(path, headers={"Host": "news.example.org"}).status_code == 404
        assert site.post(path).status_code == 405


def test_it_speaks_chinese(tmp_path: Path) -> None:
    """As the site does."""
    with serving_status(tmp_path, {"a": {}}, language="zh-CN") as (client, _):
        page = client.get("/status").text
        assert '<html lang="zh-CN">' in page
        assert "来源状态" in page


def test_one_source_is_told_whole(tmp_path: Path) -> None:
    """Its visits, heads, debts, habits, robots.txt and events, and every word of strangers as a word."""
    with serving_status(tmp_path, {"a": {"label": HOSTILE}}) as (client, app):
        head = {"content-type": "text/html", "via": HOSTILE}
        first = PollRecord(
            NOW - 3 * HOUR, took=1234, status="ok", answered=200, size=2048, listed=7, new=5, head=head
        )
        last = PollRecord(
            NOW - HOUR, status="failed", error=HOSTILE, answered=503, repeats=4, until=NOW - 2 * HOUR
        )
        usual = Baseline(
            polls=12, since=NOW - 9 * HOUR, fewest=7, titles=0.98, pause=timedelta(days=3, hours=2)
        )
        state = PollState(
            "a", NOW + HOUR, polled=NOW, status="failed", failures=3, error=HOSTILE, baseline=usual, repeats=2,
            robots=f"allowed by {HOSTILE}",
        )  # fmt: skip
        happened = Occurrence("source", "a", "source-broken", HOSTILE, NOW - HOUR)
        app.store.save(Outcome("a", "a", replace(state, repeats=0), record=first), NOW - 3 * HOUR)
        debts = tuple(Owed(f"{number}{HOSTILE}", "failed", HOSTILE, NOW) for number in range(60))
        ruled = Owed("ruled", "filtered", "a rule", NOW)
        app.store.save(Outcome("a", "a", state, record=last, owed=(*debts, ruled), events=(happened,)), NOW)
        page = client.get("/status/a")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        said = " ".join(BeautifulSoup(page.text, "lxml").get_text(" ").split())
        for part in (
            "200, 2.0 KB (7 listed)",
            "5 new, 0 changed, 0 owed",
            "1.23 s",
            "content-type: text/html",
            "visits since then that went the same way and found nothing: 2",
            "visits like the one below that found nothing: 4",
            "60 entries are no articles yet; its rules leave out 1",
            "98 %",
            "3 days 2 hours",
            "allowed by </title>",
            "Broken: </title>",
        ):
            assert part in said, part
        assert len(BeautifulSoup(page.text, "lxml").select("li > bdi")) == 50
        assert "entries that are no articles yet: 60" in client.get("/status").text
        told = client.get("/status/a.json").json()
        assert [one["answered"] for one in told["records"]] == [503, 200]
        assert (len(told["owed"]), told["owed_count"], told["filtered"], told["repeats"]) == (50, 60, 1, 2)
        assert told["robots"] == {"a.example": f"allowed by {HOSTILE}"}
        assert told["baseline"]["fewest"] == 7
        assert told["as_of"] == NOW.isoformat()
        for path in ("/status/b", "/status/b.json", "/status/", "/status/a/b"):
            assert client.get(path).status_code == 404
        assert client.get("/status/a", headers={"X-Forwarded-For": "203.0.113.1"}).status_code == 404
        assert "form" not in page.text


def test_robots_of_every_host(tmp_path: Path) -> None:
    """Those of the pages of its last articles, too."""
    with serving_status(tmp_path, {"a": {}}) as (client, app):
        made = an_item(1, source="a", namespace="a")
        receipts = tuple(
            Receipt(
                f"https://{host}.example/x", NOW, f"https://{host}.example/x", 200, {}, "0" * 64, f"as {host}"
            )
            for host in ("a", "pages")
        )
        state = PollState("a", NOW, robots="of the list")
        outcome = Outcome("a", "a", state, (made,), provenance={made.key: Provenance(receipts, {})})
        app.store.save(outcome, NOW)
        told = client.get("/status/a.json").json()
        assert told["robots"] == {"a.example": "of the list", "pages.example": "as pages"}
