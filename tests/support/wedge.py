"""A kind of one's own that, once told so, never gives the event loop back: installed beside the program."""

from __future__ import annotations

from pathlib import Path

from tests.support import ownkind

CODE = """
from pathlib import Path
from aggregator.sources.feed import check, read_article, read_list
from aggregator.sources import feed

def ask(source, number, before):
    while Path({told!r}).exists():
        Path({begun!r}).touch()
    return feed.ask(source, number, before)
"""


def install(folder: Path, told: Path, begun: Path) -> str:
    """Put the kind ``wedge`` where Python finds it; it makes ``begun`` once the file ``told`` is there.

    Returns the PYTHONPATH with which Python finds it.
    """
    return ownkind.install(folder, "wedge", CODE.format(told=str(told), begun=str(begun)))
