"""What is in the files of articles, stored once for the same bytes."""

from collections.abc import Iterable, Mapping
from typing import Any

import zstandard
from sqlalchemy import Connection, Row, delete, exists, select

from aggregator.model import Article, FileText
from aggregator.store.database import Database, change_in, rows_in
from aggregator.store.rows import upsert
from aggregator.store.schema import file_texts, readings

MAX_TEXT = 64 << 20
"""Bytes of a text; more is never unpacked."""


class FileTexts(Database):
    """The texts of files."""

    def file_text(self, digest: str) -> FileText | None:
        """Return what is in the file whose bytes have this hash; None where that is not known."""
        with self._read() as connection:
            return next(iter(texts_of(connection, [digest]).values()), None)


def texts_of(connection: Connection, digests: Iterable[str]) -> dict[str, FileText]:
    """Return what is in files by the hashes of their bytes; unknown ones are left out."""
    rows = rows_in(connection, select(file_texts), file_texts.c.digest, set(digests))
    return {row.digest: _unpack(row) for row in rows}


def save_files(
    connection: Connection,
    files: Iterable[FileText],
    new: Mapping[int, Article],
    replaced: Mapping[int, Article],
) -> None:
    """Save what is in files, and by their numbers which new and other articles have them now.

    What no article has any more is forgotten.
    """
    rows = {
        (number, item.text)
        for number, article in (*new.items(), *replaced.items())
        for item in article.attachments
        if item.text
    }
    if not rows and not replaced:
        return
    wanted = {digest for _, digest in rows}
    packer = zstandard.ZstdCompressor()
    packed = [
        {"digest": file.digest, "content": packer.compress(file.content.encode()), "fault": file.fault}
        for file in files
        if file.digest in wanted
    ]
    upsert(connection, file_texts, packed, [file_texts.c.digest])
    before = {row.file for row in rows_in(connection, select(readings), readings.c.article, replaced)}
    change_in(connection, delete(readings), readings.c.article, replaced)
    known = texts_of(connection, wanted)
    had = [{"article": number, "file": digest} for number, digest in sorted(rows) if digest in known]
    upsert(connection, readings, had, [readings.c.article, readings.c.file])
    forget_files(connection, before)


def forget_files(connection: Connection, digests: Iterable[str]) -> None:
    """Forget those of these texts that no article has any more."""
    unused = ~exists().where(readings.c.file == file_texts.c.digest)
    change_in(connection, delete(file_texts).where(unused), file_texts.c.digest, list(digests))


def _unpack(row: Row[Any]) -> FileText:
    content = zstandard.ZstdDecompressor().decompress(row.content, max_output_size=MAX_TEXT)
    return FileText(row.digest, content.decode(), row.fault)
