"""The labels of a byline and their values: 来源：…, 发布时间：…, ``By …``, ``Published on …``."""

import re
from collections.abc import Iterator, Mapping

from aggregator.content.metadata.value import Finding, is_date, letters, read_names

JOINT = "\x1f"
"""This character stands in a line wherever one element's text ends and another's begins."""

_BLANKS = rf"[\s{JOINT}]*"


def _either(*words: str) -> str:
    return "|".join(words)


def _spaced(*words: str) -> str:
    """Return a pattern of words that may be spaced: 来源 is also written 来　　源."""
    return _either(*(r"\s*".join(word) for word in words))


_CHINESE: Mapping[str, str] = {
    "title": _spaced("标题"),
    "updated": "(?:最后)?(?:更新|修改)(?:时间|日期|于)",
    "published": (
        "(?:信息|文章|稿件|新闻|首次)?(?:发布|发表|发文|刊发|公布|上传|添加|录入|發布|發佈|刊登|投稿|公開|掲載)"
        f"(?:时间|日期|時間|日時|于|日)|{_spaced('时间', '日期', '時間', '日時')}"
    ),
    "origin": f"(?:信息|文章|稿件|新闻|内容|消息|本文)?(?:{_spaced('来源', '來源')})|稿源|出处|出處|供稿单位",
    "author": (
        f"(?:文章|本文)?(?:{_spaced('作者')})|{_spaced('记者', '記者', '撰文')}|撰稿人?"
        r"|文(?=\s*[/｜|丨])"
    ),
    "editor": f"(?:责任|本文|网络)?(?:{_spaced('编辑')})|责编|責任編輯|編輯",
}
_LATIN: Mapping[str, str] = {
    "updated": _either(
        r"(?:last )?(?:updated|modified|revised)(?: (?:on|at))?\b",
        r"aktualisiert(?: am)?\b",
        r"mis à jour(?: le)?\b",
        r"actualizado(?: el)?\b",
    ),
    "published": _either(
        r"(?:first |originally )?(?:published|posted|released)(?: (?:on|at|online))?\b",
        r"(?:date published|publication date|release date|publish date)\b",
        r"veröffentlicht(?: am)?\b",
        r"publiée?(?: le)?\b",
        r"publicado(?: (?:el|em))?\b",
        r"pubblicato(?: il)?\b",
        r"(?:date|datum|fecha|data)(?=\s*:)",
    ),
    "author": _either(
        r"(?:(?:written|story|posted|published|words|report) )?by\b(?! the way)",
        rf"(?:authors?|autor|auteur|autore)(?=\s*[:{JOINT}])|autorin/autor\b",
        rf"(?:von|par|por)(?=[\s{JOINT}]+\w)",
    ),
    "origin": r"(?:source|quelle|fuente|fonte)(?=\s*:)",
}


def _groups(words: Mapping[str, str]) -> str:
    return _either(*(f"(?P<{name}>{word})" for name, word in words.items()))


CHINESE = re.compile(
    rf"(?:^|(?<=[\s{JOINT}（(【\[|｜丨/·•，,。；;：:]))(?:{_groups(_CHINESE)}){_BLANKS}[:：｜|丨/]{_BLANKS}"
)
LATIN = re.compile(rf"(?:^|(?<=[\s{JOINT}|·•(]))(?:{_groups(_LATIN)})(?:{_BLANKS}:)?{_BLANKS}", re.IGNORECASE)

# A value ends at a bar, a run of blanks, or the next field of a byline that is none of ours.
_END = re.compile(
    r"[|｜丨【】]|\s{2,}|　|浏览|阅读|点击|访问|字号|字体|评论|分享|举报|打印|关注|收藏|编号|来自|所属"
    r"|标签|栏目|责任|[【\[]?大\s*中\s*小"
)
_MONTHS = (
    "(?:jan|feb|fév|mar|mär|apr|avr|may|mai|maj|jun|juin|jul|juil|aug|aoû|ago|ene|abr|sep|set|oct|okt|out|nov"
    r"|dec|dez|déc|dic)[a-zéûä]*\.?"
)
# The reader of dates knows whether it is a zone, and which.
_ZONE = (
    r"(?:(?:\s*Uhr\b)?\s*[(（\[]?(?:Z\b|[+-]\d\d:?\d\d|(?:GMT|UTC|[CEMP][DS]T|CEST|BST)\b(?:[+-]\d+)?"
    r"|(?-i:[A-Z]{2,5}\b(?! [A-Z]{2}))|[A-Z_]+(?:/[A-Z_]+)+|(?:[A-Z.]+\s+){1,4}time\b"
    r"|(?:Eastern|Central|Mountain|Pacific)(?=\s*(?:[,.)|]|$))|h(?:eure|ora)\s+de\s+[A-Z]+"
    r"|[\u3400-\u9fff]{2,8}时间)|\s*Uhr\b)?"
)
_CLOCK = (
    r"(?:(?:\s*[,T|/–-]\s*|\s*(?:at|um|à|kl\.?)\s+|\s*)\d{1,2}\s*[:：时点h]\s*\d{2}"
    rf"(?:\s*[:：分]\s*\d{{2}}(?:\.\d+)?秒?|分)?(?:\s*[ap]\.?m\b\.?)?{_ZONE})?"
)
DATE = re.compile(
    r"(?<![\d/])(?:[\u3400-\u9fff]{2,6}(?<![布新表稿])时间\s*)?"
    r"(?:(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?[日号]?(?!\d*\.\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?(?:\s+(?:of|de))?[\s-]+{_MONTHS}(?:\s+de)?,?[\s-]+(?:19|20)\d\d"
    rf"|\b{_MONTHS}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+(?:19|20)\d\d"
    rf"|\d{{1,2}}(?:\.\s?\d{{1,2}}\.\s?|/\d{{1,2}}/)(?:19|20)\d\d){_CLOCK}",
    re.IGNORECASE,
)
"""A day with its year, and the time of day where one follows."""

