"""The read API: what programs are given of what is held, and what they are refused."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from aggregator.model import Outcome, PollState, Seen, Standing
from aggregator.web.api import api_routes
from aggregator.web.api.holdings import MAX_LOOKED, Batch, Part, fill
from aggregator.web.api.records import ListedArticle
from aggregator.web.operator import OperatorAccess
from tests.support.posts import START, Press, a_press, an_item
from tests.support.website import serving

TOKEN = "a-token-of-the-operator-of-this-site"
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}
SECRET = "what only subscribers of the paper read"


@contextmanager
def serving_api(folder: Path, **said: Any) -> Iterator[tuple[httpx.Client, Press]]:
    """A server of the API of a press, whose operator has a token."""
    with a_press(folder, **said) as press:
        routes = api_routes(press.app, OperatorAccess(TOKEN, delay=0), lambda: START)
        with serving(folder / "public", more=routes) as client:
            client.base_url = client.base_url.join("/api/v1/")
            yield client, press


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[tuple[httpx.Client, Press]]:
    """A server of the API of a press with five articles, of which one was changed and one is withdrawn."""
    with serving_api(tmp_path) as (client, press):
        press.save(*map(an_item, range(5)))
        changed = an_item(1, title="Changed", content="<p>Text 1, of the ferry.</p>")
        press.save(changed=[changed], hour=1)
        withdraw(press, "item-000002", hour=2)
        yield client, press


def withdraw(press: Press, article_id: str, hour: int) -> None:
    """Find an article missing and withdrawn."""
    now = START + timedelta(hours=hour)
    [kept] = press.store.find_all([article_id])
    seen = Seen(standings=[Standing(kept.number, now, now)])
    press.store.save(Outcome("paper", "paper", PollState("paper", due=now), seen=seen), now, confirmed=True)


def ids(page: dict[str, Any]) -> list[int]:
    """The numbers of the articles on a page."""
    return [int(one["id"].removeprefix("item-")) for one in page["items"]]


def walk(client: httpx.Client, path: str, **parameters: Any) -> list[list[int]]:
    """Read all pages of a list, each behind the one before."""
    pages, page = [], client.get(path, params=parameters).raise_for_status().json()
    while page["more"]:
        pages.append(ids(page))
        page = client.get(path, params={**parameters, "after": page["next"]}).raise_for_status().json()
    return [*pages, ids(page)]


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """What a refusal says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["status"] == status
    assert said["title"]
    assert said["detail"]
    return said


def test_articles_in_the_order_of_arrival_and_change(asked: tuple[httpx.Client, Press]) -> None:
    """In pages; what comes or changes later is behind the last cursor."""
    client, press = asked
    assert walk(client, "articles", limit=2) == [[0, 3], [4, 1], [2]]
    assert walk(client, "articles", limit=2, order="newest") == [[4, 3], [2, 1], [0]]
    last = client.get("articles").json()
    assert client.get("articles", params={"after": last["next"]}).json() == {
        "items": [],
        "next": last["next"],
        "more": False,
    }
    press.save(an_item(9), changed=[an_item(0, title="Changed")], hour=3)
    assert walk(client, "articles", after=last["next"]) == [[9, 0]]
    since = (START + timedelta(hours=2)).isoformat()
    assert walk(client, "articles", since=since) == [[2, 9, 0]]
    assert walk(client, "withdrawals") == [[2]]
    assert walk(client, "articles", q="ferry") == [[1]]
    assert walk(client, "withdrawals", q="ferry") == [[]]


def test_one_article_and_its_earlier_states(asked: tuple[httpx.Client, Press]) -> None:
    """As they are held, with what is known of them."""
    client, press = asked
    article = client.get("articles/item-000001").json()
    expected = {"id": "item-000001", "version": 2, "title": "Changed", "shown": "full", "changes": 1}
    assert {name: article[name] for name in expected} == expected
    assert article["mirror"] == "https://news.example.org/share/item-000001.html"
    assert article["published"] == "2026-03-05T02:01:00Z"
    [earlier] = client.get("articles/item-000001/revisions").json()
    assert (earlier["version"], earlier["title"]) == (1, "Title 1")
    assert earlier["replaced_at"] == "2026-03-05T03:00:00Z"
    problem(client.get("articles/nothing"), 404)
    problem(client.get("articles/nothing/revisions"), 404)
    press.store.remove("item-000001", "asked for", START)
    problem(client.get("articles/item-000001"), 410)


