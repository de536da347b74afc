"""Spelling: dates of many languages rewritten with plain digits, Chinese units and English months."""

import re
import unicodedata
from functools import lru_cache

from aggregator.text.dates.vocabulary import (
    DAYS,
    DOUBTFUL_MONTHS,
    ERAS,
    KOREAN_AND_JAPANESE,
    KOREAN_UNITS,
    MONTHS,
    ONE,
    UNITS,
    bare,
)

_SIMPLE = str.maketrans("時點鐘剛個號兩週間後國−", "时点钟刚个号两周间后国-")
_DIGITS = {
    **{digit: str(place) for place, digit in enumerate("零一二三四五六七八九")},
    "〇": "0",
    "○": "0",
    "两": "2",
}
_CHINESE_NUMBER = re.compile(r"([〇○零一二两三四五六七八九十廿]{1,4})(?=[年月日号时点分秒天周]|小时|个|星期)")
_ERA = re.compile(r"(令和|平成|昭和|民国)\s*(\d{1,3}|元)\s*(?=年)")
_DASHES = re.compile(r"(?<!\d)(\d{4})[–—_](\d{1,2})[–—_](?=\d)")
_WORD = re.compile(r"[^\W\d_]{3,}")
_DOUBTFUL_MONTH = re.compile(rf"(?<=\d)([\s./-]+)({'|'.join(DOUBTFUL_MONTHS)})\b(?=\.?[\s./-]+\d{{2,4}})")
_OF = re.compile(r"(?<=[\s\d])(?:de|del|di|do|den|d')\s+(?=[a-z]{3}|\d)")
_DAY_WORD = re.compile(rf"\b(?:{'|'.join(DAYS)})\b")
_HIER = re.compile(r"\bhier(?=\s*(?:,|à|a\s|\d))")
_ABOUT = r"(?:(?:etwa|ca\.?|rund|environ|unos|unas|circa|cerca de|ongeveer|около)\s+)?"
_BEFORE = re.compile(
    rf"\b(?:vor|il y a|hace|há|ha|för|před)\s+{_ABOUT}"
    r"(\d{1,6}|[^\W\d_]{2,6})\s*([^\W\d_]{1,12})\b\.?(?:\s+sedan)?"
)
_BEHIND = re.compile(
    rf"(?:(\d{{1,6}}|\b(?:{'|'.join(ONE)})\b)\s*)?\b([^\W\d_]{{2,12}})\.?"
    r"\s+(?:fa|geleden|temu|назад|тому|sedan|önce|atrás)\b"
)
_KOREAN_UNIT = re.compile(rf"(?<=\d)\s*({'|'.join(sorted(KOREAN_UNITS, key=len, reverse=True))})")
# Hours and minutes that have no colon: 10h20, 10.20 Uhr, kl. 10.20, à 10h, 10 Uhr.
_TIMES = (
    (re.compile(r"(?<![\d:.])(\d{1,2})\s?h\s?(\d{2})(?:\s?min)?(?!\d)"), r"\1:\2"),
    (re.compile(r"(?<![\d:.])(\d{1,2})\.(\d{2})(?=\s*uhr\b)"), r"\1:\2"),
    (re.compile(r"\b(kl|klo|ore|alle|godz|um)\b(\.?\s*)(\d{1,2})\.(\d{2})(?![.\d])"), r"\1\2\3:\4"),
    (re.compile(r"(?<![\d:.])(\d{1,2})(?=\s*uhr\b)"), r"\1:00"),
    (re.compile(r"(?<=[aà\s]s\s|\sà\s|\sa\s)(\d{1,2})\s?h(?:oras|eures)?\b"), r"\1:00"),
)


@lru_cache(maxsize=1024)
def spell(text: str) -> str:
    """Return the text in lower case, trimmed, with the words of dates spelled in one way.

    Full-width and Chinese digits become plain ones, ``令和8年`` 2026年, ``5 de março`` 5 mar, ``오후`` 下午,
    ``vor 3 Stunden`` 3 h ago, ``ayer`` yesterday, ``10h20`` 10:20. The rest stays as it is.
    A date is read for its moment, its day and its place among others: what was spelled last is remembered.
    """
    text = unicodedata.normalize("NFKC", text).translate(_SIMPLE).lower().strip(" \t\r\n()[]<>\"'|,;·-—")
    text = text.replace("\\r", " ").replace("\\n", " ").replace("’", "'").replace("i̇", "i")
    text = _CHINESE_NUMBER.sub(_number, text)
    text = _ERA.sub(_year, text)
    text = _DASHES.sub(r"\1-\2-", text)
    if re.search("[ㄱ-힣ぁ-ヶ午周]", text):
        text = _east_asian(text)
    if re.search(r"[^\W\d_]{2}", text):
        text = _european(text)
    for pattern, spelled in _TIMES:
        text = pattern.sub(spelled, text)
    return text


def _east_asian(text: str) -> str:
    """Spell Korean and Japanese units and words as Chinese ones."""
    text = _KOREAN_UNIT.sub(lambda match: KOREAN_UNITS[match[1]], text)
    for theirs, ours in KOREAN_AND_JAPANESE.items():
        text = text.replace(theirs, ours)
    text = re.sub(r"(?<=\d)\s*[ヶかヵカケ]月", "个月", text)
    return re.sub(r"(?<=[日时分秒周月年])\s*전", "前", text)


def _european(text: str) -> str:
    """Spell the words of European languages as English ones."""
    text = _BEFORE.sub(_ago, text)
    text = _BEHIND.sub(_ago, text)
    text = _HIER.sub("yesterday", text)  # "here" to a German
    text = text.replace("i går", "igår").replace("i dag", "idag")
    text = _DAY_WORD.sub(lambda match: DAYS[match[0]], text)
    text = _DOUBTFUL_MONTH.sub(lambda match: match[1] + DOUBTFUL_MONTHS[match[2]], _OF.sub("", text))
    return _WORD.sub(lambda match: MONTHS.get(bare(match[0]), match[0]), text)


def _ago(match: re.Match[str]) -> str:
    number, unit = match[1] or "1", UNITS.get(bare(match[2]))
    if unit is None or not (number.isdecimal() or number in ONE):
        return match[0]
    return f"{number if number.isdecimal() else 1} {unit} ago"


def _number(match: re.Match[str]) -> str:
    """Write 二〇二六 as 2026 and 二十五 as 25."""
    word = match[1].replace("廿", "二十")
    tens, ten, ones = word.partition("十")
    if ten and len(tens) < 2 and len(ones) < 2:
        return _DIGITS.get(tens, "1") + _DIGITS.get(ones, "0")
    return "".join(_DIGITS.get(character, "") for character in word)


def _year(match: re.Match[str]) -> str:
    return str(ERAS[match[1]] + (1 if match[2] == "元" else int(match[2])))
