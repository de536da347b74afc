"""ZIP archives of strangers, which documents are, too: opened only where their content is not too large."""

import io
import zipfile
import zlib
from posixpath import dirname, join, normpath

from lxml import etree

from aggregator.content.files.markup import FileError

MAX_UNPACKED = 200_000_000
"""Bytes of all that is in an archive. What its directory says is believed: no more is unpacked."""
MAX_NAMES = 20_000
_ENCRYPTED = 0x1
_UTF_8 = 0x800
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)
"""What zipfile raises for an archive, or a file in it, that is damaged; NotImplementedError is for a method
of compression that it does not know."""
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=True)


def open_archive(body: bytes) -> zipfile.ZipFile:
    """Open a ZIP archive. Raises FileError."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
    except _DAMAGED as exc:
        raise FileError("broken") from exc
    files = archive.infolist()
    if sum(file.file_size for file in files) > MAX_UNPACKED or len(files) > MAX_NAMES:
        raise FileError("too-large")
    if any(file.flag_bits & _ENCRYPTED for file in files):
        raise FileError("encrypted")
    return archive


def name_of(file: zipfile.ZipInfo) -> str:
    """Return the name of a file in an archive; what does not say that it is UTF-8 may be GBK."""
    if file.flag_bits & _UTF_8 or file.filename.isascii():
        return file.filename
    try:
        return file.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return file.filename


def read_xml(archive: zipfile.ZipFile, name: str) -> etree._Element:
    """Parse a file of an archive. Raises FileError where it is not there, damaged or no XML."""
    try:
        root: etree._Element | None = etree.fromstring(archive.read(name.lstrip("/")), _PARSER)
    except (KeyError, etree.XMLSyntaxError, *_DAMAGED) as exc:
        raise FileError("broken") from exc
    if root is None:
        raise FileError("broken")
    return root


def beside(name: str, target: str) -> str:
    """Return the name of a file that another one names, as seen from there."""
    return target.lstrip("/") if target.startswith("/") else normpath(join(dirname(name), target))
