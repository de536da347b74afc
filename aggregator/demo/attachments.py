"""The files that go with stories, made by code: two pictures, three documents and a sound."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """A media type and the bytes."""

    media_type: str
    body: bytes


def chart(values: Sequence[int], *, width: int = 240, height: int = 120) -> bytes:
    """Draw bars (0 to 100 of the height) as a PNG in eight-bit RGB (ISO/IEC 15948)."""
    paper, ink = b"\xf6\xf4\xee", b"\x2f\x5d\x73"
    slot = width // len(values)
    rows = []
    for row in range(height):
        level = 100 * (height - row) / height
        bars = b"".join(paper * 4 + (ink if value >= level else paper) * (slot - 4) for value in values)
        # Each row begins with its filter type; 0 is none.
        rows.append(b"\0" + bars + paper * (width - slot * len(values)))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def document(lines: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> bytes:
    """Set lines, and below them the rows of a table, on one A5 page of PDF 1.4 (ISO 32000, section 7.5).

    The font is one for Chinese that readers bring along (section 9.7.5.2).
    """
    texts = [(48, 540 - 18 * number, line) for number, line in enumerate(lines)]
    top = 548 - 18 * len(lines)
    texts += [
        (54 + 108 * column, top - 14 - 20 * row, text)
        for row, cells in enumerate(rows)
        for column, text in enumerate(cells)
    ]
    width, depth = 108 * max(map(len, rows), default=0), 20 * len(rows)
    drawn = [f"48 {top - 20 * row} m {48 + width} {top - 20 * row} l S" for row in range(len(rows) + 1)]
    drawn += [f"{x} {top} m {x} {top - depth} l S" for x in range(48, 49 + width, 108)]
    shown = " ".join(
        f"BT /F1 11 Tf {x} {y} Td <{text.encode('utf-16-be').hex()}> Tj ET" for x, y, text in texts
    )
    text = " ".join([*(drawn if rows else ()), shown])
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H"
        " /DescendantFonts [6 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 7 0 R /W [1 95 500]"
        " /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>",
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [0 -200 1000 900]"
        " /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    )
    written = "%PDF-1.4\n"
    table = "0000000000 65535 f \n"
    for number, content in enumerate(objects, start=1):
        table += f"{len(written):010} 00000 n \n"
        written += f"{number} 0 obj\n{content}\nendobj\n"
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    return f"{written}xref\n0 {size}\n{table}{trailer}".encode("ascii")


def fixed_document(lines: Sequence[str]) -> bytes:
    """Set lines on one A4 page of OFD, China's format for official documents (GB/T 33190-2016)."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    shown = "".join(
        f'<ofd:TextObject ID="{number + 10}" Boundary="25 {30 + 9 * number} 160 6" Font="3" Size="4.5">'
        f'<ofd:TextCode X="0" Y="5" DeltaX="g {max(len(line) - 1, 1)} 4.5">{line}'
        "</ofd:TextCode></ofd:TextObject>"
        for number, line in enumerate(lines)
    )
    area = "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
    parts = {
        "OFD.xml": f'<ofd:OFD {space} DocType="OFD" Version="1.0"><ofd:DocBody>'
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {space}><ofd:CommonData>"
        f"<ofd:MaxUnitID>100</ofd:MaxUnitID>{area}"
        "<ofd:PublicRes>Res.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages>"
        '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>',
        "Doc_0/Res.xml": f'<ofd:Res {space} BaseLoc="Res"><ofd:Fonts>'
        '<ofd:Font ID="3" FontName="宋体" FamilyName="宋体"/></ofd:Fonts></ofd:Res>',
        "Doc_0/Pages/Page_0/Content.xml": f'<ofd:Page {space}><ofd:Content><ofd:Layer ID="2">{shown}'
        "</ofd:Layer></ofd:Content></ofd:Page>",
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def tone(*, rate: int = 8000, pitch: int = 100) -> bytes:
    """Sound one second of a square wave that fades, as WAV with eight-bit mono PCM.

    ``rate`` is in samples a second, ``pitch`` in hertz.
    """
    half = rate // pitch // 2
    samples = bytes(128 + (1 if at // half % 2 else -1) * (100 * (rate - at) // rate) for at in range(rate))
    form = struct.pack("<HHIIHH", 1, 1, rate, rate, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", rate) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


_RECALL = document(
    ("Linjiang Harbour, market office", "Recall of umbrellas with bamboo handles, 10 March 2026", ""),
    (
        ("Batch", "Made", "Pieces"),
        ("2509-A", "September 2025", "80"),
        ("2510-A", "October 2025", "96"),
        ("2511-A", "November 2025", "84"),
        ("2512-A", "December 2025", "60"),
        ("Total", "", "320"),
    ),
)
_ANNOUNCEMENT = document(
    (
        "临江港市场监管所公告",
        "2026年第3号",
        "",
        "根据《竹柄雨伞质量检查办法》（临市监〔2026〕7号），",
        "现将三月首批竹柄雨伞的检查结果公布如下：",
        "",
    ),
    (
        ("作坊", "检查（把）", "合格（把）"),
        ("老街", "40", "40"),
        ("北码头", "36", "33"),
        ("南门", "24", "24"),
    ),
)
_RULES = fixed_document(
    (
        "临江港市场监管所文件",
        "临市监〔2026〕7号",
        "竹柄雨伞质量检查办法",
        "第一条　为了加强竹柄雨伞的质量检查，制定本办法。",
        "第二条　每批竹柄雨伞出厂以前，作坊应当自查伞柄接头。",
        "第三条　检查不收费用，结果以公告公布。",
        "第四条　本办法自2026年3月12日起施行。",
    )
)

FILES: Mapping[str, File] = {
    "/files/ferry-requests.png": File("image/png", chart((38, 41, 52, 60, 74, 91))),
    "/files/fog-signal.wav": File("audio/wav", tone()),
    "/scjg/images/fish-prices.png": File("image/png", chart((66, 92, 74, 62))),
    "/scjg/files/gonggao-2026-3.pdf": File("application/pdf", _ANNOUNCEMENT),
    "/scjg/files/linshijian-2026-7.ofd": File("application/ofd", _RULES),
    "/scjg/files/recall-2026-03.pdf": File("application/pdf", _RECALL),
}
