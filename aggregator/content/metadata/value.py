"""Values found on a page, each with its rule, and the checks for names and dates."""

import re
from dataclasses import dataclass

from aggregator.text.text import fold


@dataclass(frozen=True, slots=True)
class Finding:
    """A value in the page's own words and the rule that gave it, for people; both empty where none did."""

    value: str = ""
    rule: str = ""

    def __bool__(self) -> bool:
        return bool(self.value)


NOTHING = Finding()

_DATE = re.compile(
    r"(?:19|20)\d\d|\d{1,2}\s*[-/.月]\s*\d|\d\s*(?:秒|分|小时|天|日|周|个?月|年)|昨天|今天|前天|刚刚"
    r"|\d+\s*(?:sec|min|h|day|week)\w*\s+ago|\b(?:yesterday|today)\b|^\d{10}(?:\d{3})?$",
    re.IGNORECASE,
)
# Programs without a date write zeros, or the beginning of the years that they count from.
_NO_DATE = re.compile(
    r"^\D*(?:0{1,4}[-/.]0{1,2}|0001-01-01|1970\s?[-/.年]\s?0?1\s?[-/.月]\s?0?1(?!\d)|0?1[-\s]jan\w*[-\s]1970"
    r"|0?1[./]0?1[./]1970|1,\s1970)",
    re.IGNORECASE,
)
_LATIN_AND = re.compile(r"\s*(?:[,;、，；|/&]|\s(?:and|und|et|og|och|y|e)\s)\s*", re.IGNORECASE)
_CALLED = re.compile(
    r"^(?:(?:written|posted|published|story|report|reviewed)\s+)?by[:\s]+|^(?:本报|本网|通讯员|特约)?(?:记者|作者|撰稿|编辑|责编|责任编辑)\s*[:：|]?\s*|^图\s+"
    r"|^(?:von|par|por|di)\s+(?=[A-ZÀ-Þ])|[_\s][A-Z]{1,3}\d{2,}$|[（(][^()（）]*(?:@|://)[^()（）]*[)）]",
    re.IGNORECASE,
)
_PICTURED = re.compile(r"\s*[,;(]?\s*\b(?:images?|photos?|pictures?|fotos?|bild(?:er)?)\s*:", re.IGNORECASE)
"""The label of a picture's author, behind those of the text."""
_NOBODY = frozenset(
    "admin administrator administrador anonymous author autor editor editors guest master name none"
    " null root staff test undefined unknown user webmaster 管理员 系统管理员 超级管理员 网站管理员"
    " 管理 本站 本网 佚名 未知 无 暂无 匿名 不详 原创 网络 网络整理 整理 小编".split()
)
_NO_NAME = re.compile(
    r"://|www\.|@|[<>{}=\\]|^\W*$|^[\d\W]+$|^\S+\.[a-z]{2,4}$|\.(?:com|cn|net|org)\b", re.IGNORECASE
)
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}([-_]\w{2,8}){0,3}")
_ADDRESS = re.compile(r"\S{1,100}://\S*|\S{1,64}@\S*")
_CJK_NAMES = re.compile(r"[\u3400-\u9fff·]{2,4}(?:\s+[\u3400-\u9fff·]{2,4})+")

MAX_NAME = 60
"""Characters of one author's name; a longer one is a sentence."""


def read_names(text: str) -> str:
    """Return the names in an author's field, a line each; no addresses, numbers or "admin"."""
    text = _PICTURED.split(_CALLED.sub("", _ADDRESS.sub("", fold(text)[:500])).strip())[0]
    if _CJK_NAMES.fullmatch(text):
        text = ",".join(text.split())
    names: dict[str, str] = {}
    for part in _LATIN_AND.split(text):
        name = _CALLED.sub("", part).strip(" 　.,:：·-—|\"'“”()（）[]【】")
        if name.lower() in _NOBODY or len(name) > MAX_NAME or len(name) < 2 or _NO_NAME.search(name):
            continue
        names.setdefault(name.lower(), name)
    return "\n".join(list(names.values())[:12])


def is_date(text: str) -> bool:
    """Tell whether a field for a date holds one, and no template, zero or sentence."""
    return 0 < len(text) <= 100 and bool(_DATE.search(text)) and not _NO_DATE.match(text)


def read_language(text: str) -> str:
    """Return a language's tag such as ``zh-CN``, "" where a field holds none."""
    return text.replace("_", "-") if _LANGUAGE.fullmatch(text) else ""


def letters(text: str) -> str:
    """Return only the letters and digits of a text, in one case, to compare its words."""
    return "".join(filter(str.isalnum, text.casefold()))
