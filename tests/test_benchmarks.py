"""The benchmarks: each is there to be run, with the names that the program has now."""

from importlib import import_module
from pkgutil import walk_packages

import pytest

import benchmarks

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
