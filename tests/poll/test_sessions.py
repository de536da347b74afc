"""Sessions of sites: kept between visits, ended, begun again, refused; and nowhere to be read."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path
from typing import Any

from tests.support.loopback import Received
from tests.support.membersite import (
    PASSWORD,
    USER,
    MemberSite,
    member_source,
    traces,
    write_password,
)
from tests.support.workplace import Workplace


def prepare(workplace: Workplace, *tables: str, password: str = PASSWORD) -> None:
    """A configuration of these sources, and the password where it looks for it."""
    workplace.configure("".join(tables))
    write_password(workplace, password)


def rows(workplace: Workplace, query: str) -> list[tuple[object, ...]]:
    """What the database says."""
    with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
        return connection.execute(query).fetchall()


def let_time_pass(workplace: Workplace) -> None:
    """Make the last login an old one."""
    with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
        connection.execute("UPDATE sessions SET tried = '2026-01-01 00:00:00.000000'")


def everything(workplace: Workplace) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    names = [str(name) for (name,) in rows(workplace, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: sorted(rows(workplace, f"SELECT * FROM {name}"), key=repr) for name in names}  # noqa: S608


def test_a_session_is_kept(workplace: Workplace) -> None:
    """One login, with all that the form holds; the cookies it gave let the next visit in, renewed as they are."""
    with MemberSite() as site:
        site.renew_after = 2
        prepare(workplace, member_source(site))
        assert "2 new" in workplace.run("poll").stdout
        assert site.posted == [
            {
                "csrf": site.posted[0]["csrf"],
                "mail": USER,
                "pw": PASSWORD,
                "stay": "1",
                "language": "zh",
                "commit": "Enter",
            }
        ]
        site.numbers.append(3)
        assert "1 new" in workplace.run("poll").stdout
        assert site.logins == 1
        assert site.wrong == 0
        assert len(site.every_session) > 2
    assert len(workplace.posts()) == 3


def test_an_unchanged_visit_writes_one_row(workplace: Workplace) -> None:
    """A session that stays as it is costs nothing; one that the site renews is in the poll's own commit."""
    with MemberSite() as site:
        prepare(workplace, member_source(site, revisit=False))
        workplace.run("poll")
        before = everything(workplace)
        workplace.run("poll")
        after = everything(workplace)
        assert {name for name in after if after[name] != before[name]} == {"sources"}
        site.renew_after = 1
        workplace.run("poll")
        assert {name for name in after if everything(workplace)[name] != after[name]} == {
            "sources",
            "sessions",
        }
        workplace.run("poll")
        assert site.logins == 1


def test_a_session_that_ended(workplace: Workplace) -> None:
    """It is known by where the site leads, one logs in once, and the login page is no article."""
    with MemberSite() as site:
        prepare(workplace, member_source(site))
        workplace.run("poll")
        site.end_sessions()
        site.numbers += [3, 4]
        said = workplace.run("poll", expect=1).stdout
        assert "ended within 5 minutes of a login" in said
        let_time_pass(workplace)
        assert "2 new" in workplace.run("poll").stdout
        assert (site.logins, site.wrong) == (2, 0)
        site.lifetime = 2
        site.end_sessions()
        site.numbers += [5, 6, 7]
        let_time_pass(workplace)
        # It ends again while the articles are read: they are owed.
        workplace.run("poll", expect=None)
        assert site.logins == 3
        site.lifetime = 1000
        let_time_pass(workplace)
        workplace.run("poll", "paper")
    posts = [path.read_text("utf-8") for path in workplace.posts()]
    assert len(posts) == 7
    assert not any("Member area" in post for post in posts)


def test_a_wrong_password_is_sent_once(workplace: Workplace) -> None:
    """The source says what to do, is asked nothing, and heals by itself with the right password."""
    with MemberSite() as site:
        prepare(workplace, member_source(site), password="wrong-canary-4711")
        for _ in range(4):
            said = workplace.run("poll", expect=1)
        assert site.wrong == 1
        assert site.paths() == ["/login", "/session"]
        source = workplace.sources()["paper"]
        assert source["status"] == "gated"
        assert "the user or the password is wrong" in source["error"]
        assert "`aggregator login` tries at once" in source["error"]
        assert "canary" not in said.stdout + said.stderr
        assert traces(workplace, ["wrong-canary-4711"]) == []
        said = workplace.run("login", "paper", expect=1)
        assert site.wrong == 2
        assert "found a form with the fields mail, pw and 4 of its own" in said.stdout
        write_password(workplace)
        assert "2 new" in workplace.run("poll").stdout
        assert (site.logins, site.wrong) == (1, 2)


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
        workplace.run("poll")
        assert site.logins == 2


