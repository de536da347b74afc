"""Rules of the house that no library checks."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1] / "aggregator"
PURE = ("sources", "render", "content", "decide", "model", "settings", "parsing.py", "errors.py")
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
}


def modules(*names: str) -> list[Path]:
    """The modules of these rooms."""
    return [
        path
        for name in names
        for path in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
    ]


def test_pure_rooms_read_no_clock() -> None:
    """What turns bytes into articles and articles into pages gets the time as an argument."""
    for path in modules(*PURE):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in CLOCKS, f"{path}:{node.lineno}"


def test_files_are_short() -> None:
    """A file past about 300 lines has a second noun in it."""
    long = {
        path.name: count
        for path in ROOT.rglob("*.py")
        if (count := len(path.read_text("utf-8").splitlines())) > 320
    }
    assert not long
