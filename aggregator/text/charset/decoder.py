"""The decoder: bytes of a page, a JSON answer or a plain file to characters.

The order is the HTML standard's (WHATWG HTML, 13.2.3.2): byte order mark, HTTP header, ``<meta>``,
XML declaration, then the bytes themselves. Names of charsets are read as the Encoding standard reads
them: ``gb2312`` means all of GB18030, ``iso-8859-1`` means windows-1252.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.text.charset.frequency import guess, guess_better
from aggregator.text.charset.mixed import decode_strictly, holds_utf_8, read_mixed
from aggregator.text.text import fold, scrub

PRESCAN = 4096
"""Bytes searched for a declaration; the standard says 1,024, but real pages declare later."""

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

# Python's names of charsets -> the decoder that the Encoding standard uses for them.
_DECODERS = {
    **{f"iso8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{f"cp{page}": f"cp{page}" for page in (866, 874, 932, 949, *range(1250, 1259))},
    **{same: same for same in ("utf-8", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "euc_jp")},
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "big5hkscs": "big5hkscs",
    "cp950": "big5hkscs",
    "shift_jis": "cp932",
    "iso2022_jp": "iso2022_jp",
    "euc_kr": "cp949",
    "utf-16": "utf-16-le",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
}

# Names of the Encoding standard that Python does not know.
_NAMES = {
    "gb_2312-80": "gb2312",
    "iso-8859-8-i": "iso-8859-8",
    "unicode-1-1-utf-8": "utf-8",
    "windows-31j": "cp932",
    "x-x-big5": "big5",
}

# Names of the Encoding standard for decoders of which Python has another.
_PUBLIC = {
    "cp866": "ibm866",
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "big5hkscs": "big5",
    "mac-roman": "macintosh",
    "mac-cyrillic": "x-mac-cyrillic",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
}
_WESTERN = ("cp1252", "cp1254", "iso8859-15")
# In these charsets a byte has no meaning of its own.
_STATEFUL = ("iso2022_jp", "utf-16-le", "utf-16-be")
_HIGH = bytes(range(0x80, 0x100))

_HEADER = re.compile(r"charset\s*=\s*[\"']?([^\s\"';,]+)", re.IGNORECASE)
_XML = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"'>]+)")
_TAG = re.compile(
    rb"<!--.*?-->|<(/?[a-z][^\s/>]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE | re.DOTALL
)
_ATTRIBUTE = re.compile(rb"([^\s=/>\"']+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))")


@dataclass(frozen=True, slots=True)
class Text:
    """Decoded bytes, the charset they were read in, and what was amiss ("" where all is well).

    ``charset`` is a name of the Encoding standard in lower case. A note reads ``declared as gb2312, read as
    utf-8``, ``2 passages read as utf-8``, ``1 place could not be read as gb18030``, or several of them.
    """

    text: str
    charset: str
    note: str


def decode(body: bytes, content_type: str = "", *, html: bool = True) -> str:
    """Return the text of ``body`` alone, as ``read_text`` reads it."""
    return read_text(body, content_type, html=html).text


def read_text(body: bytes, content_type: str = "", *, html: bool = True) -> Text:
    """Return the text of ``body``, without its byte order mark and with its line ends as they came.

    ``content_type`` is the HTTP header as sent; ``html`` looks for ``<meta>`` as well. Where the bytes
    contradict what is declared, the bytes are believed; where they hold a second charset, each passage is
    read in its own. Bytes that mean nothing become U+FFFD; nothing is raised.
    """
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return _read(body[len(mark) :], charset, charset)
    labels = list(_declared(body, content_type, html=html))
    # The first declaration of a known charset counts; the note names the first declaration of all.
    label, declared = next(((label, decoder) for label, decoder in labels if decoder), (*labels, ("", ""))[0])
    return _read(body, label, _wide(body) or declared)


def _read(body: bytes, label: str, declared: str) -> Text:
    """Read bytes without a byte order mark; ``declared`` is the decoder for ``label``, "" without one."""
    text = None if declared.startswith("utf-16") else decode_strictly(body, "utf-8")
    if text is not None and _is_unicode(text, declared):
        return Text(text, "utf-8", _note(label, "utf-8", declared))
    charset, text = declared, decode_strictly(body, declared) if declared else None
    if text is not None and (better := guess_better(body, declared)):
        charset, text = better, decode_strictly(body, better)
    if text is None:
        charset = _nearest(body, declared)
        text = decode_strictly(body, charset)
    passages = 0
    if charset in _STATEFUL or (text is not None and not holds_utf_8(body, charset)):
        text = body.decode(charset, "replace") if text is None else text
    else:
        text, passages, other = read_mixed(body, charset)
    broken = text.count("\ufffd") - (body.count(b"\xef\xbf\xbd") if charset == "utf-8" else 0)
    notes = [
        _note(label, charset, declared),
        _count(passages, "passage", f"read as {_public(other)}") if passages else "",
        _count(broken, "place", f"could not be read as {_public(charset)}") if broken > 0 else "",
    ]
    return Text(text, _public(charset), "; ".join(filter(None, notes)))


def _nearest(body: bytes, declared: str) -> str:
    """Return the charset of most of the bytes, where the declared one cannot decode all."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if len(text) - len(body.translate(None, _HIGH)) >= 2 * broken > 0:
        return "utf-8"
    charsets = [charset for charset in (declared, guess(body)) if charset not in ("", "utf-8")] or ["cp1252"]
    # One broken byte does not refute a declaration: the guess must fit better.
    return min(charsets, key=lambda charset: body.decode(charset, "replace").count("\ufffd"))


