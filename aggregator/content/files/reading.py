"""The text of a file, by what its bytes are; its name and its declared type are only asked where they tell nothing."""

from collections.abc import Callable, Mapping

from aggregator.content.clean import clean, says_something
from aggregator.content.files.markup import FileError
from aggregator.content.files.pdf import read_pdf
from aggregator.content.sniffing import recognise
from aggregator.errors import ReadError
from aggregator.model import FileText
from aggregator.model.digest import hexdigest

READERS: Mapping[str, Callable[[bytes], str]] = {
    "pdf": read_pdf,
}
"""By the endings of names."""


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
    except Exception:
        # Libraries raise whatever their code runs into.
        return FileText(digest, fault="broken")
    return FileText(digest, content) if says_something(content) else FileText(digest, fault="no-text")


def read_markup(body: bytes, name: str) -> str:
    """Return the text of a file as HTML, which is not clean yet. Raises FileError and what libraries raise."""
    read = READERS.get(_ending(body, name))
    if read is None:
        raise FileError("unknown")
    return read(body)


def _ending(body: bytes, name: str) -> str:
    # Some PDF files begin with other bytes.
    if b"%PDF-" in body[:1024]:
        return "pdf"
    try:
        return recognise("attachment", name, body)[0].removeprefix(".")
    except ValueError:
        return ""
