"""Plain files: TXT and CSV, in whatever charset."""

import csv
import io

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
