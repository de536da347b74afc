"""Exports: the values of the API in files, whole or not there."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

from aggregator.errors import AggregatorError
from aggregator.web.api.exports import exporting
from aggregator.web.api.holdings import Holdings, Wanted
from tests.support.posts import a_press, an_item
from tests.support.running import until
from tests.support.workplace import Workplace, environment

TITLES = ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "＝1", "'quoted", "市场监管\n两行", 'a "word", two')
PAPER = '[[source]]\nname = "paper"\nkind = "feed"\nurl = "https://paper.example/feed"\npublish = "link"\n'


@pytest.fixture
def held(workplace: Workplace) -> list[dict[str, Any]]:
    """What the API gives to the operator of a place with an article for each title, of which one was changed."""
    workplace.configure(PAPER)
    paper = {"name": "paper", "kind": "feed", "url": "https://paper.example/feed", "publish": "link"}
    with a_press(workplace.folder, sources=[paper]) as press:
        press.save(*(an_item(number, title=title, author="A\nB") for number, title in enumerate(TITLES)))
        press.save(changed=[an_item(1, title="+2", author="B", content="<p>A ferry.</p>")], hour=48)
        holdings = Holdings(press.app.config, press.store, press.publisher.documents, whole=True)
        [batch] = holdings.articles(Wanted(order="arrived"))
    return [one.model_dump(mode="json", exclude={"cursor"}) for one in batch.items]


def test_lines_are_what_the_api_gives(workplace: Workplace, held: list[dict[str, Any]]) -> None:
    """All texts, by query and by day; nothing but articles is on stdout."""
    done = workplace.run("export")
    assert [json.loads(line) for line in done.stdout.splitlines()] == held
    assert held[1]["content"] == "<p>A ferry.</p>"
    assert done.stderr == f"Exported {len(TITLES)} articles.\n"
    for chosen in (("--query", "ferry"), ("--since", "2026-03-06")):
        found = workplace.run("export", *chosen, "--format", "jsonl").stdout
        assert [json.loads(line) for line in found.splitlines()] == [held[1]]
    assert workplace.run("export", "--since", "2026-03-08").stdout == ""
    assert "a ( before it has no )" in workplace.run("export", "--query", "(ferry", expect=2).stderr


def test_no_cell_is_a_formula(workplace: Workplace, held: list[dict[str, Any]]) -> None:
    """Who takes off the apostrophe in front, where there is one, has what the API gives."""
    workplace.run("export", "table.csv")
    raw = (workplace.folder / "table.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfid,version,")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines(keepends=True)))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "＝"))]
    for row, one in zip(rows, held, strict=True):
        for name, cell in row.items():
            plain = cell.removeprefix("'")
            value = one[name]
            assert plain == ("" if value is None else value) or json.loads(plain) == value


def test_columns_are_what_the_api_gives(workplace: Workplace, held: list[dict[str, Any]]) -> None:
    """With types of their own; named facts are JSON."""
    workplace.run("export", "table.parquet")
    table = parquet.read_table(workplace.folder / "table.parquet")
    assert table["title"].to_pylist() == [one["title"] for one in held]
    assert table["authors"].to_pylist() == [one["authors"] for one in held]
    assert table["categories"].to_pylist() == [one["categories"] for one in held]
    assert [f"{when:%Y-%m-%dT%H:%M:%SZ}" for when in table["published"].to_pylist()] == [
        one["published"] for one in held
    ]
    assert set(table.column_names) == set(held[0])
    assert "FILE" in workplace.run("export", "--format", "parquet", expect=2).stderr


def test_what_is_missing_is_said(
    workplace: Workplace, held: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library, by the command that installs it, and a folder."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with (
        pytest.raises(AggregatorError, match=r"pip install aggregator\[parquet\]"),
        (workplace.folder / "any").open("wb") as file,
        exporting(file, "parquet"),
    ):
        pass
    assert "cannot write no/where.csv" in workplace.run("export", "no/where.csv", expect=1).stderr


def test_pipes_and_full_disks(workplace: Workplace, held: list[dict[str, Any]]) -> None:
    """A pipe is written to and stays one; a full disk is said without a traceback, and leaves no part."""
    pipe = workplace.folder / "pipe"
    os.mkfifo(pipe)
    process = workplace.start("export", "pipe")
    with pipe.open() as lines:
        assert [json.loads(line) for line in lines] == held
    process.communicate()
    assert (process.returncode, pipe.is_fifo()) == (0, True)
    workplace.run("backup", "pipe", "--force", expect=1)
    assert pipe.is_fifo()
    (workplace.folder / "full").symlink_to("/dev/full")
    said = workplace.run("export", "full", expect=1).stderr
    assert said == "cannot write full: No space left on device\n"
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            workplace.command("export"), cwd=workplace.folder, env=environment(), stdout=full,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "cannot write to stdout: No space left on device\n")


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_an_export_that_is_stopped_leaves_nothing_that_looks_whole(workplace: Workplace, ending: str) -> None:
    """By SIGKILL in the middle: the file of before stays as it was."""
    workplace.configure(PAPER)
    with a_press(workplace.folder) as press:
        for start in range(0, 6000, 1000):
            long = "<p>" + "text " * 2000 + "</p>"
            press.save(*(an_item(start + number, content=f"{long}{number}") for number in range(1000)))
    file = workplace.folder / f"table.{ending}"
    file.write_text("of before")
    process = workplace.start("export", file.name)
    part = Path(f"{file}.part")
    until(lambda: part.exists() and part.stat().st_size > 100_000)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert file.read_text() == "of before"
    assert part.exists()
    assert workplace.run("export", file.name, "--query", "title:5").returncode == 0
    assert not part.exists()
