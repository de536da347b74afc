"""The text of a file, by what its bytes are; only where they tell nothing its name counts."""

import contextlib
from collections.abc import Iterator
from importlib import import_module

from aggregator.content.clean import clean, says_something
from aggregator.content.files.archive import name_of, open_archive
from aggregator.content.files.markup import FileError, paragraph
from aggregator.content.sniffing import OLE, recognise
from aggregator.model import FileText
from aggregator.model.digest import hexdigest
from aggregator.text.filetypes import READ, ending_of

MAX_IN_ARCHIVE = 20
"""Files of an archive that are read."""
READERS = {
    "csv": "plain.read_csv",
    "doc": "word.read_doc",
    "docx": "office.read_docx",
    "ods": "workbook.read_workbook",
    "ofd": "ofd.read_ofd",
    "pdf": "pdf.read_pdf",
    "pptx": "office.read_pptx",
    "rtf": "plain.read_rtf",
    "txt": "plain.read_txt",
    "xls": "workbook.read_workbook",
    "xlsx": "workbook.read_workbook",
}
"""By the endings that ``recognise`` gives, the modules here and their functions. Each is imported when it is
needed: their libraries are large, and only the processes that read files need them."""


def read_file(body: bytes, name: str) -> FileText:
    """Return what is in a file. It may be anything, so this is done in a process with limits.

    ``name`` is its name or address.
    """
    digest = hexdigest(body)
    try:
        content = clean(read_markup(body, name), "")
    except FileError as exc:
        return FileText(digest, fault=exc.fault)
    except MemoryError:
        return FileText(digest, fault="too-large")
    except Exception as exc:
        # Libraries raise whatever their code runs into.
        return FileText(digest, fault="encrypted" if "password" in str(exc).lower() else "broken")
    return FileText(digest, content) if says_something(content) else FileText(digest, fault="no-text")


def read_markup(body: bytes, name: str) -> str:
    """Return the text of a file as HTML that is not clean. Raises FileError and what libraries raise."""
    ending = _ending(body, name)
    if ending == "zip":
        return "".join(_members(body))
    if ending not in READERS:
        raise FileError("unknown")
    module, function = READERS[ending].split(".")
    return str(getattr(import_module(f"aggregator.content.files.{module}"), function)(body))


def _ending(body: bytes, name: str) -> str:
    # Some PDF files begin with other bytes.
    if b"%PDF-" in body[:1024]:
        return "pdf"
    if body.startswith(OLE) and "EncryptedPackage".encode("utf-16-le") in body:
        raise FileError("encrypted")
    try:
        return recognise("attachment", name, body)[0].removeprefix(".")
    except ValueError:
        return ""


def _members(body: bytes) -> Iterator[str]:
    """Yield the texts of the files in an archive, each below its name; archives in it are left alone."""
    archive = open_archive(body)
    readable = READ - {"zip"}
    files = [file for file in archive.infolist() if ending_of(file.filename) in readable]
    for file in files[:MAX_IN_ARCHIVE]:
        text = ""
        # The others may be whole.
        with contextlib.suppress(Exception):
            inside = archive.read(file)
            if _ending(inside, file.filename) != "zip":
                text = read_markup(inside, file.filename)
        if text:
            yield paragraph(name_of(file).rpartition("/")[2], "h2") + text
