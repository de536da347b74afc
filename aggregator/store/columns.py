"""Column types and a condition that behave alike on both databases, and columns of tables."""

import json
import re
import threading
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import zstandard
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    TableValuedAlias,
    Text,
    TypeDecorator,
    bindparam,
    literal,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine, UserDefinedType

from aggregator.errors import StoreError

MAX_TIMES = 2048
"""Times that are remembered as they were read: news are read again and again, publication by publication."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def scrub(text: str) -> str:
    """Return text that both databases store: NUL and lone surrogates become U+FFFD."""
    if "\0" not in text:
        try:
            text.encode()  # many times faster than to look for surrogates
        except UnicodeEncodeError:
            pass
        else:
            return text
    return _UNSTORABLE.sub("\ufffd", text)


def _scrubbed(value: str | None) -> str | None:
    return None if value is None else scrub(value)


class String(TypeDecorator[str]):
    """Text of any length, scrubbed when it is stored, compared and sorted by code point."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Return the database's own type; PostgreSQL compares bytes only in this collation."""
        return Text(collation="C" if dialect.name == "postgresql" else None)

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """Return what scrubs text that is to be stored; SQLAlchemy's own way there is one call longer."""
        return _scrubbed


class Packed(TypeDecorator[str]):
    """Long text, which SQLite holds compressed; PostgreSQL compresses by itself."""

    impl = String
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Return what scrubs and compresses text that is to be stored."""
        return pack if dialect.name == "sqlite" else _scrubbed

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return what gives stored text back."""
        return unpack if dialect.name == "sqlite" else None


class _Packers(threading.local):
    # Those of zstandard belong to one thread, and making one takes longer than what it does.
    def __init__(self) -> None:
        self.pack = zstandard.ZstdCompressor().compress
        self.unpack = zstandard.ZstdDecompressor().decompress


_packers = _Packers()


def pack(value: str) -> bytes:
    """Compress text as ``Packed`` holds it."""
    return _packers.pack(scrub(value).encode())


def unpack(value: bytes | str) -> str:
    """Give back what ``Packed`` holds. Raises StoreError."""
    # Who changes a row by hand writes plain text.
    try:
        return value if isinstance(value, str) else _packers.unpack(value).decode()
    except (zstandard.ZstdError, UnicodeDecodeError) as exc:
        raise StoreError(f"the database holds a damaged text: {exc}; see `aggregator restore`") from exc


class Time(TypeDecorator[datetime]):
    """An aware time, stored and returned in UTC with microseconds; SQLite itself has no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Return what converts a time to UTC, and raises StoreError for a naive one."""
        return _write_text if dialect.name == "sqlite" else _write_time

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Return what makes a stored time aware, in UTC; SQLAlchemy's own way takes four times as long."""
        return _read_text if dialect.name == "sqlite" else _read_time


_WITHOUT_ZONE = len("2026-01-01 00:00:00.000000")


def _write_time(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise StoreError(f"a time without a zone cannot be stored: {value}")
    return value.astimezone(UTC)


def _write_text(value: datetime | None) -> str | None:
    """Write a time as SQLAlchemy does for SQLite, in a fraction of its time."""
    time = _write_time(value)
    return None if time is None else time.isoformat(" ", "microseconds")[:_WITHOUT_ZONE]


@lru_cache(MAX_TIMES)
def _read_text(value: str | None) -> datetime | None:
    # To read the zone along takes a tenth of the time that it takes to put it in afterwards.
    return None if value is None else datetime.fromisoformat(value + "+00:00")


def _read_time(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


class Many(UserDefinedType[Collection[Any]]):
    """Many texts or numbers as one parameter: a statement for two of them is that for two hundred."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Return what makes an array of PostgreSQL's of the values, or JSON for SQLite."""

        def process(values: Any) -> Any:
            items = [scrub(value) if isinstance(value, str) else value for value in values]
            return items if dialect.name == "postgresql" else json.dumps(items)

        return process


MANY: BindParameter[Any] = bindparam("many", type_=Many())
"""The parameter of statements that are built once."""


class _IsAmong(FunctionElement[Any]):
    # Without the type of truth values: SQLite would compare it to 1, and use no index.
    name = "is_among"
    inherit_cache = True


def is_among(column: ColumnElement[Any], values: Collection[Any] | BindParameter[Any]) -> ColumnElement[bool]:
    """Return the condition that a column has one of many values, or of those of a parameter (``Many``)."""
    many = values if isinstance(values, BindParameter) else bindparam("many", values, Many(), unique=True)
    return _IsAmong(column, many)


@compiles(_IsAmong)
def _write_is_among(element: _IsAmong, compiler: SQLCompiler, **options: Any) -> str:
    column, many = (compiler.process(clause, **options) for clause in element.clauses)
    if compiler.dialect.name == "postgresql":
        return f"{column} = ANY({many})"
    return f"{column} IN (SELECT value FROM json_each({many}))"  # noqa: S608


class _PlaceIn(FunctionElement[int]):
    name = "place_in"
    type = Integer()
    inherit_cache = True


def holds(column: ColumnElement[Any], part: str) -> ColumnElement[bool]:
    """Return the condition that a text has a part."""
    return _PlaceIn(column, literal(part)) > 0


@compiles(_PlaceIn)
def _write_place_in(element: _PlaceIn, compiler: SQLCompiler, **options: Any) -> str:
    name = "strpos" if compiler.dialect.name == "postgresql" else "instr"
    return f"{name}({compiler.process(element.clauses, **options)})"


class _EachOf(FunctionElement[Any]):
    name = "each_of"
    inherit_cache = True


def each_of(name: str) -> TableValuedAlias:
    """Return the whole numbers of a parameter as a table with the column ``value``."""
    return _EachOf(bindparam(name, type_=Many())).table_valued("value")


@compiles(_EachOf)
def _write_each_of(element: _EachOf, compiler: SQLCompiler, **options: Any) -> str:
    (many,) = (compiler.process(clause, **options) for clause in element.clauses)
    if compiler.dialect.name == "postgresql":
        return f"(SELECT unnest(CAST({many} AS BIGINT[])) AS value)"
    return f"json_each({many})"


# A primary key of SQLite is its own row number only if the type is called exactly INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")

Kind = TypeEngine[Any] | type[TypeEngine[Any]]


def key(name: str, kind: Kind = Number, of: Column[Any] | None = None) -> Column[Any]:
    """Return a column of the primary key; ``of`` is the column of another table that it refers to."""
    references = [] if of is None else [ForeignKey(of)]
    return Column(name, kind, *references, primary_key=True, autoincrement=False)


def required(kind: Kind, *names: str, default: str | None = None) -> list[Column[Any]]:
    """Return columns that have a value in every row; ``default`` is what older rows have."""
    return [Column(name, kind, nullable=False, server_default=default) for name in names]


def optional(kind: Kind, *names: str) -> list[Column[Any]]:
    """Return columns that may be empty."""
    return [Column(name, kind) for name in names]
