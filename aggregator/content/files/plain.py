"""Plain files in whatever charset, TXT and CSV, and RTF."""

import csv
import io

from striprtf.striprtf import rtf_to_text

from aggregator.content.files.markup import Cell, write_table
from aggregator.text.charset import decode
from aggregator.text.text import paragraphs

MAX_ROWS = 20_000


def read_txt(body: bytes) -> str:
    """Return a text as HTML."""
    return paragraphs(decode(body, html=False))


def read_csv(body: bytes) -> str:
    """Return the rows of a CSV as a table; they are parted by what is most often in the first one."""
    text = decode(body, html=False)
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    rows = []
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter)):
        if number >= MAX_ROWS:
            break
        if any(row):
            rows.append([Cell(cell.strip()) for cell in row])
    return write_table(rows) if rows else ""


def read_rtf(body: bytes) -> str:
    """Return the text of an RTF as HTML."""
    text = str(rtf_to_text(body.decode("latin-1"), errors="replace"))  # type: ignore[no-untyped-call]
    return paragraphs(text.replace("\n", "\n\n"))
