"""DOCX, read by mammoth, and PPTX (ISO/IEC 29500)."""

import io
from collections.abc import Iterator

import mammoth
from lxml import etree

from aggregator.content.files.archive import beside, open_archive, read_xml
from aggregator.content.files.markup import Cell, paragraph, write_table

_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SLIDE = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TITLES = ("title", "ctrTitle")


def read_docx(body: bytes) -> str:
    """Return the text of a DOCX as HTML, as it is with its tracked changes. Raises FileError."""
    open_archive(body)
    no_image = mammoth.images.img_element(lambda image: {})
    return str(mammoth.convert_to_html(io.BytesIO(body), convert_image=no_image).value)


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
