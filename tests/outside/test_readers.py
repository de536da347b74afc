"""What is served, as real readers and a real browser take it."""

from __future__ import annotations

import email
import email.policy
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest

from tests.support.loopback import Site
from tests.support.running import daemon, free_port, get, serving, stop, until
from tests.support.samples import feed, item
from tests.support.workplace import PATIENCE, Workplace

pytestmark = pytest.mark.slow

AWKWARD = '<item><guid>awkward</guid><title>"q" \\ : {{ x }} ]]&gt; &amp;lt;</title><description>&lt;p&gt;全文 &lt;b&gt;粗&lt;/b&gt;&lt;/p&gt;</description></item>'
TITLE = '"q" \\ : {{ x }} ]]> <'


@pytest.fixture
def served(workplace: Workplace) -> Iterator[str]:
    """The address of a daemon that has published three articles."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1), item(2), AWKWARD)}) as site:
        workplace.configure(serving(site, port, category="通知"), url=f"http://127.0.0.1:{port}")
        with daemon(workplace, port) as process:
            until(lambda: len(workplace.posts()) == 3)
            until(lambda: "Title 2" in get(f"http://127.0.0.1:{port}/feeds/rss.xml").text)
            yield f"http://127.0.0.1:{port}"
            stop(process)


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_newsboat(served: str, tmp_path: Path, name: str) -> None:
    """Newsboat takes every article once, with its title and text, and finds nothing new the second time."""
    newsboat = shutil.which("newsboat")
    if not newsboat:
        pytest.skip("no newsboat on this machine; Debian: apt install newsboat")
    (tmp_path / "urls").write_text(f"{served}/feeds/{name}\n")
    (tmp_path / "settings").write_text("")
    command = [
        newsboat,
        "-u",
        tmp_path / "urls",
        "-c",
        tmp_path / "cache.db",
        "-C",
        tmp_path / "settings",
        "-x",
    ]
    for _ in range(2):
        subprocess.run(
            [*command, "reload"],
            check=True,
            env={"HOME": str(tmp_path), "LANG": "C.UTF-8", "PATH": "/usr/bin"},
        )
    with sqlite3.connect(tmp_path / "cache.db") as cache:
        items = dict(cache.execute("select title, content from rss_item"))
        (count,) = cache.execute("select count(*) from rss_item").fetchone()
    assert count == 3
    assert set(items) == {"Title 1", "Title 2", TITLE}
    assert "全文 <b>粗</b>" in items[TITLE]


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_feedparser(served: str, name: str) -> None:
    """Feedparser finds nothing wrong, and every title, text, id and address where it belongs."""
    answer = get(f"{served}/feeds/{name}")
    parsed = feedparser.parse(answer.content, response_headers=dict(answer.headers))
    assert not parsed.bozo
    titles = {entry.title: entry for entry in parsed.entries}
    assert set(titles) == {"Title 1", "Title 2", TITLE}
    assert titles["Title 1"].link == "http://x.example/1"
    assert titles[TITLE].link.startswith(f"{served}/share/"), (
        "without a page of its own, the mirror is its address"
    )
    assert all(entry.id.startswith("urn:uuid:") for entry in parsed.entries)
    assert any(
        link.rel == "related" and link.href.startswith(f"{served}/share/") for link in titles["Title 1"].links
    )


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_rss2email(served: str, tmp_path: Path, name: str) -> None:
    """rss2email makes one message of every article, once, with its title, text and address."""
    r2e = shutil.which("r2e")
    if not r2e:
        pytest.skip("no rss2email on this machine; Debian: apt install rss2email")
    box = tmp_path / "box"
    for folder in ("cur", "new", "tmp"):
        (box / folder).mkdir(parents=True)
    config = tmp_path / "rss2email.cfg"
    said = f"[DEFAULT]\nfrom = a@example.org\nto = b@example.org\nemail-protocol = maildir\nmaildir-path = {box}\n"
    config.write_text(f"{said}maildir-mailbox =\nhtml-mail = True\nuse-publisher-email = False\n")
    command = [r2e, "-c", config, "-d", tmp_path / "seen.json"]
    env = {"HOME": str(tmp_path), "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    subprocess.run([*command, "add", "ours", f"{served}/feeds/{name}"], check=True, env=env)
    for _ in range(2):
        subprocess.run([*command, "run"], check=True, env=env, timeout=PATIENCE)
    messages = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in (box / "new").rglob("*")
        if path.is_file()
    ]
    assert sorted(str(message["Subject"]) for message in messages) == sorted(["Title 1", "Title 2", TITLE])
    texts = {str(message["Subject"]): message.get_body().get_content() for message in messages}
    assert "http://x.example/1" in texts["Title 1"]
    assert "全文" in texts[TITLE]


def test_browser(served: str, tmp_path: Path) -> None:
    """Chromium shows each kind of page without a word of complaint on its console."""
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("no chromium on this machine; Debian: apt install chromium")
    share = get(f"{served}/feeds/feed.json").json()["items"][0]["url"]
    for number, address in enumerate((f"{served}/", f"{served}/category/tongzhi.html", share)):
        done = subprocess.run(
            [
                chromium,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--enable-logging=stderr",
                f"--user-data-dir={tmp_path / str(number)}",
                "--dump-dom",
                address,
            ],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        assert "CONSOLE" not in done.stderr, address
        assert "Title 2" in done.stdout or TITLE.partition(" ")[0] in done.stdout, address
        assert '<link rel="stylesheet"' in done.stdout
