"""PDF files made by hand (ISO 32000), hard ones included; nothing of them is anybody else's."""

import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 595, 842
"""Points of an A4 page."""
FONTS = {
    "latin": "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    "bold": "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    "gbk": "GBK-EUC-H",
    "unicode": "UniGB-UCS2-H",
    "vertical": "UniGB-UCS2-V",
    "private": "Identity-H",
    "mapped": "Identity-H",
}
"""By our name: a whole font, or the character map of one for Chinese that is not embedded and has no ToUnicode.

Of ``private`` nobody knows what its codes mean: it is as a subset that was embedded without any map.
``mapped`` is one whose map gives the codes of Unicode, private ones too.
"""
_PAD = bytes.fromhex(
    "28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a"
)  # ISO 32000-1, 7.6.3.3


@dataclass(frozen=True)
class Page:
    """What stands on a page, in the order in which it is drawn; (0, 0) is its lower left corner."""

    texts: Sequence[tuple[float, float, str] | tuple[float, float, str, float]] = ()
    """x, y, the text and its size in points (10.5)."""
    rules: Sequence[tuple[float, float, float, float]] = ()
    """Lines from (x, y) to (x, y)."""
    picture: bool = False
    """Whether a picture covers it, as on a scan."""
    more: bytes = field(default=b"", repr=False)
    """Further instructions."""


def lines(*texts: str, x: float = 72, top: float = 770, leading: float = 18, size: float = 10.5) -> Page:
    """Set lines one below the other."""
    return Page([(x, top - leading * number, text, size) for number, text in enumerate(texts)])


def flow(*paragraphs: str, top: float = 610, left: float = 80, right: float = 516, size: float = 16) -> Page:
    """Set paragraphs as official documents of China are: two characters indented, broken wherever a line ends."""
    texts = []
    for text in paragraphs:
        rest, indent = text, 2 * size
        while rest:
            count = int((right - left - indent) // size)
            texts.append((left + indent, top, rest[:count], size))
            rest, indent, top = rest[count:], 0, top - 28
    return Page(texts)


def table(rows: Sequence[Sequence[str]], *, x: float = 72, top: float = 770, width: float = 110) -> Page:
    """Set a table with rules around its cells, each 20 points high."""
    across, down = len(rows[0]), len(rows)
    texts = set_cells(rows, x=x + 4, top=top - 14, width=width, height=20)
    rules = [(x, top - 20 * row, x + width * across, top - 20 * row) for row in range(down + 1)]
    rules += [(x + width * column, top, x + width * column, top - 20 * down) for column in range(across + 1)]
    return Page(texts, rules)


def set_cells(
    rows: Sequence[Sequence[str]], *, x: float = 72, top: float = 700, width: float, height: float = 18
) -> list[tuple[float, float, str]]:
    """Set texts side by side in rows, which are written one after the other."""
    return [
        (x + width * column, top - height * row, text)
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]


def together(*pages: Page) -> Page:
    """Put what stands on several pages on one."""
    return Page(
        [text for page in pages for text in page.texts], [rule for page in pages for rule in page.rules]
    )


def make_pdf(
    pages: Sequence[Page], font: str = "unicode", *, password: str | None = None, xref: bool = True
) -> bytes:
    """Write a PDF.

    With a ``password``, which may be empty, it is encrypted (RC4, 40 bit). Without ``xref``, its table of objects is wrong.
    """
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    name = FONTS[font]
    if name.startswith("<<"):
        objects.append(name.encode())
    else:
        subset = font in ("private", "mapped")
        order = "Identity" if subset else "GB1"
        base = "ABCDEF+Subset" if subset else "STSong-Light"
        mapped = " /ToUnicode 6 0 R" if font == "mapped" else ""
        objects.append(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{base} /Encoding /{name} /DescendantFonts [4 0 R]{mapped} >>".encode()
        )
        objects.append(
            f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /{base} /CIDSystemInfo"
            f" << /Registry (Adobe) /Ordering ({order}) /Supplement 2 >> /DW 1000 /FontDescriptor 5 0 R >>".encode()
        )
        objects.append(
            f"<< /Type /FontDescriptor /FontName /{base} /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0"
            " /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>".encode()
        )
        if mapped:
            ranges = b"".join(b"<%02x00> <%02xff> <%02x00>\n" % (high, high, high) for high in range(256))
            written = b"begincmap\n1 begincodespacerange <0000> <ffff> endcodespacerange\n"
            written += b"256 beginbfrange\n%sendbfrange\nendcmap" % ranges
            objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(written), written))
    kids = []
    for page in pages:
        content = zlib.compress(_instructions(page, font))
        picture = b""
        if page.picture:
            objects.append(
                b"<< /Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray /BitsPerComponent 8"
                b" /Length 4 >>\nstream\n\x00\xff\xff\x00\nendstream"
            )
            picture = b" /XObject << /P %d 0 R >>" % len(objects)
        objects.append(
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content)
        )
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R /Resources << /Font << /F 3 0 R >>%s >> >>"
            % (WIDTH, HEIGHT, len(objects), picture)
        )
        kids.append(len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (
        b" ".join(b"%d 0 R" % kid for kid in kids),
        len(kids),
    )
    return _written(objects, password, xref)


def _written(objects: list[bytes], password: str | None, xref: bool) -> bytes:
    trailer = b""
    if password is not None:
        key, entry = _encryption(password)
        objects = [_encrypted(body, number, key) for number, body in enumerate(objects, 1)]
        objects.append(entry)
        trailer = b" /Encrypt %d 0 R /ID [<%s> <%s>]" % (len(objects), b"00" * 16, b"00" * 16)
    written, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(written) if xref else 7)
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(written) if xref else 999_999
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    written += b"trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        trailer,
        start,
    )
    return bytes(written)


def _instructions(page: Page, font: str) -> bytes:
    parts = [b"%g %g m %g %g l S" % rule for rule in page.rules]
    if page.picture:
        parts.append(b"q %d 0 0 %d 0 0 cm /P Do Q" % (WIDTH, HEIGHT))
    for x, y, text, *size in page.texts:
        shown = b"<%s>" % _codes(text, font).hex().encode()
        parts.append(b"BT /F %g Tf %g %g Td %s Tj ET" % (size[0] if size else 10.5, x, y, shown))
    return b"\n".join([*parts, page.more])


def _codes(text: str, font: str) -> bytes:
    if font in ("latin", "bold"):
        return text.encode("cp1252")
    if font == "gbk":
        return text.encode("gbk")
    if font == "private":
        return b"".join((ord(letter) % 3000 + 1).to_bytes(2, "big") for letter in text)
    return text.encode("utf-16-be")


def _encryption(password: str) -> tuple[bytes, bytes]:
    """Give the key of a file and its entry for the trailer (ISO 32000-1, 7.6.3, revision 2)."""
    padded = (password.encode("latin-1") + _PAD)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)  # noqa: S324 - as the standard says
    key = hashlib.md5(padded + owner + (0xFFFFFFFC).to_bytes(4, "little") + b"\0" * 16).digest()[:5]  # noqa: S324
    entry = b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>"
    return key, entry % (owner.hex().encode(), _rc4(key, _PAD).hex().encode())


def _encrypted(body: bytes, number: int, key: bytes) -> bytes:
    own = hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10]  # noqa: S324
    head, mark, rest = body.partition(b"\nstream\n")
    head = re.sub(rb"\((\w*)\)", lambda text: b"<%s>" % _rc4(own, text[1]).hex().encode(), head)
    if not mark:
        return head
    return head + mark + _rc4(own, rest.removesuffix(b"\nendstream")) + b"\nendstream"


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
