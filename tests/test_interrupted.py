"""Publishing that is stopped in the middle: every file is old or new, the fault is named, the next run finishes."""

from __future__ import annotations

import gzip
import random
import resource
import signal
import subprocess
import time
from pathlib import Path

from tests.loopback import Site
from tests.press import a_press, an_item
from tests.test_poll import feed, item, source
from tests.workplace import Workplace, environment

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


def test_killed_at_any_moment(workplace: Workplace) -> None:
    """Killed again and again while everything is rendered, it loses nothing and leaves nothing behind."""
    with Site({"/feed.xml": feed(*(item(number % 60, f"text {number}") for number in range(60)))}) as site:
        workplace.configure(source(site))
        workplace.run("poll")
    with a_press(workplace.folder) as press:
        # The same database, filled past what one feed holds.
        press.save(*(an_item(number) for number in range(300)))
    chance = random.Random(11)  # noqa: S311
    killed = 0
    for turn in range(20):
        workplace.configure(source(site), output=f"# turn {turn}")
        text = workplace.config.read_text().replace('title = "Test"', f'title = "Turn {turn}"')
        workplace.config.write_text(text)
        process = subprocess.Popen(
            workplace.command("publish"),
            cwd=workplace.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        time.sleep(0.7 + chance.random() * 1.8)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.communicate()
        parts = {path: body for path, body in workplace.files().items() if not path.endswith(".part")}
        assert whole(parts)
    assert killed > 5
    workplace.run("publish")
    assert workplace.run("publish", "--check").stdout == "Every file is what the database says.\n"
    assert not [path for path in workplace.files() if path.endswith(".part")]


def test_a_file_that_cannot_be_written(workplace: Workplace) -> None:
    """No room for one page (here: a limit of the system) is named with its path; with room, the rest comes."""
    with Site({"/feed.xml": feed(item(1), item(2, "long " * 900_000), item(3))}) as site:
        workplace.configure(source(site))
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
        workplace.configure(source(site), output='templates = "theme"')
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
        workplace.configure(source(site))
        assert "is a symbolic link" in workplace.run("poll", expect=1).stderr
        assert list(elsewhere.iterdir()) == []
        (workplace.folder / "public" / "share").unlink()
        workplace.run("publish")
        workplace.run("publish", "--check")


def test_what_stands_in_the_way_is_named(workplace: Workplace) -> None:
    """A folder where a page belongs is said with its path, and taken out of the way the page comes."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(source(site))
        (workplace.folder / "public" / "index.html").mkdir(parents=True)
        said = workplace.run("poll", expect=1).stderr
        assert "cannot write public/index.html" in said
        assert "Traceback" not in said
        (workplace.folder / "public" / "index.html").rmdir()
        workplace.run("publish")
        workplace.run("publish", "--check")
