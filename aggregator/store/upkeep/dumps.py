"""Dumps of PostgreSQL, made, read and restored by its own programs."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL

from aggregator.errors import StoreError

_COPY = re.compile(rb"COPY (?:\S+\.)?(articles|totals) \((.*)\) FROM stdin;\n")
LOOK_SECONDS = 0.5


def dump(url: URL, file: Path, look: Callable[[], None]) -> None:
    """Write a database to a file; ``look`` is called now and then, and may raise to end it."""
    _run("pg_dump", url, ["--format=custom", f"--file={file}"], look)


def restore_dump(url: URL, file: Path) -> None:
    """Put a dump in the place of what is in a database, in one transaction."""
    _run("pg_restore", url, ["--clean", "--if-exists", "--no-owner", "--single-transaction", str(file)])


def check_dump(file: Path) -> tuple[int, int]:
    """Read the whole of a dump; return how many articles it has, and how many it says it has."""
    counted, noted, table = 0, -1, b""
    columns: list[bytes] = []
    with tempfile.TemporaryFile() as errors:
        command = [_find("pg_restore"), "--file=-", str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as reading:  # noqa: S603
            for line in reading.stdout or ():
                if begins := _COPY.fullmatch(line):
                    table, columns = begins[1], begins[2].split(b", ")
                elif line == b"\\.\n":
                    table = b""
                elif table == b"articles":
                    counted += 1
                elif table == b"totals":
                    noted = int(line.rstrip(b"\n").split(b"\t")[columns.index(b"articles")])
        errors.seek(0)
        if reading.returncode:
            raise StoreError(f"it is damaged: {errors.read().decode(errors='replace').strip()[-500:]}")
    return counted, noted


def _run(program: str, url: URL, arguments: list[str], look: Callable[[], None] = lambda: None) -> None:
    """Run one of PostgreSQL's programs; no process list shows the password, it goes by the environment."""
    password = {"PGPASSWORD": url.password} if url.password else {}
    shown = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    command = [_find(program), f"--dbname={shown}", *arguments]
    with subprocess.Popen(  # noqa: S603 - the user's own PostgreSQL
        command, env=os.environ | password, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            said = None
            while said is None:
                try:
                    said = running.communicate(timeout=LOOK_SECONDS)[1]
                except subprocess.TimeoutExpired:
                    look()
        except BaseException:
            running.kill()
            raise
    if running.returncode:
        raise StoreError(f"{program} failed: {said.strip()[-500:]}")


def _find(program: str) -> str:
    if not (found := shutil.which(program)):
        raise StoreError(f"{program} is not installed (Debian's package is postgresql-client)")
    return found
