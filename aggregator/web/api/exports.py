"""Exports: articles as lines of JSON, as a table for spreadsheets (CSV), or as columns (Parquet)."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, Literal

from pydantic_core import to_json, to_jsonable_python

from aggregator.errors import AggregatorError
from aggregator.text.text import tame_json
from aggregator.web.api.records import ArticleRecord

Format = Literal["jsonl", "csv", "parquet"]
Write = Callable[[Sequence[ArticleRecord]], object]
COLUMNS = (
    *("id", "version", "source", "source_label", "title", "address", "mirror", "published", "day", "authors"),
    *("origin", "language", "summary", "content", "complete", "fields", "attachments", "shown", "categories"),
    *("first_seen", "changed", "changes", "missing_since", "withdrawn"),
)
"""The names of what an article has, in the order of the columns."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""What begins a cell that spreadsheets may run as a formula (OWASP, CSV Injection), and our own mark."""
MARK = "'"
ROW_GROUP = 500
"""Articles in a row group of Parquet."""


@contextmanager
def exporting(file: IO[bytes], form: Format) -> Iterator[Write]:
    """Give what writes articles to a file. Raises AggregatorError where a library is missing."""
    if form == "parquet":
        with _parquet(file) as write:
            yield write
    elif form == "csv":
        yield _table(file)
    else:
        yield lambda records: file.writelines(_line(one) for one in records)


def _line(record: ArticleRecord) -> bytes:
    """Write an article as a line that may also stand on a terminal."""
    return tame_json(to_json(_exported(record)).decode()).encode() + b"\n"


def _exported(record: ArticleRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in COLUMNS}


def _table(file: IO[bytes]) -> Write:
    """Write the head of a table (RFC 4180), and give what writes rows."""

    def write(rows: Sequence[Sequence[str]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        file.write(text.getvalue().encode())

    file.write(b"\xef\xbb\xbf")  # without it, Excel takes UTF-8 for something else
    write([COLUMNS])
    return lambda records: write([[_cell(getattr(one, name)) for name in COLUMNS] for one in records])


def _cell(value: object) -> str:
    """Write a value as a cell that no spreadsheet runs: what could be a formula begins with an apostrophe."""
    plain = to_jsonable_python(value)
    if plain is None:
        return ""
    if not isinstance(plain, str):
        return to_json(plain).decode()
    return f"{MARK}{plain}" if plain.startswith(FORMULA) else plain


@contextmanager
def _parquet(file: IO[bytes]) -> Iterator[Write]:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError as exc:
        raise AggregatorError(
            "Parquet needs pyarrow; install it by `pip install aggregator[parquet]`"
        ) from exc
    schema = _schema(pyarrow)
    waiting: list[dict[str, Any]] = []
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:

        def flush() -> None:
            writer.write_table(pyarrow.Table.from_pylist(waiting, schema))
            waiting.clear()

        def write(records: Sequence[ArticleRecord]) -> None:
            waiting.extend(_columns(one) for one in records)
            if len(waiting) >= ROW_GROUP:
                flush()

        yield write
        flush()


def _columns(record: ArticleRecord) -> dict[str, Any]:
    return record.model_dump(include=set(COLUMNS)) | {"fields": to_json(record.fields).decode()}


def _schema(pyarrow: Any) -> Any:
    """Say of what type each column is; named facts differ from article to article, and are JSON."""
    text, number, time = pyarrow.string(), pyarrow.int64(), pyarrow.timestamp("us", "UTC")
    files = {"address": text, "title": text, "media_type": text, "length": number}
    types = {
        **dict.fromkeys(("version", "changes"), number),
        **dict.fromkeys(("published", "first_seen", "changed", "missing_since", "withdrawn"), time),
        "day": pyarrow.date32(),
        "complete": pyarrow.bool_(),
        "authors": pyarrow.list_(text),
        "attachments": pyarrow.list_(pyarrow.struct(files)),
        "categories": pyarrow.list_(pyarrow.struct(dict.fromkeys(("slug", "label", "tag"), text))),
    }
    return pyarrow.schema([(name, types.get(name, text)) for name in COLUMNS])
