"""What people write in a query that means something in other languages, and itself alone in this one."""

import re
from collections.abc import Collection
from difflib import get_close_matches

from aggregator.text.query.syntax import FIELDS, MOMENTS

LEAST_ALIKE = 0.75
"""How much a name has to be like a field's (``titel``) to be taken for a slip (difflib's ratio)."""

_QUOTED = re.compile(r'"[^"]*"?|(?<!\S)/(?:[^/\\\s]|\\.)(?:[^/\\]|\\.)*/(?=[\s)]|$)')
_KNOWN = "|".join([*FIELDS, *MOMENTS])
_STRAYS = {
    r"(?:AND|&&)(?=\s)": "words side by side are both meant; leave it out",
    r"NOT(?=\s)|!(?=\w)": "write - before what is left out",
    r"\|\|?(?=\s)": "write OR",
    r"\+(?=\w)": "every word is wanted; leave it out",
    r"\w+\*(?=[\s)]|$)|\*\w+": "words are found as parts of others, too; leave the * out",
    rf"(?i:{_KNOWN}):(?=[\s)]|$)": "write what is looked for behind the colon, without a blank",
    rf"(?i:{_KNOWN}):-": "write - before the field",
}
_PLACES = [(re.compile(rf"(?:(?<![^\s(])|(?<=\s-))(?:{stray})"), mend) for stray, mend in _STRAYS.items()]
_NAMED = re.compile(r"(?<![^\s(-])([^\W\d]\w*):(?=[^\s()/])")


def find_stray(query: str, facts: Collection[str]) -> str:
    """Say what in a query hardly means what it says, and the mend; "" for nothing.

    ``facts`` are the names that may stand before a colon beside those of fields. Searches take a query as it
    is; where nobody sees that it finds nothing, it is refused.
    """
    plain = query.translate({ord(mark): '"' for mark in "“”„"} | {ord("："): ":"})
    for quoted in _QUOTED.finditer(plain):
        if quoted[0].startswith('"') and not quoted[0].endswith('"', 1):
            return f"has a quote at character {quoted.start() + 1} that is not closed"
    bare = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), plain)
    for pattern, mend in _PLACES:
        if found := pattern.search(bare):
            return f"has {found[0]!r} at character {found.start() + 1}: {mend}, or put it in quotes"
    known = {*FIELDS, *MOMENTS, *(fact.lower() for fact in facts)}
    for found in _NAMED.finditer(bare):
        name = found[1].lower()
        near = [] if name in known else get_close_matches(name, known, 1, LEAST_ALIKE)
        if near:
            return f'has no field "{found[1]}" (character {found.start() + 1}); did you mean "{near[0]}"?'
    return ""
