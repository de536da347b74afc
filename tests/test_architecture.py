"""Rules of the house that no library checks."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent / "aggregator"
PURE = ("sources", "decide", "render", "content", "text", "settings", "model", "errors.py")
RIGHT_OF_ROOMS = 33
"""Column of the picture in docs/architecture.md at which the descriptions begin."""
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
}


def modules(room: str) -> list[Path]:
    """The modules of a room, which is a folder or a single module."""
    path = ROOT / room
    assert path.exists(), f"there is no room {room}"
    return [path] if path.suffix else sorted(path.rglob("*.py"))


def entries(folder: Path) -> list[str]:
    """The names in a folder, without what Python writes there."""
    return sorted(path.name for path in folder.iterdir() if path.name != "__pycache__")


def test_pure_rooms_read_no_clock() -> None:
    """What turns bytes into articles and articles into pages gets the time as an argument."""
    for path in (module for room in PURE for module in modules(room)):
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


def test_the_front_door_is_short() -> None:
    """A newcomer reads the names at the top of the package at one glance."""
    assert len(entries(ROOT)) <= 24, entries(ROOT)


def test_the_picture_of_the_rooms_is_true() -> None:
    """docs/architecture.md draws the rooms in the layers that the import contract holds, and leaves none out."""
    settings = tomllib.loads((TESTS.parent / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    held = [{room.strip().removeprefix("aggregator.") for room in layer.split("|")} for layer in layers]
    text = (TESTS.parent / "docs" / "architecture.md").read_text("utf-8")
    picture = text.partition("```rooms\n")[2].partition("```")[0].splitlines()
    rooms = {name.removesuffix(".py") for name in entries(ROOT) if not name.startswith("_")}
    drawn = [set(line[:RIGHT_OF_ROOMS].split()) for line in picture]
    assert drawn == held
    assert set.union(*drawn) == rooms - {"py.typed"}


def test_folders_are_short() -> None:
    """A folder past 30 files has a second room in it."""
    folders = [path for path in (ROOT, *ROOT.rglob("*")) if path.is_dir()]
    assert not {folder.name: len(entries(folder)) for folder in folders if len(entries(folder)) > 30}


def test_no_test_imports_another() -> None:
    """What tests share lives in tests/support, so that a test file can be changed alone."""
    for path in sorted(TESTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            parts = {part for name in names if name.startswith("tests.") for part in name.split(".")}
            assert not any(part.startswith("test_") for part in parts), f"{path}:{node.lineno}"
