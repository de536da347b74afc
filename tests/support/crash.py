"""A newspaper that is known to the last word, and the count of what the program made of it.

The harness kills the program from outside, at random moments or at a system call that strace picks; nothing in
the program knows of it.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Self

from tests.support.loopback import Answer, Received, Site
from tests.support.running import until
from tests.support.workplace import Workplace, environment

ATOM = "{http://www.w3.org/2005/Atom}"
SHOWN = 60
"""Entries of a feed."""
CHANGED = 3
"""An article that changes is so many places from the newest of its section."""
COMMITS = "fsync,fdatasync"
WRITES = "pwrite64,write,ftruncate"
RENAMES = "rename,renameat,renameat2,unlink,unlinkat,mkdir"


class Newspaper:
    """Several feeds on a loopback site that grow, and whose articles change, while it is open.

    ``said`` has every article's latest title by its key, in the words that were last shown. A section waits
    with its next article while its feed would otherwise drop one, or a change of one, that the program does
    not hold yet: what it holds is told by the validator that it sends.
    """

    def __init__(self, site: Site, sections: int, pace: float, most: int) -> None:
        self.site = site
        self.sections = [f"s{number}" for number in range(sections)]
        self.said: dict[str, str] = {}
        self._pace, self._most = pace, most
        self._keys: dict[str, list[str]] = {name: [] for name in self.sections}
        self._held = dict.fromkeys(self.sections, 0)
        self._closed = threading.Event()
        self._growing = threading.Thread(target=self._grow)
        for name in self.sections:
            site.pages[f"/{name}.xml"] = self._answer

    def __enter__(self) -> Self:
        self._growing.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Print nothing more."""
        self._closed.set()
        if self._growing.is_alive():
            self._growing.join()

    def print_one(self, turn: int) -> None:
        """Bring an article into one section, and change an older one now and then."""
        name = self.sections[turn % len(self.sections)]
        keys = self._keys[name]
        key = f"{name}-{len(keys):04}"
        self.said[key] = f"Article {key}"
        keys.append(key)
        if turn % 5 == 4 and len(keys) > CHANGED:
            changed = keys[-CHANGED]
            self.said[changed] = f"Article {changed} changed in turn {turn}"

    def table(self, interval: str) -> str:
        """The configuration of its sources."""
        return "".join(
            f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "{self.site.url}/{name}.xml"\n'
            f'interval = "{interval}"\ncategory = "{name.upper()}"\nfull_text = "never"\n'
            for name in self.sections
        )

    def _grow(self) -> None:
        for turn in range(self._most):
            name = self.sections[turn % len(self.sections)]
            if self._closed.wait(self._pace):
                return
            while len(self._keys[name]) - self._held[name] >= SHOWN - CHANGED:
                if self._closed.wait(self._pace):
                    return
            self.print_one(turn)

    def _answer(self, request: Received) -> Answer:
        name = request.path.strip("/").removesuffix(".xml")
        if validator := request.headers.get("if-none-match"):
            self._held[name] = int(validator.strip('"').partition("-")[0])
        count = len(self._keys[name])
        keys = self._keys[name][max(0, count - SHOWN) : count]
        items = "".join(
            f"<item><guid>{key}</guid><title>{self.said[key]}</title><link>http://x.example/{key}</link>"
            f"<description>The text of {self.said[key]}.</description></item>"
            for key in reversed(keys)
        )
        body = f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode()
        return Answer(body, etag=f'"{count}-{hash(body) & 0xFFFFFFFF:x}"')


def count_faults(workplace: Workplace, paper: Newspaper) -> Counter[str]:
    """Count what is not as it should be, by what it is; nothing where every article is everywhere once."""
    folder, found = workplace.folder, Counter[str]()
    with sqlite3.connect(folder / "var" / "test.db") as database:
        rows = Counter(database.execute("SELECT key, title FROM articles").fetchall())
    found["rows"] = _differences(rows, paper.said)
    found += count_output(folder, paper.said)
    found["of publish --check"] = workplace.run("publish", "--check", expect=None).returncode
    found["of check --database"] = workplace.run("check", "--database", expect=None).returncode
    return Counter({what: count for what, count in found.items() if count})


def count_output(folder: Path, said: Mapping[str, str]) -> Counter[str]:
    """Count in what was published what is not as it should be, where the title of every article is known."""
    found = Counter[str]()
    found["posts"] = _differences(
        Counter(_post_title(path) for path in (folder / "_posts").glob("*.md")), said
    )
    pages = Counter(_page_title(path) for path in (folder / "public" / "share").glob("*.html"))
    found["share pages"] = _differences(pages, said)
    found["entries of the feed and its archives"] = _differences(Counter(_walk(folder / "public")), said)
    found["leftovers"] = sum(1 for path in folder.rglob("*") if path.name.endswith(".part"))
    found["half files"] = sum(1 for path in folder.rglob("*.gz") if not _is_whole(path))
    return found


