"""Files of office programs made by hand: DOCX, XLSX, PPTX, OFD, DOC, XLS, RTF, ZIP; nothing of them is anybody else's."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from html import escape

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDE = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_OFD = "http://www.ofdspec.org/2016"
_MAIN = "application/vnd.openxmlformats-officedocument"


class _InGbk(zipfile.ZipInfo):
    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("gbk"), self.flag_bits


def make_zip(files: Mapping[str, bytes | str], *, gbk: bool = False) -> bytes:
    """Write a ZIP archive; with ``gbk``, names are in GBK and nothing says so, as Chinese programs write them."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, body in files.items():
            info = (_InGbk if gbk else zipfile.ZipInfo)(name)
            archive.writestr(info, body, zipfile.ZIP_DEFLATED)
    return written.getvalue()


# --- DOCX ---


def p(text: str, style: str = "", more: str = "") -> str:
    """A paragraph of a DOCX; ``more`` is further XML in it."""
    styled = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{styled}<w:r><w:t xml:space='preserve'>{escape(text)}</w:t></w:r>{more}</w:p>"


def tbl(rows: Sequence[Sequence[str]]) -> str:
    """A table of a DOCX."""
    cells = ("".join(f"<w:tc>{p(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def make_docx(body: str, more: Mapping[str, str] | None = None) -> bytes:
    """Write a DOCX with this body (WordprocessingML), and further parts."""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/></w:style>'
        for level in (1, 2)
    )
    return make_zip(
        {
            "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            f'ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType='
            f'"{_MAIN}.wordprocessingml.document.main+xml"/></Types>',
            "_rels/.rels": _relations({"officeDocument": "word/document.xml"}),
            "word/_rels/document.xml.rels": _relations({"styles": "styles.xml"}),
            "word/styles.xml": f'<w:styles xmlns:w="{_WORD}">{styles}</w:styles>',
            "word/document.xml": f'<?xml version="1.0" encoding="UTF-8"?>{(more or {}).get("dtd", "")}'
            f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
        }
    )


def _relations(targets: Mapping[str, str]) -> str:
    links = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind.rstrip("0123456789")}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets.items(), 1)
    )
    return f'<Relationships xmlns="{_LINKS}">{links}</Relationships>'


# --- XLSX ---


def make_xlsx(
    sheets: Mapping[str, Sequence[Sequence[str | float]]], *, extra: str = "", hidden: str = ""
) -> bytes:
    """Write an XLSX; ``extra`` are further rows (SpreadsheetML) of its sheets, ``hidden`` is the name of one not shown."""
    states = {name: ' state="hidden"' if name == hidden else "" for name in sheets}
    named = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"{states[name]}/>'
        for number, name in enumerate(sheets, 1)
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _relations({"officeDocument": "xl/workbook.xml"}),
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            {f"worksheet{number}": f"worksheets/sheet{number}.xml" for number in range(1, len(sheets) + 1)}
        ),
    }
    for number, rows in enumerate(sheets.values(), 1):
        lines = "".join(
            f'<row r="{row}">{"".join(map(_cell, cells))}</row>' for row, cells in enumerate(rows, 1)
        )
        files[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_SHEET}"><sheetData>{lines}{extra}</sheetData></worksheet>'
        )
    return make_zip(files)


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


# --- PPTX ---


def make_pptx(slides: Sequence[tuple[str, Sequence[str]]]) -> bytes:
    """Write a PPTX of slides with a title and lines; they are numbered against their order, as after a move."""
    count = len(slides)
    listed = "".join(f'<p:sldId id="{255 + number}" r:id="r{number}"/>' for number in range(1, count + 1))
    files = {
        "_rels/.rels": _relations({"officeDocument": "ppt/presentation.xml"}),
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{_SLIDE}" xmlns:r="{_OFFICE}"><p:sldIdLst>{listed}'
        "</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": _relations(
            {f"slide{number}": f"slides/slide{count - number}.xml" for number in range(count)}
        ),
    }
    for number, (title, lines) in enumerate(slides):
        shapes = _shape([title], '<p:ph type="title"/>') + _shape(lines, "")
        files[f"ppt/slides/slide{count - number}.xml"] = (
            f'<p:sld xmlns:p="{_SLIDE}" xmlns:a="{_DRAWING}"><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>'
        )
    return make_zip(files)


