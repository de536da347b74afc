"""The texts of the interface: one TOML file a language in ``texts/``, chosen by ``[site] language``."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from markupsafe import Markup, escape

FALLBACK = "en"
_FOLDER = files("aggregator.render") / "texts"


def available() -> list[str]:
    """The languages that have a file, as sorted BCP 47 tags."""
    names = (file.name for file in _FOLDER.iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


@cache
def choose(language: str) -> str:
    """The available language nearest to a BCP 47 tag: itself, its base, one of the same base, else English.

    ``zh``, ``zh-TW`` and ``zh-Hans-SG`` all get ``zh-CN`` until they have a file of their own.
    """
    known = {name.lower(): name for name in available()}
    wanted = language.lower()
    base = wanted.partition("-")[0]
    # The base itself sorts before its regions.
    related = (name for name in known if name.partition("-")[0] == base)
    return known.get(wanted) or known.get(next(related, FALLBACK), FALLBACK)


def speaks(language: str) -> bool:
    """Tell whether there are texts in a language, or in another form of it."""
    return choose(language).partition("-")[0].lower() == language.partition("-")[0].lower()


@cache
def load(language: str) -> Mapping[str, str]:
    """The texts of an available language, by key."""
    return MappingProxyType(tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8")))


class Texts:
    """The texts in the language nearest to the one asked for.

    ``theme`` may hold a file ``texts/LANGUAGE.toml`` of the user's, with another language or other words.
    """

    def __init__(self, language: str, theme: Mapping[str, str] | None = None) -> None:
        own = (theme or {}).get(f"texts/{language}.toml", "")
        # English comes first, so that a translation which lacks texts still gives whole pages.
        texts = {**load(FALLBACK), **load(choose(language)), **tomllib.loads(own)}
        self._texts = {key: escape(text) for key, text in texts.items()}

    def __call__(self, key: str, **values: object) -> Markup:
        """The text of a key as HTML, its ``{names}`` filled; values are escaped unless they are Markup.

        Raises KeyError for a key or a name that is missing.
        """
        text = self._texts[key]
        return text.format(**values) if "{" in text else text

    def find(self, key: str) -> Markup:
        """The text of a key as HTML; empty where there is none."""
        return self._texts.get(key, Markup())

    def count(self, number: int) -> Markup:
        """The text for a number of articles."""
        return self("one_article") if number == 1 else self("many_articles", count=number)
