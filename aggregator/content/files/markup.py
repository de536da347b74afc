"""HTML of what was read in a file: paragraphs, headings and tables."""

import html
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aggregator.model import FileFault


class FileError(Exception):
    """A file gives no text; ``fault`` says why."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault)
        self.fault = fault


class Cell(NamedTuple):
    """A cell of a table."""

    text: str
    across: int = 1
    """How many columns it takes."""
    down: int = 1
    """How many rows it takes."""


def paragraph(text: str, tag: str = "p") -> str:
    """Return text in an element, "" where there is none."""
    return f"<{tag}>{html.escape(text, quote=False)}</{tag}>" if text.strip() else ""


def write_table(rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as a table."""
    lines = ("".join(map(_write_cell, row)) for row in rows)
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _write_cell(cell: Cell) -> str:
    spans = (("colspan", cell.across), ("rowspan", cell.down))
    spanned = "".join(f' {name}="{span}"' for name, span in spans if span > 1)
    return f"<td{spanned}>{html.escape(cell.text, quote=False)}</td>"
