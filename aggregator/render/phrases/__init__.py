"""Sentences that say how a source does, in other languages than English: one TOML file each."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from aggregator.render.texts import choose

_NAME = re.compile(r"\{(\w+)\}")


class Phrases:
    """The sentences in the language nearest to the one asked for; what is in no file stays English."""

    def __init__(self, language: str) -> None:
        self._plain, self._filled = _load(choose(language))

    def __call__(self, sentence: str) -> str:
        """Return a sentence in the language; what varies in it is looked up, too."""
        if sentence in self._plain:
            return self._plain[sentence]
        for pattern, translation in self._filled:
            if found := pattern.fullmatch(sentence):
                return translation.format(**{name: self(said) for name, said in found.groupdict().items()})
        return sentence


@cache
def _load(language: str) -> tuple[Mapping[str, str], list[tuple[re.Pattern[str], str]]]:
    """Return the sentences of an available language: whole ones, and those with names to be filled."""
    file = files("aggregator.render.phrases") / f"{language}.toml"
    said = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    # The longest first: a shorter one may be the beginning of it.
    named = sorted((text for text in said if _NAME.search(text)), key=len, reverse=True)
    filled = [(_pattern(text), said[text]) for text in named]
    return {text: translation for text, translation in said.items() if not _NAME.search(text)}, filled


def _pattern(text: str) -> re.Pattern[str]:
    parts = _NAME.split(text)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts)),
        re.DOTALL,
    )
