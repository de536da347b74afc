"""Files that belong to an article: what tells one, and those that stand outside of its body."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement

from aggregator.content.surroundings import path_of, stands_aside
from aggregator.model import Attachment
from aggregator.text.addresses import resolve
from aggregator.text.html import attribute, short_text
from aggregator.text.text import fold

_OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES = {
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "wps": "application/wps-office.wps",
    "et": "application/wps-office.et",
    "ofd": "application/ofd",
    "csv": "text/csv",
    "zip": "application/zip",
    "rar": "application/vnd.rar",
    "7z": "application/x-7z-compressed",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
}
"""Endings of files that are attached to articles, and their media types: IANA's, and WPS's for its own."""

FILES = re.compile(rf"\.({'|'.join(TYPES)})$", re.IGNORECASE)
_NAMED = re.compile(rf"[^\s/\\]\.({'|'.join(TYPES)})(?=$|[\s)）\]】(（])", re.IGNORECASE)
# Addresses of servers that hand out files, under which the file's name may be missing.
_HANDED_OUT = re.compile(r"download|filemanager|attach|/uploads?/|/files?/|fujian", re.IGNORECASE)
_MANAGED = re.compile(r"/cms_files/filemanager", re.IGNORECASE)
_HEADING = re.compile(
    r"\W*(?:相关|本文|公告|文件)?(?:附件|附表|附录)(?:下载|列表|材料)?\s*\d*\W*"
    r"|\W*(?:相关)?(?:文件|资料|材料)?下载\W*"
    r"|\W*(?:related )?(?:attachments?|downloads?|attached files|documents? to download"
    r"|anhänge?|pièces? jointes?|archivos adjuntos|添付ファイル|附檔|附加檔案)\W*",
    re.IGNORECASE,
)
_ATTACHED = re.compile(r"\W*附[件表录]|\W*(?:attachment|annex|anhang|anlage|annexe)\b", re.IGNORECASE)
_NEAR = 4
"""Steps from a body outwards within which a list of files is that of its article."""
_MOST = 100
_WORDS = 30
"""Characters beside the links in a list of files, such as sizes and dates, where the links are shorter."""

# What a file begins with, and its type.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", TYPES["pdf"]),
    (b"{\\rtf", TYPES["rtf"]),
    (b"Rar!\x1a\x07", TYPES["rar"]),
    (b"7z\xbc\xaf\x27\x1c", TYPES["7z"]),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"ID3", TYPES["mp3"]),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
# Names inside of a ZIP, in the order of its first entries.
_PACKED = (
    (b"OFD.xml", TYPES["ofd"]),
    (b"opendocument.text", TYPES["odt"]),
    (b"opendocument.spreadsheet", TYPES["ods"]),
    (b"word/", TYPES["docx"]),
    (b"xl/", TYPES["xlsx"]),
    (b"ppt/", TYPES["pptx"]),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\x00]*<[\x00]?[a-zA-Z!?/]")
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE\s+svg[^>]*>\s*)?<svg[\s>]", re.IGNORECASE
)
_DOCUMENTS = re.compile(
    r"(?:application/(?:pdf|ofd|rtf|msword|zip|gzip|vnd\.(?!.*\+(?:xml|json))[\w.-]+|x-(?:rar|7z|zip)[\w-]*)"
    r"|(?:image|audio|video)/[\w.+-]+|text/csv)",
    re.IGNORECASE,
)
_UNSAID = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "application/x-download", "text/plain"}
)


def type_of(name: str) -> str:
    """Return the media type that a file's name ends in, "" for none that we know."""
    match = FILES.search(name)
    return TYPES[match[1].lower()] if match else ""


def name_of(address: str, text: str) -> str:
    """Return the name of the file that a link with this address and text leads to, "" where it leads to none.

    A file is told by the ending of its address, of a name in the query, or of a name in the text where
    the address is one that hands out files.
    """
    parts = urlsplit(address)
    values = [value for _, value in parse_qsl(parts.query[:2000])]
    for name in (parts.path.rpartition("/")[2], *values):
        if FILES.search(name):
            return unquote(name).rpartition("/")[2]
    match = _NAMED.search(text)
    return text[: match.end(1)].strip() if match and _HANDED_OUT.search(address) else ""


