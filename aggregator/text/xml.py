"""XML as sites send it: references that are no XML, made well-formed before a parser gives up over them."""

import html
import re
from html.entities import html5

from aggregator.text.text import scrub

_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|(?P<numbers>(?:&#(?:\d{1,9}|[xX][0-9a-fA-F]{1,8});)+)|&(?P<name>[a-zA-Z][\w.-]{0,30};)?",
    re.DOTALL,
)
_NUMBER = re.compile(r"&#(?:(\d+)|[xX]([0-9a-fA-F]+));")
_OF_XML = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_WHITE_SPACE = (9, 10, 13)


def mend_references(text: str) -> str:
    """Make the references of a text such as XML 1.0 (section 4.1) has them, outside of CDATA and comments.

    Bare ampersands are escaped. Entities of HTML become their characters; those that the document may
    declare itself stay. Two references of UTF-16's halves become the character that they mean, one half
    becomes U+FFFD, and control characters go.
    """
    declares = "<!ENTITY" in text

    def mend(match: re.Match[str]) -> str:
        if match["numbers"]:
            return _mend_numbers(match["numbers"])
        name = match["name"]
        if not match[0].startswith("&") or name in _OF_XML:
            return match[0]
        if name in html5:
            return html.escape(html5[name])
        return match[0] if name and declares else f"&amp;{name or ''}"

    return _REFERENCE.sub(mend, text)


def _mend_numbers(references: str) -> str:
    """Read adjacent numeric references together, since an emoji may come as two halves of UTF-16."""
    units = [int(decimal) if decimal else int(hexa, 16) for decimal, hexa in _NUMBER.findall(references)]
    if all(unit in _WHITE_SPACE or 32 <= unit < 0xD800 for unit in units):
        return references
    characters = "".join(chr(unit) if unit <= 0x10FFFF else "\ufffd" for unit in units)
    whole = characters.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    # A reference to white space is not white space to an XML parser; it must stay a reference.
    return "".join(f"&#{ord(one)};" if one <= " " else html.escape(one) for one in scrub(whole))
