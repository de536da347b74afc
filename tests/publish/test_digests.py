"""What a digest looks like: grouped by rule and source, by weight, each story once, with its words marked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

from aggregator.model import Article, Attachment, FileText, Outcome, PollState, Sighting
from aggregator.settings import Receiver, Rule
from tests.support.alerts import NETWORK, a_mail_server, tell
from tests.support.copies import ORIGINALS
from tests.support.loopback import Site
from tests.support.posts import START, Press, a_press, an_item

SOURCES = [
    {"name": "paper", "kind": "feed", "url": "https://paper.example/", "label": "The paper"},
    {
        "name": "office",
        "kind": "feed",
        "url": "https://office.example/",
        "authority": 5,
        "label": "The office",
    },
    {"name": "wire", "kind": "feed", "url": "https://wire.example/"},
]
RULES = (
    Rule(name="fees", query="fee OR yacht", tell=("desk",)),
    Rule(name="boats", query="boat", tell=("desk",)),
)
STORY = ORIGINALS[4]  # of fees, a yacht, and fishing boats
MORNING = START + timedelta(days=1)


def save(press: Press, *items: Article, changed: bool = False, files: tuple[FileText, ...] = ()) -> None:
    """Commit articles as news, each by a poll of its source."""
    for one in items:
        seen = (Sighting(one.key, one.digest, one.labels),)
        new, again = ((), (one,)) if changed else ((one,), ())
        state = PollState(one.source, due=START)
        outcome = Outcome(
            one.source,
            one.namespace,
            state,
            new,
            again,
            seen,
            files={one.digest: one for one in files},
            news=frozenset(one.key for one in new),
            since=START,
        )
        press.store.save(outcome, START)
        press.publish()


def item(number: int, source: str, **said: Any) -> Article:
    """An article of a source."""
    return an_item(number, source=source, namespace=source, **said)


def test_by_weight_and_each_story_once(tmp_path: Path) -> None:
    """Titles come before texts, official sources before others, and a story once, with who else has it."""
    story = {"title": STORY.title, "content": "".join(f"<p>{line}</p>" for line in STORY.lines)}
    desk = Receiver(name="desk", url="mailto:desk@example.org", digest="08:00")
    with (
        a_mail_server() as (box, mail),
        a_press(
            tmp_path, network=NETWORK, mail=mail, sources=SOURCES, receivers=(desk,), rules=RULES
        ) as press,
    ):
        save(
            press,
            item(1, "wire", title="No title says it", content="<p>A fee &lt;b&gt; of 3 crowns.</p>"),
            item(2, "paper", **story),
            item(3, "office", title="A boat", content="<p>It sank.</p>"),
            item(4, "office", **story),
            item(5, "wire", title="Ｆee of bridges"),
        )
        assert tell(press, START) == 0
        assert tell(press, MORNING) == 4
    [sent] = box.mails
    assert sent["Subject"] == "4 hits"
    text, html = (part.get_content() for part in sent.iter_parts())
    lines = [line for line in text.splitlines() if line and "http" not in line]
    told = [
        line
        for line in lines
        if line.startswith("==") or line.replace("*", "").startswith(("A b", "No", "Ｆ", "Harb"))
    ]
    assert told == [
        "== boats ==",
        "A *boat*",
        "== fees ==",
        "Harbour board lowers berthing *fee*s for sailing vessels",
        "*Ｆee* of bridges",
        "No title says it",
    ]
    assert any(line.startswith("The office · 2026-03-05 02:00 · also at The paper") for line in lines)
    page = BeautifulSoup(html, "html.parser")
    assert [head.text for head in page.find_all("h1")] == ["boats", "fees"]
    assert {mark.text.lower() for mark in page.find_all("mark")} == {"fee", "ｆee", "yacht", "boat"}
    assert "<b>" not in html


def test_what_several_sources_changed(tmp_path: Path) -> None:
    """A change that two sources show stands once, with what differs; its programs are told of both."""
    story = {"title": STORY.title, "content": "".join(f"<p>{line}</p>" for line in STORY.lines)}
    first, second = item(1, "paper", **story), item(2, "office", **story)
    with Site({"/hook": b""}) as site:
        desk = Receiver(name="desk", url=f"{site.url}/hook", digest="08:00")
        with a_press(tmp_path, network=NETWORK, sources=SOURCES, receivers=(desk,), rules=RULES) as press:
            save(press, first, second)
            tell(press, START)
            assert tell(press, MORNING) == 1
            lower = story["content"].replace("27 crowns", "26 crowns")
            save(press, replace(first, content=lower), replace(second, content=lower), changed=True)
            tell(press, MORNING)
            assert tell(press, MORNING + timedelta(days=1)) == 2
    new, changed = (json.loads(request.body)["hits"] for request in site.requests)
    assert [(hit["source"], [one["source"] for one in hit["also"]]) for hit in new] == [("office", ["paper"])]
    [hit] = changed
    assert (hit["kind"], hit["source"], hit["rules"]) == ("changed", "office", ["fees", "boats"])
    assert [one["source"] for one in hit["also"]] == ["paper"]
    assert "[-27-]{+26+} crowns" in hit["difference"][0]


def test_a_copy_that_a_rule_means_alone(tmp_path: Path) -> None:
    """Who was not told of a text, since its rule means another source, is told of the copy there."""
    story = {"title": STORY.title, "content": "".join(f"<p>{line}</p>" for line in STORY.lines)}
    with Site({"/desk": b"", "/bot": b""}) as site:
        receivers = tuple(Receiver(name=name, url=f"{site.url}/{name}") for name in ("desk", "bot"))
        rules = (RULES[0], Rule(name="theirs", query="source:wire", tell=("desk", "bot")))
        with a_press(tmp_path, network=NETWORK, sources=SOURCES, receivers=receivers, rules=rules) as press:
            save(press, item(1, "paper", **story), item(2, "wire", **story))
            tell(press, START)
    told = {
        (request.path, hit["source"]) for request in site.requests for hit in json.loads(request.body)["hits"]
    }
    assert told == {("/desk", "paper"), ("/bot", "wire")}
    assert len(site.requests) == 2


def test_words_in_a_file(tmp_path: Path) -> None:
    """Where they stand in a file alone, that is what is shown of it."""
    file = FileText("f" * 32, "<p>Of a ferry.</p><p>The fee is 3 crowns.</p>")
    attached = (Attachment("https://paper.example/a.pdf", text=file.digest),)
    with Site({"/hook": b""}) as site:
        desk = Receiver(name="desk", url=f"{site.url}/hook")
        with a_press(tmp_path, network=NETWORK, sources=SOURCES, receivers=(desk,), rules=RULES) as press:
            save(
                press,
                item(1, "paper", title="Notice", content="<p>See it.</p>", attachments=attached),
                files=(file,),
            )
            tell(press, START)
    [hit] = json.loads(site.requests[0].body)["hits"]
    assert "The fee is 3 crowns." in hit["excerpt"]
