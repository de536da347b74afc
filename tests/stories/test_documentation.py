"""The blocks of the documentation and what is said of commands; shell is in test_documented_shell.py."""

import re
import tomllib
from pathlib import Path

import pytest
import typer

from aggregator.cli import cli
from aggregator.config import load
from aggregator.content.body import find_body
from docs.site.blocks import CHECKOUT, NOT_RUN, Block, block, blocks, documents
from tests.support.documentation import ELSEWHERE, place
from tests.support.loopback import Site
from tests.support.samples import article_page, feed, feed_source, item
from tests.support.workplace import Workplace

TOML = [one for one in blocks() if one.language == "toml" and one.is_run and place(one) not in ELSEWHERE]


def test_every_block_is_run_or_says_why_not() -> None:
    """Configurations and shell are run wherever they stand, others by a test that names their page; a reason is a sentence."""
    for one in blocks():
        if one.is_run and one.language not in ("toml", "sh"):
            assert place(one) in ELSEWHERE, f"{one}: no test runs it"
        assert one.is_run or len(one.title.removeprefix(NOT_RUN).split()) > 3, one
    for (file, *_), test in ELSEWHERE.items():
        assert Path(file).name in (CHECKOUT / test).read_text("utf-8"), test
    assert ELSEWHERE.keys() <= {place(one) for one in blocks() if one.is_run}


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
    for name in ("post.md.j2", "alert.txt.j2"):
        Path(name).write_text("{{ body }}")
    text = whole(example.text.replace("/etc/aggregator/", f"{tmp_path}/"))
    Path("aggregator.toml").write_text(text, "utf-8")
    config = load(Path("aggregator.toml"))
    assert len(config.sources) == text.count("[[source]]")


def shape(file: str) -> list[str]:
    """The levels of the headings of a page, and its blocks without their comments."""
    text = (CHECKOUT / "docs" / file).read_text("utf-8")
    parts = re.findall(r"^```\w*\n.*?^```$|^#+ (?=\S)|^\|(?=-)", text, flags=re.M | re.S)
    return [re.sub(r"\s+# .*", "", part) for part in parts]


@pytest.mark.parametrize("page", ["start.md", "sources.md"])
def test_chinese_pages_say_the_same(page: str) -> None:
    """They have the headings, tables and blocks of the English ones, in their order; comments may differ."""
    assert shape(f"zh/{page}") == shape(page)


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
    if hasattr(command, "commands"):
        command, *words = (command.commands[words[0]], *words[1:])
    options = {option for one in command.params for option in one.opts if option.startswith("-")}
    assert {word for word in words if word.startswith("-")} <= options
    takes = [one for one in command.params if one.param_type_name == "argument"]
    assert takes or not [word for word in words[:1] if not word.startswith("-")]


def test_tables_are_whole() -> None:
    """Each has a head, a line below it, and as many cells in every row: a blank line or a stray bar splits one."""
    for path in documents():
        text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.M | re.S)
        for table in re.findall(r"(?:^\|[^\n]*\n)+", text, flags=re.M):
            rows = [len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()]
            assert set(rows) == {rows[0]}, (path.name, table)
            assert re.fullmatch(r"[|: -]+", table.splitlines()[1]), (path.name, table)
