"""Where articles came from, and the ledger of what was kept; both are written in a poll's own commit."""

import hashlib
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from json.encoder import encode_basestring
from typing import Any

from sqlalchemy import Connection, func, select

from aggregator.model import Article, Provenance
from aggregator.store.codec import decode, encode
from aggregator.store.columns import scrub
from aggregator.store.database import Database, asking, rows_in, rows_of
from aggregator.store.rows import upsert
from aggregator.store.schema import articles, ledger, lower_id, provenance, seals

HAPPENED = "change/"
"""How the names of what happened to articles begin in the ledger."""
_VERSIONS = asking(select(articles.c.number, articles.c.version), articles.c.number)
_LAST_SEALED = select(func.max(seals.c.day))
_CONFIGURED = ("source", "labels", "language")
# Texts are compressed against this one, so it stays as it is for ever.
_USUAL = (
    b"selector fallback canonical address linkguidentry titlepubDatecontent:encodeddescriptionJSON-LD "
    b"dateModifiedmeta article:published_time h1 bodyfound by its text"
    b'"},{"asked":"https://www.","time":"2026-01-01T00:00:00.000000+00:00","address":"https://","status":200,'
    b'"headers":{"content-type":"application/rss+xml; charset=utf-8","content-type":"text/html; '
    b'charset=UTF-8",'
    b'"etag":"W/\\"","last-modified":"Mon, 01 Jan 2026 00:00:00 GMT","date":"Fri, 01 Dec 2026 00:00:00 GMT",'
    b'"server":"nginx"},"digest":"0123456789abcdef","robots":"there is no https://www./robots.txt"}],'
    b'"robots":"allowed by https://","rules":{"key":"id","title":"","address":"","published":"","summary":"",'
    b'"author":"","content":""}}{"receipts":[{"asked":"http://'
)

_BY_ARTICLE = select(provenance).order_by(provenance.c.article, provenance.c.version)


class Origins(Database):
    """Where articles came from."""

    def provenance(self, article_id: str) -> dict[int, Provenance]:
        """Return by version where the states of an article came from, the first one first."""
        named = select(articles.c.number).where(lower_id == article_id.lower())
        with self._read() as connection:
            return origins_of(connection, connection.scalar(named) or 0)


def origins_of(connection: Connection, number: int) -> dict[int, Provenance]:
    """Return by version where the states of an article came from, by the article's number."""
    held = select(provenance.c.version, provenance.c.packed).where(provenance.c.article == number)
    rows = connection.execute(held.order_by(provenance.c.version))
    return {row.version: decode(Provenance, unpack(row.packed)) for row in rows}


def provenance_of(connection: Connection, numbers: Sequence[int]) -> dict[int, Provenance]:
    """Return where the newest states of articles came from, by the articles' numbers."""
    rows = rows_in(connection, _BY_ARTICLE, provenance.c.article, numbers)
    newest = {row.article: row.packed for row in rows}
    return {number: decode(Provenance, unpack(packed)) for number, packed in newest.items()}


def note_kept(
    connection: Connection,
    new: Mapping[int, Article],
    replaced: Mapping[int, Article],
    origins: Mapping[str, Provenance],
    now: datetime,
) -> None:
    """Note states of new and other articles, by their numbers, in the ledger, and where they came from.

    ``origins`` has that by the articles' keys.
    """
    if not new and not replaced:
        return
    day = open_day(connection, now)
    asked = rows_of(connection, _VERSIONS, replaced)
    versions = {**dict.fromkeys(new, 1), **{row.number: row.version for row in asked}}
    lines, rows = [], []
    last, text = None, ""
    for number, article in (*new.items(), *replaced.items()):
        origin, version = origins.get(article.key), versions[number]
        if origin != last:  # the entries of a list mostly came in one way
            last, text = origin, scrub(encode(origin)) if origin else ""
        if text:
            rows.append({"article": number, "version": version, "packed": pack(text)})
        lines.append({"name": f"{number}/{version}", "day": day, "digest": digest_of(article, text)})
    upsert(connection, provenance, rows, [provenance.c.article, provenance.c.version])
    upsert(connection, ledger, lines, [ledger.c.name])


def note_happened(connection: Connection, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Note rows of ``changes`` in the ledger."""
    day = open_day(connection, now)
    lines = [
        {"name": f"{HAPPENED}{row['number']}", "day": day, "digest": digest_of_change(row)} for row in rows
    ]
    upsert(connection, ledger, lines, [ledger.c.name])


def digest_of_change(row: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of what happened to an article, of which version, and when."""
    facts = [row["article"], row["kind"], row["version"], row["at"].astimezone(UTC).isoformat()]
    return hashlib.sha256(json.dumps(facts).encode()).digest()


def open_day(connection: Connection, now: datetime) -> date:
    """Return the day to which a line of the ledger belongs: today, or the one after the last sealed day.

    A clock that is set back never adds to a day whose hash stands.
    """
    sealed = connection.scalar(_LAST_SEALED)
    return max(now.date(), sealed + timedelta(days=1)) if sealed else now.date()


def digest_of(article: Article, origin: str) -> bytes:
    """Return the SHA-256 of the text that stands for a state of an article and where it came from."""
    return hashlib.sha256(text_of(article, origin).encode()).digest()


def text_of(article: Article, origin: str) -> str:
    """Return a state of an article as JSON, with the text of where it came from, the same for all time.

    What the configuration decides is left out, and so is whatever has its default: a field that a later
    version of the program adds changes no text.
    """
    # Written fact by fact: most are texts, for which an encoder need not be set up.
    facts = {
        name: encode_basestring(fact) if isinstance(fact, str) else _write(fact)
        for name, fact in _said(article, _CONFIGURED).items()
    }
    if origin:
        facts["provenance"] = _in_order(origin)
    return "{" + ",".join([f'"{name}":{facts[name]}' for name in sorted(facts)]) + "}"


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


@lru_cache(maxsize=16)
def _in_order(text: str) -> str:
    """Return JSON with the names of each object in order."""
    return _write(json.loads(text))


def _facts(value: Any) -> Any:
    """Return a value as JSON has it, and of a dataclass the fields that differ from their defaults."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_facts(one) for one in value]
    if is_dataclass(value):
        return _said(value)
    return value


def _said(value: Any, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their defaults as JSON has them, by name."""
    said = ((name, getattr(value, name), default) for name, default in _defaults(value.__class__))
    return {name: _facts(one) for name, one, default in said if one != default and name not in without}


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in fields(kind))


@lru_cache(maxsize=16)
def pack(text: str) -> bytes:
    """Compress the text of a provenance; many articles in a row have the same."""
    packer = zlib.compressobj(9, wbits=-15, zdict=_USUAL)
    return packer.compress(text.encode()) + packer.flush()


def unpack(packed: bytes) -> str:
    """Return the text that was compressed."""
    return zlib.decompressobj(wbits=-15, zdict=_USUAL).decompress(packed).decode()
