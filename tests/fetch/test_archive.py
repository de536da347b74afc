"""The archive of raw answers: what is in it, what never is, how it is rolled, and what a crash leaves."""

from __future__ import annotations

import hashlib
import json
import os
import resource
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from aggregator.errors import ArchiveError
from aggregator.fetch.archive import Archive, Exchange
from tests.support.loopback import Answer
from tests.support.notices import notice, notice_site, notice_source, notices
from tests.support.running import until
from tests.support.samples import PNG
from tests.support.workplace import Workplace

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)


def an_exchange(body: bytes, *, path: str = "a", time: datetime = NOW) -> Exchange:
    """An exchange that brought this body."""
    head = (("Content-Type", "text/html"),)
    return Exchange(f"https://news.example/{path}", time, 200, head, body, request=b"GET /a HTTP/1.1\r\n\r\n")


def files_of(folder: Path) -> list[Path]:
    """The WARC files below a folder."""
    return sorted(folder.rglob("*.warc.gz"))


def records(*paths: Path) -> list[Any]:
    """Every record of WARC files, as the usual library reads it: type, address, status, headers, body."""
    found = []
    for path in paths:
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                http = record.http_headers
                found.append(
                    (
                        record.rec_type,
                        record.rec_headers.get_header("WARC-Target-URI"),
                        http.get_statuscode() if http and record.rec_type != "request" else "",
                        record.rec_headers,
                        str(http or ""),
                        record.content_stream().read(),
                    )
                )
    return found


def is_sound(path: Path) -> bool:
    """Whether the usual checker finds every digest right and each record a member of its own."""
    checker = Checker(SimpleNamespace(inputs=[str(path)], verbose=False))
    checker.process_all()
    return bool(checker.exit_value == 0)


def test_every_answer_of_a_source_is_kept(workplace: Workplace) -> None:
    """List, pages, robots.txt and files come with their requests; what comes again, or a 304, is a revisit."""
    with notice_site(1, 2) as site:
        site.pages["/n/1.html"] = notice("See <a href='/file.pdf'>the form</a>.")
        site.pages["/file.pdf"] = Answer(b"%PDF-1.7\n" + PNG, headers={"content-type": "application/pdf"})
        site.pages["/list.html"] = Answer(notices(1, 2), etag='"1"')
        workplace.configure(notice_source(site, archive="warc", mirror=["attachments"]))
        workplace.run("poll")
        workplace.run("poll")
        site.pages["/list.html"] = notices(1, 2, 3)
        site.pages["/n/3.html"] = site.pages["/n/2.html"]
        workplace.run("poll")
        (path,) = files_of(workplace.folder / "var" / "evidence" / "notices")
        assert is_sound(path)
        kept = records(path)
        answers = [
            (kind, address.removeprefix(site.url), status) for kind, address, status, *_ in kept if address
        ]
        assert answers.count(("response", "/list.html", "200")) == 2
        assert answers.count(("revisit", "/list.html", "304")) == 1
        assert Counter(answers)["response", "/robots.txt", "200"] == 1
        assert Counter(answers)["revisit", "/robots.txt", "200"] == 2
        assert ("response", "/file.pdf", "200") in answers
        assert ("response", "/n/1.html", "200") in answers
        bodies = {address: body for kind, address, _, _, _, body in kept if kind == "response"}
        assert b"The text of number 2" in bodies[f"{site.url}/n/2.html"]
        assert Counter(kind for kind, *_ in kept)["request"] == len(site.paths())
    assert kept[0][0] == "warcinfo"


def test_no_credential_is_in_it(workplace: Workplace) -> None:
    """Neither what is sent, nor what the server gives or repeats, wherever it stands."""
    secrets = {"AGGREGATOR_PASSWORD": "opensesame-42", "AGGREGATOR_COOKIE": "session-cookie-77"}
    with notice_site(1) as site:
        site.pages["/n/1.html"] = Answer(
            b"<div id='text'><p>You said opensesame-42 and session-cookie-77.</p></div>",
            headers={
                "set-cookie": "key=given-by-the-server",
                "x-said": "session-cookie-77",
                "content-type": "text/html",
            },
        )
        keys = """
[source.auth]
user = "reader"
password = { env = "AGGREGATOR_PASSWORD" }
[source.cookies]
key = { env = "AGGREGATOR_COOKIE" }
"""
        workplace.configure(notice_source(site, archive="warc") + keys)
        process = workplace.start("poll", **secrets)
        process.communicate(timeout=300)
        sent = [request.headers for request in site.requests if request.path == "/n/1.html"]
        assert sent[0]["authorization"].startswith("Basic ")
        assert "session-cookie-77" in sent[0]["cookie"]
    kept = repr(records(*files_of(workplace.folder)))
    assert "/n/1.html" in kept
    for secret in (*secrets.values(), sent[0]["authorization"].split()[1], "given-by-the-server"):
        assert secret not in kept


