"""DOC, the binary format of Word 97 to 2003 and of WPS: its text by the table of pieces (MS-DOC, 2.4.1)."""

import io
import re
import struct
from collections.abc import Iterator

import olefile

from aggregator.content.files.markup import Cell, FileError, paragraph, write_table

_ENCRYPTED, _SECOND_TABLE = 0x0100, 0x0200
"""Flags of the FIB (MS-DOC, 2.5.2)."""
_CLX = 33
"""Where among pairs of offset and size the table of pieces is named (MS-DOC, 2.5.6)."""
_PIECES = 2
_COMPRESSED = 0x40000000
_FIELD = re.compile("\x13[^\x13\x14\x15]*(?:\x14([^\x13\x14\x15]*))?\x15")
_OTHER = re.compile("[\x00-\x06\x08-\x0a\x0e-\x1f]")
_END = re.compile("[\r\x07\x0b\x0c]")


def read_doc(body: bytes) -> str:
    """Return the text and the tables of a DOC as HTML. Raises FileError."""
    try:
        with olefile.OleFileIO(io.BytesIO(body)) as container:
            head = container.openstream("WordDocument").read()
            flags = struct.unpack_from("<H", head, 10)[0]
            if flags & _ENCRYPTED:
                raise FileError("encrypted")
            table = container.openstream("1Table" if flags & _SECOND_TABLE else "0Table").read()
        text = _text(head, table)
    except (OSError, struct.error, UnicodeError) as exc:
        raise FileError("broken") from exc
    # Fields may be nested; what they show stays, what they are does not.
    while text != (text := _FIELD.sub(lambda field: field[1] or "", text)):
        pass
    return "".join(_blocks(_OTHER.sub("", text)))


def _text(head: bytes, table: bytes) -> str:
    place = 32
    place += 2 + 2 * struct.unpack_from("<H", head, place)[0]
    length = struct.unpack_from("<I", head, place + 2 + 4 * 3)[0]
    place += 2 + 4 * struct.unpack_from("<H", head, place)[0]
    start, size = struct.unpack_from("<II", head, place + 2 + 8 * _CLX)
    data = table[start : start + size]
    # What stands before the pieces are properties, each with its size.
    while data and data[0] != _PIECES:
        data = data[3 + struct.unpack_from("<H", data, 1)[0] :]
    count = (struct.unpack_from("<I", data, 1)[0] - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", data, 5)
    pieces = []
    for number in range(count):
        where = struct.unpack_from("<I", data, 5 + 4 * (count + 1) + 8 * number + 2)[0]
        letters = ends[number + 1] - ends[number]
        if where & _COMPRESSED:
            begin = (where & ~_COMPRESSED) // 2
            pieces.append(head[begin : begin + letters].decode("cp1252", "replace"))
        else:
            pieces.append(head[where : where + 2 * letters].decode("utf-16-le", "replace"))
    return "".join(pieces)[:length]


def _blocks(text: str) -> Iterator[str]:
    """Yield paragraphs and tables; a mark ends each cell, and one more each row."""
    rows: list[list[Cell]] = []
    row: list[Cell] = []
    start = 0
    cell: list[str] = []
    for end in _END.finditer(text + "\r"):
        line, mark = text[start : end.start()].strip(), end[0]
        start = end.end()
        if mark == "\x07":
            if not line and not cell and row and (not rows or len(row) >= len(rows[0])):
                rows, row = [*rows, row], []
            else:
                row, cell = [*row, Cell(" ".join(filter(None, [*cell, line])))], []
        elif row:
            cell.append(line)
        else:
            if rows:
                yield write_table(rows)
                rows = []
            yield paragraph(line)
    if rows:
        yield write_table(rows)
