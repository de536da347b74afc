"""Appending sources to the user's configuration; what the user wrote stays byte for byte."""

import contextlib
import errno
import fcntl
import os
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Array, Item, Table

from aggregator.config.load import load, parse
from aggregator.errors import ConfigError, Problem
from aggregator.text.text import fold, scrub

COLUMN = 42
"""Where comments behind values begin, if there is room."""

WIDTH = 80
"""A list that would be wider is written over several lines."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """A ``[[source]]`` table to be written."""

    keys: Mapping[str, Any]
    """Values of TOML's types, in order; durations are texts (``"15m"``), a mapping becomes a table."""
    comments: Mapping[str, str] = field(default_factory=dict)
    """Comments behind dotted keys (``list.entry``) or tables (``list``)."""
    comment: str = ""
    """Lines above the table."""


def add_sources(config: Path, file: Path, tables: Sequence[SourceText]) -> None:
    """Append ``[[source]]`` tables to a file of the configuration at ``config``.

    The whole configuration is read with them before anything is written. Raises ConfigError where it would
    be refused.
    """
    from aggregator.config.schema import header, place_schema, schema_of

    is_new = not file.exists()
    append_tables(file, tables, lambda after: load(config, {file: after}), header(config, file))
    if is_new or schema_of(config).exists():
        with contextlib.suppress(OSError):  # without it, editors know less
            place_schema(config)


def append_tables(
    file: Path,
    tables: Sequence[SourceText],
    check: Callable[[bytes], object] = lambda after: None,
    heading: str = "",
) -> None:
    """Append ``[[source]]`` tables to a file; a missing file, which gets a heading, and its folder are made.

    The result is parsed again, and ``check`` may refuse it by a ConfigError, before it replaces the file
    in one step, with the same mode. Raises ConfigError naming the file where that fails.
    """
    try:
        with _locked(file.parent):
            before = file.read_bytes() if file.exists() else heading.encode()
            after = _appended(file, before, tables)
            check(after)
            _replace(file, after)
    except OSError as exc:
        raise _refused(file, f"cannot be written: {exc.strerror}") from exc


def find_table(config: Path, name: str) -> tuple[Path, dict[str, Any]]:
    """Give the file of a configuration that has a source, and its table there. Raises ConfigError."""
    for file in (config, *sorted(config.parent.glob("sources.d/*.toml"))):
        for table in _parsed(file, file.read_bytes()).get("source", []):
            if table.get("name") == name:
                return file, table
    raise _refused(config, f'has no source "{name}"')


def replace_source(config: Path, file: Path, name: str, keys: Mapping[str, Any]) -> None:
    """Give a source's table in a file these keys; what stays as it was, comments too, keeps its bytes.

    The whole configuration is read with it before anything is written. Raises ConfigError.
    """
    try:
        with _locked(file.parent):
            after = _replaced(file, file.read_bytes(), name, keys)
            load(config, {file: after})
            _replace(file, after)
    except OSError as exc:
        raise _refused(file, f"cannot be written: {exc.strerror}") from exc


def render(table: SourceText) -> str:
    """Write one ``[[source]]`` table as TOML. Raises ValueError for a value that TOML does not know."""
    document = tomlkit.document()
    tables = tomlkit.aot()
    tables.append(_table(table.keys, "", table.comments))
    document.append("source", tables)
    above = "".join(f"# {line}\n" for line in map(_one_line, table.comment.splitlines()) if line)
    return above + tomlkit.dumps(document).rstrip("\n") + "\n"


def write_value(value: Any) -> str:
    """Write a value as TOML, in one line."""
    return " ".join(line.strip() for line in _value(value).as_string().splitlines())


def _appended(file: Path, before: bytes, tables: Sequence[SourceText]) -> bytes:
    """Give the file's new content. Raises ConfigError where it does not parse to what it should."""
    current = _parsed(file, before)
    try:
        text = "\n".join(map(render, tables))
        end = "\r\n" if b"\r\n" in before else "\n"
        gap = "" if not before.strip(b"\xef\xbb\xbf") else "\n" if before.endswith(b"\n") else "\n\n"
        after = before + (gap + text).replace("\n", end).encode()
        read = parse(after)
    except (ValueError, tomlkit.exceptions.TOMLKitError) as exc:
        raise _refused(file, f"would not be TOML with the new sources: {exc}") from exc
    sources = current.get("source", [])
    expected = {**current, "source": [*sources, *(_plain(table.keys) for table in tables)]}
    if tables and read != expected:
        raise _refused(file, "would not say what it should with the new sources")
    return after