_SHORT_DATE = re.compile(rf"\s*(?:\d\d[-/年.])?\d{{1,2}}[-/月.]\d{{1,2}}日?{_CLOCK}", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTHS}\s+\d|\b\d{{1,2}}\.?\s+{_MONTHS}\b", re.IGNORECASE)
_MORE = re.compile(r"\s[-–—·•]\s|\b(?:published|updated|posted|on|for|at|in)\s", re.IGNORECASE)
_HEADS = re.compile(rf"(?:[{JOINT}|·•–—-]|\d{{4}})[\s{JOINT}]*$")
_PARTICLES = frozenset(
    "al bin da das de del della den der di do dos du el la le of ten the van vom von y zu".split()
)
_CJK = re.compile(r"[\u3400-\u9fff]")
MAX_TITLE, MAX_NAME, MAX_LATIN_NAMES = 200, 40, 80
"""Characters of a value; a longer one is a sentence."""


def read_labels(text: str, label: re.Pattern[str], after: str) -> Iterator[tuple[str, Finding]]:
    """Yield the fields of a line, such as "title" or "published", each with the value behind its label.

    ``label`` is ``CHINESE`` or ``LATIN``. The value of a label that has a line for itself may be the next
    line, ``after``; one behind other fields was left empty. Only a line's first 600 characters are read.
    """
    text = text[:600]
    marks = list(label.finditer(text))
    if label is LATIN:
        # "by" within a sentence is no label.
        marks = [mark for mark in marks if mark.start() == 0 or (len(text) < 200 and _heads(text, mark))]
    for place, mark in enumerate(marks):
        last = place + 1 == len(marks)
        value = text[mark.end() : None if last else marks[place + 1].start()]
        if not value.strip(f" {JOINT}") and len(marks) == 1 and _may_be_a_value(after):
            value = after
        if found := _value(str(mark.lastgroup), value, latin=label is LATIN):
            yield str(mark.lastgroup), Finding(found, f'text "{one_line(mark[0])}"')


def find_date(text: str) -> str:
    """Return the first date of a text that names its year, "" where there is none."""
    match = DATE.search(text)
    # "4. 2. 2026" is 4.2.2026.
    return re.sub(r"(?<=\d\.)\s(?=\d)", "", match[0].strip()) if match else ""


def one_line(text: str) -> str:
    """Return a line as people read it."""
    return " ".join(text.replace(JOINT, " ").split())


def _may_be_a_value(line: str) -> bool:
    ends = line.rstrip(f" {JOINT}").endswith((":", "："))
    return len(line) < 60 and not (ends or re.search("[，。！？；]", line) or _begins_a_field(line))


def _begins_a_field(line: str) -> bool:
    return any(label.match(line.lstrip(f" {JOINT}")) for label in (CHINESE, LATIN))


def _heads(text: str, mark: re.Match[str]) -> bool:
    own = JOINT in mark[0] and len(text) < 100  # "An article by <a>", the name in an element of its own
    return ":" in mark[0] or own or bool(_HEADS.search(text[: mark.start()]))


def _value(name: str, value: str, *, latin: bool) -> str:
    if name in ("published", "updated"):
        return _date(value.replace(JOINT, " "), 40 if latin else 20)
    value = _until_end(value).strip(f" {JOINT}")
    if latin and name == "author":
        return _latin_author(value.replace(JOINT, " "))
    value = _before(value.partition(JOINT)[0], DATE)
    if name in ("author", "editor"):
        names = read_names(value.strip("）)]"))
        return names if len(names) <= MAX_NAME else ""
    if name == "origin" and _CJK.search(value):
        value = value.partition(" ")[0]
    value = value.strip("）)]；;，,。")
    return value if len(value) <= (MAX_TITLE if name == "title" else MAX_NAME) and letters(value) else ""


def _latin_author(value: str) -> str:
    names = read_names(_MORE.split(_before(value, _MONTH_DAY), maxsplit=1)[0])
    # Words in lower case belong to a sentence.
    runs_on = any(word[0].islower() and word not in _PARTICLES for word in names.split())
    return names if len(names) <= MAX_LATIN_NAMES and not runs_on else ""


def _until_end(value: str) -> str:
    end = _END.search(value)
    return value[: end.start() if end else None]


def _before(value: str, end: re.Pattern[str]) -> str:
    match = DATE.search(value) or end.search(value)
    return value[: match.start() if match else None].strip()


def _date(value: str, within: int) -> str:
    """Return the date that begins within the first characters of a value, as it is written."""
    if match := DATE.search(value[:120]):
        return find_date(value[:120]) if match.start() < within else ""
    if match := _SHORT_DATE.match(value[:60]):
        return match[0].strip()
    value = " ".join(_until_end(value).split())
    return value if len(value) < 40 and is_date(value) else ""
