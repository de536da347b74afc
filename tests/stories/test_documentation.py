"""Every block and every command of the documentation: run here, run by a test of its own, or named with the reason."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer

from aggregator.cli import cli
from aggregator.config import load
from aggregator.content.body import find_body
from tests.support.documents import CHECKOUT, Block, block, blocks, documents
from tests.support.loopback import Site
from tests.support.running import free_port
from tests.support.samples import article_page, feed, feed_source, item
from tests.support.workplace import PATIENCE, Workplace

PROGRAM = """#!{python}
# The program as the documentation calls it. What it begins polls loopback, and its daemon is stopped once it is up.
import pathlib, signal, subprocess, sys
command = ["{python}", "-m", "aggregator", *sys.argv[1:]]
if sys.argv[1] == "run":
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in daemon.stdout:
        print(line, end="", flush=True)
        if line.startswith("Ctrl-C"):
            daemon.send_signal(signal.SIGTERM)
    sys.exit(daemon.wait())
code = subprocess.call(command)
if sys.argv[1] == "init":
    config = pathlib.Path(sys.argv[2], "config", "aggregator.toml")
    text = config.read_text("utf-8").replace("127.0.0.1:8080", "127.0.0.1:{port}")
    network = '[network]\\nallow_private = ["127.0.0.0/8"]\\ndelay = "0s"'
    config.write_text(text.replace("[network]", network), "utf-8")
sys.exit(code)
"""


def prepare_first_steps(workplace: Workplace, site: Site) -> None:
    """A site to add, and the subscriptions of another reader."""
    site.pages["/"] = (
        b"<html><head><title>News</title><link rel='alternate' type='application/rss+xml' href='/feed.xml'></head></html>"
    )
    place = workplace.folder / "my-news"
    place.mkdir()
    outline = f'<outline type="rss" title="More" xmlUrl="{site.url}/more.xml"/>'
    (place / "subscriptions.opml").write_text(f'<opml version="2.0"><body>{outline}</body></opml>')


def prepare_source(*names: str, **keys: str) -> Callable[[Workplace, Site], None]:
    """Sources of these names, polled; the first one's table is then taken out where another one follows."""

    def prepare(workplace: Workplace, site: Site) -> None:
        tables = [feed_source(site, **keys).replace('"paper"', f'"{name}"') for name in names]
        workplace.configure("".join(tables))
        workplace.run("poll")
        workplace.configure("".join(tables[1:] or tables))

    return prepare


@dataclass(frozen=True)
class Script:
    """A block of shell that is run as it stands, but for the names of places."""

    prepare: Callable[[Workplace, Site], None]
    left: str
    """What its output says in the end."""
    names: dict[str, str] = field(default_factory=dict)
    """Names in it, and what they are here; ``{site}`` is the address of the site, ``{folder}`` the folder."""


SCRIPTS = {
    ("README.md", "Your own sources", 1): Script(
        prepare_first_steps, "Ctrl-C stops", {"https://news.example.org/": "{site}/"}
    ),
    ("README.md", "Your own sources", 2): Script(prepare_source("NAME"), "is fine: 1 source"),
    ("docs/data.md", "Backups", 1): Script(
        prepare_source("paper"), "Restored 3 articles", {"/backup/": "{folder}/"}
    ),
    ("docs/data.md", "When a source goes", 1): Script(prepare_source("old-paper", "paper"), "Forgotten."),
    ("docs/data.md", "When a category gets another name", 1): Script(
        prepare_source("paper", category="Town"), "3 articles moved to City"
    ),
    ("docs/evidence.md", "Articles made again", 1): Script(
        prepare_source("NAME", archive="warc"), "0 could not be made again"
    ),
    ("docs/search.md", "Searching", 1): Script(
        prepare_source("paper", category="市场监管总局"), "Nothing was found"
    ),
}

