"""Sessions of sites, as servers may have them: cookies of every kind, forms that lead elsewhere, logins in circles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote

import httpx
import pytest

from aggregator.errors import FetchError
from aggregator.fetch import Fetcher, Services, SessionRecords
from aggregator.fetch.sessions.form import FormError, read_form
from aggregator.fetch.sessions.jar import MAX_COOKIES, Jar
from aggregator.fetch.sessions.live import LiveSession, Place
from aggregator.fetch.sessions.sealing import Sealer
from aggregator.model import Fetched, NotModified, Request
from aggregator.settings.access import Access, Login, Secret, SiteSession
from aggregator.store import Store
from tests.support.database import NOW
from tests.support.fetching import LOOPBACK, limited, run
from tests.support.loopback import Answer, Received, Site
from tests.support.membersite import PASSWORD, USER, MemberSite

OURS = ("127.0.0.1",)


@pytest.fixture
def secret(tmp_path: Path) -> Secret:
    """The password, in a file."""
    path = tmp_path / "password.txt"
    path.write_text(PASSWORD)
    return Secret(file=str(path))


def access(site: Site, secret: Secret, login: dict[str, object] | None = None, **session: object) -> Access:
    """A session of that site with a login."""
    recipe = Login(**({"url": f"{site.url}/login", "user": USER, "password": secret} | (login or {})))  # type: ignore[arg-type]
    return Access(hosts=OURS, session=SiteSession(name="s", login=recipe, **session))  # type: ignore[arg-type]


def ask(address: str, said: Access, times: int = 1) -> list[Fetched | NotModified | FetchError]:
    """Ask an address several times with one fetcher; errors are answers, too."""

    async def work(fetcher: object) -> list[Fetched | NotModified | FetchError]:
        answers: list[Fetched | NotModified | FetchError] = []
        for _ in range(times):
            try:
                answers.append(await fetcher.fetch(Request(address), said))  # type: ignore[attr-defined]
            except FetchError as exc:
                answers.append(exc)
        return answers

    return run(work)


def refusal(address: str, said: Access) -> str:
    """Why an address cannot be asked, twice the same."""
    first, second = ask(address, said, 2)
    assert isinstance(first, FetchError)
    assert isinstance(second, FetchError)
    return str(first)


def jar(*cookies: str, url: str = "https://www.example.org/a/b") -> Jar:
    """A jar that took these Set-Cookie of one answer."""
    taken = Jar()
    headers = httpx.Headers([("set-cookie", one.encode("latin-1")) for one in cookies], encoding="latin-1")
    taken.take(httpx.Response(200, headers=headers, request=httpx.Request("GET", url)))
    return taken


def sent(taken: Jar, url: str) -> str:
    """The cookies that an address gets."""
    return "; ".join(map("=".join, taken.pairs(httpx.URL(url))))


@pytest.mark.parametrize(
    ("cookie", "url", "gets"),
    [
        ("a=1", "https://www.example.org/a/c", "a=1"),
        ("a=1", "https://www.example.org/", ""),  # the path is that of the request (RFC 6265, 5.1.4)
        ("a=1; Path=/", "https://www.example.org/", "a=1"),
        ("a=1; Path=/a", "https://www.example.org/ab", ""),
        ("a=1; Path=/", "https://sub.www.example.org/", ""),  # of that host alone
        ("a=1; Path=/; Domain=example.org", "https://news.example.org/", "a=1"),
        ("a=1; Path=/; Domain=.EXAMPLE.org", "https://example.org/", "a=1"),
        ("a=1; Path=/; Domain=other.org", "https://other.org/", ""),
        ("a=1; Path=/; Domain=www.example.org.evil.org", "https://www.example.org/", ""),
        ("a=1; Path=/; Domain=org", "https://www.example.org/", ""),
        ("a=1; Path=/; Secure", "https://www.example.org/", "a=1"),
        ("a=1; Path=/; Secure", "http://www.example.org/", ""),
        ("a=1; Path=/; Max-Age=0", "https://www.example.org/", ""),
        ("a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://www.example.org/", ""),
        ("a=1; Path=/; Expires=nonsense", "https://www.example.org/", "a=1"),
        ("__Host-a=1; Path=/; Secure", "https://www.example.org/", "__Host-a=1"),
        ("__Host-a=1; Path=/; Secure; Domain=example.org", "https://www.example.org/", ""),
        ("__Secure-a=1; Path=/", "https://www.example.org/", ""),
        ('a="x y"; Path=/; HttpOnly; SameSite=Strict', "https://www.example.org/", 'a="x y"'),
        ("a=1\r\nX: y; Path=/", "https://www.example.org/", ""),
        ("a=1\x00; Path=/", "https://www.example.org/", ""),
        ("a=" + "x" * 5000 + "; Path=/", "https://www.example.org/", ""),
        ("=1; Path=/", "https://www.example.org/", ""),
        ("a=\xff; Path=/", "https://www.example.org/", "a=\xff"),
        ("a=1; Path=/" + "x" * 3000, "https://www.example.org/", ""),
    ],
)
def test_scope_of_cookies(cookie: str, url: str, gets: str) -> None:
    """Who gets a cookie that https://www.example.org/a/b has set."""
    assert sent(jar(cookie), url) == gets
    kept = Jar()
    kept.load(jar(cookie).dump())
    assert sent(kept, url) == gets


