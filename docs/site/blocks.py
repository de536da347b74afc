"""The documentation as Markdown: its pages, and their fenced blocks by file and heading."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
_PART = re.compile(
    r'^#+ (?P<heading>[^\n]+)$|^```(?P<language>\w*)(?: title="(?P<title>[^"\n]*)")?\n(?P<text>.*?)^```$',
    re.M | re.S,
)
NOT_RUN = "not run by a test: "
"""How the title of a block begins that no test can run; the reason follows, and readers see it."""


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    file: str
    """From the checkout, with ``/``."""
    heading: str
    """The one above it, without its marks."""
    number: int
    """Counts the blocks below that heading, from 1."""
    language: str
    title: str
    """What stands above it for readers."""
    text: str

    def __str__(self) -> str:
        return f"{self.file} {self.heading} {self.number}"

    @property
    def is_run(self) -> bool:
        """Whether some test runs it."""
        return not self.title.startswith(NOT_RUN)


def documents() -> list[Path]:
    """Every page of the documentation."""
    return [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]


def blocks() -> Iterator[Block]:
    """Every fenced block of the documentation, in order."""
    for path in documents():
        heading, number = "", 0
        for part in _PART.finditer(path.read_text("utf-8")):
            if part["heading"]:
                heading, number = part["heading"], 0
            else:
                number += 1
                file = path.relative_to(CHECKOUT).as_posix()
                yield Block(file, heading, number, part["language"], part["title"] or "", part["text"])


def block(file: str, heading: str, number: int = 1) -> str:
    """The text of one block."""
    wanted = (file, heading, number)
    return next(one.text for one in blocks() if (one.file, one.heading, one.number) == wanted)
