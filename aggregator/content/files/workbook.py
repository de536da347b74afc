"""Workbooks of Excel, WPS and OpenDocument, read by calamine."""

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from aggregator.content.files.archive import open_archive
from aggregator.content.files.markup import Cell, FileError, paragraph, write_table

MAX_CELLS = 200_000
"""Cells of a workbook that are read."""


def read_workbook(body: bytes) -> str:
    """Return the sheets of an XLSX, XLS or ODS as tables, without hidden ones. Raises FileError."""
    if body.startswith(b"PK"):
        open_archive(body)
    try:
        return _write(CalamineWorkbook.from_filelike(io.BytesIO(body)))
    except BaseException as exc:
        # Rust's panics are no Exceptions.
        if isinstance(exc, Exception) or type(exc).__name__ != "PanicException":
            raise
        raise FileError("broken") from exc


def _write(workbook: CalamineWorkbook) -> str:
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]
    room, written = MAX_CELLS, []
    for name in names:
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=True)
        rows = rows[: max(room // max(len(rows[0]), 1), 0)] if rows else []
        room -= sum(map(len, rows))
        texts = [row for row in ([_shown(value) for value in row] for row in rows) if any(row)]
        if texts:
            written.append(paragraph(name, "h2") if len(names) > 1 else "")
            written.append(write_table([[Cell(text) for text in row] for row in _narrow(texts)]))
    return "".join(written)


def _shown(value: Any) -> str:
    """Return a cell's value as people read it."""
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, datetime | date | time):
        return value.isoformat(*(" " if isinstance(value, datetime) else ""))
    return str(value).strip()


def _narrow(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Give rows without the columns at their ends that are empty in all."""
    width = max(number + 1 for row in rows for number, text in enumerate(row) if text)
    return [row[:width] for row in rows]