@pytest.mark.parametrize("host", ["shop.co.uk", "me.github.io", "127.0.0.1", "localhost", "[::1]"])
def test_no_cookie_is_a_whole_suffix_s(host: str) -> None:
    """Neither a public suffix nor a part of a number is a domain that a host may set cookies for."""
    parent = host.partition(".")[2] or "local"
    assert not jar(f"a=1; Path=/; Domain={parent}", url=f"https://{host}/")
    assert sent(jar("a=1; Path=/", url=f"https://{host}/"), f"https://{host}/x") == "a=1"


def test_ages_without_end() -> None:
    """A cookie that lasts longer than numbers go costs none of those beside it, and no warning with a traceback."""
    taken = jar(f"a=1; Max-Age={'9' * 400}", "b=2", f"c=3; Max-Age=-{'9' * 400}")
    assert sent(taken, "https://www.example.org/a/b") == "a=1; b=2"


def test_countless_cookies() -> None:
    """So many are kept, and those that are known renewed."""
    taken = jar(*(f"c{n}={n}; Path=/" for n in range(3000)))
    assert len(taken.held()) == MAX_COOKIES
    renewed = httpx.Response(200, headers=[("set-cookie", "c1=new; Path=/"), ("set-cookie", "more=1")], request=httpx.Request("GET", "https://www.example.org/"))  # fmt: skip
    taken.take(renewed)
    assert len(taken.held()) == MAX_COOKIES
    assert "c1=new" in sent(taken, "https://www.example.org/")


def test_nothing_in_clear_overwrites_what_is_secure() -> None:
    """RFC 6265bis, 5.7: an answer by http neither sets nor replaces a Secure cookie."""
    taken = jar("a=1; Path=/; Secure")
    request = httpx.Request("GET", "http://www.example.org/")
    taken.take(httpx.Response(200, headers=[("set-cookie", "a=evil; Path=/")], request=request))
    assert sent(taken, "https://www.example.org/") == "a=1"


def test_what_looks_like_a_secret() -> None:
    """What a site may also say on its pages is none: a language, an address, an article's slug, a date."""
    plain = [
        "zh-CN",
        "%2Fnews%2F2026%2Farticle-1234.html",
        "the-ferry-of-2026-sails",
        "2026-11-30T10:20:00",
        "1764500000",
    ]
    for value in plain:
        assert list(jar(f"a={value}").secrets()) == []
    for value in (
        "d41d8cd98f00b204e9800998ecf8427e",
        "s%3Aq1w2e3r4t5y6u7i8o9p0.x",
        "0b1c2d3e-aaaa-bbbb-cccc-0123456789ab",
    ):
        assert value in jar(f"a={value}").secrets()


def form_of(markup: str, **recipe: str) -> object:
    """The form of a login page, read by a recipe."""
    login = Login(url="https://x.example/in", user="u", password=Secret(env="P"), **recipe)  # type: ignore[arg-type]
    return read_form(markup.encode(), "text/html", "https://x.example/in", login)


def test_forms() -> None:
    """The form that asks for a password once is found, and sent as a browser would send it."""
    page = """<base href="/members/"><form method=post action=join><input name=mail><input type=password name=a><input type=password name=b></form>
<form METHOD=Post action="in?x=1"><input type=hidden name=t value="&quot;1"><input type=submit name=find value=Find><input name=who><input name=off disabled><input TYPE=PASSWORD name=word>
<input type=submit name=go value=Go><button name=other>x</button><input type=radio name=r value=1><input type=radio name=r value=2 checked>
<textarea name=n>
text</textarea><input type=file name=f></form>"""
    form = form_of(page)
    assert form.action == "https://x.example/members/in?x=1"  # type: ignore[attr-defined]
    body = parse_qs(form.filled("me", "p&w", {"more": "m"}), keep_blank_values=True)  # type: ignore[attr-defined]
    body["n"] = [body["n"][0].strip()]
    assert body == {
        "t": ['"1'],
        "who": ["me"],
        "word": ["p&w"],
        "go": ["Go"],
        "r": ["2"],
        "n": ["text"],
        "more": ["m"],
    }
    assert (
        form_of(page, form="form", password_field="a", user_field="mail").action
        == "https://x.example/members/join"
    )  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("<p>Come by app", "no form that asks for a password"),
        ("<form><input name=u><input type=password name=p></form>", "send the password in an address"),
        (
            "<form method=post action='javascript:x()'><input name=u><input type=password name=p></form>",
            "leads nowhere",
        ),
        ("<form method=post><input type=password name=p></form>", "does not ask who one is"),
    ],
)
def test_forms_that_are_none(page: str, why: str) -> None:
    """What is wrong with them is said."""
    with pytest.raises(FormError, match=why):
        form_of(page)