def test_a_cookie_that_a_server_gave_is_not_kept(workplace: Workplace) -> None:
    """Neither where it gives it, nor where it gets it back."""
    with notice_site(1) as site:
        told = site.pages["/n/1.html"]
        locked = Answer(b"come again", status=403, headers={"set-cookie": "pass=given-99; Path=/"})
        site.pages["/n/1.html"] = lambda request: told if "cookie" in request.headers else locked  # type: ignore[return-value]
        workplace.configure(notice_source(site, archive="warc"))
        workplace.run("poll")
        assert site.requests[-1].headers["cookie"] == "pass=given-99"
    kept = repr(records(*files_of(workplace.folder)))
    assert "The text of number 1" in kept
    assert "given-99" not in kept


def test_others_keep_nothing(workplace: Workplace) -> None:
    """A source without the key leaves no file, and neither does a preview of one with it."""
    with notice_site(1) as site:
        workplace.configure(notice_source(site))
        workplace.run("poll")
        workplace.configure(notice_source(site, archive="warc"))
        workplace.run("preview", "notices")
    assert not (workplace.folder / "var" / "evidence").exists()


def test_files_are_rolled_by_day_and_size(tmp_path: Path) -> None:
    """Each day and each full file begins a new one; a clock that is set back opens none again."""
    archive = Archive(tmp_path, roll_size=2000)
    for _ in range(4):
        archive.keep("one", an_exchange(os.urandom(1200), time=NOW))
    archive.keep("one", an_exchange(b"of the next day", time=NOW + timedelta(days=1)))
    archive.keep("one", an_exchange(b"by a clock that was set back", time=NOW))
    names = [path.name for path in files_of(tmp_path)]
    first = [f"one-20260305-{number:05}.warc.gz" for number in range(1, 5)]
    assert names == [*first, "one-20260306-00001.warc.gz"]
    assert [file.name for file in archive.files("one")] == names
    assert all(is_sound(path) for path in files_of(tmp_path))


def test_a_body_that_comes_again_is_referred_to(tmp_path: Path) -> None:
    """Under any address, for a week; then it is written whole again, so that no old file is needed for long."""
    archive = Archive(tmp_path)
    body = b"<p>the same</p>" * 100
    for days, path in ((0, "a"), (1, "b"), (8, "a"), (9, "a")):
        archive.keep("one", an_exchange(body, path=path, time=NOW + timedelta(days=days)))
    found = archive.find("one", digest=hashlib.sha256(body).hexdigest())
    assert [one.payload is None for one in found] == [False, True, False, True]
    for capture in found:
        held = archive.payload("one", capture)
        assert held is not None
        assert archive.read("one", held).body == body
    assert [one.address[-1] for one in archive.find("one", address="https://news.example/b")] == ["b"]
    assert archive.expired("one", NOW + timedelta(days=1)) == []  # the next day's file refers to it
    assert [file.day.day for file in archive.expired("one", NOW + timedelta(days=2))] == [5, 6]


@pytest.mark.parametrize(("what", "stays"), [("answer", False), ("request", True)])
@pytest.mark.parametrize("index", ["of before", "lost"])
def test_a_file_that_is_cut_off_is_mended(tmp_path: Path, what: str, stays: bool, index: str) -> None:
    """Of an unfinished record nothing stays, of the whole ones before it everything, indexed or not."""
    archive, folder = Archive(tmp_path), tmp_path / "one"
    for number in range(3):
        archive.keep("one", an_exchange(b"body %d" % number, path=str(number)))
    before = {path: path.read_bytes() for path in folder.iterdir()}
    (path,) = files_of(tmp_path)
    archive.keep("one", an_exchange(b"body 3", path="3"))
    (last,) = archive.find("one", address="https://news.example/3")
    end = last.start + (last.length + 30 if what == "request" else last.length - 30)
    torn = path.read_bytes()[:end]
    for file in folder.glob("index.db*"):
        file.unlink()
    if index == "of before":
        for file, body in before.items():
            file.write_bytes(body)
    path.write_bytes(torn)
    again = Archive(tmp_path)
    kept = [bool(again.find("one", address=f"https://news.example/{number}")) for number in range(4)]
    assert kept == [True, True, True, stays]
    assert path.read_bytes() == torn[: last.start + stays * last.length]
    again.keep("one", an_exchange(b"body 4", path="4"))
    assert is_sound(path)
    answers = [address[-1] for kind, address, *_ in records(path) if kind == "response"]
    assert answers == ["0", "1", "2", *(["3"] if stays else []), "4"]
    assert again.read("one", again.find("one", address="https://news.example/2")[0]).body == b"body 2"


