"""WACZ 1.1.1: a package of WARC records with indexes, pages, further files and the hash of each."""

import gzip
import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator import __version__

WARC, CDX, IDX = "archive/data.warc.gz", "indexes/index.cdx.gz", "indexes/index.idx"
PAGES = "pages/pages.jsonl"
DATAPACKAGE, DIGEST = "datapackage.json", "datapackage-digest.json"
LINES_OF_BLOCK = 300
"""Lines of the index that are compressed together, as other tools do it."""
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Item:
    """A record of the package, with what the index says of it."""

    address: str
    time: datetime
    status: int
    media_type: str
    digest: str
    """SHA-256 of the body."""
    record: bytes
    """Compressed; further records may follow the first one, which is the one that is indexed."""
    indexed: int
    """Bytes of the first record."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page with which a reader of the package begins."""

    address: str
    time: datetime
    title: str


@dataclass(frozen=True, slots=True)
class Package:
    """What is packed."""

    title: str
    items: Sequence[Item]
    pages: Sequence[Page]
    """The first one is the one to begin with."""
    files: Mapping[str, bytes]
    """Those beside the records, by their paths in the package."""


def write_wacz(path: Path, package: Package, now: datetime) -> None:
    """Write a package. Raises OSError."""
    warc, lines = _warc(package.items)
    cdx, idx = _index(sorted(lines))
    contents = {WARC: warc, CDX: cdx, IDX: idx, PAGES: _pages(package.pages), **package.files}
    resources = [
        {"name": name.rpartition("/")[2], "path": name, "hash": _hash(body), "bytes": len(body)}
        for name, body in contents.items()
    ]
    first = package.pages[0]
    description = {
        "profile": "data-package",
        "wacz_version": "1.1.1",
        "title": package.title,
        "software": f"aggregator/{__version__}",
        "created": _iso(now),
        "mainPageUrl": first.address,
        "mainPageDate": _iso(first.time),
        "resources": resources,
    }
    contents[DATAPACKAGE] = _dump(description, indent=2)
    contents[DIGEST] = _dump({"path": DATAPACKAGE, "hash": _hash(contents[DATAPACKAGE])})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for name, body in contents.items():
            entry = zipfile.ZipInfo(name, now.astimezone(UTC).timetuple()[:6])
            # What players read in pieces must lie there as it is.
            packed = not name.endswith((".gz", ".idx"))
            entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            target.writestr(entry, body)


def surt(address: str) -> str:
    """Give an address as indexes of web archives sort it: the host backwards, then path and query."""
    parts = urlsplit(address.lower())
    host = ",".join(reversed(re.sub(r"^www\d*\.", "", parts.hostname or "").split(".")))
    port = f":{parts.port}" if parts.port not in (None, PORTS.get(parts.scheme)) else ""
    path = parts.path.rstrip("/") or "/"
    query = "&".join(sorted(parts.query.split("&")))
    return f"{host}{port}){path}{'?' if query else ''}{query}"


def _warc(items: Sequence[Item]) -> tuple[bytes, list[str]]:
    body, lines = bytearray(), []
    for item in items:
        facts = {
            "url": item.address,
            "mime": item.media_type,
            "status": str(item.status),
            "digest": f"sha256:{item.digest}",
            "length": str(item.indexed),
            "offset": str(len(body)),
            "filename": WARC.rpartition("/")[2],
        }
        stamp = f"{item.time.astimezone(UTC):%Y%m%d%H%M%S}"
        lines.append(f"{surt(item.address)} {stamp} {_dump(facts).decode()}\n")
        body += item.record
    return bytes(body), lines


def _index(lines: Sequence[str]) -> tuple[bytes, bytes]:
    """Compress the lines of an index block by block, and give the index of the blocks with it."""
    cdx = bytearray()
    head = {"format": "cdxj-gzip-1.0", "filename": CDX.rpartition("/")[2]}
    idx = [f"!meta 0 {_dump(head).decode()}\n"]
    for start in range(0, len(lines), LINES_OF_BLOCK):
        block = gzip.compress("".join(lines[start : start + LINES_OF_BLOCK]).encode(), mtime=0)
        place = {"offset": len(cdx), "length": len(block), "digest": _hash(block), **head}
        key = " ".join(lines[start].split(" ")[:2])
        idx.append(f"{key} {_dump({name: place[name] for name in place if name != 'format'}).decode()}\n")
        cdx += block
    return bytes(cdx), "".join(idx).encode()


def _pages(pages: Iterable[Page]) -> bytes:
    head: dict[str, Any] = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}
    rows = [
        {
            "id": hashlib.sha256(f"{page.address} {page.time}".encode()).hexdigest()[:16],
            "url": page.address,
            "ts": _iso(page.time),
            "title": page.title,
        }
        for page in pages
    ]
    return b"".join(_dump(row) + b"\n" for row in (head, *rows))


def _iso(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _hash(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _dump(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode("utf-8", "replace")