def _replaced(file: Path, before: bytes, name: str, keys: Mapping[str, Any]) -> bytes:
    """Give the file's new content. Raises ConfigError where it does not parse to what it should."""
    expected = _parsed(file, before)
    number = next(n for n, table in enumerate(expected["source"]) if table.get("name") == name)
    document = tomlkit.parse(before.decode("utf-8-sig"))
    table = document["source"][number]
    for key in [key for key in table if key not in keys]:
        del table[key]
    for key, value in keys.items():
        if expected["source"][number].get(key) != _plain(value):
            table[key] = _table(value, f"{key}.", {}) if isinstance(value, Mapping) else _value(value)
    bom = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    after = bom + tomlkit.dumps(document).encode()
    expected["source"][number] = _plain(keys)
    if _parsed(file, after) != expected:
        raise _refused(file, f'would not say what it should with source "{name}" replaced; change it by hand')
    return after


def _parsed(file: Path, body: bytes) -> dict[str, Any]:
    try:
        content = parse(body)
    except UnicodeDecodeError as exc:
        raise _refused(file, f"is not UTF-8 at byte {exc.start}; save it as UTF-8") from exc
    except tomllib.TOMLDecodeError as exc:
        raise _refused(file, f"is not TOML: {exc}") from exc
    if not isinstance(content.get("source", []), list):
        raise _refused(file, "write [[source]] with two brackets")
    return content


def _table(keys: Mapping[str, Any], path: str, comments: Mapping[str, str]) -> Table:
    table = tomlkit.table()
    # A plain key behind a table would belong to it; tomlkit puts plain keys first.
    for key, value in keys.items():
        where = f"{path}{key}"
        item = _table(value, f"{where}.", comments) if isinstance(value, Mapping) else _value(value)
        if comment := _one_line(comments.get(where, "")):
            item.comment(comment)
            item.trivia.comment_ws = " " * max(2, COLUMN - len(_line(where, key, item)))
        table.append(key, item)
    return table


def _value(value: Any) -> Item:
    """Write a value as a person would: backslashes and quotes in single quotes, a long list over lines."""
    if isinstance(value, str):
        literal = ("\\" in value or '"' in value) and "'" not in value and value.isprintable()
        return tomlkit.string(value, literal=literal)
    if isinstance(value, Mapping):
        inline = tomlkit.inline_table()
        for key, inner in value.items():
            inline.append(key, _value(inner))
        return inline
    if isinstance(value, list | tuple):
        array = Array([], tomlkit.items.Trivia())
        for inner in value:
            array.append(_value(inner))
        return array.multiline(len(array.as_string()) > WIDTH)
    item: Item = tomlkit.item(value)
    return item


def _line(where: str, key: str, item: Item) -> str:
    """Give the line that a comment is put behind."""
    if isinstance(item, Table):
        return f"[source.{where}]"
    return f"{tomlkit.key(key).as_string()} = {item.as_string()}".rpartition("\n")[2]


def _plain(value: Any) -> Any:
    """Give a value in the types that tomllib reads."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _one_line(text: str) -> str:
    return fold(scrub(text))


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock a folder, made where it is missing, against other processes of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(file: Path, body: bytes) -> None:
    """Write beside and rename, keeping owner and mode. Raises OSError."""
    # A symbolic link stays one: the file that it leads to is replaced.
    target = file.resolve()
    status = target.stat() if target.exists() else None
    if status and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    beside = target.with_name(f".{target.name}.part")
    try:
        with beside.open("wb") as written:
            if status:
                with contextlib.suppress(PermissionError):
                    os.fchown(written.fileno(), status.st_uid, status.st_gid)
                os.fchmod(written.fileno(), stat.S_IMODE(status.st_mode))
            written.write(body)
            written.flush()
            os.fsync(written.fileno())
        beside.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _refused(file: Path, message: str) -> ConfigError:
    return ConfigError([Problem(str(file), "", "", message)])