def test_all_that_happens_is_told_in_its_order(asked: tuple[httpx.Client, Press]) -> None:
    """With each article as it is now; removals whatever the query, by their ids alone."""
    client, press = asked
    page = client.get("changes").json()
    told = [(one["kind"], one["id"], one["version"]) for one in page["items"][5:]]
    assert told == [
        ("changed", "item-000001", 2),
        ("missing", "item-000002", 2),
        ("withdrawn", "item-000002", 2),
    ]
    assert [one["kind"] for one in page["items"][:5]] == ["arrived"] * 5
    assert page["items"][1]["article"]["title"] == "Changed"
    press.store.remove("item-000004", "asked for", START)
    press.save(an_item(9, content="<p>A ferry.</p>"), hour=3)
    later = client.get("changes", params={"after": page["next"], "q": "ferry"}).json()
    assert [(one["kind"], one["id"]) for one in later["items"]] == [
        ("removed", "item-000004"),
        ("arrived", "item-000009"),
    ]
    assert later["items"][0]["article"] is None
    assert [one["id"] for one in client.get("changes", params={"q": "ferry"}).json()["items"]] == [
        "item-000001",
        "item-000001",
        "item-000004",
        "item-000009",
    ]
    empty = client.get("changes", params={"after": later["next"]}).json()
    assert empty == {"items": [], "next": later["next"], "more": False}


def test_lines_are_items_and_go_on_to_the_end(asked: tuple[httpx.Client, Press]) -> None:
    """Each with the cursor behind it, so that who was cut off goes on there."""
    client, press = asked
    press.save(*(an_item(number) for number in range(10, 160)), hour=3)
    answer = client.get("changes", params={"format": "jsonl"})
    assert answer.headers["content-type"] == "application/jsonl"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == 158
    behind = client.get("changes", params={"format": "jsonl", "after": lines[100]["cursor"], "limit": 3})
    assert [json.loads(line) for line in behind.text.splitlines()] == lines[101:104]
    articles = client.get("articles", params={"format": "jsonl"}).text.splitlines()
    assert [json.loads(line)["id"] for line in articles][:5] == [f"item-{one:06}" for one in (0, 3, 4, 1, 2)]
    assert len(articles) == 155
    assert client.head("articles", params={"format": "jsonl"}).status_code == 200


def test_an_answer_is_known_again(asked: tuple[httpx.Client, Press]) -> None:
    """As long as nothing was written, and for nobody else."""
    client, press = asked
    for path in ("articles", "changes?format=jsonl", "articles/item-000000", "feeds", "sources"):
        tag = client.get(path).headers["etag"]
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(path, headers={"If-None-Match": tag} | OPERATOR).status_code == 200
        assert client.get(f"{path}{'&' if '?' in path else '?'}", headers={"If-None-Match": tag}).status_code
    tag = client.get("articles").headers["etag"]
    press.save(an_item(9), hour=3)
    assert client.get("articles", headers={"If-None-Match": tag}).status_code == 200
    assert client.head("articles").headers["etag"] == client.get("articles").headers["etag"] != tag
    assert client.head("articles").content == b""


def test_the_public_is_shown_what_is_published(tmp_path: Path) -> None:
    """Of a source that publishes summaries, no word of its texts is found or given; its operator sees all."""
    sources = [
        {"name": "paper", "kind": "feed", "url": "https://paper.example/feed", "publish": "summary"},
        {"name": "open", "kind": "feed", "url": "https://open.example/feed", "label": "Open"},
    ]
    with serving_api(tmp_path, sources=sources) as (client, press):
        text = f"<p>The opening.</p><p>{'More of it. ' * 60}</p><p>{SECRET}</p>"
        press.save(an_item(0, content=text))
        press.save(changed=[an_item(0, title="Changed", content=text)], hour=1)
        for path in ("articles", "changes", "changes?format=jsonl", "articles/item-000000"):
            assert SECRET not in client.get(path).text
            assert SECRET in client.get(path, headers=OPERATOR).text
        for path in ("articles", "changes"):
            params = {"q": '"only subscribers"'}
            assert client.get(path, params=params).json()["items"] == []
            assert client.get(path, params=params, headers=OPERATOR).json()["items"]
        assert client.get("articles/item-000000/revisions").json() == []
        assert len(client.get("articles/item-000000/revisions", headers=OPERATOR).json()) == 1
        public = client.get("sources").json()
        assert [(one["name"], one["shown"], one["operation"]) for one in public] == [
            ("paper", "summary", None),
            ("open", "full", None),
        ]
        own = client.get("sources", headers=OPERATOR)
        assert own.json()[0]["operation"]["state"] == "new"
        assert own.headers["cache-control"] == "no-store"
        press.publish()
        feeds = {(one["kind"], one["name"]): one for one in client.get("feeds").json()}
        assert (
            feeds["source", "paper"]["addresses"]["rss"]
            == f"{press.app.config.site.root}/source/paper/rss.xml"
        )
        assert feeds["all", ""]["articles"] == 1


BAD_CURSORS = [
    "made-up",
    "x" * 5000,
    "log-5",
    "log-5-0123456789abcdef",
    "art--1-0123456789abcdef",
    "\n",
    "log-५-0",
]


@pytest.mark.parametrize("cursor", BAD_CURSORS, ids=[one[:12].strip() or "blank" for one in BAD_CURSORS])
def test_a_cursor_that_is_none(asked: tuple[httpx.Client, Press], cursor: str) -> None:
    """Is refused plainly, and nothing is read."""
    client, _ = asked
    for path in ("articles", "changes", "withdrawals"):
        for form in ("json", "jsonl"):
            said = problem(client.get(path, params={"after": cursor, "format": form}), 400)
            assert said["fault"] == "cursor"
            assert "begin without one" in said["detail"]