def come_to_rest(workplace: Workplace, paper: Newspaper) -> None:
    """Poll and publish what is left, undisturbed."""
    workplace.run("poll", *paper.sections)
    workplace.run("publish")


def kill_at_moments(workplace: Workplace, paper: Newspaper, times: int, chance: Random) -> int:
    """Start the daemon and kill it so often; tell how often it was there to be killed.

    Some are killed while they start, the others some time after they asked for their first feeds.
    """
    killed = 0
    for _ in range(times):
        begun = len(paper.site.requests) + chance.choice((0, 1, 1, 4, 6))
        process = workplace.start("run")
        until(lambda: len(paper.site.requests) >= begun or process.poll() is not None)  # noqa: B023
        time.sleep(chance.random() * chance.choice((0.1, 0.7, 2.0)))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.communicate()
    return killed


def can_trace() -> bool:
    """Whether strace is here and may do its work."""
    if not (strace := shutil.which("strace")):
        return False
    done = subprocess.run([strace, "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return done.returncode == 0


def count_calls(workplace: Workplace, calls: str, command: str) -> int:
    """Run a command undisturbed and return how many of these system calls its busiest thread makes."""
    record = workplace.folder / "calls.txt"
    _trace(workplace, record, f"trace={calls}", command)
    threads = Counter(line.split()[0] for line in record.read_text("utf-8", "replace").splitlines())
    record.unlink()
    return max(threads.values(), default=0)


def record_calls(workplace: Workplace, calls: str, command: str) -> Iterator[tuple[str, str]]:
    """Run a command undisturbed and yield the name and arguments of such system calls, as they end."""
    record = workplace.folder / "calls.txt"
    _trace(workplace, record, f"trace={calls}", command)
    begun: dict[str, str] = {}
    for line in record.read_text("utf-8", "replace").splitlines():
        thread, _, call = line.partition(" ")
        if "<unfinished" in call:
            begun[thread] = call
            continue
        call = begun.pop(thread, call) if "resumed>" in call else call
        name, _, arguments = call.strip().partition("(")
        yield name, arguments


def kill_at_call(workplace: Workplace, calls: str, number: int, command: str) -> bool:
    """Run a command and kill it when one of its threads comes to its nth such call; tell whether one did."""
    inject = f"inject={calls}:signal=KILL:when={number}"
    return _trace(workplace, Path(os.devnull), inject, command) in (-signal.SIGKILL, 128 + signal.SIGKILL)


@contextmanager
def a_copy(workplace: Workplace, folder: Path) -> Iterator[Workplace]:
    """A copy of a workplace, gone afterwards."""
    shutil.copytree(workplace.folder, folder, symlinks=True)
    try:
        yield Workplace(folder)
    finally:
        shutil.rmtree(folder)


def _trace(workplace: Workplace, record: Path, what: str, command: str) -> int:
    program = [os.path.realpath(sys.executable), "-m", "aggregator", command]
    if command == "run":
        # It would stay for years.
        program = ["timeout", "--signal=TERM", "20", *program]
    done = subprocess.run(
        ["strace", "-f", "-y", "-qq", "-o", str(record), "-e", what, *program],
        cwd=workplace.folder,
        env=environment() | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        timeout=300,
        check=False,
    )
    return done.returncode


def _differences(found: Counter[tuple[str, str]], said: Mapping[str, str]) -> int:
    wanted = Counter(said.items())
    return (found - wanted).total() + (wanted - found).total()


def _walk(root: Path) -> Iterator[tuple[str, str]]:
    path = root / "feeds" / "atom.xml"
    seen: set[str] = set()
    while path:
        tree = ET.parse(path).getroot()  # noqa: S314 - our own
        for entry in tree.iter(f"{ATOM}entry"):
            title = entry.findtext(f"{ATOM}title") or ""
            # What changed stands in a later document; an archive may show what it was.
            if (key := title.split()[1]) not in seen:
                seen.add(key)
                yield key, title
        link = tree.find(f"{ATOM}link[@rel='prev-archive']")
        if link is None:
            return
        path = root / link.attrib["href"].split("/", 3)[3]


def _post_title(path: Path) -> tuple[str, str]:
    match = re.search(r"^title: (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return _key(match[1].strip("\"'") if match else "")


def _page_title(path: Path) -> tuple[str, str]:
    match = re.search(r"<h1[^>]*>([^<]*)</h1>", path.read_text("utf-8"))
    return _key(match[1].strip() if match else "")


def _key(title: str) -> tuple[str, str]:
    return (title.split()[1] if " " in title else title), title


def _is_whole(path: Path) -> bool:
    try:
        gzip.decompress(path.read_bytes())
    except (OSError, EOFError):
        return False
    return True