def test_nothing_of_it_can_be_read(workplace: Workplace) -> None:
    """Neither passwords nor cookies are in the database, archive, output, log, or in what any command says."""
    with MemberSite() as site:
        site.renew_after = 2
        prepare(workplace, member_source(site, archive="warc"))
        said = [workplace.run("-v", "poll"), workplace.run("preview", "paper")]
        site.end_sessions()
        said += [workplace.run("-v", "poll", expect=1), workplace.run("login", "paper")]
        site.pages["/list.html"] = lambda request: b"<p>" + request.headers.get("cookie", "").encode()
        said += [workplace.run("-v", "poll", expect=1), workplace.run("poll", "paper", expect=1)]
        article = rows(workplace, "SELECT id FROM articles")[0][0]
        for command in (
            ["sources", "--json"],
            ["show", str(article)],
            ["provenance", str(article)],
            ["changes"],
            ["check", "--chain"],
        ):
            said.append(workplace.run(*command))
        hidden = site.secrets()
    assert len(hidden) > 4
    assert traces(workplace, hidden, *(one.stdout + one.stderr for one in said)) == []
    archived = [gzip.decompress(path.read_bytes()) for path in Path(workplace.folder).rglob("*.warc.gz")]
    assert archived
    assert any(b"For members, number 1 (***)" in body for body in archived)
    assert not any(one.encode() in body for one in hidden for body in archived)
    assert not any(b"POST" in body for body in archived)


def test_a_lost_key(workplace: Workplace) -> None:
    """What was kept cannot be read with another key: that is said, and the session begins anew."""
    with MemberSite() as site:
        prepare(workplace, member_source(site))
        workplace.run("poll")
        (workplace.folder / "var" / "test.db.key").unlink()
        let_time_pass(workplace)
        said = workplace.run("poll")
        assert "encrypted with another key" in said.stderr
        assert site.logins == 2
        assert "another key" not in workplace.run("poll").stderr


def test_sessions_are_apart_unless_they_are_named(workplace: Workplace) -> None:
    """Two sources of one site have a session each, or share one by its name."""
    with MemberSite() as site:
        prepare(workplace, member_source(site), member_source(site, "other", category="Other"))
        workplace.run("poll")
        assert site.logins == 2
        shared = 'name = "members"'
        tables = [member_source(site, name, shared, category=name) for name in ("paper", "other")]
        prepare(workplace, *tables)
        workplace.run("poll")
        assert site.logins == 3
        assert "whose [source.session] or cookies differ" in _refused(
            workplace, tables[0], member_source(site, "other", shared, cookies={"a": "b"})
        )


def _refused(workplace: Workplace, *tables: str) -> str:
    workplace.configure("".join(tables).replace('cookies = {"a": "b"}', 'cookies = { a = "b" }'))
    return workplace.run("check", expect=2).stderr


def test_killed_between_login_and_commit(workplace: Workplace) -> None:
    """The next visit logs in again; after three logins without an end nobody does."""
    with MemberSite() as site:
        prepare(workplace, member_source(site))
        shown = site.pages["/list.html"]
        for times in range(1, 4):
            asked = len(site.requests)

            polls: list[Any] = []

            def kill(request: Received, polls: list[Any] = polls) -> bytes:
                polls[0].kill()
                return b""

            site.pages["/list.html"] = kill
            polls.append(workplace.start("poll"))
            polls[0].communicate()
            assert site.paths()[asked:] == ["/login", "/session", "/home", "/list.html"]
            assert site.logins == times
            assert rows(workplace, "SELECT tries FROM sessions") == [(times,)]
            let_time_pass(workplace)
        site.pages["/list.html"] = shown
        said = workplace.run("poll", expect=1)
        assert "of 3 logins in a row, none was seen to let us in" in said.stdout + said.stderr
        assert site.logins == 3
        workplace.run("login", "paper")
        assert "2 new" in workplace.run("poll").stdout


def test_cookies_of_a_browser(workplace: Workplace) -> None:
    """Without a recipe, a session begins with cookies from outside, renews, and says when it has ended."""
    with MemberSite() as site:
        site.renew_after = 2
        (workplace.folder / "cookie.txt").write_text(site.begin())
        table = member_source(site, login="").replace(
            "[source.list]", 'cookies = { sid = { file = "cookie.txt" } }\n[source.list]'
        )
        workplace.configure(table)
        assert "2 new" in workplace.run("poll").stdout
        site.numbers.append(3)
        assert "1 new" in workplace.run("poll").stdout
        site.end_sessions()
        said = workplace.run("poll", expect=1)
        assert "the session has ended: led to the login; log in with a browser" in said.stdout + said.stderr
        workplace.run("poll", expect=1)
        (workplace.folder / "cookie.txt").write_text(site.begin())
        workplace.run("poll")


def test_a_token_of_json(workplace: Workplace) -> None:
    """User and password are sent as JSON, and a token of the answer lets programs in."""
    with MemberSite() as site:
        write_password(workplace)
        workplace.configure(f"""
[[source]]
name = "paper"
kind = "api"
url = "{site.url}/api/list"
[source.list]
entry = "items"
id = "id"
title = "title"
link = "url"
body = "body"
[source.session.login]
url = "{site.url}/api/login"
format = "json"
user = "{USER}"
password = {{ file = "password.txt" }}
token = "data.token"
""")
        workplace.run("poll")
        site.numbers.append(3)
        workplace.run("poll")
        assert site.logins == 1
        site.end_sessions()
        let_time_pass(workplace)
        site.numbers.append(4)
        assert "1 new" in workplace.run("poll").stdout
        assert traces(workplace, site.secrets()) == []
        site.end_sessions()
        let_time_pass(workplace)
        write_password(workplace, "wrong")
        assert "answered 401" in workplace.run("poll", expect=1).stderr
    assert len(workplace.posts()) == 4
