"""A kind of one's own that, once told so, never gives the event loop back: installed beside the program."""

from __future__ import annotations

from pathlib import Path

CODE = """
from pathlib import Path
from aggregator.sources.feed import check, read_article, read_list
from aggregator.sources import feed

def ask(source, number, before):
    while Path({told!r}).exists():
        Path({begun!r}).touch()
    return feed.ask(source, number, before)
"""


def install(folder: Path, told: Path, begun: Path) -> None:
    """Put the kind ``wedge`` where Python finds it; it makes ``begun`` once the file ``told`` is there."""
    info = folder / "wedge-1.dist-info"
    info.mkdir(parents=True)
    (folder / "wedge.py").write_text(CODE.format(told=str(told), begun=str(begun)), "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wedge\nVersion: 1\n", "utf-8")
    (info / "entry_points.txt").write_text("[aggregator.sources]\nwedge = wedge\n", "utf-8")