def test_a_disk_without_room_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """What cannot be written is an error, and the next answer stands behind the last whole one."""
    archive = Archive(tmp_path)
    archive.keep("one", an_exchange(os.urandom(300_000)))
    (path,) = files_of(tmp_path)
    whole, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 1000, limits[1]))
    try:
        with pytest.raises(ArchiveError):
            archive.keep("one", an_exchange(os.urandom(5000), path="b"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == whole
    archive.keep("one", an_exchange(b"third", path="c"))
    assert is_sound(path)


def test_old_files_go_when_their_time_is_over(workplace: Workplace) -> None:
    """`prune --dry-run` names them and leaves them; `prune` takes out these, and no other."""
    archive = Archive(workplace.folder / "var" / "evidence")
    with notice_site(1) as site:
        workplace.configure(notice_source(site, archive="warc", archive_for="90d"))
        for days in (95, 92, 80):
            time = datetime.now(UTC) - timedelta(days=days)
            archive.keep("notices", an_exchange(b"of %d days ago" % days, time=time))
        workplace.run("poll")
        files = files_of(workplace.folder)
        said = workplace.run("prune", "--dry-run")
        assert "notices: 2 files of raw answers from" in said.stdout
        assert files_of(workplace.folder) == files
        assert "and 2 files of raw answers" in workplace.run("prune").stdout
        assert files_of(workplace.folder) == files[2:]
        assert archive.find("notices", address="https://news.example/a")[0].file == files[2].name
        assert len(archive.files("notices")) == 2


def test_a_damaged_index_is_made_again(tmp_path: Path) -> None:
    """One answer is refused; the next one finds everything that the files hold."""
    archive = Archive(tmp_path)
    for number in range(3):
        archive.keep("one", an_exchange(b"the same body", path=str(number)))
    index = tmp_path / "one" / "index.db"
    index.write_bytes(b"no database at all" * 1000)
    with pytest.raises(ArchiveError, match="made anew"):
        archive.keep("one", an_exchange(b"refused", path="3"))
    archive.keep("one", an_exchange(b"the same body", path="4"))
    found = archive.find("one", digest=hashlib.sha256(b"the same body").hexdigest())
    assert [(one.address[-1], one.payload is None) for one in found] == [
        ("4", False),
        ("2", False),
        ("1", False),
        ("0", True),
    ]
    assert all(map(is_sound, files_of(tmp_path)))


def test_several_writers_share_a_file(tmp_path: Path) -> None:
    """The daemon and a command beside it, each with threads, never write into each other's records."""
    archives = [Archive(tmp_path), Archive(tmp_path)]

    def keep(number: int) -> None:
        archives[number % 2].keep("one", an_exchange(os.urandom(500), path=str(number)))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(keep, range(60)))
    (path,) = files_of(tmp_path)
    assert is_sound(path)
    answers = [address.rpartition("/")[2] for kind, address, *_ in records(path) if kind == "response"]
    assert sorted(answers, key=int) == [str(number) for number in range(60)]
    for number in range(60):
        (capture,) = archives[0].find("one", address=f"https://news.example/{number}")
        assert archives[1].read("one", capture).headers["WARC-Target-URI"] == capture.address


@pytest.mark.slow
def test_kills_lose_nothing(workplace: Workplace) -> None:
    """Polls that are killed anywhere leave files that are sound in the end, with every answer that was kept."""
    numbers = range(1, 26)
    with notice_site(*numbers) as site:
        workplace.configure(notice_source(site, archive="warc"))
        for asked in (3, 9, 15, 21, 27):
            process = workplace.start("poll", "notices")
            until(lambda: len(site.requests) >= asked or process.poll() is not None)  # noqa: B023 - used at once
            process.kill()
            process.communicate()
        workplace.run("poll", "notices")
    assert workplace.sources()["notices"]["articles"] == len(numbers)
    assert all(map(is_sound, files_of(workplace.folder)))
    archive = Archive(workplace.folder / "var" / "evidence")
    for page in workplace.files("public/share"):
        article = page.removeprefix("public/share/").removesuffix(".html")
        (state,) = json.loads(workplace.run("provenance", article, "--json").stdout)["states"]
        for answer in state["answers"]:
            (capture, *_) = archive.find("notices", digest=answer["digest"])
            whole = archive.payload("notices", capture)
            assert whole
            assert hashlib.sha256(archive.read("notices", whole).body).hexdigest() == answer["digest"]
