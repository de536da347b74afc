"""Pages in two charsets: a template in one, an inserted text in the other."""

import re
from collections.abc import Iterator
from itertools import accumulate

from aggregator.text.charset.frequency import USUAL, guess, is_common

MAX_PIECES = 100_000
"""Pieces that are read one by one, and bytes of a run; what has more is noise and no page."""

# A run goes from a byte beyond ASCII to the next that is no second byte in any charset of ours. A page may
# change its charset only between two runs, at tags and blanks.
_RUN = re.compile(rb"[\x80-\xff][^\x00-\x2f\x3a-\x3f]*")
_SEQUENCE = rb"(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})"
_UTF_8 = re.compile(rb"(?:" + _SEQUENCE + rb"|[\x00-\x7f])+")
_UTF_8_RUN = re.compile(rb"(?<![\x80-\xff])" + _SEQUENCE + rb"+(?![\x80-\xff])")
_HAN = re.compile(rb"(?:[\xe2-\xef][\x80-\xbf]{2}){2,}")
_LONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff]{1,3}(?![\x80-\xff])")
_HIGH_AND_REST = re.compile(rb"([\x80-\xff]*)([\x00-\x7f]*)")
_ASIAN = ("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949")
# Quotes, dashes and signs of windows-1252 get into texts of every charset.
_SIGNS = re.compile(rb"[\x80\x85\x91-\x97\x99]+")
# A letter of a Western language has others beside it, and a capital begins a word. The first byte of a
# character in UTF-8, read as windows-1252, would be a capital at the end of a word.
_LETTER = re.compile(
    rb"[A-Za-z][\xdf-\xfe]{1,3}(?:[\x00-\x7f]|$)|[^a-z][\xc0-\xfe]{1,3}[A-Za-z]|[A-Z][\xc0-\xde]{1,3}(?:[\x00-\x7f]|$)"
)
# These marks may follow a capital Ã or Â in windows-1252 itself.
_STOPS = re.compile(rb"[A-Z][\xc2\xc3][\x85\x91-\x97\xa0\xab\xbb]")

Piece = tuple[str, bool]
"""A text and whether it was in the other charset."""


def holds_utf_8(body: bytes, charset: str) -> bool:
    """Tell whether a text that can be read in a charset other than UTF-8 has passages in UTF-8."""
    runs = _UTF_8_RUN.finditer(body)
    if any(_is_utf_8(body, run.start(), run.end(), charset) for run in runs):
        return True
    return charset in _ASIAN and next(_inserted(body, 3), None) is not None


def read_mixed(body: bytes, charset: str) -> tuple[str, int, str]:
    """Read bytes that are mostly in ``charset``, and the rest in the other charset that they hold.

    Returns the text, the number of passages in the other charset, and its name: UTF-8, or in a page of UTF-8
    the one that the rest reads like. Bytes in neither become U+FFFD.
    """
    other = (guess(_not_utf_8(body)) or "cp1252") if charset == "utf-8" else "utf-8"
    parts, end, looked_at, passages = [], 0, 0, 0
    for match in _RUN.finditer(body):
        if looked_at > MAX_PIECES:
            break
        parts.append(body[end : match.start()].decode("ascii", "replace"))
        end = match.end()
        for text, is_other in _read(body, match.start(), end, charset, other):
            parts.append(text)
            looked_at += 1
            passages += is_other
    parts.append(body[end:].decode(charset, "replace"))
    return "".join(parts), passages, other


def _not_utf_8(body: bytes) -> bytes:
    runs = (match[0] for match in _RUN.finditer(body) if decode_strictly(match[0], "utf-8") is None)
    return _LONE.sub(b" ", b" ".join(_HAN.sub(b" ", run) for run in runs))


def _read(body: bytes, start: int, end: int, charset: str, other: str) -> Iterator[Piece]:
    """Read one run."""
    run = body[start:end]
    text = decode_strictly(run, charset)
    if len(run) > MAX_PIECES or (charset == "utf-8" and text is not None):
        yield run.decode(charset, "replace"), False
    elif charset == "utf-8":
        yield from _in_utf_8(body, start, end, other)
    elif _is_utf_8(body, start, end, charset):
        yield run.decode("utf-8"), True
    elif text is None and re.search(rb"[\xe0-\xf4]", run) and (text := decode_strictly(run, "utf-8")):
        yield text, True
    else:
        yield from _in_legacy(run, charset, 2 if text is None else 3)