def test_a_form_in_the_charset_of_its_page() -> None:
    """Sites in GBK read what is sent in GBK."""
    page = "<meta charset=gbk><form method=post><input name=用户><input type=password name=p></form>".encode(
        "gbk"
    )
    login = Login(url="https://x.example/in", user="u", password=Secret(env="P"))
    body = read_form(page, "text/html", "https://x.example/in", login).filled("张三", "x", {})
    assert body.startswith("%D3%C3%BB%A7=%D5%C5%C8%FD")


def test_one_login_for_all_that_is_asked_at_once(secret: Secret) -> None:
    """Twelve fetches side by side log in once; when the session ends among them, they do so once more."""
    with MemberSite() as site:

        async def work(fetcher: object) -> list[object]:
            said = access(site, secret)
            asked = (fetcher.fetch(Request(f"{site.url}/art/{n}.html"), said) for n in range(12))  # type: ignore[attr-defined]
            return await asyncio.gather(*asked)

        answers = run(work, limited(per_host=6))
        assert (site.logins, site.wrong) == (1, 0)
    assert all(isinstance(one, Fetched) and b"For members" in one.body for one in answers)


ELSEWHERE = "<form method=post action='{action}'><input name=u><input type=password name=p></form>"


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ("http://127.0.0.2:1/", "would send the password to another host"),
        ("//evil.example/", "would send the password to another host"),
        ("ftp://127.0.0.1/", "leads nowhere"),
    ],
)
def test_a_form_that_leads_elsewhere(secret: Secret, action: str, why: str) -> None:
    """The password is not sent."""
    with Site({"/login": ELSEWHERE.format(action=action).encode()}) as site:
        assert why in refusal(f"{site.url}/", access(site, secret))
        assert set(site.paths()) == {"/login"}


def test_a_redirect_that_would_carry_the_password_elsewhere(secret: Secret) -> None:
    """A 307 repeats what was posted; another host does not get it."""
    with Site({"/login": ELSEWHERE.format(action="/in").encode()}, host="0.0.0.0") as site:
        there = site.url.replace("127.0.0.1", "127.0.0.2")
        site.pages["/in"] = Answer(status=307, headers={"Location": f"{there}/steal"})
        assert "redirected to another host with the password" in refusal(f"{site.url}/", access(site, secret))
        site.pages["/in"] = lambda request: Answer(
            status=302,
            headers={"Location": f"{there}/steal?p={quote(parse_qs(request.body.decode())['p'][0])}"},
        )
        assert "with a secret in the address" in refusal(f"{site.url}/", access(site, secret))
        assert "/steal" not in "".join(site.paths())


def test_no_password_in_clear(secret: Secret) -> None:
    """By http it goes to the networks of allow_private alone."""
    with Site() as site:
        said = access(site, secret, {"url": "http://93.184.215.14/login"})
        said = said.model_copy(update={"hosts": ("93.184.215.14",)})
        assert "a password is sent only by https" in refusal("http://93.184.215.14/", said)


def test_a_login_that_fails_is_posted_once(secret: Secret) -> None:
    """Even where the site sets a cookie with each of its short login pages, or says no with one."""
    no: list[Callable[[Received], Answer]] = [
        lambda request: Answer(ELSEWHERE.format(action="/in").encode(), cookies=("v=2",)),
        lambda request: Answer(
            b"<html><title>Login</title>" + ELSEWHERE.format(action="/in").encode(), cookies=("v=3",)
        ),
        lambda request: Answer(b"no", status=403, cookies=("v=4",)),
        lambda request: Answer(b"no", status=412, cookies=("v=5",)),
        lambda request: Answer(b"welcome"),
        lambda request: Answer(status=302, headers={"Location": "/login"}),
    ]
    for one in no:
        with Site({"/login": ELSEWHERE.format(action="/in").encode(), "/in": one}) as site:
            assert "not tried again" in refusal(f"{site.url}/", access(site, secret))
            assert site.paths().count("/in") == 1
    for passing in (500, 429):
        with Site(
            {"/login": ELSEWHERE.format(action="/in").encode(), "/in": Answer(b"", status=passing)}
        ) as site:
            first, second = ask(f"{site.url}/", access(site, secret), 2)
            assert f"the login was answered {passing}" in str(first)
            assert "less than 5 minutes old" in str(second)
            assert site.paths().count("/in") == 1


