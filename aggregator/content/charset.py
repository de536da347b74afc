"""Bytes to text: what a page, a JSON answer or a plain file says in characters.

The order is the HTML standard's (WHATWG HTML, 13.2.3.2): byte order mark, HTTP header, ``<meta>``,
XML declaration, then the bytes themselves. Names of charsets are read as the Encoding standard reads
them: ``gb2312`` means all of GB18030, ``iso-8859-1`` means windows-1252.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

PRESCAN = 4096
"""Bytes searched for a declaration; the standard says 1,024, and real pages overstep it."""

_SAMPLE = 32768
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

# Python's names -> the decoder that the Encoding standard asks for under them.
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

_KANA = frozenset(map(chr, range(0x3041, 0x3097))) | frozenset("、。ー")
_CYRILLIC = frozenset("оеаинтсрвлкмдпуяыьгзбчй")
# The characters that make up a good part of any text in the language of each legacy charset. Read in the
# wrong charset, the same bytes give rare ones.
_USUAL = {
    "gb18030": frozenset(
        "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后"
        "小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长"
        "业市新理法部经济全关政工务监管规定企，。、：；“”（）《》"
    ),
    "big5hkscs": frozenset(
        "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後"
        "小麼心多天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長"
        "業市新理法部濟全關政工務監管規定企，。、：；「」（）《》"
    ),
    "cp932": _KANA,
    "euc_jp": _KANA,
    "cp949": frozenset(
        "이다는의에을하고가로지도은한를사기어아리서자나정시인스라그일수으대니해있만부게주었보제과전것들상여구"
        "원와장마러면요안우"
    ),
    "cp1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
}

_HEADER = re.compile(r"charset\s*=\s*[\"']?([^\s\"';,]+)", re.IGNORECASE)
_XML = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"'>]+)")
_TAG = re.compile(
    rb"<!--.*?-->|<(/?[a-z][^\s/>]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE | re.DOTALL
)
_ATTRIBUTE = re.compile(rb"([^\s=/>\"']+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))")


def decode(body: bytes, content_type: str = "", *, html: bool = True) -> str:
    """Return the text of ``body``, without its byte order mark and with its line ends as they came.

    ``content_type`` is the HTTP header as sent; ``html`` looks for ``<meta>`` as well. Where the bytes
    contradict what is declared, the bytes are believed. Bytes that mean nothing become U+FFFD; nothing
    is raised.
    """
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    declared = next(_declared(body, content_type, html=html), "")
    unicode = _strictly(body, "utf-8")
    if unicode is not None and _is_unicode(unicode, declared):
        return unicode
    if declared and (text := _strictly(body, declared)) is not None:
        return text
    charsets = [charset for charset in (declared, _guess(body)) if charset] or ["cp1252"]
    # One broken byte is no reason to distrust a declaration: the guess must fit better.
    return min(
        (body.decode(charset, "replace") for charset in charsets), key=lambda text: text.count("\ufffd")
    )


def _declared(body: bytes, content_type: str, *, html: bool) -> Iterator[str]:
    """Yield the decoders that are declared and known, the weightiest first."""
    head = body[:PRESCAN]
    header = _HEADER.search(content_type)
    # Text said to be in UTF-16 that has no zero byte is not.
    if header and (decoder := _decoder(header[1], wide=b"\0" in head)):
        yield decoder
    labels = list(_meta_labels(head)) if html else []
    if xml := _XML.match(head.lstrip()):
        labels.append(xml[1])
    for label in labels:
        # Whoever could read the declaration was not reading UTF-16.
        if decoder := _decoder(label.decode("ascii", "replace"), wide=False):
            yield decoder


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


def _strictly(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None


def _is_unicode(text: str, declared: str) -> bool:
    """Whether bytes that are valid UTF-8 are meant as UTF-8, whatever was declared.

    Some pairs of a double-byte charset look like a two-byte character of UTF-8 by chance. Three-byte
    ones do not fall into step like that, and windows-1252 texts have neither.
    """
    if declared in ("", "utf-8"):
        return True
    return bool(re.search("[\x80-\U0010ffff]" if declared == "cp1252" else "[\u0800-\U0010ffff]", text))


def _guess(body: bytes) -> str:
    """Return the charset in which the bytes read like a language, or ""."""
    high = re.search(rb"[\x80-\xff]", body)
    if high is None:
        return ""
    sample = body[high.start() : high.start() + _SAMPLE]
    likeness = {
        charset: _likeness(sample.decode(charset, "replace"), usual) / (0.5 if usual is _CYRILLIC else 0.15)
        for charset, usual in _USUAL.items()
    }
    best = max(likeness, key=lambda charset: likeness[charset])
    if likeness[best] >= 1:
        return best
    # A title or a list of names has few of the usual characters; chance makes no clean GB 2312 of it.
    return "gb18030" if _strictly(body, "gb2312") is not None else ""


def _likeness(text: str, usual: frozenset[str]) -> float:
    """Return the share of usual characters in those beyond ASCII, less the share of broken ones.

    Usual ones count in runs only: the accents of a Western text stand alone.
    """
    beyond = "".join(re.findall(r"[^\x00-\x7f]+", text))
    runs = "".join(re.findall(r"[^\x00-\x7f]{3,}", text))
    return (sum(character in usual for character in runs) - 4 * beyond.count("\ufffd")) / max(len(beyond), 1)
