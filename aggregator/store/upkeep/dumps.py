"""Dumps of PostgreSQL, made, read and restored by its own programs."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL

from aggregator.errors import StoreError
from aggregator.store.schema import metadata

_COPY = re.compile(rb"COPY (?:\S+\.)?(articles|totals|alembic_version) \((.*)\) FROM stdin;\n")
LOOK_SECONDS = 0.5


def dump(url: URL, file: Path, look: Callable[[], None]) -> None:
    """Write a database to a file; ``look`` is called now and then, and may raise to end it."""
    command = [*_program("pg_dump", url), "--format=custom", f"--file={file}"]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 - the user's own PostgreSQL
            command, env=_environment(url), stdout=subprocess.DEVNULL, stderr=errors
        ) as running,
    ):
        try:
            while running.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    running.wait(LOOK_SECONDS)
                look()
        except BaseException:
            running.kill()
            raise
        if running.returncode:
            raise StoreError(f"pg_dump failed: {_end_of(errors)}")


def restore_dump(url: URL, file: Path) -> None:
    """Put a dump in the place of what is in a database, in one transaction."""
    # pg_restore drops what the dump has; the tables of a later version refer to that, and would stay.
    ours = ", ".join(f'"{name}"' for name in (*metadata.tables, "alembic_version", "moving"))
    command = [*_program("psql", url), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 - the user's own PostgreSQL
            command,
            env=_environment(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        ) as running,
    ):
        statements: Any = running.stdin
        try:
            with suppress(BrokenPipeError):  # psql ended, and says why
                with _script(file, "--clean", "--if-exists", "--no-owner") as script:
                    statements.write(f"BEGIN; DROP TABLE IF EXISTS {ours} CASCADE;\n".encode())
                    shutil.copyfileobj(script, statements)
                # What ends before this leaves the database as it was.
                statements.write(b"COMMIT;\n")
        finally:
            running.communicate()
        if running.returncode:
            raise StoreError(f"psql failed: {_end_of(errors)}")


def read_dump(file: Path) -> tuple[str, int, int]:
    """Read the whole of a dump. Raises StoreError where it is damaged.

    Return the revision of its tables, empty where they are not ours, how many articles it has, and how many
    it says it has.
    """
    revision, counted, noted, table = "", 0, -1, b""
    columns: list[bytes] = []
    with _script(file) as script:
        for line in script:
            if begins := _COPY.fullmatch(line):
                table, columns = begins[1], begins[2].split(b", ")
            elif line == b"\\.\n":
                table = b""
            elif table == b"articles":
                counted += 1
            elif table == b"totals":
                noted = int(line.rstrip(b"\n").split(b"\t")[columns.index(b"articles")])
            elif table:
                revision = line.decode().rstrip("\n")
    return revision, counted, noted


@contextmanager
def _script(file: Path, *options: str) -> Iterator[IO[bytes]]:
    """Give the statements of a dump. Raises StoreError at their end, where it is damaged."""
    command = [_find("pg_restore"), "--file=-", *options, str(file)]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as reading:  # noqa: S603
            script: Any = reading.stdout
            yield script
        if reading.returncode:
            raise StoreError(f"it is damaged: {_end_of(errors)}")


def _program(name: str, url: URL) -> list[str]:
    shown = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    return [_find(name), f"--dbname={shown}"]


def _environment(url: URL) -> Mapping[str, str]:
    """Return what the programs get: no process list shows the password."""
    return os.environ | ({"PGPASSWORD": url.password} if url.password else {})


def _end_of(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read().decode(errors="replace").strip()[-500:]


def _find(program: str) -> str:
    if not (found := shutil.which(program)):
        raise StoreError(f"{program} is not installed (Debian's package is postgresql-client)")
    return found