def welcoming(*more: str) -> Site:
    """A site that takes any login, and still shows everybody the login."""
    shown = ELSEWHERE.format(action="/in").encode()
    pages: dict[str, Answer | bytes] = {
        "/login": shown,
        "/in": Answer(b"<p>welcome", cookies=("sid=1; Path=/",)),
        "/list": Answer(status=302, headers={"Location": "/login?next=list"}),
        "/circle": Answer(status=302, headers={"Location": "/login/on"}),
        "/login/on": Answer(status=302, headers={"Location": "/login/on"}),
        "/denied": Answer(b"{}", status=401),
        "/cut": b"<html><p>Subscribe to read on",
        "/json": b'{"member": false}',
    }
    return Site(pages)


@pytest.mark.parametrize("path", ["/list", "/circle", "/denied", "/cut", "/json"])
def test_a_login_that_changes_nothing(secret: Secret, path: str) -> None:
    """Whatever shows the end of a session, there is one login, and then an error."""
    with welcoming() as site:
        said = access(site, secret, signed_in="/logout", signed_out='"member": false')
        first, second = ask(f"{site.url}{path}", said, 2)
        assert isinstance(first, FetchError)
        assert isinstance(second, FetchError)
        assert first.fault == "gated" or "less than 5 minutes" in str(first)
        assert site.paths().count("/in") == 1


def test_other_hosts_say_nothing_of_a_session(secret: Secret) -> None:
    """A page elsewhere that lacks the mark, or wants a login of its own, ends nothing, and gets no cookie."""
    with MemberSite(host="0.0.0.0") as site:
        there = site.url.replace("127.0.0.1", "127.0.0.2")
        many = tuple(f"c{number}=evil; Path=/" for number in range(60))
        site.pages["/other"] = Answer(b"<html><p>A partner's page", cookies=("sid=evil; Path=/", *many))
        site.pages["/more"] = Answer(b"<html>/logout", cookies=("more=1; Path=/",))
        said = access(site, secret, signed_in="/logout")

        async def work(fetcher: object) -> None:
            for one in (
                f"{site.url}/list.html",
                f"{there}/other",
                f"{site.url}/more",
                f"{site.url}/list.html",
            ):
                await fetcher.fetch(Request(one), said)  # type: ignore[attr-defined]

        run(work)
        assert site.logins == 1
        other, _, last = site.requests[-3:]
        assert "sid" not in other.headers.get("cookie", "")
        assert "evil" not in last.headers["cookie"]
        assert "more=1" in last.headers["cookie"]  # those of other hosts leave room


def test_a_session_opens_for_its_own_site_alone() -> None:
    """Whoever moves it to another source's row has nothing of it."""
    sealer, session = Sealer(b"key"), LiveSession(Place("paper", "example.org"))
    session.token = "a token"
    kept = session.change(sealer)
    opened = {site: LiveSession(Place("paper", site)) for site in ("example.org", "example.com")}
    assert [one.update(kept, sealer) for one in opened.values()] == [True, False]
    assert [one.token for one in opened.values()] == ["a token", ""]


def test_a_secret_that_is_missing(secret: Secret) -> None:
    """It is named by its key and its place; nothing is asked."""
    with MemberSite() as site:
        said = access(site, Secret(file="/no/such/file"))
        assert "[source.session.login] password: the file /no/such/file cannot be read" in refusal(
            f"{site.url}/list.html", said
        )
        assert site.requests == []


def test_one_process_logs_in_for_all(store: Store, secret: Secret) -> None:
    """Others that come meanwhile wait for its session, and take over the next one where theirs has ended."""
    now = [NOW]
    key = b"k" * 32
    records = SessionRecords(
        lambda now: key, store.session, store.note_login, store.save_session, lambda: now[0]
    )

    async def visit(site: MemberSite) -> None:
        async with AsyncExitStack() as open_ones:
            fetchers = [
                await open_ones.enter_async_context(
                    Fetcher(LOOPBACK, user_agent="tests", services=Services(records=records))
                )
                for _ in range(3)
            ]
            for logins in (1, 2):
                asked = (one.fetch(Request(f"{site.url}/home"), access(site, secret)) for one in fetchers)
                assert all(isinstance(answer, Fetched) for answer in await asyncio.gather(*asked))
                assert (site.logins, site.wrong) == (logins, 0)
                site.end_sessions()
                now[0] += timedelta(hours=1)

    with MemberSite() as site:
        asyncio.run(visit(site))
