"""The files of a configuration while the program runs: one that is broken counts as it was accepted last."""

import contextlib
import hashlib
import json
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from aggregator.config.load import load, parse, read_regular
from aggregator.errors import ConfigError, Problem
from aggregator.settings import Config, Storage

WAITS = "counts as it was, until what is named beside it is mended"


Files = Mapping[Path, bytes]
"""Files with what they say."""


def mark_of(path: Path) -> str:
    """Tell a configuration from the others of this machine, without saying to anybody where it is."""
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:8]


class ConfigFiles:
    """A configuration's main file and its ``sources.d``, read again whenever one of them changes.

    What was accepted of ``sources.d`` lies beside the database, so that a restart goes on with it, too. It is
    readable for its owner alone, since tables may hold secrets.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.parent / "sources.d"
        self.problems: tuple[Problem, ...] = ()
        """What is wrong with files of ``sources.d`` that were refused at the last reading."""
        self._read_last: Files = {}
        self._accepted: Files = {}
        self._seen: object = None
        """How ``sources.d`` looked when it was accepted or refused last."""
        self._looked: object = None

    def start(self) -> Config:
        """Read every file. Raises ConfigError, also for a broken file of which nothing was accepted."""
        self._accepted = self._read_accepted()
        config = self._read(starting=True)
        self.accept()
        return config

    def read(self, *, sources_alone: bool = False) -> Config:
        """Read every file again, or those of ``sources.d`` alone. Raises ConfigError."""
        return self._read(sources_alone=sources_alone)

    def accept(self) -> None:
        """Keep what was read last, by which the program works from now on."""
        self._seen = self._looked
        before, self._accepted = self._accepted, self._read_last
        if self._of_folder(before) != self._of_folder(self._accepted):
            self.problems += self._write_accepted()

    def have_changed(self) -> bool:
        """Tell whether ``sources.d`` is another one than was accepted or refused last."""
        return self._look() != self._seen

    def _read(self, *, starting: bool = False, sources_alone: bool = False) -> Config:
        self._looked = self._look()  # before they are read, so that no change is missed
        main = {self.path: self._accepted[self.path]} if sources_alone else _bytes_of([self.path])
        files = {**main, **_bytes_of(self.folder.glob("*.toml"), read_regular)}
        problems: list[Problem] = []
        if not starting and any(self._of_folder(self._accepted).values()) and not self.folder.is_dir():
            # An empty folder or a restart says that its sources go; a disk that is not there says nothing.
            problems.append(Problem(str(self.folder), "", "", "is gone; its sources go on"))
            files = {**self._accepted, **main}
        refused: set[Path] = set()
        while True:
            try:
                config = load(self.path, files)
                break
            except ConfigError as exc:
                named = {Path(one.file) for one in exc.problems}
                more = self._to_refuse(named - refused - {self.path}, files, starting=starting)
                if not more:
                    self._seen = self._looked
                    raise ConfigError([*problems, *exc.problems]) from None
                problems += [one for one in exc.problems if Path(one.file) in more or not named & more]
                problems += [Problem(str(file), "", "", WAITS) for file in sorted(more - named)]
                refused |= more
                files |= {file: self._accepted.get(file, b"") for file in more}
        self._read_last, self.problems = files, tuple(problems)
        return config

    def _to_refuse(self, broken: set[Path], files: Files, *, starting: bool) -> set[Path]:
        """Choose the files that count as they were: those with faults, else all that changed."""
        if starting:
            return broken if broken and broken <= self._accepted.keys() else set()
        changed = {
            file for file in files.keys() - {self.path} if files[file] != self._accepted.get(file, b"")
        }
        return {file for file in broken if file in changed or file not in files} or changed

    def _of_folder(self, files: Files) -> Files:
        return {file: body for file, body in files.items() if file != self.path}

    def _look(self) -> object:
        """Return what differs whenever a file has changed; None without the folder."""
        seen: set[tuple[str, int, int, int]] = set()
        for file in self.folder.glob("*.toml"):
            with contextlib.suppress(OSError):
                status = file.stat()
                seen.add((file.name, status.st_mtime_ns, status.st_size, status.st_ino))
        return seen if self.folder.is_dir() else None

    def _beside(self, main: bytes) -> Path:
        """Name the file of what was accepted, by the main file."""
        try:
            storage = Storage.model_validate(parse(main).get("storage", {}))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError):
            storage = Storage()
        return Path(storage.accepted)

    def _read_accepted(self) -> Files:
        main = _bytes_of([self.path]).get(self.path, b"")
        try:
            held = json.loads(self._beside(main).read_bytes())
            return {self.folder / name: text.encode() for name, text in held.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _write_accepted(self) -> tuple[Problem, ...]:
        target = self._beside(self._accepted[self.path])
        beside = target.with_name(f"{target.name}.new")
        texts = {file.name: body.decode() for file, body in sorted(self._of_folder(self._accepted).items())}
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump(texts, file, indent=1)
            os.replace(beside, target)
        except OSError as exc:
            why = f"cannot be written ({exc.strerror}): no restart works while a file of sources.d is broken"
            return (Problem(str(target), "", "", why),)
        return ()


def _bytes_of(files: Iterable[Path], read: Callable[[Path], bytes] = Path.read_bytes) -> dict[Path, bytes]:
    found: dict[Path, bytes] = {}
    for file in files:
        with contextlib.suppress(OSError):  # `load` says what is wrong with it
            found[file] = read(file)
    return found