def test_a_cursor_of_somewhere_else(asked: tuple[httpx.Client, Press], tmp_path: Path) -> None:
    """Of another list, of another site, or of this one before it was restored."""
    client, press = asked
    ours = client.get("articles").json()["next"]
    assert "another list" in problem(client.get("changes", params={"after": ours}), 400)["detail"]
    newest = client.get("articles", params={"order": "newest", "limit": 1}).json()["next"]
    assert "another list" in problem(client.get("articles", params={"after": newest}), 400)["detail"]
    with serving_api(tmp_path / "other") as (other, _):
        theirs = other.get("changes").json()["next"]
    assert "another database" in problem(client.get("changes", params={"after": theirs}), 400)["detail"]
    press.store.begin_anew(START)
    assert "restored" in problem(client.get("articles", params={"after": ours}), 400)["detail"]


def test_what_cannot_be_asked_for(asked: tuple[httpx.Client, Press]) -> None:
    """Is said as a problem (RFC 9457), of a query as searches say it."""
    client, _ = asked
    said = problem(client.get("articles", params={"q": "(harbour"}), 400)
    assert (said["fault"], said["type"]) == ("syntax", "about:blank")
    assert said["place"]
    assert problem(client.get("changes", params={"q": "-harbour"}), 400)["fault"] == "empty"
    for parameters in ({"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"format": "xml"}, {"unknown": "1"}):
        name = next(iter(parameters))
        assert name in problem(client.get("articles", params=parameters), 400)["detail"]
    unknown = problem(client.get("articles", params={"cursor": "x"}), 400)
    assert unknown["detail"] == "cursor: there is no such parameter"
    for since in ("yesterday", "0.5", "2026-03-05", "2026-03-05T00:00:00"):
        assert "since" in problem(client.get("articles", params={"since": since}), 400)["detail"]
    problem(client.get("articles/a%0Ab"), 404)
    for since, count in (("0001-01-01T00:00:00+23:59", 5), ("9999-12-31T23:59:59-23:59", 0)):
        assert (
            len(client.get("articles", params={"since": since}).raise_for_status().json()["items"]) == count
        )
    for missing in ("nothing", "/api/v1"):
        assert "/api/v1/openapi.json" in problem(client.get(missing), 404)["detail"]
    problem(client.post("articles"), 405)
    problem(client.delete("articles/item-000000"), 405)
    problem(client.get("articles", headers={"Authorization": "Bearer wrong"}), 401)


def test_a_page_ends_before_it_is_too_long(asked: tuple[httpx.Client, Press]) -> None:
    """By its texts, however many items are asked for; and a query that finds little is looked for in parts."""
    client, press = asked
    long = "<p>" + "word " * 200_000 + "</p>"
    press.save(*(replace(an_item(number), content=long) for number in range(20, 32)), hour=3)
    first = client.get("articles", params={"limit": 1000}).json()
    assert (len(first["items"]), first["more"]) == (5 + 5, True)
    assert walk(client, "articles", limit=1000)[1:] == [[25, 26, 27, 28, 29], [30, 31]]
    assert [one["id"] for page in [first] for one in page["items"]][-1] == "item-000024"


@pytest.mark.slow
def test_every_answer_is_as_described(asked: tuple[httpx.Client, Press], tmp_path: Path) -> None:
    """Whatever the description allows, and whatever it does not, is asked of the server by schemathesis."""
    client, press = asked
    press.save(*(an_item(number) for number in range(10, 40)), hour=3)
    press.store.remove("item-000003", "asked for", START)
    press.publish()
    lists = {
        f"/{name}": client.get(name, params={"limit": 1}) for name in ("articles", "changes", "withdrawals")
    }
    lists["newest"] = client.get("articles", params={"limit": 1, "order": "newest"})
    cursors = {name: answer.json()["next"] for name, answer in lists.items()}
    hooks = {"SCHEMATHESIS_HOOKS": "tests.support.api_hooks", "CURSORS": json.dumps(cursors)}
    root = str(client.base_url).removesuffix("/")
    options = ("--checks", "all", "-n", "40", "--seed", "1", "--continue-on-failure", "--no-color")
    ended = subprocess.run(
        [Path(sys.executable).with_name("st"), "run", f"{root}/openapi.json", "--url", root, *options],
        cwd=tmp_path,
        env={**os.environ, **hooks, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert "7 selected / 7 total" in ended.stdout


def test_a_page_ends_where_a_query_leaves_most_out() -> None:
    """Its cursor leads on behind what was looked through."""
    batches: Iterator[Batch[ListedArticle]] = iter([Batch((), "one", MAX_LOOKED), Batch((), "two", 1)])
    assert fill(batches, 10) == Part([], "one", more=True)
