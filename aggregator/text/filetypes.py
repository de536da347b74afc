"""File types: media types by the endings of names, and the sets of endings that rooms tell apart."""

import re
from posixpath import splitext

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
MEDIA_TYPES = {
    **{ending: f"application/{ending}" for ending in ("json", "ofd", "pdf", "rtf", "xml", "zip")},
    **{ending: f"image/{ending}" for ending in ("avif", "gif", "heic", "png", "webp")},
    **{ending: f"text/{ending}" for ending in ("css", "csv", "html")},
    "7z": "application/x-7z-compressed",
    "atom": "application/atom+xml",
    "avi": "video/x-msvideo",
    "doc": "application/msword",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "epub": "application/epub+zip",
    "et": "application/wps-office.et",
    "flac": "audio/flac",
    "gz": "application/gzip",
    "ico": "image/vnd.microsoft.icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "odp": f"{_OPEN}.presentation",
    "ods": f"{_OPEN}.spreadsheet",
    "odt": f"{_OPEN}.text",
    "ogg": "audio/ogg",
    "opml": "text/x-opml",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "rar": "application/vnd.rar",
    "svg": "image/svg+xml",
    "tif": "image/tiff",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "woff2": "font/woff2",
    "wps": "application/wps-office.wps",
    "xls": "application/vnd.ms-excel",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
}
"""IANA's types, and WPS's for its own. Python's mimetypes knows other ones on every machine."""

DOCUMENTS = frozenset("7z csv doc docx et ods odt ofd pdf ppt pptx rar rtf txt wps xls xlsx zip".split())
READ = frozenset("csv doc docx et ods ofd pdf pptx rtf txt wps xls xlsx zip".split())
"""Endings of files whose text is read."""
ATTACHED = DOCUMENTS | {"mp3", "mp4"}
"""Endings of files that are attached to articles."""
FORMATS = ATTACHED | frozenset("epub gif jpg json m4a odp ogg png svg wav webm xml".split())
"""Endings that name a format to people; .php and .aspx name the program that sends the file."""
ENCLOSED = ATTACHED - {"et", "ods", "odt", "wps"} | frozenset("epub gif jpeg jpg m4a png webp".split())
"""Endings that feeds take an enclosure's type from where nobody says it."""
UNREADABLE = ATTACHED - {"et", "ods", "odt", "rtf", "txt"} | frozenset(
    "aac apk avi dmg epub exe flv gif gz jpeg jpg m4a m4v mov ogg opus png svg tgz torrent wav webm webp"
    " wmv".split()
)
"""Endings under which no page with an article's text is looked for."""

_ATTACHED = re.compile(rf"\.({'|'.join(sorted(ATTACHED))})$", re.IGNORECASE)


def type_of(name: str) -> str:
    """Return the media type that an attached file's name ends in, "" for none that we know."""
    match = _ATTACHED.search(name)
    return MEDIA_TYPES[match[1].lower()] if match else ""


def ending_of(address: str) -> str:
    """Return the ending of a name or an address in lower case, such as "pdf"; "" without one."""
    return splitext(without_query(address))[1].removeprefix(".").lower()


def without_query(address: str) -> str:
    """Return an address up to its query or fragment, however broken it is."""
    return re.split(r"[?#]", address, maxsplit=1)[0].strip()
