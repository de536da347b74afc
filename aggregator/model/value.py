"""What the values that cross between processes have in common."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any


class Value:
    """A frozen dataclass that is pickled as its type and what it holds.

    Python 3.11 looks up the fields of a frozen dataclass with slots each time that one is pickled or made of
    a pickle, which takes several times as long as the rest.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[type[Any], tuple[Any, ...]]:
        kind: Any = type(self)
        return kind, _getter(kind)(self)


@cache
def _getter(kind: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives all that a value of several fields holds, in their order."""
    first, second, *more = (field.name for field in fields(kind))
    return attrgetter(first, second, *more)