def _shape(lines: Sequence[str], place: str) -> str:
    texts = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in lines)
    return f"<p:sp><p:nvSpPr><p:nvPr>{place}</p:nvPr></p:nvSpPr><p:txBody>{texts}</p:txBody></p:sp>"


# --- OFD (GB/T 33190) ---


def make_ofd(
    pages: Sequence[Sequence[tuple[float, float, str]]],
    rules: Sequence[tuple[float, float, float, float]] = (),
    *,
    templates: int = 0,
) -> bytes:
    """Write an OFD of pages with texts at places (millimetres from the upper left); ``rules`` stand on the first.

    The last ``templates`` of the pages are templates of all others.
    """
    shared = range(len(pages) - templates, len(pages))
    named = "".join(f'<ofd:TemplatePage ID="{number}" BaseLoc="Pages/P{number}.xml"/>' for number in shared)
    used = "".join(f'<ofd:Template TemplateID="{number}"/>' for number in shared)
    listed = "".join(
        f'<ofd:Page ID="{number}" BaseLoc="Pages/P{number}.xml"/>' for number in range(shared.start)
    )
    files: dict[str, str] = {
        "OFD.xml": f'<ofd:OFD xmlns:ofd="{_OFD}" DocType="OFD" Version="1.0"><ofd:DocBody>'
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f'<ofd:Document xmlns:ofd="{_OFD}"><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>'
        f"0 0 210 297</ofd:PhysicalBox></ofd:PageArea>{named}</ofd:CommonData><ofd:Pages>"
        f"{listed}</ofd:Pages></ofd:Document>",
    }
    for number, texts in enumerate(pages):
        paths = "".join(
            f'<ofd:PathObject Boundary="0 0 210 297"><ofd:AbbreviatedData>M {x0} {y0} L {x1} {y1}</ofd:AbbreviatedData>'
            "</ofd:PathObject>"
            for x0, y0, x1, y1 in (rules if number == 0 else ())
        )
        shown = "".join(
            f'<ofd:TextObject Boundary="{x} {y} 180 5" Font="1" Size="4"><ofd:TextCode X="0" Y="4"'
            f' DeltaX="g {max(len(text) - 1, 1)} 4">{escape(text)}</ofd:TextCode></ofd:TextObject>'
            for x, y, text in texts
        )
        files[f"Doc_0/Pages/P{number}.xml"] = (
            f'<ofd:Page xmlns:ofd="{_OFD}">{used if number < shared.start else ""}<ofd:Content><ofd:Layer ID="1">{paths}{shown}</ofd:Layer></ofd:Content></ofd:Page>'
        )
    return make_zip(files)


# --- DOC, in the container of MS-CFB ---


def make_doc(text: str, *, encrypted: bool = False) -> bytes:
    r"""Write a DOC of Word 97 (MS-DOC): ``\r`` ends a paragraph, ``\x07`` a cell; its text is stored in two pieces."""
    cut = len(text) // 2
    start, pieces, data = 0x400, [], b""
    for part in (text[:cut], text[cut:]):
        pieces.append((len(part), start + len(data)))
        data += part.encode("utf-16-le")
    places = struct.pack("<3I", 0, cut, len(text))
    table = b"".join(struct.pack("<HIH", 0, where, 0) for _, where in pieces)
    clx = b"\x02" + struct.pack("<I", len(places + table)) + places + table
    fib = bytearray(0x400)
    struct.pack_into("<HH", fib, 0, 0xA5EC, 0x00C1)
    struct.pack_into("<H", fib, 0x0A, 0x0200 | (0x0100 if encrypted else 0))
    struct.pack_into("<H", fib, 32, 14)  # words of the second part
    struct.pack_into("<H", fib, 62, 22)  # and long words of the third
    struct.pack_into("<I", fib, 76, len(text))
    struct.pack_into("<H", fib, 152, 93)
    struct.pack_into("<II", fib, 154 + 8 * 33, 0, len(clx))
    return make_ole({"WordDocument": bytes(fib) + data, "1Table": clx})


