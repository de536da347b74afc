"""Publishing that is stopped in the middle: every file is old or new, the fault is named, the next run finishes."""

from __future__ import annotations

import gzip
import os
import random
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from aggregator.errors import PublishError
from aggregator.model import EVERYTHING, Category, Document
from aggregator.output import Folders
from aggregator.render import paths
from tests.support.loopback import Site
from tests.support.posts import a_press, an_item
from tests.support.running import daemon, free_port, get, serving, stop, until
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace, environment

pytestmark = pytest.mark.slow

BROKEN = '{% extends "layout.html" %}{% block main %}{{ article.title[12:] | nothing }}{% endblock %}'
FAILING = '{% extends "layout.html" %}{% block main %}{{ {}[article.title] }}{% endblock %}'


def whole(files: dict[str, bytes]) -> bool:
    """Whether each page ends as pages do, each packed form is whole, and nothing lies about half written."""
    for path, body in files.items():
        if path.endswith(".html") and not body.endswith(b"</html>\n"):
            return False
        if path.endswith(".gz"):
            gzip.decompress(body)
    return True


def publish_for(workplace: Workplace, seconds: float) -> tuple[int, float]:
    """Publish until the process has computed for so long (0: to its end); return its exit code and its seconds.

    The signal of that clock, which Python leaves to the system, ends the process as SIGKILL does.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        workplace.command("publish"),
        cwd=workplace.folder,
        env=environment(),
        capture_output=True,
        preexec_fn=lambda: signal.setitimer(signal.ITIMER_PROF, seconds),
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.returncode, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def test_killed_at_any_moment(workplace: Workplace) -> None:
    """Killed again and again while everything is rendered, it loses nothing and leaves nothing behind."""
    with Site({"/feed.xml": feed(*(item(number % 60, f"text {number}") for number in range(60)))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
    with a_press(workplace.folder) as press:
        # The same database, filled past what one feed holds.
        press.save(*(an_item(number) for number in range(300)))
    chance = random.Random(11)  # noqa: S311
    killed, undisturbed = 0, 0.0
    for turn in range(21):
        workplace.configure(feed_source(site), output=f"# turn {turn}")
        text = workplace.config.read_text().replace('title = "Test"', f'title = "Turn {turn}"')
        workplace.config.write_text(text)
        # The first one is measured; the others end at some moment of what that one took.
        code, used = publish_for(workplace, undisturbed * (0.3 + 0.7 * chance.random()))
        undisturbed = undisturbed or used
        killed += code == -signal.SIGPROF
        parts = {path: body for path, body in workplace.files().items() if not path.endswith(".part")}
        assert whole(parts)
    assert killed > 5
    workplace.run("publish")
    assert workplace.run("publish", "--check").stdout == "Every file is what the database says.\n"
    assert not [path for path in workplace.files() if path.endswith(".part")]


def test_a_file_that_cannot_be_written(workplace: Workplace) -> None:
    """No room for one page (here: a limit of the system) is named with its path; with room, the rest comes."""
    with Site({"/feed.xml": feed(item(1), item(2, "long " * 900_000), item(3))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        old = workplace.files()
        text = workplace.config.read_text().replace('title = "Test"', 'title = "Another title"')
        workplace.config.write_text(text)

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))

    done = subprocess.run(
        workplace.command("publish"),
        cwd=workplace.folder,
        env=environment(),
        capture_output=True,
        text=True,
        preexec_fn=little_room,
    )
    assert done.returncode == 1
    assert "cannot write public/share/" in done.stderr
    assert "Traceback" not in done.stderr
    now = workplace.files()
    assert whole(now)
    assert not [path for path in now if path.endswith(".part")]
    assert now.keys() == old.keys()
    workplace.run("publish")
    workplace.run("publish", "--check")
    assert all(b"Another title" in body for path, body in workplace.files().items() if path.endswith(".html"))


def test_a_template_that_fails_on_articles(workplace: Workplace) -> None:
    """Their pages stay as they are, everything else is published, and a mended template finishes."""
    with Site({"/feed.xml": feed(item(1), item(2))}) as site:
        workplace.configure(feed_source(site), output='templates = "theme"')
        theme = workplace.folder / "theme"
        theme.mkdir()
        workplace.run("poll")
        old = workplace.files("public/share")
        (theme / "share.html").write_text(FAILING)
        said = workplace.run("publish", expect=1).stderr
        assert "cannot be rendered" in said
        assert "everything else is published" in said
        assert workplace.files("public/share") == old
        (theme / "share.html").write_text(BROKEN)
        assert "nothing" in workplace.run("publish", expect=None).stderr
        (theme / "share.html").write_text("{% if %}")
        assert "share.html: line 1" in workplace.run("check", expect=2).stderr
        (theme / "share.html").write_text(
            '{% extends "layout.html" %}{% block main %}<h1>Mine: {{ article.title }}</h1>{% endblock %}'
        )
        (theme / "style.css").write_text("body { color: teal }")
        (theme / "texts").mkdir()
        (theme / "texts" / "zh-CN.toml").write_text('latest = "My latest"')
        workplace.run("publish")
        workplace.run("publish", "--check")
    shown = workplace.files("public")
    assert any(b"Mine: Title 1" in body for path, body in shown.items() if "share" in path)
    assert shown["public/assets/style.css"] == b"body { color: teal }"
    assert b"My latest" in shown["public/index.html"]


def test_a_link_in_the_output_is_not_followed(workplace: Workplace, tmp_path: Path) -> None:
    """Whoever can put a symbolic link there does not make us write elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (workplace.folder / "public").mkdir()
    (workplace.folder / "public" / "share").symlink_to(elsewhere)
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        assert "is a symbolic link" in workplace.run("poll", expect=1).stderr
        assert list(elsewhere.iterdir()) == []
        (workplace.folder / "public" / "share").unlink()
        workplace.run("publish")
        workplace.run("publish", "--check")


