"""Sessions of sites: kept between visits, ended, begun again, refused; and nowhere to be read."""

from __future__ import annotations

import gzip
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.app import App
from aggregator.model import Outcome
from aggregator.settings import Config, Network, Output, Source, Storage
from aggregator.settings import Site as SiteSettings
from aggregator.settings.access import Secret
from aggregator.store import Store
from tests.support.clock import START, Calendar
from tests.support.loopback import Received
from tests.support.membersite import PASSWORD, USER, MemberSite, member_source, traces, write_password
from tests.support.workplace import Workplace

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Member:
    """A source of a member site, visited in this process."""

    def __init__(self, store: Store, folder: Path, site: MemberSite, **keys: Any) -> None:
        self._store, self._folder, self._visits = store, folder, 0
        self.set_password(PASSWORD)
        login = {"url": f"{site.url}/login", "user": USER, "password": {"file": str(folder / "password.txt")}}
        said = {
            "name": "paper",
            "kind": "listing",
            "url": f"{site.url}/list.html",
            "list": {"entry": "li", "link": "a", "title": "a", "date": ".time"},
            "article": {"body": "#text"},
            "session": {"login": login},
        }
        self.source = Source(**(said | keys))
        config = Config(
            site=SiteSettings(url="https://news.example.org", language="en", timezone="UTC"),
            storage=Storage(database=f"sqlite:///{folder}/test.db"),
            output=Output(site=f"{folder}/public"),
            network=Network(allow_private=("127.0.0.0/8",), delay=timedelta(0)),
            sources=(self.source,),
        )
        self._calendar = Calendar(App(config, store), self.source)

    def set_password(self, password: str) -> None:
        """Put another password where the recipe looks for it."""
        (self._folder / "password.txt").write_text(password)

    def visit(self, *, again: bool = False, soon: bool = False) -> Outcome:
        """Poll the source, an hour after the last time, or as soon as two minutes after it."""
        self._visits += not soon
        now = START + self._visits * timedelta(hours=1) + soon * timedelta(minutes=2)
        return self._calendar.visit(now, again=again)

    def let_time_pass(self) -> None:
        """Make the last login an old one."""
        session = self._store.session("paper")
        if session:
            assert self._store.note_login("paper", session.tries, session.tries, LONG_AGO)


def test_a_session_is_kept(store: Store, tmp_path: Path) -> None:
    """One login, with all that the form holds; its cookies let the next visit in, renewed as they are."""
    with MemberSite() as site:
        site.renew_after = 2
        member = Member(store, tmp_path, site)
        assert len(member.visit().new) == 2
        hidden = {"csrf": site.posted[0]["csrf"], "stay": "1", "language": "zh", "commit": "Enter"}
        assert site.posted == [{"mail": USER, "pw": PASSWORD, **hidden}]
        site.numbers.append(3)
        assert len(member.visit().new) == 1
        assert (site.logins, site.wrong) == (1, 0)
        assert len(site.every_session) > 2


def test_a_session_that_ended(store: Store, tmp_path: Path) -> None:
    """It is known by where the site leads, one logs in once, and the login page is no article."""
    with MemberSite() as site:
        member = Member(store, tmp_path, site)
        member.visit()
        site.end_sessions()
        site.numbers += [3, 4]
        failed = member.visit(soon=True).state
        assert "led to the login; the last login is less than 5 minutes old" in failed.error
        member.let_time_pass()
        new = [*member.visit().new]
        assert len(new) == 2
        assert (site.logins, site.wrong) == (2, 0)
        # Now it ends while the articles are read: they are owed, and come with the next session.
        site.lifetime = 3
        site.end_sessions()
        site.numbers += [5, 6, 7]
        member.let_time_pass()
        outcome = member.visit()
        new += outcome.new
        assert 0 < len(outcome.owed) < 3
        assert site.logins == 3
        site.lifetime = 1000
        member.let_time_pass()
        new += member.visit(again=True).new
    assert sorted(one.title for one in new) == [f"Title {n}" for n in range(3, 8)]
    assert all("For members" in one.content for one in new)


def test_a_wrong_password_is_sent_once(store: Store, tmp_path: Path) -> None:
    """The source says what to do, its site is asked nothing, and all heals by itself with the right one."""
    with MemberSite() as site:
        member = Member(store, tmp_path, site)
        member.set_password("wrong-canary-4711")
        states = [member.visit().state for _ in range(4)]
        assert site.paths() == ["/login", "/session"]
        assert {one.status for one in states} == {"gated"}
        assert "the user or the password is wrong" in states[-1].error
        assert "The next visit tries another password" in states[-1].error
        assert "canary" not in str(states)
        member.set_password(PASSWORD)
        assert len(member.visit().new) == 2
        assert (site.logins, site.wrong) == (1, 1)