ELSEWHERE = {
    ("docs/alerts.md", "What a webhook gets", 1): "tests/publish/test_alerts.py",
    ("docs/architecture.md", "Rooms", 1): "tests/test_architecture.py",
    ("docs/install.md", "Five commands", 1): "tests/outside/test_service.py",
    ("docs/install.md", "Every day", 1): "tests/outside/test_service.py",
    ("docs/install.md", "Every day", 2): "tests/outside/test_service.py",
    ("docs/install.md", "More sources", 1): "tests/outside/test_service.py",
    ("docs/install.md", "More sources", 2): "tests/outside/test_service.py",
    ("docs/install.md", "A browser beside it", 1): "tests/outside/test_service.py",
    ("docs/install.md", "Upgrading", 1): "tests/outside/test_service.py",
    ("docs/install.md", "Removing it", 1): "tests/outside/test_service.py",
    ("docs/install.md", "On a desk", 1): "tests/outside/test_package.py",
    ("docs/install.md", "Behind nginx", 1): "tests/outside/test_nginx.py",
    ("docs/metrics.md", "The log", 1): "tests/daemon/test_metrics.py",
    ("docs/metrics.md", "The log", 3): "tests/outside/test_service.py",
    ("docs/install.md", "Behind Caddy", 1): "tests/outside/test_caddy.py",
    ("docs/jekyll.md", "A site on GitHub Pages, fed by a schedule", 3): "tests/outside/test_jekyll.py",
    ("docs/jekyll.md", "A site on GitHub Pages, fed by a schedule", 4): "tests/outside/test_jekyll.py",
    ("docs/jekyll.md", "A site on GitHub Pages, fed by a schedule", 5): "tests/outside/test_jekyll.py",
    ("docs/jekyll.md", "A site on GitHub Pages, fed by a schedule", 6): "tests/outside/test_jekyll.py",
    ("docs/example-kind/README.md", "A kind of your own", 1): "tests/sources/test_own_kind.py",
    ("docs/example-kind/README.md", "A kind of your own", 2): "tests/sources/test_own_kind.py",
}
"""Blocks that tests of their own run."""

HERE = {
    ("README.md", "aggregator", 1),
    ("docs/configuration.md", "The shape of a post", 1),
    ("docs/extraction.md", "How the body of an article is found", 1),
    ("docs/install.md", "Without a service", 1),
    ("docs/themes.md", "Looks of your own", 2),
}
"""Blocks of other languages, each with a test below."""

NEVER = {
    ("docs/architecture.md", "Rooms", 2): "it draws the types of the stages, in no language",
    (
        "docs/install.md",
        "PostgreSQL",
        1,
    ): "it needs Debian's server; the tests of the store start one of their own",
    (
        "docs/jekyll.md",
        "A site on GitHub Pages, fed by a schedule",
        1,
    ): "it lists the files of the repository",
    ("docs/performance.md", "To repeat it", 1): "it measures for half an hour, beside programs of others",
    (
        "docs/systemd.md",
        "Try it in a container",
        1,
    ): "it ends in a console; tests/support/container.py does the same",
    ("docs/systemd.md", "Try it in a container", 2): "it opens a shell to look around in",
}
"""Blocks that no test can run, and why."""


def place(one: Block) -> tuple[str, str, int]:
    """Where a block stands."""
    return one.file, one.heading, one.number


TOML = [one for one in blocks() if one.language == "toml" and place(one) not in ELSEWHERE]


def test_every_block_is_run_or_named() -> None:
    """A new block needs a test, or the reason why there is none; a test that is named is there and reads the page."""
    known = [*map(place, TOML), *SCRIPTS, *ELSEWHERE, *HERE, *NEVER]
    assert sorted(known) == sorted(map(place, blocks()))
    for (file, *_), test in ELSEWHERE.items():
        assert Path(file).name in (CHECKOUT / test).read_text("utf-8"), test


def whole(text: str) -> str:
    """A fragment of a configuration with what it leaves out."""
    required = 'name = "stub"\nkind = "feed"\nurl = "https://stub.example.org/feed.xml"\n'
    text = text.replace("# …\n", required)
    if text.startswith(("[[source.", "[source.")):
        text = f"[[source]]\n{required}{text}"
    tables = tomllib.loads(text)
    if "subscribe" in tables.get("websub", {}):
        text = f'[server]\nlisten = "127.0.0.1:8080"\n{text}'
    return text if "site" in tables else f'[site]\nurl = "https://x.example"\n{text}'