def test_what_stands_in_the_way_is_named(workplace: Workplace) -> None:
    """A folder where a page belongs is said with its path, and taken out of the way the page comes."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        (workplace.folder / "public" / "index.html").mkdir(parents=True)
        said = workplace.run("poll", expect=1).stderr
        assert "cannot write public/index.html" in said
        assert "Traceback" not in said
        (workplace.folder / "public" / "index.html").rmdir()
        workplace.run("publish")
        workplace.run("publish", "--check")


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of that size at a folder, where this machine lets us mount one."""
    folder.mkdir(exist_ok=True)
    if os.geteuid() != 0 or mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)):
        pytest.skip("no disk can be mounted here: that takes root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(*arguments: str) -> int:
    """Run mount; its exit code."""
    return subprocess.run(["mount", *arguments], capture_output=True).returncode


def old_or_new(found: dict[str, bytes], old: dict[str, bytes], new: dict[str, bytes]) -> bool:
    """Whether each file is one of the two that it can be, and each packed form that of a page."""
    for path, body in found.items():
        if path.endswith(".gz"):
            page = path.removesuffix(".gz")
            if gzip.decompress(body) not in (old.get(page), new.get(page)):
                return False
        elif body not in (old.get(path), new.get(path)):
            return False
    return found.keys() >= old.keys() & new.keys()


def edited(number: int) -> str:
    """An item whose text is new, and much longer than it was."""
    return item(number, f"edited {random.Random(number).randbytes(20_000).hex()}")  # noqa: S311


@pytest.mark.soak
def test_a_full_disk(workplace: Workplace) -> None:
    """No room in the middle is said with the path, leaves each file old or new; with room, the next run finishes."""
    with Site({"/feed.xml": feed(*(item(number) for number in range(40)))}) as site:
        workplace.configure(feed_source(site))
        with small_disk(workplace.folder / "public", "2m") as disk:
            workplace.run("poll")
            old = workplace.files("public")
            site.pages["/feed.xml"] = feed(*map(edited, range(40)))
            for _ in range(2):
                said = workplace.run("poll", expect=1).stderr
                assert "cannot write public/" in said
                assert "No space left on device" in said
                assert "Traceback" not in said
            found = workplace.files("public")
            assert not mount("-o", "remount,size=50m", str(disk))
            workplace.run("poll")
            assert old_or_new(found, old, workplace.files("public"))
            workplace.run("publish", "--check")


@pytest.mark.soak
def test_a_disk_that_is_read_only(workplace: Workplace) -> None:
    """A disk that refuses to be written to is named, no file changes, and later the rest comes."""
    with Site({"/feed.xml": feed(item(1), item(2))}) as site:
        workplace.configure(feed_source(site))
        with small_disk(workplace.folder / "public", "10m") as disk:
            workplace.run("poll")
            old = workplace.files("public")
            assert not mount("-o", "remount,ro", str(disk))
            site.pages["/feed.xml"] = feed(edited(1), item(2), item(3))
            said = workplace.run("poll", expect=1).stderr
            assert "cannot write public/" in said
            assert "Read-only file system" in said
            assert "Traceback" not in said
            assert workplace.files("public") == old
            assert "Read-only file system" in workplace.run("publish", expect=1).stderr
            assert not mount("-o", "remount,rw", str(disk))
            assert "files written" in workplace.run("publish").stdout
            workplace.run("publish", "--check")


@pytest.mark.soak
def test_a_daemon_goes_on_once_there_is_room(workplace: Workplace) -> None:
    """A daemon whose disk is full says so, serves what is there, and finishes by itself when there is room."""
    port = free_port()
    rss = f"http://127.0.0.1:{port}/feeds/rss.xml"
    with Site({"/feed.xml": feed(*(item(number) for number in range(40)))}) as site:
        workplace.configure(serving(site, port))
        with small_disk(workplace.folder / "public", "2m") as disk, daemon(workplace, port) as process:
            until(lambda: get(rss).is_success)
            site.pages["/feed.xml"] = feed(*map(edited, range(40)))
            assert process.stderr
            until_said(process.stderr, "No space left on device")
            assert get(rss).is_success
            assert not mount("-o", "remount,size=50m", str(disk))
            until(lambda: "edited" in get(rss).text)
            stop(process)
            workplace.run("publish")
            workplace.run("publish", "--check")


def until_said(lines: IO[str], words: str) -> None:
    """Read what a process says until it says this."""
    assert any(words in line for line in lines), f"it ended without a word of {words!r}"


def test_what_a_crash_left_is_mended(tmp_path: Path) -> None:
    """Packed forms of another state, or none, and files half written go with the next publication."""
    folders = Folders({"site": tmp_path / "public"})
    page = Document("site/category/a.html", b"<p>a new page" * 100)
    folders.write([page])
    packed = tmp_path / "public/category/a.html.gz"
    good = packed.read_bytes()
    assert gzip.decompress(good) == page.body
    for broken in (gzip.compress(b"<p>an older page" * 100), b"", good[:-1], None):
        packed.unlink()
        if broken is not None:
            packed.write_bytes(broken)
        for name in (".a.html.part", ".a.html.gz.part"):
            (packed.parent / name).write_bytes(b"half")
        assert folders.gzip_fault(page) == ("missing" if broken is None else "changed")
        assert folders.write([page]) == [], "the page itself has not changed"
        assert packed.read_bytes() == good
        assert {one.name for one in packed.parent.iterdir()} == {"a.html", "a.html.gz"}
        assert folders.gzip_fault(page) == ""
    before = [(one.name, one.stat().st_mtime_ns, one.stat().st_ino) for one in packed.parent.iterdir()]
    assert folders.write([page]) == []
    assert [
        (one.name, one.stat().st_mtime_ns, one.stat().st_ino) for one in packed.parent.iterdir()
    ] == before
    short = Document(page.path, b"<p>short")
    assert folders.write([short]) == [page.path]
    assert [one.name for one in packed.parent.iterdir()] == ["a.html"]
    folders.write([page])
    folders.remove([page.path])
    assert list(packed.parent.iterdir()) == []


def test_seldom_read_pages_have_no_packed_form(tmp_path: Path) -> None:
    """What an earlier version packed loses its packed form when it is written again."""
    folders = Folders({"site": tmp_path / "public"})
    seldom = [
        paths.share_path("a"),
        paths.list_path(Category("a", "A"), 12),
        paths.archive_path(EVERYTHING, 3),
        *(paths.SITEMAP, paths.SITEMAP_NEWS, paths.sitemap_path(12)),
    ]
    documents = [Document(f"site/{path}", b"<p>a page" * 100) for path in seldom]
    folders.write(documents)
    for document in documents:
        stale = tmp_path / "public" / f"{document.path.removeprefix('site/')}.gz"
        assert not stale.exists()
        stale.write_bytes(gzip.compress(document.body))
        assert folders.gzip_fault(document) == "unexpected"
        assert folders.write([document]) == []
        assert not stale.exists()


def test_check_names_packed_forms(workplace: Workplace) -> None:
    """``publish --check`` says which packed form is missing, wrong, or without its page."""
    with Site({"/feed.xml": feed(*(item(number) for number in range(1, 9)))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
    public = workplace.folder / "public"
    body = (public / "index.html.gz").read_bytes()
    # Broken in the middle: the checksum at its end is still the page's.
    (public / "index.html.gz").write_bytes(body[:100] + bytes(20) + body[120:])
    (public / "feeds/rss.xml.gz").unlink()
    (public / "stray.html.gz").write_bytes(body)
    said = workplace.run("publish", "--check", expect=1).stdout.splitlines()
    assert [line for line in said if ".gz" in line] == said
    assert {" ".join(line.split()) for line in said} == {
        "changed: public/index.html.gz",
        "missing: public/feeds/rss.xml.gz",
        "unexpected: public/stray.html.gz",
    }


@pytest.mark.parametrize(
    "path",
    ["site/../a.html", "site/share/.a.html.part", "site/a.html.gz", "site//a.html", "else/a.html", "site"],
)
def test_places_that_are_no_pages(tmp_path: Path, path: str) -> None:
    """Nothing is written outside, nor where something of another page lies."""
    with pytest.raises(PublishError, match=r"is not a place below|another page lies"):
        Folders({"site": tmp_path / "public"}).write([Document(path, b"x")])
    assert list(tmp_path.iterdir()) == []


def test_links_and_long_names(tmp_path: Path) -> None:
    """Links are replaced or refused, never followed; a name too long for the disk is said with its path."""
    root, outside = tmp_path / "public", tmp_path / "outside"
    outside.mkdir()
    (outside / "a.html").write_text("theirs")
    real = tmp_path / "real"
    real.mkdir()
    root.symlink_to(real)  # the owner's choice
    folders = Folders({"site": root})
    (root / "a.html").symlink_to(outside / "a.html")
    (root / ".b.html.part").symlink_to(outside / "b.html")
    (root / "share").symlink_to(outside)
    assert folders.read("site/a.html") is None
    assert folders.write([Document("site/a.html", b"ours"), Document("site/b.html", b"ours")]) == [
        "site/a.html",
        "site/b.html",
    ]
    for work in (
        lambda: folders.write([Document("site/share/a.html", b"x")]),
        lambda: folders.remove(["site/share/a.html"]),
        lambda: folders.read("site/share/a.html"),
    ):
        with pytest.raises(PublishError, match="share is a symbolic link"):
            work()
    assert (outside / "a.html").read_text() == "theirs"
    assert [one.name for one in outside.iterdir()] == ["a.html"]
    assert sorted(folders.files()) == ["site/a.html", "site/b.html", "site/share"]
    with pytest.raises(PublishError, match=r"cannot write .*/é+\.html: File name too long"):
        folders.write([Document("site/c.html", b"x"), Document(f"site/{'é' * 150}.html", b"x")])
    assert not (root / "c.html").exists(), "what comes together is put in place together"
    assert [one.name for one in real.iterdir() if one.name.endswith(".part")] == []
