"""PDF (ISO 32000), read by PDFium: the characters of its pages with their places, and the lines drawn."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from ctypes import c_float
from unicodedata import normalize

import pypdfium2
import pypdfium2.raw as pdfium

from aggregator.content.files.layout import write_sheets
from aggregator.content.files.markup import FileError
from aggregator.content.files.sheets import MAX_GLYPHS, MAX_RULES, WIDE_BLANK, Glyph, Rule, Sheet, turned

MAX_PAGES = 3000
MAX_OBJECTS = 20_000
"""Objects of a page among which lines are looked for."""
_UNKNOWN = re.compile("[\x00\ue000-\uf8ff\ufffd\ufffe\uffff]")
"""What stands for no character, and what each font may use as it likes."""
_INSTEAD = {"\x02": "-"} | {letter: normalize("NFKC", letter) for letter in map(chr, range(0x2E80, 0x2FD6))}
"""What PDFium gives for a hyphen at a line's end, and the radicals that fonts name in place of characters."""


def read_pdf(body: bytes) -> str:
    """Return the text of a PDF as HTML. Raises FileError."""
    try:
        document = pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as exc:
        raise FileError("encrypted" if "assword" in str(exc) else "broken") from exc
    sheets, count = [], 0
    for number in range(min(len(document), MAX_PAGES)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            continue  # the others may be whole
        sheets.append(_sheet(page))
        page.close()
        if (count := count + len(sheets[-1].glyphs)) > MAX_GLYPHS:
            break
    return write_sheets(sheets)


def _sheet(page: pypdfium2.PdfPage) -> Sheet:
    glyphs, directions = _glyphs(page)
    rules = list(_rules(page))
    left, bottom, right, top = page.get_bbox()
    side = directions.most_common(1)[0][0] if directions else 0
    box = (left, bottom, right, top)
    return turned(glyphs, rules, box, side)


def _glyphs(page: pypdfium2.PdfPage) -> tuple[list[Glyph], Counter[int]]:
    """Give the characters of a page with their places, and how many stand on each side of it.

    Those are left out of which nobody can tell what they mean, since their font does not say it; where
    most are, the rest is chance.
    """
    text = page.get_textpage()
    box, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    glyphs: list[Glyph] = []
    sides: Counter[int] = Counter()
    blank, unknown = "", 0
    for index in range(min(text.count_chars(), MAX_GLYPHS)):
        letter = chr(pdfium.FPDFText_GetUnicode(text, index))
        is_unknown = bool(_UNKNOWN.match(letter)) or pdfium.FPDFText_HasUnicodeMapError(text, index) == 1
        unknown += is_unknown
        if is_unknown or letter.isspace():
            blank = letter if letter == WIDE_BLANK else blank or " "
            continue
        pdfium.FPDFText_GetLooseCharBox(text, index, box)
        pdfium.FPDFText_GetMatrix(text, index, matrix)
        size = pdfium.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d)
        sides[round(math.atan2(matrix.b, matrix.a) / (math.pi / 2)) % 4] += 1
        letter = _INSTEAD.get(letter, letter)
        place = (box.left, box.top, box.right, box.bottom)
        if glyphs and not blank and glyphs[-1][:4] == place:
            # It is a part of a ligature.
            glyphs[-1] = glyphs[-1]._replace(text=glyphs[-1].text + letter)
            continue
        word = f"{blank}{letter}" if letter.isascii() or blank == WIDE_BLANK else letter
        glyphs.append(Glyph(*place, word, size))
        blank = ""
    text.close()
    return ([], Counter()) if unknown > len(glyphs) else (glyphs, sides)


def _rules(page: pypdfium2.PdfPage) -> Iterator[Rule]:
    """Yield the horizontal and vertical lines of a page, and those around its boxes."""
    x, y = c_float(), c_float()
    matrix = pdfium.FS_MATRIX()
    for number in range(min(pdfium.FPDFPage_CountObjects(page), MAX_OBJECTS)):
        shape = pdfium.FPDFPage_GetObject(page, number)
        if pdfium.FPDFPageObj_GetType(shape) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        pdfium.FPDFPageObj_GetMatrix(shape, matrix)
        start = before = None
        for index in range(min(pdfium.FPDFPath_CountSegments(shape), MAX_RULES)):
            segment = pdfium.FPDFPath_GetPathSegment(shape, index)
            pdfium.FPDFPathSegment_GetPoint(segment, x, y)
            point = (
                matrix.a * x.value + matrix.c * y.value + matrix.e,
                matrix.b * x.value + matrix.d * y.value + matrix.f,
            )
            kind = pdfium.FPDFPathSegment_GetType(segment)
            if kind == pdfium.FPDF_SEGMENT_MOVETO:
                start = point
            elif before and kind == pdfium.FPDF_SEGMENT_LINETO:
                yield from _straight(before, point)
            if start and pdfium.FPDFPathSegment_GetClose(segment):
                yield from _straight(point, start)
            before = point


def _straight(start: tuple[float, float], end: tuple[float, float]) -> Iterator[Rule]:
    (x0, y0), (x1, y1) = sorted((start, end))
    if abs(x1 - x0) < 1 or abs(y1 - y0) < 1:
        yield Rule(x0, max(y0, y1), x1, min(y0, y1))