def make_ole(streams: Mapping[str, bytes]) -> bytes:
    """Write streams into a compound file (MS-CFB, version 3)."""
    sectors: list[bytes] = []
    chain: list[int] = []

    def put(data: bytes) -> int:
        """Put data, padded so that no small stream needs the mini sectors, and return its first sector."""
        first = len(sectors)
        parts = [data[at : at + 512].ljust(512, b"\0") for at in range(0, max(len(data), 4096), 512)]
        parts = [part or b"\0" * 512 for part in parts]
        sectors.extend(parts)
        chain.extend([*range(first + 1, first + len(parts)), 0xFFFFFFFE])
        return first

    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    names = sorted(streams, key=lambda name: (len(name), name.upper()))
    for number, name in enumerate(names, 1):
        right = number + 1 if number < len(names) else 0xFFFFFFFF
        size = max(len(streams[name]), 4096)
        entries.append(_entry(name, 2, put(streams[name]), size, right=right))
    entries += [bytes(128)] * (-len(entries) % 4)
    directory = len(sectors)
    parts = b"".join(entries)
    sectors.extend(parts[at : at + 512] for at in range(0, len(parts), 512))
    chain.extend([*range(directory + 1, len(sectors)), 0xFFFFFFFE])
    count = 1
    while (len(chain) + count) * 4 > count * 512:
        count += 1
    table = len(sectors)
    chain.extend([0xFFFFFFFD] * count)
    packed = b"".join(struct.pack("<I", one) for one in chain).ljust(count * 512, b"\xff")
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    )
    head += struct.pack("<9I", 0, count, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += b"".join(struct.pack("<I", table + at) for at in range(count))
    return head.ljust(512, b"\xff") + b"".join(sectors) + packed


def _entry(
    name: str, kind: int, start: int, size: int, *, right: int = 0xFFFFFFFF, child: int = 0xFFFFFFFF
) -> bytes:
    spelled = name.encode("utf-16-le")
    entry = spelled.ljust(64, b"\0") + struct.pack("<HBB", len(spelled) + 2, kind, 1)
    entry += struct.pack("<3I", 0xFFFFFFFF, right, child) + bytes(36)
    return entry + struct.pack("<IQ", start, size)


# --- XLS (MS-XLS), as a stream of records ---


def make_xls(rows: Sequence[Sequence[str]]) -> bytes:
    """Write an XLS of Excel 97 with one sheet of texts."""
    strings = list(dict.fromkeys(cell for row in rows for cell in row))
    shared = struct.pack("<II", sum(map(len, rows)), len(strings)) + b"".join(
        struct.pack("<HB", len(text), 1) + text.encode("utf-16-le") for text in strings
    )
    bof = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
    name = "表一"
    sheet_head = struct.pack("<IBBBB", 0, 0, 0, len(name), 1) + name.encode("utf-16-le")
    head = _record(0x0809, bof) + _record(0x0042, struct.pack("<H", 1200))
    tail = _record(0x00FC, shared) + _record(0x000A, b"")
    start = len(head) + len(_record(0x0085, sheet_head)) + len(tail)
    head += _record(0x0085, struct.pack("<I", start) + sheet_head[4:]) + tail
    cells = b"".join(
        _record(0x00FD, struct.pack("<HHHI", row, column, 0, strings.index(text)))
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    )
    size = struct.pack("<IIHHH", 0, len(rows), 0, len(rows[0]), 0)
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    return make_ole({"Workbook": head + sheet + _record(0x0200, size) + cells + _record(0x000A, b"")})


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


# --- RTF ---


def make_rtf(*paragraphs: str) -> bytes:
    """Write an RTF in GBK with these paragraphs, and what is no text: fonts, and a picture."""
    texts = r"\par ".join("".join(_rtf(letter) for letter in text) for text in paragraphs)
    fonts = r"{\fonttbl{\f0\fnil\fcharset134 SimSun;}}"
    picture = r"{\pict\pngblip 89504e470d0a1a0a0000}"
    return (r"{\rtf1\ansi\ansicpg936\deff0" + fonts + r"\f0 " + texts + picture + "}").encode("ascii")


def _rtf(letter: str) -> str:
    return letter if letter.isascii() else "".join(rf"\'{byte:02x}" for byte in letter.encode("gbk"))
