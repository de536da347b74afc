"""A kind of source of one's own, installed beside the program."""

from __future__ import annotations

import os
from pathlib import Path


def install(folder: Path, name: str, code: str) -> str:
    """Put a kind where Python finds it; returns the PYTHONPATH with which it does."""
    info = folder / f"{name}-1.dist-info"
    info.mkdir(parents=True)
    (folder / f"{name}.py").write_text(code, "utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[aggregator.sources]\n{name} = {name}\n", "utf-8")
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
