"""Earlier states of articles, each stored as its difference to the next newer one."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import zstandard
from sqlalchemy import Connection, Row, delete, select, update

from aggregator.model import Article, Revision
from aggregator.store.codec import decode, encode, read_row
from aggregator.store.rows import insert_rows
from aggregator.store.schema import revisions

LAST_KEPT = 100
"""Revisions of an article that are kept: the first, so many of the last, and of the others one a day."""
MAX_STATE = 256 << 20
"""Bytes of a state; more is never unpacked."""
_LEVEL = 9
"""Of zstd: twice the time of its usual one, for states that are written once."""


def read_revisions(connection: Connection, number: int, current: Article) -> list[Revision]:
    """Return the earlier states of an article, oldest first; ``current`` is its state now."""
    rows = connection.execute(
        select(revisions).where(revisions.c.article == number).order_by(revisions.c.version.desc())
    )
    found = []
    newer = current
    for row in rows:
        newer = _unpack(row, newer)
        found.append(read_row(Revision, row, article=newer))
    return found[::-1]


def keep_revisions(
    connection: Connection, replaced: Sequence[tuple[Row[Any], Article, Article]], now: datetime
) -> None:
    """Keep the states that are replaced now: each with the row it stood in, and the state after it."""
    rows = [
        {
            "article": row.number,
            "version": row.version,
            "replaced_at": now,
            "state": "",
            "difference": _pack(before, after),
        }
        for row, before, after in replaced
    ]
    insert_rows(connection, revisions, rows)
    for row, _, after in replaced:
        _thin(connection, row.number, after)


def rebase(connection: Connection, number: int, before: Article, after: Article) -> None:
    """Store the newest earlier state of an article anew, since the state that it is compared with changes."""
    held = select(revisions).where(revisions.c.article == number)
    newest = connection.execute(held.order_by(revisions.c.version.desc()).limit(1)).one_or_none()
    if newest is not None and newest.difference is not None:
        _store(connection, newest, _unpack(newest, before), after)


def _thin(connection: Connection, number: int, current: Article) -> None:
    """Forget revisions where there are too many, storing anew those whose next newer one is forgotten."""
    told = select(revisions.c.version, revisions.c.replaced_at).where(revisions.c.article == number)
    stamps = connection.execute(told.order_by(revisions.c.version)).all()
    kept = set(_keep([(row.version, row.replaced_at) for row in stamps]))
    if len(kept) == len(stamps):
        return
    states = {one.version: one.article for one in read_revisions(connection, number, current)}
    held = select(revisions).where(revisions.c.article == number).order_by(revisions.c.version.desc())
    newer, forgotten = current, False
    for row in connection.execute(held).all():
        if row.version not in kept:
            forgotten = True
            continue
        if forgotten:
            _store(connection, row, states[row.version], newer)
        newer, forgotten = states[row.version], False
    gone = revisions.c.article == number, revisions.c.version.in_(states.keys() - kept)
    connection.execute(delete(revisions).where(*gone))


def _keep(stamps: Sequence[tuple[int, datetime]]) -> Iterator[int]:
    """Yield the versions that are kept of those with their times, oldest first."""
    days = {when.date(): version for version, when in stamps[:-LAST_KEPT]}
    yield from (version for version, _ in stamps[:1])
    yield from days.values()
    yield from (version for version, _ in stamps[-LAST_KEPT:])


def _store(connection: Connection, row: Row[Any], state: Article, newer: Article) -> None:
    place = revisions.c.article == row.article, revisions.c.version == row.version
    connection.execute(update(revisions).where(*place).values(state="", difference=_pack(state, newer)))


def _pack(state: Article, newer: Article) -> bytes:
    data = encode(state).encode("utf-8", "surrogatepass")
    base = _base(newer)
    size = max(10, min(27, (len(data) + len(base)).bit_length()))
    settings = zstandard.ZstdCompressionParameters.from_level(_LEVEL, window_log=size, write_checksum=True)
    return zstandard.ZstdCompressor(dict_data=_dictionary(base), compression_params=settings).compress(data)


def _unpack(row: Row[Any], newer: Article) -> Article:
    if row.difference is None:
        return decode(Article, row.state)
    unpacker = zstandard.ZstdDecompressor(dict_data=_dictionary(_base(newer)), max_window_size=1 << 27)
    data = unpacker.decompress(row.difference, max_output_size=MAX_STATE)
    return decode(Article, data.decode("utf-8", "surrogatepass"))


def _dictionary(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _base(article: Article) -> bytes:
    """Give what another state is compared with: what is long, as it stands in JSON, and never rewritten.

    Fields that later versions of the program add are no part of it, so that all differences stay readable.
    """
    texts = (article.title, article.address, article.summary, article.content)
    return encode(texts).encode("utf-8", "surrogatepass")
