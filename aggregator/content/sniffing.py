"""File types told by bytes: whether an answer is a file and no page, and whether we may mirror it."""

import io
import re
import zipfile

from aggregator.text.filetypes import MEDIA_TYPES, ending_of, type_of, without_query

PICTURES = (
    (re.compile(rb"\xff\xd8\xff"), "jpg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"GIF8[79]a"), "gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), "avif"),
)
MIRRORED = (
    (re.compile(rb"%PDF-"), "pdf"),
    (re.compile(rb"Rar!\x1a\x07"), "rar"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "7z"),
    (re.compile(rb"\{\\rtf"), "rtf"),
    (re.compile(rb"ID3|\xff[\xf2\xf3\xfb]"), "mp3"),
    (re.compile(rb"OggS"), "ogg"),
    (re.compile(rb"....ftyp(?:isom|iso2|mp4[12]|avc1|M4V )", re.DOTALL), "mp4"),
    *PICTURES,
)
"""First bytes of files that we would serve, and their endings."""
KNOWN = (
    *MIRRORED,
    (re.compile(rb"\x1f\x8b"), "gz"),
    (re.compile(rb"II\*\x00|MM\x00\*"), "tif"),
    (re.compile(rb"fLaC"), "flac"),
    (re.compile(rb"\x1a\x45\xdf\xa3"), "webm"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "wav"),
    (re.compile(rb"RIFF....AVI ", re.DOTALL), "avi"),
    (re.compile(rb"....ftypM4A ", re.DOTALL), "m4a"),
    (re.compile(rb"....ftypheic", re.DOTALL), "heic"),
    (re.compile(rb"....ftyp", re.DOTALL), "mp4"),
)
"""First bytes of files that are no pages."""
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The container of the old formats of Office."""

_OPEN_TYPES = {MEDIA_TYPES[ending]: ending for ending in ("odt", "ods", "odp", "epub")}
"""What the file "mimetype" says in a ZIP archive."""
_ZIPPED = {
    "OFD.xml": "ofd",
    "opendocument.text": "odt",
    "opendocument.spreadsheet": "ods",
    "word/": "docx",
    "xl/": "xlsx",
    "ppt/": "pptx",
}
"""How files are named in a ZIP archive that is a document, or what its file "mimetype" says."""
_STREAMS = {"WordDocument": "doc", "Workbook": "xls", "PowerPoint Document": "ppt"}
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\x00]*<[\x00]?[a-zA-Z!?/]")
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE\s+svg[^>]*>\s*)?<svg[\s>]", re.IGNORECASE
)
_HOLDS_MARKUP = re.compile(
    rb"<\s*(?:!doctype|html|head|body|script|svg|\?xml|iframe|table|div)\b", re.IGNORECASE
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_FILE_TYPES = re.compile(
    r"(?:application/(?:pdf|ofd|rtf|msword|zip|gzip|vnd\.(?!.*\+(?:xml|json))[\w.-]+|x-(?:rar|7z|zip)[\w-]*)"
    r"|(?:image|audio|video)/[\w.+-]+|text/csv)",
    re.IGNORECASE,
)
_VAGUE_TYPES = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "application/x-download", "text/plain"}
)


def is_file(content_type: str, body: bytes, address: str) -> str:
    """Return the media type of an answer that is a file (a document, a picture, a recording), "" for a page.

    The bytes are believed first, then the Content-Type, then the ending of ``address``. HTML or XML is a
    page, whatever it is sent as; so are JSON and plain text, unless the address ends in .csv or .txt.
    """
    declared = content_type.partition(";")[0].strip().lower()
    named = type_of(without_query(address))
    head = body[:4096]
    if _MARKUP.match(head):
        return "image/svg+xml" if declared == "image/svg+xml" or _SVG.match(head) else ""
    if found := _type_by_bytes(head, declared, named):
        return found
    if declared == "application/pdf":
        # Some PDF files begin with other bytes; an answer without the mark is an error message.
        return declared if b"%PDF" in body[:1024] else ""
    if _FILE_TYPES.fullmatch(declared):
        return declared if body else ""
    return named if declared in _VAGUE_TYPES and body else ""


def recognise(kind: str, address: str, body: bytes) -> tuple[str, str]:
    """Return extension and media type of a file that we may mirror; ``kind`` "image" allows pictures only.

    Raises ValueError with the reason where it is nothing that we would serve: a page, a drawing that may hold
    a script, or unknown.
    """
    ending = _ending_to_serve(kind, address, body)
    return f".{ending}", MEDIA_TYPES[ending]


def find_ending(head: bytes) -> str:
    """Return the ending of files that begin with these bytes, "" for a ZIP archive and the unknown."""
    return next((ending for pattern, ending in KNOWN if pattern.match(head)), "")


def _type_by_bytes(head: bytes, declared: str, named: str) -> str:
    if ending := find_ending(head):
        return MEDIA_TYPES[ending]
    if head.startswith(OLE):
        return named or (declared if _FILE_TYPES.fullmatch(declared) else "application/x-ole-storage")
    if not head.startswith(ZIP):
        return ""
    for begin, ending in _ZIPPED.items():
        if begin.encode() in head:
            return MEDIA_TYPES[ending]
    likely = (kind for kind in (named, declared) if kind.startswith("application/vnd."))
    return next(likely, MEDIA_TYPES["zip"])


def _ending_to_serve(kind: str, address: str, body: bytes) -> str:
    for pattern, ending in PICTURES if kind == "image" else MIRRORED:
        if pattern.match(body):
            return ending
    if _HOLDS_MARKUP.search(body[:1024]):
        raise ValueError("is a page or a drawing, not the file that it should be")
    if kind == "image":
        raise ValueError("is no picture that we know (JPEG, PNG, GIF, WebP, AVIF)")
    if body.startswith(ZIP):
        return _zipped(body)
    if body.startswith(OLE):
        for name, ending in _STREAMS.items():
            if name.encode("utf-16-le") in body:
                return ending
    elif body and not _CONTROLS.search(body[:4096]):
        return "csv" if ending_of(address) == "csv" else "txt"
    raise ValueError("is of no type that we know")


def _zipped(body: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                media_type = archive.read("mimetype").decode("ascii", "replace").strip()
                if media_type in _OPEN_TYPES:
                    return _OPEN_TYPES[media_type]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as exc:
        raise ValueError(f"is a broken ZIP archive: {exc}") from exc
    return next(
        (ending for begin, ending in _ZIPPED.items() if any(name.startswith(begin) for name in names)), "zip"
    )