@pytest.mark.parametrize("example", TOML, ids=str)
def test_configurations(tmp_path: Path, example: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    """`aggregator check` takes every example, alone or with the keys that it leaves out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAPER_KEY", "k")
    monkeypatch.setenv("MEMBERS_PASSWORD", "p")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    for name in ("paper", "paper.cookie"):
        Path(name).write_text("secret")
    Path("theme").mkdir()
    text = whole(example.text.replace("/etc/aggregator/", f"{tmp_path}/"))
    Path("aggregator.toml").write_text(text, "utf-8")
    config = load(Path("aggregator.toml"))
    assert len(config.sources) == text.count("[[source]]")


@pytest.mark.slow
@pytest.mark.parametrize("where", SCRIPTS, ids=lambda where: " ".join(map(str, where)))
def test_shell(workplace: Workplace, where: tuple[str, str, int]) -> None:
    """Each line of shell does what the page says, in a new folder, with the names of places replaced."""
    script, text = SCRIPTS[where], block(*where)
    program = workplace.folder / ".venv" / "bin" / "aggregator"
    program.parent.mkdir(parents=True)
    program.write_text(PROGRAM.format(python=sys.executable, port=free_port()))
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    (program.parent / "activate").write_text(f"PATH={path}\n")
    with Site({f"/{name}.xml": feed(*map(item, range(1, 4))) for name in ("feed", "more")}) as site:
        script.prepare(workplace, site)
        for name, here in script.names.items():
            assert name in text
            text = text.replace(name, here.format(site=site.url, folder=workplace.folder))
        done = subprocess.run(
            ["bash", "-euxc", text],
            cwd=workplace.folder,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert script.left in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_make() -> None:
    """What the README begins with are targets; one test runs the demo, and `make test` runs this one."""
    dry = os.environ | {"MAKEFLAGS": "n"}
    done = subprocess.run(["sh", "-euc", block("README.md", "aggregator")], cwd=CHECKOUT, env=dry, capture_output=True, text=True, check=True)  # fmt: skip
    assert "aggregator demo" in done.stdout
    assert "pytest" in done.stdout


def test_the_default_shape_of_a_post() -> None:
    """The template that the page shows is ours."""
    ours = CHECKOUT / "aggregator" / "render" / "templates" / "post.md.j2"
    assert block("docs/configuration.md", "The shape of a post").strip() == ours.read_text("utf-8").strip()


def test_python() -> None:
    """The body of a page is found as the page shows it."""
    names = {"markup": article_page().decode(), "address": "https://x.example/1.html"}
    exec(block("docs/extraction.md", "How the body of an article is found"), names)  # noqa: S102
    assert names["body"] == find_body(names["markup"], names["address"])
    assert names["body"] is not None


def test_crontab(workplace: Workplace) -> None:
    """Its command polls, in the folder that it names, and says nothing where nothing went wrong."""
    line = block("docs/install.md", "Without a service").split(maxsplit=5)
    assert line[:5] == ["*/15", "*", "*", "*", "*"]
    folder, _, command = line[5].partition(" && ")
    assert folder == "cd /srv/news"
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        done = workplace.run(*command.split()[1:])
    assert (done.stdout, done.stderr) == ("", "")
    assert len(workplace.posts()) == 1


def test_theme(workplace: Workplace) -> None:
    """The share page has the shape that the template of the page gives it."""
    theme = workplace.folder / "theme"
    theme.mkdir()
    (theme / "share.html").write_text(block("docs/themes.md", "Looks of your own", 2))
    with Site({"/feed.xml": feed(item(1, "A text of"))}) as site:
        workplace.configure(feed_source(site), output='templates = "theme"')
        workplace.run("poll")
    page = next(body for path, body in workplace.files("public/share").items() if path.endswith(".html"))
    assert "<article><h1>Title 1</h1>" in page.decode()
    assert "A text of 1" in page.decode()


def commands() -> list[str]:
    """Every call of the program that the documentation names in a line, and each row of the README's table."""
    text = "\n".join(path.read_text("utf-8") for path in documents())
    return sorted(set(re.findall(r"`(?:\.venv/bin/)?aggregator ((?!-)[^`]+)`", text)))


@pytest.mark.parametrize("call", commands())
def test_commands_exist(call: str) -> None:
    """The command has the options that the documentation gives it, and as many arguments at least."""
    name, *words = call.replace("[", " ").replace("]", " ").split()
    command = typer.main.get_command(cli).commands[name]  # type: ignore[attr-defined]
    options = {option for one in command.params for option in one.opts if option.startswith("-")}
    assert {word for word in words if word.startswith("-")} <= options
    takes = [one for one in command.params if one.param_type_name == "argument"]
    assert takes or not [word for word in words[:1] if not word.startswith("-")]


def test_every_command_is_in_the_readme() -> None:
    """The table names each command of the program."""
    table = block_of_commands()
    missing = [
        name
        for name in typer.main.get_command(cli).commands
        if not re.search(rf"`(aggregator )?{name}[ `]", table)
    ]  # type: ignore[attr-defined]
    assert missing == []


def block_of_commands() -> str:
    """The table of commands in the README."""
    return (CHECKOUT / "README.md").read_text("utf-8").partition("## Commands")[2].partition("\n## ")[0]


def test_tables_are_whole() -> None:
    """Each has a head, a line below it, and as many cells in every row: a blank line or a stray bar splits one."""
    for path in documents():
        text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.S)
        for table in re.findall(r"(?:^\|[^\n]*\n)+", text, flags=re.M):
            rows = [len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()]
            assert set(rows) == {rows[0]}, (path.name, table)
            assert re.fullmatch(r"[|: -]+", table.splitlines()[1]), (path.name, table)
