"""Records of WARC 1.1 (ISO 28500): written by warcio, each a member of gzip of its own, and read back."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from aggregator import __version__
from aggregator.fetch.archive.exchange import Exchange
from aggregator.fetch.archive.index import Capture

NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
HEADERS_OF_PACKING = frozenset({"content-encoding", "transfer-encoding", "content-length"})
"""Headers that would be false of an unpacked body; they stay under another name, as other archives do it."""
CHUNK_SIZE = 65536


@dataclass(frozen=True, slots=True)
class Record:
    """A record that was read: what it is, and what it holds."""

    kind: str
    headers: Mapping[str, str]
    """Of the record, by their names."""
    status: int
    head: tuple[tuple[str, str], ...]
    """Of the answer."""
    body: bytes

    @property
    def time(self) -> datetime:
        """When the answer came."""
        return datetime.fromisoformat(self.headers["WARC-Date"]).astimezone(UTC)

    @property
    def digest(self) -> str:
        """SHA-256 of the answer's body; empty where the record does not say it."""
        return self.headers.get("WARC-Payload-Digest", "").removeprefix("sha256:")


def renamed(name: str) -> str:
    """Give the name under which a header of packing is kept."""
    return f"X-Archive-Orig-{name}" if name.lower() in HEADERS_OF_PACKING else name


def begin_file(name: str, source: str) -> bytes:
    """Make the record with which a file begins."""
    buffer, writer = _writer()
    fields = {
        "software": f"aggregator/{__version__}",
        "format": "WARC File Format 1.1",
        "isPartOf": source,
        "description": "bodies are unpacked; credentials and Set-Cookie are left out",
    }
    writer.write_record(writer.create_warcinfo_record(name, fields))
    return buffer.getvalue()


def response_record(exchange: Exchange, earlier: Capture | None) -> tuple[bytes, str]:
    """Make the record of an answer, and give its id.

    It is a revisit record where ``earlier`` has its body, or where it says that this is the newest state.
    """
    buffer, writer = _writer()
    headers = {"WARC-Date": _stamp(exchange.time)}
    if exchange.ip:
        headers["WARC-IP-Address"] = exchange.ip
    if exchange.cut:
        headers["WARC-Truncated"] = "length"
    http = _status_and_headers(exchange)
    if earlier:
        digest = f"sha256:{earlier.digest}"
        record = writer.create_revisit_record(
            exchange.address, digest, earlier.address, _stamp(earlier.time), http, headers
        )
        if exchange.status == 304:
            record.rec_headers.replace_header("WARC-Profile", NOT_MODIFIED)
    else:
        headers["WARC-Payload-Digest"] = f"sha256:{exchange.digest}"
        kind = "response" if exchange.request else "resource"
        record = writer.create_warc_record(
            exchange.address,
            kind,
            payload=BytesIO(exchange.body),
            length=len(exchange.body),
            warc_content_type="" if exchange.request else exchange.content_type,
            warc_headers_dict=headers,
            http_headers=http if exchange.request else None,
        )
    writer.write_record(record)
    return buffer.getvalue(), str(record.rec_headers.get_header("WARC-Record-ID"))


def request_record(exchange: Exchange, answer: str) -> bytes:
    """Make the record of a request whose answer has the id ``answer``."""
    buffer, writer = _writer()
    headers = {"WARC-Date": _stamp(exchange.time), "WARC-Concurrent-To": answer}
    record = writer.create_warc_record(
        exchange.address,
        "request",
        payload=BytesIO(exchange.request),
        length=len(exchange.request),
        warc_headers_dict=headers,
    )
    writer.write_record(record)
    return buffer.getvalue()


def text_record(address: str, time: datetime, body: bytes, media_type: str) -> tuple[bytes, str]:
    """Make the record of a document of our own, and give its SHA-256."""
    document = Exchange(address, time, 200, (("Content-Type", media_type),), body)
    return response_record(document, None)[0], document.digest


def read_record(data: bytes) -> Record:
    """Read one compressed record. Raises warcio's ArchiveLoadFailed, or KeyError, where it is none."""
    from warcio.archiveiterator import ArchiveIterator

    record = next(iter(ArchiveIterator(BytesIO(data))))
    http = record.http_headers
    head = tuple(http.headers) if http else ()
    if record.rec_type == "resource":
        head = (("Content-Type", record.rec_headers.get_header("Content-Type") or ""),)
    code = http.get_statuscode() if http and record.rec_type != "request" else ""
    return Record(
        record.rec_type,
        dict(record.rec_headers.headers),
        int(code) if code.isdecimal() else 200,
        head,
        record.content_stream().read(),
    )


def members(file: BinaryIO, start: int) -> Iterator[tuple[int, int]]:
    """Yield where each whole member of gzip begins from ``start`` on, and its length.

    It ends at the first member that is cut off or broken.
    """
    file.seek(start)
    rest = b""
    while True:
        unpacker, length = zlib.decompressobj(zlib.MAX_WBITS | 16), 0
        try:
            while not unpacker.eof:
                packed = rest or file.read(CHUNK_SIZE)
                if not packed:
                    return
                unpacker.decompress(packed)
                rest = unpacker.unused_data
                length += len(packed) - len(rest)
        except zlib.error:
            return
        yield start, length
        start += length


def read_at(path: Path, start: int, length: int) -> bytes:
    """Read the bytes of a record. Raises OSError."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def _writer() -> tuple[BytesIO, Any]:
    from warcio.warcwriter import WARCWriter

    buffer = BytesIO()
    return buffer, WARCWriter(buffer, gzip=True, warc_version="1.1")


def _status_and_headers(exchange: Exchange) -> Any:
    from warcio.statusandheaders import StatusAndHeaders

    status = f"{exchange.status} {exchange.phrase}".rstrip()
    return StatusAndHeaders(status, list(exchange.head), protocol="HTTP/1.1")


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
