"""Templates of a source: texts and addresses with ``{field}`` in them, filled from an entry's fields."""

import re
from collections.abc import Mapping
from urllib.parse import quote as percent_encode

Fields = Mapping[str, str | list[str]]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def fill(template: str, fields: Fields, *, quote: bool) -> str:
    """Return the template with each ``{name}`` replaced by the field's value, percent-encoded if ``quote``.

    Of a list the first value counts; a field that is unknown or empty leaves nothing behind. Braces
    around anything but a name stay.
    """

    def value(match: re.Match[str]) -> str:
        found = fields.get(match[1], "")
        text = found if isinstance(found, str) else next(iter(found), "")
        return percent_encode(text, safe="", errors="replace") if quote else text

    return _PLACEHOLDER.sub(value, template)


def fill_all(template: str, fields: Fields) -> list[str]:
    """Return the filled template once for each value of the first list that it names.

    Blanks are folded, empty results dropped, repeated ones too.
    """
    names = [name for name in _PLACEHOLDER.findall(template) if isinstance(fields.get(name), list)]
    choices = [{**fields, names[0]: value} for value in fields[names[0]] or [""]] if names else [fields]
    filled = (" ".join(fill(template, choice, quote=False).split()) for choice in choices)
    return [text for text in dict.fromkeys(filled) if text]


def placeholders(template: str) -> set[str]:
    """Return the names of the fields that a template asks for."""
    return set(_PLACEHOLDER.findall(template))