def _note(label: str, charset: str, declared: str) -> str:
    return f"declared as {label}, read as {_public(charset)}" if label and charset != declared else ""


def _count(number: int, noun: str, rest: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)} {rest}"


def _public(charset: str) -> str:
    """Return the Encoding standard's name of one of Python's decoders."""
    name = _PUBLIC.get(charset, charset.replace("_", "-"))
    return re.sub(r"^cp(?=\d)", "windows-", name).replace("iso8859", "iso-8859")


def _wide(body: bytes) -> str:
    """Return the kind of UTF-16 that bytes without a mark are in, as the zeros in its markup tell, or ""."""
    head = body[:PRESCAN]
    zeros = head[::2].count(0), head[1::2].count(0)
    if max(zeros) * 8 < len(head) or min(zeros) * 8 > max(zeros):
        return ""
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _declared(body: bytes, content_type: str, *, html: bool) -> Iterator[tuple[str, str]]:
    """Yield the names that are declared, each with its decoder ("" for none), the weightiest first."""
    head = body[:PRESCAN]
    if header := _HEADER.search(content_type):
        # Text that is declared as UTF-16 but has no zero byte is not UTF-16.
        yield _shown(header[1]), _decoder(header[1], wide=b"\0" in head)
    labels = list(_meta_labels(head)) if html else []
    if xml := _XML.match(head.lstrip()):
        labels.append(xml[1])
    for label in (label.decode("ascii", "replace") for label in labels):
        # A declaration that could be read as ASCII does not stand in UTF-16.
        yield _shown(label), _decoder(label, wide=False)


def _shown(label: str) -> str:
    return fold(scrub(label)).lower()[:40]


def _meta_labels(head: bytes) -> Iterator[bytes]:
    """Yield the charset of each ``<meta>`` that names one (WHATWG HTML, "prescan a byte stream")."""
    for tag in _TAG.finditer(head):
        if (tag[1] or b"").lower() != b"meta":
            continue
        attributes: dict[bytes, bytes] = {}
        for name, *values in _ATTRIBUTE.findall(tag[2]):
            attributes.setdefault(name.lower(), b"".join(values))
        if b"charset" in attributes:
            yield attributes[b"charset"].strip()
        elif attributes.get(b"http-equiv", b"").strip().lower() == b"content-type":
            content = attributes.get(b"content", b"").decode("latin-1")
            if label := _HEADER.search(content):
                yield label[1].encode("latin-1")


def _decoder(label: str, *, wide: bool) -> str:
    """Return the decoder for a declared name, or "" for one that no page can mean.

    A name of UTF-16 counts only where the bytes are two wide (``wide``); it means UTF-8 elsewhere.
    """
    label = label.strip().lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.:+-]{0,39}", label):
        return ""
    for name in (_NAMES.get(label, label), label.removeprefix("x-")):
        try:
            found = _DECODERS.get(codecs.lookup(name).name, "")
        except LookupError:
            continue
        return "utf-8" if found.startswith("utf-16") and not wide else found
    return ""


def _is_unicode(text: str, declared: str) -> bool:
    """Tell whether bytes that are valid UTF-8 are meant as UTF-8, whatever was declared.

    Pairs of bytes in a double-byte charset may look like a two-byte character of UTF-8 by chance; three bytes
    do not. Texts in the single-byte charsets of Western Europe have neither.
    """
    if declared in ("", "utf-8"):
        return True
    return bool(re.search("[\x80-\U0010ffff]" if declared in _WESTERN else "[\u0800-\U0010ffff]", text))
