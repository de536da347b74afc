"""Secrets: where they are read from, and that they are told to nobody else."""

from __future__ import annotations

import base64
import logging
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError
from aggregator.model import Request
from aggregator.settings.access import Access, Auth, Secret
from tests.support.fetching import raw_server, refusal, run, visit
from tests.support.loopback import Answer, Received, Site
from tests.support.workplace import Workplace

OURS = ("127.0.0.1",)
CANARY = "Canary+7/Sings=Loud"
BASIC = base64.b64encode(f"me:{CANARY}".encode()).decode()


def token(secret: Secret | str) -> Access:
    """What sends a bearer token."""
    return Access(hosts=OURS, auth=Auth(token=secret))


def test_a_secret_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name; where it is missing, the error says which and for what."""
    with Site({"/": b"x"}) as site:
        monkeypatch.setenv("READER_TOKEN", "abc")
        visit(site.url, token(Secret(env="READER_TOKEN")))
        monkeypatch.delenv("READER_TOKEN")
        error = refusal(site.url, token(Secret(env="READER_TOKEN")))
        assert error.reason == "[source.auth] token: the environment variable READER_TOKEN is not set"
        monkeypatch.setenv("READER_TOKEN", "")
        assert refusal(site.url, token(Secret(env="READER_TOKEN"))).reason.endswith("READER_TOKEN is empty")
    assert [request.headers["authorization"] for request in site.requests] == ["Bearer abc"]


def test_a_file_is_read_at_each_request(tmp_path: Path) -> None:
    """A rotated secret counts at the next one; the last line break is no part of it."""
    file = tmp_path / "token"
    with Site({"/": b"x"}) as site:

        async def rotate(fetcher: object) -> None:
            for content in ("one", "two\n", "three\r\n"):
                file.write_bytes(content.encode())
                await fetcher.fetch(Request(site.url), token(Secret(file=str(file))))  # type: ignore[attr-defined]

        run(rotate)
    assert [request.headers["authorization"] for request in site.requests] == [
        "Bearer one",
        "Bearer two",
        "Bearer three",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"a\nb", "holds a line break or another control character"),
        (b"\xff", "is not UTF-8"),
        (b"a" * 65537, "is larger than 64 KB"),
    ],
)
def test_a_file_that_holds_no_secret_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    """With the key that needs it, never with what it holds."""
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    error = refusal("http://127.0.0.1:1/", token(Secret(file=str(file))))
    assert error.reason.startswith("[source.auth] token: ")
    assert error.reason.endswith(said)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A secret's file is a file."""
    os.mkfifo(tmp_path / "token")
    assert refusal("http://127.0.0.1:1/", token(Secret(file=str(tmp_path / "token")))).reason.endswith(
        "is not a file"
    )


def test_a_systemd_credential_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From $CREDENTIALS_DIRECTORY; without one, the error says so."""
    (tmp_path / "paper").write_text("abc\n")
    with Site({"/": b"x"}) as site:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        visit(site.url, token(Secret(credential="paper")))
        assert site.requests[0].headers["authorization"] == "Bearer abc"
        assert (
            "the credential ink cannot be read" in refusal(site.url, token(Secret(credential="ink"))).reason
        )
        assert refusal(site.url, token(Secret(credential=".."))).reason.endswith("is not a file")
        monkeypatch.delenv("CREDENTIALS_DIRECTORY")
        assert (
            "CREDENTIALS_DIRECTORY is not set" in refusal(site.url, token(Secret(credential="paper"))).reason
        )


def test_every_place_may_be_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers, cookies, user, password and proxy; each is named where it is missing."""
    nothing = Secret(env="NOT_SET_ANYWHERE")
    for changes, key in (
        ({"headers": {"X-Key": nothing}}, "[source.headers] X-Key"),
        ({"cookies": {"sid": nothing}}, "[source.cookies] sid"),
        ({"auth": Auth(user=nothing, password="x")}, "[source.auth] user"),
        ({"auth": Auth(user="x", password=nothing)}, "[source.auth] password"),
        ({"proxy": nothing}, "[source] proxy"),
    ):
        error = refusal("http://127.0.0.1:1/", Access(hosts=OURS, **changes))  # type: ignore[arg-type]
        assert error.reason == f"{key}: the environment variable NOT_SET_ANYWHERE is not set"
    monkeypatch.setenv("PROXY", f"ftp://{CANARY}")
    error = refusal("http://127.0.0.1:1/", Access(hosts=OURS, proxy=Secret(env="PROXY")))
    assert error.reason.startswith("[source] proxy: a proxy looks like")


