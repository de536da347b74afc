"""Where an article came from: kept with it, told by the command, shown on its page."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import Any

from tests.support.loopback import Answer, Site
from tests.support.notices import notice, notice_site, notice_source, notices
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace


def only_share_page(workplace: Workplace) -> tuple[str, str]:
    """The id of the only article, and its page."""
    files = workplace.files("public/share").items()
    ((path, body),) = [(path, body) for path, body in files if path.count("/") == 2]
    return path.removeprefix("public/share/").removesuffix(".html"), body.decode()


def provenance(workplace: Workplace, article: str) -> list[dict[str, Any]]:
    """What the command says of an article's states."""
    states: list[dict[str, Any]] = json.loads(workplace.run("provenance", article, "--json").stdout)["states"]
    return states


def test_every_answer_and_rule_is_told(workplace: Workplace) -> None:
    """The list's answer and the page's, after a redirect, with headers, hash and robots.txt's own word."""
    with notice_site(4) as site:
        page = site.pages.pop("/n/4.html")
        assert isinstance(page, Answer)
        site.pages["/moved.html"] = page
        site.pages["/n/4.html"] = Answer(status=302, headers={"location": "/moved.html"})
        workplace.configure(notice_source(site))
        workplace.run("poll")
        article, shown = only_share_page(workplace)
        (state,) = provenance(workplace, article)
        listed, read = state["answers"]
        assert (listed["asked"], read["asked"]) == (f"{site.url}/list.html", f"{site.url}/n/4.html")
        assert (read["address"], read["status"]) == (f"{site.url}/moved.html", 200)
        assert read["headers"]["last-modified"] == "Thu, 05 Mar 2026 10:00:00 GMT"
        assert read["headers"]["content-type"] == "text/html; charset=utf-8"
        assert read["digest"] == hashlib.sha256(page.body).hexdigest()
        assert read["robots"] == f"allowed by {site.url}/robots.txt"
        assert state["rules"]["content"] == "article.body '#text'"
        assert f"{read['digest']}</code>" in shown
        assert f"allowed by {site.url}/robots.txt" in shown
        told = workplace.run("provenance", f"https://news.example.org/share/{article}.html").stdout
        assert read["digest"] in "".join(told.split()), "a narrow terminal folds it"
    workplace.run("publish", "--check")
    assert "no article" in workplace.run("provenance", "nothing", expect=2).stderr


def test_each_state_has_its_own(workplace: Workplace) -> None:
    """An edited article keeps where its first state came from; the page of each state shows its own."""
    with notice_site(4) as site:
        workplace.configure(notice_source(site))
        workplace.run("poll")
        first = site.pages["/n/4.html"]
        assert isinstance(first, Answer)
        site.pages["/n/4.html"] = second = notice("Another text, which says the contrary.")
        site.pages["/list.html"] = notices(4).replace(b"Notice 4", b"Notice 4, mended")
        workplace.run("poll")
        article, shown = only_share_page(workplace)
        digests = [hashlib.sha256(page.body).hexdigest() for page in (second, first)]
        assert [state["answers"][1]["digest"] for state in provenance(workplace, article)] == digests
        assert digests[0] in shown
        assert digests[1] not in shown
        (earlier,) = workplace.files(f"public/share/{article}").values()
        assert digests[1] in earlier.decode()
        assert digests[0] not in earlier.decode()
        workplace.run("publish", "--check")


def test_what_a_list_is_asked_with_stays_private(workplace: Workplace) -> None:
    """The query of a list's address may be a key of the user's: the command tells it, the page does not."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site).replace("/feed.xml", "/feed.xml?key=opensesame"))
        workplace.run("poll")
        article, shown = only_share_page(workplace)
        ((answer,),) = (state["answers"] for state in provenance(workplace, article))
        assert answer["asked"] == f"{site.url}/feed.xml?key=opensesame"
    assert f"{site.url}/feed.xml" in shown
    assert "opensesame" not in shown


def test_it_goes_with_its_article_and_is_small(workplace: Workplace) -> None:
    """A removed article leaves nothing of it; a row is a few hundred bytes."""
    with notice_site(*range(1, 20)) as site:
        workplace.configure(notice_source(site))
        workplace.run("poll")
        path = next(iter(workplace.files("public/share")))
        article = path.removeprefix("public/share/").removesuffix(".html")
        with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
            (mean,) = connection.execute("SELECT avg(length(packed)) FROM provenance").fetchone()
        assert mean < 400
        workplace.run("remove", article, "--reason", "asked for")
        with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
            assert connection.execute("SELECT count(*) FROM provenance").fetchone() == (18,)