def _in_utf_8(body: bytes, start: int, end: int, other: str) -> Iterator[Piece]:
    """Read a run of a text in UTF-8 of which some bytes are not UTF-8."""
    if other != "cp1252" and (text := _readable(body[start:end], other)):
        yield text, True
        return
    # Two bytes of an Asian charset may look like one character of UTF-8; two such characters do not.
    for match in (_HAN if other in _ASIAN else _UTF_8).finditer(body, start, end):
        yield from _strange(body, start, match.start(), other)
        yield match[0].decode("utf-8", "replace"), False
        start = match.end()
    yield from _strange(body, start, end, other)


def _strange(body: bytes, start: int, end: int, other: str) -> Iterator[Piece]:
    """Read a piece of a run that is not UTF-8 in the other charset, if it is that."""
    piece = body[start:end]
    if not piece:
        return
    if other != "cp1252" and (text := _readable(piece, other)):
        yield text, True
    elif _SIGNS.fullmatch(piece) or _LETTER.match(body, max(0, start - 1), end + 1):
        yield piece.decode("cp1252", "replace"), True
    else:
        yield piece.decode("utf-8", "replace"), False


def _in_legacy(run: bytes, charset: str, least: int) -> Iterator[Piece]:
    """Read a run of a text in another charset, and pieces of UTF-8 in it of ``least`` characters or more."""
    end = 0
    for match in _inserted(run, least) if charset in _ASIAN else ():
        yield _mended(run[end : match.start()], charset), False
        yield match[0].decode("utf-8"), True
        end = match.end()
    yield _mended(run[end:], charset), False


def _inserted(body: bytes, least: int) -> Iterator[re.Match[bytes]]:
    """Find UTF-8 in the middle of a text in an Asian charset: common characters, so many in a row."""
    for match in _HAN.finditer(body):
        text = decode_strictly(match[0], "utf-8") if len(match[0]) >= 3 * least else None
        if text and all(map(is_common, text)):
            yield match


def _is_utf_8(body: bytes, start: int, end: int, charset: str) -> bool:
    """Tell whether a run in a text of this charset is UTF-8 for certain, and not by chance.

    Beside Asian charsets it must have two characters of three bytes, all of them common; beside others
    two of any kind, or one of three bytes, or one that would be a capital and a sign in windows-1252.
    """
    text = decode_strictly(body[start:end], "utf-8")
    beyond = "" if text is None else re.sub(r"[\x00-\x7f]+", "", text)
    if charset in _ASIAN:
        return len(re.findall("[\u0800-\uffff]", beyond)) > 1 and all(map(is_common, beyond))
    if charset == "cp1252" and "\x80" <= beyond <= "\xff":
        return _STOPS.match(body, max(0, start - 1)) is None
    return len(beyond) > 1 or beyond >= "\u0800"


def _readable(piece: bytes, charset: str) -> str:
    """Return the text of bytes that are valid in a charset and mostly common characters of it, else ""."""
    text = decode_strictly(piece, charset) or ""
    beyond = re.sub(r"[\x00-\x7f]+", "", text)
    common = sum(map(is_common if charset in _ASIAN else str.isalpha, beyond))
    return text if len(beyond) > 1 and common * 3 > len(beyond) * 2 else ""


def _mended(piece: bytes, charset: str) -> str:
    """Read bytes of which some may be lost; in GB18030 a lost byte must not shift all pairs behind it."""
    text = piece.decode(charset, "replace")
    if charset != "gb18030" or "\ufffd" not in text:
        return text
    return "".join(_realigned(high, rest) for high, rest in _HIGH_AND_REST.findall(piece))


def _realigned(high: bytes, rest: bytes) -> str:
    """Read pairs of bytes beyond ASCII and the rest behind them, leaving out one byte of an odd number.

    It is the byte around which most pairs are common characters.
    """
    if len(high) % 2 == 0 or decode_strictly(high + rest[:1], "gb18030") is not None:
        return (high + rest).decode("gb18030", "replace")
    ahead = list(accumulate(map(_weight, high[::2], high[1::2]), initial=0))
    behind = list(accumulate(map(_weight, high[-2::-2], high[::-2]), initial=0))[::-1]
    cut = 2 * max(range(len(ahead)), key=lambda place: ahead[place] + behind[place])
    parts = high[:cut], high[cut + 1 :] + rest
    return "\ufffd".join(part.decode("gb18030", "replace") for part in parts)


def _weight(lead: int, trail: int) -> int:
    """Return 2 for a usual character of GB 2312, 1 for another of its punctuation or first level, else 0."""
    if not 0xA0 < trail < 0xFF or not (0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3):
        return 0
    return 2 if bytes((lead, trail)).decode("gb18030") in USUAL["gb18030"] else 1


def decode_strictly(body: bytes, charset: str) -> str | None:
    """Return the text of bytes that are all valid in a charset, else None."""
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None
