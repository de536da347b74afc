"""Charsets guessed by frequency: in the right one, bytes read like a language."""

import re

_SAMPLE = 32768

_KANA = frozenset(map(chr, range(0x3041, 0x3097))) | frozenset("、。ー")
_CYRILLIC = frozenset("оеаинтсрвлкмдпуяыьгзбчй")
# These characters make up a good part of any text in the language of each legacy charset. Read in the wrong
# charset, the same bytes give rare ones.
USUAL = {
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


def guess(body: bytes) -> str:
    """Return the charset (Python's name) in which the bytes read like a language, or ""."""
    sample = _sample(body)
    if not sample:
        return ""
    likeness = {charset: _likeness(sample, charset) for charset in USUAL}
    best = max(likeness, key=lambda charset: likeness[charset])
    if likeness[best] >= 1:
        return best
    # A title or a list of names has few of the usual characters; chance makes no clean GB 2312 of it.
    return "gb18030" if re.search(rb"[\xa1-\xfe]{4}", sample) and _is_clean(sample) else ""


def guess_better(body: bytes, charset: str) -> str:
    """Return the charset in which bytes read like a language if they do not in ``charset``, else "".

    GB18030 and windows-1252 have a meaning for nearly all bytes, so that a text in another charset comes
    out as characters nobody writes. Charsets whose languages are not known here are not judged.
    """
    if charset == "cp1252":
        return guess(body)
    sample = _sample(body)
    # A few words are too little to judge by.
    if (
        charset not in USUAL
        or len(re.findall(rb"[\x80-\xff]", sample)) < 20
        or _likeness(sample, charset) >= 0.3
    ):
        return ""
    found = guess(body)
    return found if found and _likeness(sample, found) >= 1 else ""


def is_common(character: str) -> bool:
    """Tell whether a character beyond ASCII is one that most Chinese, Japanese or Korean texts hold."""
    if "\u3000" <= character <= "\u30ff" or "\uac00" <= character <= "\ud7a3" or character in "·—‘’“”…":
        return True
    # The first level of each standard has its commonest thousands.
    return "\uff01" <= character <= "\uff5e" or any(
        first <= character.encode(charset, "ignore")[:1] <= last
        for charset, first, last in (("gb2312", b"\xb0", b"\xd7"), ("big5", b"\xa4", b"\xc6"))
    )


def _sample(body: bytes) -> bytes:
    high = re.search(rb"[\x80-\xff]", body)
    return body[high.start() : high.start() + _SAMPLE] if high else b""


def _is_clean(sample: bytes) -> bool:
    try:
        sample.decode("gb2312")
    except UnicodeDecodeError as error:
        return error.start >= _SAMPLE - 1  # the sample's end may cut a character
    return True


def _likeness(sample: bytes, charset: str) -> float:
    """Return the share of usual characters beyond ASCII less that of broken ones, scaled: 1 is enough.

    Usual ones count in runs only, since the accents of a Western text stand alone.
    """
    text, usual = sample.decode(charset, "replace"), USUAL[charset]
    beyond = "".join(re.findall(r"[^\x00-\x7f]+", text))
    runs = "".join(re.findall(r"[^\x00-\x7f]{3,}", text))
    share = (sum(character in usual for character in runs) - 4 * beyond.count("\ufffd")) / max(len(beyond), 1)
    return share / (0.5 if usual is _CYRILLIC else 0.15)