def find_outside(soup: BeautifulSoup, body: Tag | None, base: str) -> tuple[Attachment, ...]:
    """List the files that belong to the article but are linked outside of its ``body``, in the page's order.

    What ``name_of`` tells to be a file is the article's if a heading such as 附件 or "Downloads" or its own
    text says so, or if it stands near the body among links to files only (SAMR's
    ``ul.contentLeft0102box``). What is in navigation, headers, footers or sidebars never is. Addresses are
    absolute against ``base``, titles are the links' texts. Without a body, the main heading stands in for
    it. At most 100 links to files are looked at.
    """
    centre = body or soup.find("article") or soup.find("h1")
    if not isinstance(centre, Tag):
        return ()
    path = path_of(centre)
    near = {
        id(parent): steps
        for steps, parent in enumerate(centre.parents)
        if parent.name not in ("body", "html", "[document]")
    }
    found: dict[str, Attachment] = {}
    tried = 0
    for link in soup.find_all("a", href=True):
        address = resolve(base, attribute(link, "href"))
        if not address or (body is not None and body in link.parents) or address in found:
            continue
        text = fold(short_text(link, 500) or attribute(link, "title"))
        name = name_of(address, text)
        managed = bool(_MANAGED.search(_path(address)))
        if not (name or managed) or stands_aside(link, path):
            continue
        if (tried := tried + 1) > _MOST:
            break
        attached = _ATTACHED.match(text) or _is_headed(link)
        if attached or (_is_among_files(link, base) and _is_near(link, centre, near)):
            found[address] = Attachment(address, text or name, type_of(name))
    return tuple(found.values())


def is_file(content_type: str, body: bytes, address: str) -> str:
    """Return the media type of an answer that is a file (a document, a picture, a recording), "" for a page.

    The bytes are believed first, then the Content-Type, then the ending of ``address``. HTML or XML is a
    page, whatever it is sent as; so are JSON and plain text, unless the address ends in .csv or .txt.
    """
    said = content_type.partition(";")[0].strip().lower()
    named = type_of(_path(address))
    head = body[:4096]
    if _MARKUP.match(head):
        return "image/svg+xml" if said == "image/svg+xml" or _SVG.match(head) else ""
    if signed := _signed(head, said, named):
        return signed
    if said == "application/pdf":
        # Some begin with other bytes, none without the mark: what has none is an answer in words.
        return said if b"%PDF" in body[:1024] else ""
    if _DOCUMENTS.fullmatch(said):
        return said if body else ""
    return named if said in _UNSAID and body else ""


def _path(address: str) -> str:
    return re.split(r"[?#]", address, maxsplit=1)[0].strip()


def _signed(head: bytes, said: str, named: str) -> str:
    for mark, kind in _SIGNATURES:
        if head.startswith(mark):
            return kind
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return {b"M4A ": "audio/mp4", b"avif": "image/avif", b"heic": "image/heic"}.get(
            head[8:12], TYPES["mp4"]
        )
    likely = next((kind for kind in (named, said) if kind.startswith("application/vnd.")), "")
    if head.startswith(b"PK\x03\x04"):
        packed = next((kind for mark, kind in _PACKED if mark in head), "")
        return packed or likely or TYPES["zip"]
    if head.startswith(_OLE):
        return named or (said if _DOCUMENTS.fullmatch(said) else "application/x-ole-storage")
    return ""


def _is_headed(link: Tag) -> bool:
    """Whether the nearest text before a link, within a few steps of its list, is a heading for files."""
    element: PageElement = link
    for _ in range(_NEAR):
        for sibling in element.previous_siblings:
            text = short_text(sibling, 60) if isinstance(sibling, Tag) else str(sibling)[:60]
            if not text.strip():
                if not isinstance(sibling, Tag) or not sibling.find(True):
                    continue
                break
            if _HEADING.fullmatch(text.strip()):
                return True
            # Another file of the same list; the heading may stand before it.
            if not (isinstance(sibling, Tag) and _holds_file(sibling)) and len(text.strip()) > 1:
                return False
        parent = element.parent
        if parent is None or parent.name in ("body", "html", "article", "main"):
            return False
        element = parent
    return False


def _holds_file(element: Tag) -> bool:
    links = [element] if element.name == "a" else element.find_all("a", href=True, limit=20)
    return any(
        FILES.search(_path(attribute(link, "href"))) or _HANDED_OUT.search(attribute(link, "href"))
        for link in links
    )


def _is_among_files(link: Tag, base: str) -> bool:
    """Whether the list or paragraph around a link holds links to files only."""
    holder = next(
        (parent for parent in link.parents if parent.name in ("ul", "ol", "dl", "table", "p", "div")), None
    )
    links = holder.find_all("a", href=True, limit=_MOST) if holder else []
    said = sum(len(fold(text)) for text in holder.find_all(string=True, limit=5 * _MOST)) if holder else 0
    linked = sum(len(fold(other.get_text(" "))) for other in links)
    # A link among words is one that a sentence makes.
    return said - linked <= max(_WORDS, linked) and all(
        name_of(address, short_text(other, 500)) or _MANAGED.search(address)
        for other in links
        if (address := resolve(base, attribute(other, "href")))
    )


def _is_near(link: Tag, centre: Tag, near: dict[int, int]) -> bool:
    """Whether a link shares a container with the body that is not the whole page, or comes right after it."""
    for parent in link.parents:
        if id(parent) in near:
            return near[id(parent)] < _NEAR
    # Where the body has no container but the page's, its next neighbour is the only place left.
    following = (sibling for sibling in centre.next_siblings if isinstance(sibling, Tag))
    return any(
        sibling is link or sibling in link.parents
        for sibling in (next(following, None), next(following, None))
        if sibling
    )
