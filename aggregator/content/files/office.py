"""Files of office programs: DOCX by mammoth, tables of all kinds by calamine, PPTX and RTF."""

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

import mammoth
from lxml import etree
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum
from striprtf.striprtf import rtf_to_text

from aggregator.content.files.archive import beside, open_archive, read_xml
from aggregator.content.files.markup import Cell, paragraph, write_table
from aggregator.text.text import paragraphs

MAX_CELLS = 200_000
"""Cells of a workbook that are read."""
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SLIDE = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TITLES = ("title", "ctrTitle")


def read_docx(body: bytes) -> str:
    """Return the text of a DOCX as HTML, as it is with its tracked changes. Raises FileError."""
    open_archive(body)
    no_image = mammoth.images.img_element(lambda image: {})
    return str(mammoth.convert_to_html(io.BytesIO(body), convert_image=no_image).value)


def read_workbook(body: bytes) -> str:
    """Return the sheets of an XLSX, XLS or ODS as tables, without hidden ones. Raises FileError."""
    if body.startswith(b"PK"):
        open_archive(body)
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(body))
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


def read_pptx(body: bytes) -> str:
    """Return the slides of a PPTX as HTML, in their order, titles as headings. Raises FileError."""
    archive = open_archive(body)
    main = "ppt/presentation.xml"
    links = read_xml(archive, "ppt/_rels/presentation.xml.rels")
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    listed = read_xml(archive, main).iter(f"{_SLIDE}sldId")
    names = [targets[slide.get(_RELATION)] for slide in listed if slide.get(_RELATION) in targets]
    return "".join(piece for name in names for piece in _slide(read_xml(archive, beside(main, name))))


def _slide(slide: etree._Element) -> Iterator[str]:
    for shape in slide.iter(f"{_SLIDE}sp", f"{_DRAWING}tbl"):
        if shape.tag == f"{_DRAWING}tbl":
            rows = shape.iter(f"{_DRAWING}tr")
            yield write_table([[Cell(_text(cell)) for cell in row.iter(f"{_DRAWING}tc")] for row in rows])
            continue
        place = shape.find(f".//{_SLIDE}ph")
        tag = "h2" if place is not None and place.get("type") in _TITLES else "p"
        yield from (paragraph(_text(line), tag) for line in shape.iter(f"{_DRAWING}p"))


def _text(element: etree._Element) -> str:
    return "".join(piece.text or "" for piece in element.iter(f"{_DRAWING}t"))


def read_rtf(body: bytes) -> str:
    """Return the text of an RTF as HTML."""
    text = str(rtf_to_text(body.decode("latin-1"), errors="replace"))  # type: ignore[no-untyped-call]
    return paragraphs(text.replace("\n", "\n\n"))
