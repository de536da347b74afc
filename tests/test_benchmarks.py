"""The benchmarks: each is there to be run, with the names that the program has now."""

from importlib import import_module
from pkgutil import walk_packages

import pytest

import benchmarks
from benchmarks.scale.__main__ import PARTS
from benchmarks.scale.page import MARKED, PAGE, TABLES

BENCH = ("lightgbm", "numpy", "reader")


@pytest.mark.parametrize("name", [m.name for m in walk_packages(benchmarks.__path__, "benchmarks.")])
def test_imports(name: str) -> None:
    """A benchmark imports what it measures; libraries of the extra "bench" may be missing."""
    if name.endswith("__main__"):
        return
    try:
        import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name not in BENCH:
            raise


def test_each_table_of_scale_is_written() -> None:
    """The page has a place for each part that is measured, and what was measured last stands there."""
    found = {match["name"]: match[0] for match in MARKED.finditer(PAGE.read_text("utf-8"))}
    assert found.keys() == {*PARTS, "walls"} == {*TABLES, "walls"}
    assert all("| --- |" in text for text in found.values())