def test_a_secret_that_is_not_needed_is_not_missed() -> None:
    """Another host's page is fetched though the password is gone."""
    with Site({"/": b"x"}, host="0.0.0.0") as site:
        visit(site.url.replace("127.0.0.1", "127.0.0.2"), token(Secret(env="NOT_SET_ANYWHERE")))


@pytest.mark.parametrize(
    "access",
    [
        token(CANARY),
        Access(hosts=OURS, auth=Auth(user="me", password=CANARY)),
        Access(hosts=OURS, headers={"X-Key": CANARY}),
        Access(hosts=OURS, cookies={"sid": CANARY}),
    ],
    ids=["token", "password", "header", "cookie"],
)
def test_what_a_server_repeats_is_not_passed_on(
    access: Access, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in errors, addresses, headers or logs, plain or quoted, from bodies, Locations or status lines."""

    def said(request: Received) -> str:
        return (
            request.headers.get("x-key") or request.headers.get("cookie") or request.headers["authorization"]
        ).partition(" ")[2] or CANARY

    def redirect(request: Received) -> Answer:
        return Answer(
            status=302, headers={"Location": f"/in?key={quote(said(request))}&again={said(request)}"}
        )

    with Site(
        {"/": redirect, "/in": lambda request: Answer(b"x", {"ETag": f'"{said(request)}"', "X-Other": "1"})}
    ) as site:
        with caplog.at_level(logging.DEBUG):
            fetched = visit(f"{site.url}/", access)
            assert fetched.headers["x-other"] == "1"
            shown = [fetched.address, *fetched.headers.values()]
            for location in (
                f"http://{CANARY}.invalid/",
                f"ftp://x/{CANARY}",
                f"http://x:{CANARY}/",
                f"/gone?{CANARY}",
            ):
                site.pages["/out"] = Answer(status=302, headers={"Location": location})
                shown.append(str(refusal(f"{site.url}/out", access)))
            site.pages["/page"] = lambda request: Answer(str(request.headers).encode(), status=403)
            site.pages["/packed"] = lambda request: Answer(b"x", {"Content-Encoding": f"br, {said(request)}"})
            shown += [str(refusal(f"{site.url}{path}", access)) for path in ("/page", "/packed")]
            with raw_server(f"HTTP/1.1 2x0 {CANARY}\r\nX: {CANARY}\r\n\r\n".encode()) as (at, _):
                shown.append(str(refusal(f"http://{at}/", access)))
            with raw_server(f"{CANARY}\r\n\r\n".encode()) as (at, _):
                shown.append(str(refusal(f"http://{at}/", access)))
        shown += [caplog.text, *capfd.readouterr(), repr(access)]
    for text in shown:
        for form in (CANARY, quote(CANARY), quote(CANARY, safe=""), BASIC):
            assert form.lower() not in text.lower(), text


@pytest.mark.parametrize("form", ["{0}", "{1}", "{2}"], ids=["plain", "quoted", "quoted twice"])
@pytest.mark.parametrize(
    "access",
    [
        token("correcthorse"),
        Access(hosts=OURS, auth=Auth(user="me", password="correcthorse")),
        Access(hosts=OURS, headers={"X-Key": Secret(env="SECRET_KEY")}),
        Access(hosts=OURS, cookies={"sid": Secret(env="SECRET_KEY")}),
    ],
    ids=["token", "password", "header", "cookie"],
)
def test_a_redirect_carries_no_secret_to_another_host(
    access: Access, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the path nor in the query, nor in the name of the host; at home it may."""
    monkeypatch.setenv("SECRET_KEY", "/s ec+ret")
    with Site({"/at/home": b"x"}, host="0.0.0.0") as site:
        abroad = site.url.replace("127.0.0.1", "127.0.0.2")

        def out(request: Received) -> Answer:
            told = "correcthorse" if access.auth else "/s ec+ret"
            said = form.format(told, quoted := quote(told, safe=""), quote(quoted))
            to = {"/1": f"{abroad}/x?k={said}", "/2": f"{abroad}/{said}", "/3": f"/at/home?{said}"}
            return Answer(status=302, headers={"Location": to[request.path]})

        site.pages |= {"/1": out, "/2": out, "/3": out}
        for path in ("/1", "/2"):
            error = refusal(f"{site.url}{path}", access)
            assert error.reason == "refused: redirected to another host with a secret in the address"
        visit(f"{site.url}/3", access)
    assert [request.path.partition("?")[0] for request in site.requests] == ["/1", "/2", "/3", "/at/home"]


def test_the_configurations_faults_repeat_no_value(tmp_path: Path) -> None:
    """Whatever is wrong about a secret, its value is not shown; and nothing of it is unforeseen."""
    start = '[site]\nurl = "https://example.org"\n[[source]]\nname = "x"\nkind = "feed"\n'
    feed = 'url = "http://x.org/"\n'
    for text in (
        feed + 'headers = "canary"',
        feed + 'headers = { X = ["canary"] }',
        feed + 'headers = { X = { enve = "canary" } }',
        feed + 'headers = { X = { env = "A", file = "canary" } }',
        feed + 'headers = { Host = "canary" }',
        feed + 'headers = { X = "can\\nary canary" }',
        feed + 'cookies = ["canary"]',
        feed + 'cookies = { a = "canary; b" }',
        feed + 'proxy = "canary:80"',
        feed + 'auth = "canary"',
        feed + 'auth = { user = "me", password = ["canary"] }',
        feed + 'auth = { user = "me", password = "canary", token = "canary" }',
        feed + 'auth = { token = { credential = "can/ary canary" } }',
        feed + 'auth = { user = "me", passwort = "canary" }',
        feed + 'proxy = "http://me:canary@x.org"\nbrowser = {}',
        'url = "http://me:canary@x.org/"',
    ):
        path = tmp_path / "aggregator.toml"
        path.write_text(start + text)
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert len(caught.value.problems) == 1, text
        assert "canary" not in str(caught.value)


@pytest.mark.parametrize("stage", ["list", "article"])
def test_the_program_tells_no_secret(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """The real program at its most talkative: not on its terminal, in its tables, its database or its pages."""
    monkeypatch.setenv("PAPER_TOKEN", CANARY)
    (workplace.folder / "key").write_text(CANARY + "\n")
    told: list[bool] = []

    def tells(request: Received) -> bool:
        told.append(
            CANARY in request.headers.get("authorization", "") and request.headers.get("x-key") == CANARY
        )
        return told[-1]

    def out(request: Received) -> Answer:
        tells(request)
        return Answer(status=302, headers={"Location": f"/gone?{CANARY}&{quote(CANARY)}"})

    def repeats(request: Received) -> Answer:
        tells(request)
        text = f"<p>Your key is {CANARY}, in an address {quote(CANARY, safe='')}.</p>" + "<p>Words.</p>" * 40
        return Answer(f"<html><body><title>u {CANARY}</title>{text}</body></html>".encode())

    def gone(request: Received) -> Answer:
        return Answer(f"<p>{request.headers}</p>{CANARY}".encode(), {"X-Said": CANARY}, status=403)

    with Site({"/gone": gone, "/out": out}) as site:
        item = (
            f"<item><title>t</title><link>{site.url}/out</link><guid>1</guid></item>"
            f"<item><title>u</title><link>{site.url}/in</link><guid>2</guid></item>"
        )
        site.pages["/in"] = repeats
        feed = f"<rss version='2.0'><channel><title>f</title>{item}</channel></rss>"
        site.pages["/"] = (
            out if stage == "list" else Answer(feed.encode(), {"Content-Type": "application/rss+xml"})
        )
        workplace.configure(
            f'[[source]]\nname = "paper"\nkind = "feed"\nurl = "{site.url}/"\n'
            'headers = { X-Key = { file = "key" } }\nauth = { token = { env = "PAPER_TOKEN" } }\n'
            '[source.article]\nbody = "p"\n'
        )
        shown = []
        for arguments in (
            ["-v", "poll"],
            ["-v", "poll", "--json"],
            ["sources"],
            ["sources", "--json"],
            ["preview", "paper"],
            ["check"],
        ):
            done = workplace.run(*arguments, expect=None)
            shown.append(done.stdout + done.stderr)
        shown += [
            text.decode("utf-8", "replace") for text in workplace.files("public", "_posts", "var").values()
        ]
    assert any(told)
    assert any("Your key is" in text for text in shown) == (stage == "article")
    assert all(CANARY not in text and quote(CANARY) not in text for text in shown)
    for path in workplace.folder.rglob("*"):
        if path.is_file() and path.name != "key":
            assert CANARY.encode() not in path.read_bytes(), path
