"""Files that belong to an article: which of them a source mirrors, and what they are by their bytes."""

from __future__ import annotations

import io
import re
import zipfile
from posixpath import splitext
from urllib.parse import urlsplit

MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|\?xml|iframe|table|div)\b", re.IGNORECASE)
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# First bytes, extension and media type of pictures.
IMAGES = (
    (re.compile(rb"\xff\xd8\xff"), ".jpg", "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), ".png", "image/png"),
    (re.compile(rb"GIF8[79]a"), ".gif", "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), ".webp", "image/webp"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), ".avif", "image/avif"),
)
FILES = (
    (re.compile(rb"%PDF-"), ".pdf", "application/pdf"),
    (re.compile(rb"Rar!\x1a\x07"), ".rar", "application/vnd.rar"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), ".7z", "application/x-7z-compressed"),
    (re.compile(rb"\{\\rtf"), ".rtf", "application/rtf"),
    (re.compile(rb"ID3|\xff[\xf2\xf3\xfb]"), ".mp3", "audio/mpeg"),
    (re.compile(rb"OggS"), ".ogg", "audio/ogg"),
    (re.compile(rb"....ftyp(?:isom|iso2|mp4[12]|avc1|M4V )", re.DOTALL), ".mp4", "video/mp4"),
)
OPEN = "application/vnd.oasis.opendocument"
OFFICE = "application/vnd.openxmlformats-officedocument"
# What a ZIP archive is by a file in it, or by what its file "mimetype" says.
ZIPPED = (
    ("word/", ".docx", f"{OFFICE}.wordprocessingml.document"),
    ("xl/", ".xlsx", f"{OFFICE}.spreadsheetml.sheet"),
    ("ppt/", ".pptx", f"{OFFICE}.presentationml.presentation"),
    ("OFD.xml", ".ofd", "application/ofd"),
)
SAID = {
    "application/epub+zip": ".epub",
    f"{OPEN}.text": ".odt",
    f"{OPEN}.spreadsheet": ".ods",
    f"{OPEN}.presentation": ".odp",
}
# Names of streams in the old formats of Office, which are one container.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
STREAMS = (
    ("WordDocument", ".doc", "application/msword"),
    ("Workbook", ".xls", "application/vnd.ms-excel"),
    ("PowerPoint Document", ".ppt", "application/vnd.ms-powerpoint"),
)


def recognise(kind: str, address: str, body: bytes) -> tuple[str, str]:
    """Tell extension and media type of a file by its bytes, whatever its server said.

    Raises ValueError with the reason where it is nothing that we would serve: a page, a drawing that may hold
    a script, or unknown.
    """
    for pattern, extension, media_type in IMAGES if kind == "image" else (*FILES, *IMAGES):
        if pattern.match(body):
            return extension, media_type
    if MARKUP.search(body[:1024]):
        raise ValueError("is a page or a drawing, not the file that it should be")
    if kind == "image":
        raise ValueError("is no picture that we know (JPEG, PNG, GIF, WebP, AVIF)")
    if body.startswith(b"PK\x03\x04"):
        return _zipped(body)
    if body.startswith(OLE):
        for name, extension, media_type in STREAMS:
            if name.encode("utf-16-le") in body:
                return extension, media_type
    elif body and not CONTROLS.search(body[:4096]):
        csv = splitext(urlsplit(address).path)[1].lower() == ".csv"
        return (".csv", "text/csv") if csv else (".txt", "text/plain")
    raise ValueError("is of no type that we know")


def _zipped(body: bytes) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                said = archive.read("mimetype").decode("ascii", "replace").strip()
                if said in SAID:
                    return SAID[said], said
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as exc:
        raise ValueError(f"is a broken ZIP archive: {exc}") from exc
    for begin, extension, media_type in ZIPPED:
        if any(name.startswith(begin) for name in names):
            return extension, media_type
    return ".zip", "application/zip"