def test_logins_that_are_never_seen_to_let_us_in(store: Store, tmp_path: Path) -> None:
    """Three in a row, whatever becomes of the process between them, and there is no fourth."""
    with MemberSite() as site:
        member = Member(store, tmp_path, site)
        for tries in range(3):
            assert store.note_login("paper", tries, tries + 1, LONG_AGO)
        assert not store.note_login("paper", 2, 3, LONG_AGO)  # another process would have been quicker
        state = member.visit().state
        assert "of 3 logins in a row, none was seen to let us in" in state.error
        assert site.requests == []


def test_a_lost_key(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was kept cannot be read with another key: that is said once, and the session begins anew."""
    with MemberSite() as site:
        member = Member(store, tmp_path, site)
        member.visit()
        (tmp_path / "test.db.key").unlink()
        member.let_time_pass()
        member.visit()
        assert "encrypted with another key" in capsys.readouterr().out
        member.visit()
        assert "another key" not in capsys.readouterr().out
        assert site.logins == 2


def test_sessions_are_bound(store: Store, tmp_path: Path) -> None:
    """What was sealed for one session opens for no other, and no other hosts; nor is a bit of it changed."""
    with MemberSite() as site:
        member = Member(store, tmp_path, site)
        member.visit()
        kept = store.session("paper")
        assert kept
        for name, sealed in (
            ("other", kept.sealed),
            ("paper", kept.sealed[:-1] + bytes([kept.sealed[-1] ^ 1])),
        ):
            store.save_session(replace(kept, name=name, sealed=sealed, version=kept.version + 1))
            Member(store, tmp_path, site, name=name).visit()
        assert site.logins == 2  # for the other; less than five minutes ago for the first


def test_sessions_are_apart_unless_they_are_named(store: Store, tmp_path: Path) -> None:
    """Two sources of one site have a session each, or share one by its name."""
    with MemberSite() as site:
        for name in ("paper", "other"):
            Member(store, tmp_path, site, name=name).visit()
        assert site.logins == 2
        for name in ("paper", "other"):
            member = Member(store, tmp_path, site, name=name)
            assert member.source.session
            shared = member.source.session.model_copy(update={"name": "members"})
            Member(store, tmp_path, site, name=name, session=shared).visit()
        assert site.logins == 3


def test_a_session_goes_with_its_source(store: Store, tmp_path: Path) -> None:
    """Nothing is left of it where its source is forgotten, or has another name."""
    with MemberSite() as site:
        for name in ("paper", "other"):
            Member(store, tmp_path, site, name=name).visit()
    assert store.session("paper")
    store.rename_source("paper", "herald")
    store.forget_articles("other", START, 10)
    store.forget_source("other", lambda topic: topic.name, START)
    assert [store.session(name) for name in ("paper", "herald", "other")] == [None] * 3


def test_cookies_of_a_browser(store: Store, tmp_path: Path) -> None:
    """Without a recipe, a session begins with cookies from outside, is renewed, and says when it has ended."""
    cookie = tmp_path / "cookie.txt"
    with MemberSite() as site:
        site.renew_after = 2
        cookie.write_text(site.begin())
        member = Member(store, tmp_path, site, session={}, cookies={"sid": Secret(file=str(cookie))})
        assert len(member.visit().new) == 2
        site.numbers.append(3)
        assert len(member.visit().new) == 1
        site.end_sessions()
        failed = member.visit().state
        assert failed.status == "gated"
        assert "the session has ended: led to the login; log in with a browser" in failed.error
        cookie.write_text(site.begin())
        assert member.visit().state.status == "ok"


def test_a_token_of_json(store: Store, tmp_path: Path) -> None:
    """User and password are sent as JSON, and a token of the answer lets programs in."""
    with MemberSite() as site:
        password = {"file": str(tmp_path / "password.txt")}
        login = {
            "url": f"{site.url}/api/login",
            "format": "json",
            "user": USER,
            "password": password,
            "token": "data.token",
        }
        rules = {"entry": "items", "id": "id", "title": "title", "link": "url", "body": "body"}
        member = Member(
            store,
            tmp_path,
            site,
            kind="api",
            url=f"{site.url}/api/list",
            list=rules,
            article={},
            session={"login": login},
        )
        member.visit()
        site.numbers.append(3)
        assert len(member.visit().new) == 1
        assert site.logins == 1
        site.end_sessions()
        member.let_time_pass()
        site.numbers.append(4)
        assert len(member.visit().new) == 1
        site.end_sessions()
        member.let_time_pass()
        member.set_password("wrong")
        assert "answered 401" in member.visit().state.error
        assert (site.logins, site.wrong) == (2, 1)


def prepare(workplace: Workplace, *tables: str, password: str = PASSWORD) -> None:
    """A configuration of these sources, and the password where it looks for it."""
    workplace.configure("".join(tables))
    write_password(workplace, password)


def rows(workplace: Workplace, query: str) -> list[tuple[object, ...]]:
    """What the database says."""
    with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
        return connection.execute(query).fetchall()


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for (name,) in tables}  # noqa: S608


def differences(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The tables that differ."""
    return {name for name in after if after[name] != before[name]}


def test_what_is_written(tmp_path: Path) -> None:
    """A session that stays as it is costs nothing; one that its site renews is in the poll's own commit."""
    path = tmp_path / "test.db"
    with MemberSite() as site, Store.open(f"sqlite:///{path}") as store:
        member = Member(store, tmp_path, site, revisit=())
        member.visit()
        first = everything(path)
        member.visit()
        second = everything(path)
        assert differences(first, second) == {"sources"}
        site.renew_after = 1
        member.visit()
        assert differences(second, everything(path)) - {"totals"} == {
            "sources",
            "sessions",
        }  # it has the time


def test_login_and_logout(workplace: Workplace) -> None:
    """A recipe is tried by itself, and its session is the one that visits use."""
    with MemberSite() as site:
        prepare(workplace, member_source(site))
        said = workplace.run("login", "paper")
        assert said.stdout.splitlines() == [
            f"asked {site.url}/login: 200 OK, at {site.url}/login",
            "found a form with the fields mail, pw and 4 of its own",
            f"sent to {site.url}/session: 200 OK, at {site.url}/home",
            "cookies of the session: language, sid, visitor",
            f"paper: {site.url}/list.html answers within the session, which is kept; the next visit is due now",
        ]
        workplace.run("poll")
        assert site.logins == 1
        assert "its session is forgotten" in workplace.run("logout", "paper").stdout
        assert "there is no session of it" in workplace.run("logout", "paper").stdout
        assert rows(workplace, "SELECT * FROM sessions") == []


@pytest.mark.slow
def test_nothing_of_it_can_be_read(workplace: Workplace) -> None:
    """Neither passwords nor cookies are in the database, archive, output, log, or in what any command says."""
    with MemberSite() as site:
        site.renew_after = 2
        prepare(workplace, member_source(site, archive="warc"))
        said = [workplace.run("-v", "poll"), workplace.run("preview", "paper")]
        site.end_sessions()
        said += [workplace.run("-v", "poll", expect=1), workplace.run("login", "paper")]
        site.pages["/list.html"] = lambda request: b"<p>" + request.headers.get("cookie", "").encode()
        said += [workplace.run("-v", "poll", expect=1)]
        article = rows(workplace, "SELECT id FROM articles")[0][0]
        for command in (
            ["sources", "--json"],
            ["show", str(article)],
            ["provenance", str(article)],
            ["changes"],
            ["check", "--chain"],
        ):
            said.append(workplace.run(*command))
        logins = site.logins
        said.append(workplace.run("doctor", expect=None))
        assert site.logins == logins
        hidden = site.secrets()
    assert len(hidden) > 4
    assert traces(workplace, hidden, *(one.stdout + one.stderr for one in said)) == []
    archived = [gzip.decompress(path.read_bytes()) for path in Path(workplace.folder).rglob("*.warc.gz")]
    assert archived
    assert any(b"For members, number 1 (***)" in body for body in archived)
    assert not any(one.encode() in body for one in hidden for body in archived)
    assert not any(b"POST" in body for body in archived)


@pytest.mark.slow
def test_killed_between_login_and_commit(workplace: Workplace) -> None:
    """The session is kept as soon as it has begun, and the next visit goes on with it; nothing is lost."""
    with MemberSite() as site:
        prepare(workplace, member_source(site))
        shown = site.pages["/list.html"]
        polls: list[Any] = []

        def kill(request: Received) -> bytes:
            polls[0].kill()
            return b""

        site.pages["/list.html"] = kill
        polls.append(workplace.start("poll"))
        polls[0].communicate()
        assert site.paths() == ["/login", "/session", "/home", "/list.html"]
        site.pages["/list.html"] = shown
        assert "2 new" in workplace.run("poll").stdout
        assert (site.logins, site.wrong) == (1, 0)
