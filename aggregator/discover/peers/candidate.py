"""A source as another program's file describes it, with what of that has no place here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Hidden:
    """A secret of another program's file, which is never written: its place in the environment is."""

    label: str
    """What it is, such as ``COOKIE_SESSION``; the name of its variable ends so."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What could be a source."""

    title: str
    """Empty where the file gives none."""
    keys: Mapping[str, Any]
    """Keys of ``[[source]]``, ``kind`` and ``url`` among them, but none that names or files it."""
    page: str = ""
    folders: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    """What is not carried over: the key of the file, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a file of another program lists."""

    program: str
    """Its name, for people."""
    candidates: tuple[Candidate, ...] = ()
    left_out: tuple[str, ...] = ()
    """What cannot be a source, each with the reason."""


@dataclass(slots=True)
class Settings:
    """The settings of one source in a file of another program. Whatever nobody takes is named as lost."""

    values: Mapping[str, Any]
    program: str
    taken: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)

    def take(self, key: str) -> Any:
        """Give a setting; the empty text where it is missing or empty."""
        self.taken.add(key)
        return self.values.get(key) or ""

    def text(self, key: str) -> str:
        """Give a setting as a text; what is none is named."""
        value = self.take(key)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value).strip()
        if value:
            self.lose(key, "is no text")
        return ""

    def texts(self, key: str) -> list[str]:
        """Give a setting as texts, from one or a list of them."""
        value = self.take(key)
        found = value if isinstance(value, list) else [value]
        return [str(one).strip() for one in found if isinstance(one, str | int | float) and str(one).strip()]

    def lose(self, key: str, why: str) -> None:
        """Note that a setting is not carried over."""
        self.taken.add(key)
        self.lost.append(f"{key} {why}")

    def lose_all(self, reasons: Mapping[str, str]) -> None:
        """Note those of these settings that the file has."""
        for key, why in reasons.items():
            if self.take(key):
                self.lose(key, why)

    def rest(self) -> Iterator[str]:
        """Name the settings that nobody took and that say something."""
        for key, value in self.values.items():
            if key not in self.taken and value not in (None, False, "", [], {}, 0):
                yield f"{key} is not known to this import: see what it does in {self.program}"

    @property
    def losses(self) -> tuple[str, ...]:
        """Everything that is not carried over."""
        return (*self.lost, *self.rest())


def shown(value: object, length: int = 60) -> str:
    """Quote a value of a file for a message, in one line."""
    text = " ".join(str(value).split())
    return f'"{text[:length]}…"' if len(text) > length else f'"{text}"'
