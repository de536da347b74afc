"""The files that go with stories, made by code: two pictures, a document and a sound."""

import struct
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


def document(lines: Sequence[str]) -> bytes:
    """Set lines of ASCII without brackets on one A5 page of PDF 1.4 (ISO 32000, section 7.5)."""
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    text = f"BT /F1 11 Tf 16 TL 48 540 Td {shown} ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written = "%PDF-1.4\n"
    table = "0000000000 65535 f \n"
    for number, content in enumerate(objects, start=1):
        table += f"{len(written):010} 00000 n \n"
        written += f"{number} 0 obj\n{content}\nendobj\n"
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    return f"{written}xref\n0 {size}\n{table}{trailer}".encode("ascii")


def tone(*, rate: int = 8000, pitch: int = 100) -> bytes:
    """Sound one second of a square wave that fades, as WAV with eight-bit mono PCM.

    ``rate`` is in samples a second, ``pitch`` in hertz.
    """
    half = rate // pitch // 2
    samples = bytes(128 + (1 if at // half % 2 else -1) * (100 * (rate - at) // rate) for at in range(rate))
    form = struct.pack("<HHIIHH", 1, 1, rate, rate, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", rate) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


_RECALL = (
    "Linjiang Harbour, market office",
    "Recall of umbrellas with bamboo handles, 10 March 2026",
    "",
    "Batch 2509-A    September 2025     80 pieces",
    "Batch 2510-A    October 2025       96 pieces",
    "Batch 2511-A    November 2025      84 pieces",
    "Batch 2512-A    December 2025      60 pieces",
    "Total                             320 pieces",
    "",
    "The handle is replaced free of charge where the umbrella was bought.",
)

FILES: Mapping[str, File] = {
    "/files/ferry-requests.png": File("image/png", chart((38, 41, 52, 60, 74, 91))),
    "/files/fog-signal.wav": File("audio/wav", tone()),
    "/scjg/images/fish-prices.png": File("image/png", chart((66, 92, 74, 62))),
    "/scjg/files/recall-2026-03.pdf": File("application/pdf", document(_RECALL)),
}
