"""What stands in plain sight around an article's title: date, author and origin, with or without a label."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

from aggregator.content.clean import BLOCKS, DROPPED, TABLES
from aggregator.content.said import Said, is_date, letters, read_names
from aggregator.content.surroundings import attribute, path_of, short_text, stands_aside, walk

_LEFT_OUT = (DROPPED | {"button", "iframe", "form"}) - {"title"}
_BREAKING = (BLOCKS | TABLES) - {"td", "th"} | {"br", "body"}
_JOINT = "\x1f"
_BEFORE, _AFTER, _PROSE = 8, 40, 3
"""Lines before and after a title in which its date is sought, and how many of them may be of the text."""

_BLANKS = r"[\s\x1f]*"


def _spaced(word: str) -> str:
    """来源 as it is also written: 来　　源."""
    return r"[\s　]*".join(word)


_CHINESE = {
    "title": _spaced("标题"),
    "updated": r"(?:最后)?(?:更新|修改)(?:时间|日期|于)",
    "published": (
        r"(?:信息|文章|稿件|新闻|首次)?(?:发布|发表|发文|刊发|公布|上传|添加|录入|發布|發佈|刊登|投稿|公開|掲載)(?:时间|日期|時間|日時|于|日)|"
        + "|".join(map(_spaced, ("时间", "日期", "時間", "日時")))
    ),
    "origin": rf"(?:信息|文章|稿件|新闻|内容|消息|本文|资讯)?(?:{_spaced('来源')}|{_spaced('來源')})|稿源|出处|出處|供稿单位",
    "author": rf"(?:文章|本文)?{_spaced('作者')}|{_spaced('记者')}|{_spaced('撰文')}|撰稿人?|记\s*者|記者|文(?=\s*[/｜|丨])",
    "editor": rf"(?:责任|本文|网络)?{_spaced('编辑')}|责编|責任編輯|編輯",
}
_CHINESE_LABEL = re.compile(
    rf"(?:^|(?<=[\s　\x1f（(【\[|｜丨/·•，,。；;：:]))(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _CHINESE.items())})"
    rf"{_BLANKS}[:：｜|丨/]{_BLANKS}"
)
_LATIN_LABEL = re.compile(
    rf"(?:^|(?<=[\s\x1f|·•(])){_BLANKS}(?:"
    r"(?P<updated>(?:last )?(?:updated|modified|revised)(?: (?:on|at))?\b|aktualisiert(?: am)?\b|mis à jour(?: le)?\b|actualizado(?: el)?\b)"
    r"|(?P<published>(?:first |originally )?(?:published|posted|released|date published|publication date|release date|publish date)(?: (?:on|at|online))?\b"
    r"|veröffentlicht(?: am)?\b|publié(?:e)?(?: le)?\b|publicado(?: (?:el|em))?\b|pubblicato(?: il)?\b|(?:date|datum|fecha|data)(?=\s*:))"
    r"|(?P<author>(?:(?:written|story|posted|published|words|report) )?by\b(?! the way)|authors?(?=\s*:)|(?:autor|auteur|autore)(?=\s*:)|(?:von|par|por)(?=[\s\x1f]+[A-ZÀ-Þ]))"
    rf"|(?P<origin>(?:source|quelle|fuente|fonte)(?=\s*:)))(?:{_BLANKS}:)?{_BLANKS}",
    re.IGNORECASE,
)
# What ends a value: a bar, a run of blanks, or the next thing of a byline that has no label of ours.
_END = re.compile(
    r"[|｜丨【】]|\s{2,}|　|(?:浏览|阅读|点击|访问|字号|字体|评论|分享|举报|打印|关注|收藏|编号|来自|所属|标签|栏目|责任|[【\[]?大\s*中\s*小)"
)
_MONTHS = (
    r"(?:jan|feb|fév|mar|mär|apr|avr|may|mai|maj|jun|juin|jul|juil|aug|aoû|ago|ene|abr|sep|set|oct|okt|out|nov|dec|dez|déc|dic)"
    r"[a-zéûä]*\.?"
)
_CLOCK = r"(?:(?:\s*[,T|/–-]\s*|\s*(?:at|um|à|kl\.?)\s+|\s*)\d{1,2}\s*[:：时点h]\s*\d{2}(?:\s*[:：分]\s*\d{2}(?:\.\d+)?秒?|分)?(?:\s*[ap]\.?m\b\.?)?(?:\s*(?:Z\b|[+-]\d\d:?\d\d|(?:GMT|UTC|E[DS]T|P[DS]T|CES?T|BST|Uhr)\b))?)?"
_DATE = re.compile(
    rf"(?<![\d/])(?:(?:19|20)\d\d\s?[-/.年]\s?\d{{1,2}}\s?[-/.月]\s?\d{{1,2}}\s?[日号]?(?!\d*\.\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?(?:\s+(?:of|de))?[\s-]+{_MONTHS}(?:\s+de)?,?[\s-]+(?:19|20)\d\d"
    rf"|\b{_MONTHS}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+(?:19|20)\d\d"
    rf"|\d{{1,2}}(?:\.\s?\d{{1,2}}\.\s?|/\d{{1,2}}/)(?:19|20)\d\d){_CLOCK}",
    re.IGNORECASE,
)
_SHORT_DATE = re.compile(rf"\s*(?:\d\d[-/年.])?\d{{1,2}}[-/月.]\d{{1,2}}日?{_CLOCK}", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTHS}\s+\d|\b\d{{1,2}}\.?\s+{_MONTHS}\b", re.IGNORECASE)
_TODAY = re.compile(
    r"星期|今天是|today is|农历|天气|copyright|©|版权|all rights|电话|备案|有效期", re.IGNORECASE
)
_DATED = "[class*=date i], [class*=time i], [class*=publish i], [class*=posted i]"
_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(slots=True)
class _Line:
    """A line of the page: the texts of its elements, and the ``<time>`` elements in it."""

    pieces: list[str] = field(default_factory=list)
    times: list[Tag] = field(default_factory=list)
    heads: bool = False

    @property
    def text(self) -> str:
        return _JOINT.join(self.pieces)


def read_byline(soup: BeautifulSoup, title: str, headline: Tag | None) -> Mapping[str, Said]:
    """Return what is said around the title as "title", "published", "updated", "author", "editor", "origin".

    Labels are looked for near the title first, then, for all but English ones, on the whole page; a date
    without one only near the title. Navigation, sidebars, comments and teasers are not read.
    """
    lines = list(_lines(soup, headline))
    at = next((place for place, line in enumerate(lines) if line.heads), None)
    if at is None and title:
        wanted = letters(title)
        at = next((place for place, line in enumerate(lines) if letters(line.text) == wanted), None)
    found: dict[str, Said] = {}
    near = list(_near(lines, at)) if at is not None else []
    for line, after in near:
        for name, said in _labelled(line.text, _CHINESE_LABEL, after):
            found.setdefault(name, said)
    for line, after in near:
        if not line.heads:
            for name, said in _labelled(line.text, _LATIN_LABEL, after):
                found.setdefault(name, said)
    if "published" not in found and (said := _time(near) or _bare(near)):
        found["published"] = said
    if "published" not in found and (said := _classed(soup, headline)):
        found["published"] = said
    for place, line in enumerate(lines):
        if len(line.text) <= 400:
            after = lines[place + 1].text if place + 1 < len(lines) else ""
            for name, said in _labelled(line.text, _CHINESE_LABEL, after):
                found.setdefault(name, said)
    return found


def _lines(soup: BeautifulSoup, headline: Tag | None) -> Iterator[_Line]:
    root = soup.body or soup
    line = _Line()
    for node, ends in walk(root, _LEFT_OUT, path_of(headline)):
        if isinstance(node, Tag):
            if node.name in _BREAKING:
                if line.pieces or line.times or line.heads:
                    yield line
                line = _Line()
            if node is headline and not ends:
                line.heads = True
            if node.name == "time" and not ends:
                line.times.append(node)
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            if text := node.strip():
                line.pieces.append(text.replace("\n", " ") if len(text) < 300 else " ".join(text.split()))
    if line.pieces:
        yield line


def _near(lines: list[_Line], at: int) -> Iterator[tuple[_Line, str]]:
    """Yield the lines after a title and then those before it, each with the text of the next one."""
    prose = 0
    for place in range(at, min(at + _AFTER, len(lines))):
        if len(lines[place].text) > 100 and place > at:
            prose += 1
        if prose > _PROSE:
            break
        yield lines[place], lines[place + 1].text if place + 1 < len(lines) else ""
    for place in range(at - 1, max(at - _BEFORE, 0) - 1, -1):
        if not _TODAY.search(lines[place].text):
            yield lines[place], lines[place + 1].text


def _labelled(text: str, label: re.Pattern[str], after: str) -> Iterator[tuple[str, Said]]:
    """Yield what a line says behind its labels; the value of a label at its end may be the next line."""
    text = text[:600]
    marks = list(label.finditer(text))
    if label is _LATIN_LABEL:
        # "by" within a sentence heads no byline.
        marks = [mark for mark in marks if mark.start() == 0 or (len(text) < 200 and _heads(text, mark))]
    for mark, following in zip(marks, [*marks[1:], None], strict=False):
        name = str(mark.lastgroup)
        value = text[mark.end() : following.start() if following else None]
        if not value.strip(" \x1f") and following is None and len(after) < 60 and not label.match(after):
            value = after
        if said := _value(name, value, latin=label is _LATIN_LABEL):
            yield name, Said(said, f'text "{" ".join(mark[0].replace(_JOINT, " ").split())}"')


def _heads(text: str, mark: re.Match[str]) -> bool:
    return ":" in mark[0] or bool(
        re.search(r"[\x1f|·•–—-]\s*$|\d{4}\s*$", text[: mark.start() + 1].rstrip(" "))
    )


def _value(name: str, value: str, *, latin: bool) -> str:
    if name in ("published", "updated"):
        value = value.replace(_JOINT, " ")
        if match := _DATE.search(value[:120]) or _SHORT_DATE.match(value[:60]):
            return match[0].strip() if match.start() < (40 if latin else 20) else ""
        end = _END.search(value)
        value = " ".join(value[: end.start() if end else None].split())
        return value if len(value) < 40 and is_date(value) else ""
    end = _END.search(value)
    value = value[: end.start() if end else None].strip(" \x1f")
    if latin and name == "author":
        value = value.replace(_JOINT, " ")
        if match := _DATE.search(value) or _MONTH_DAY.search(value):
            value = value[: match.start()]
        value = re.split(r"\s[-–—·•]\s|\b(?:published|updated|posted|on|for|at|in)\s", value, maxsplit=1)[0]
        names = read_names(value)
        return names if len(names) <= 80 and re.match(r"\W*[A-ZÀ-Þ\u3400-\u9fff]", names) else ""
    value = value.partition(_JOINT)[0].strip()
    if match := _DATE.search(value):
        value = value[: match.start()].strip()
    if name in ("author", "editor"):
        names = read_names(value.strip("）)]"))
        return names if len(names) <= 40 else ""
    if _CJK.search(value) and name == "origin":
        value = value.partition(" ")[0]
    limit = 200 if name == "title" else 40
    value = value.strip("）)]；;，,。")
    return value if len(value) <= limit and letters(value) else ""


def _time(near: list[tuple[_Line, str]]) -> Said | None:
    """Return the first ``<time>`` near the title that is no date of a change."""
    for line, _ in near:
        for element in line.times:
            named = f"{attribute(element, 'class')} {attribute(element, 'itemprop')}".lower()
            if re.search(r"updated|modified", named) and "published" not in named:
                continue
            for value in (attribute(element, "datetime"), " ".join(element.get_text(" ").split())):
                if is_date(value):
                    kind = attribute(element, "class").split()
                    return Said(value, f"time.{kind[0]}" if kind else "time")
    return None


def _classed(soup: BeautifulSoup, headline: Tag | None) -> Said | None:
    """Return the one date of the page that stands in an element called so; two are those of a list."""
    path = path_of(headline)
    found: dict[str, Said] = {}
    for element in soup.select(_DATED, limit=100):
        text = " ".join(short_text(element, 90).split())
        match = _DATE.search(text) if not _TODAY.search(text) else None
        if match and not stands_aside(element, path):
            kind = next(iter(attribute(element, "class").split()), "")
            found.setdefault(match[0].strip(), Said(match[0].strip(), f"{element.name}.{kind}"))
    return next(iter(found.values())) if len(found) == 1 else None


def _bare(near: list[tuple[_Line, str]]) -> Said | None:
    """Return the first date without a label that stands near the title in a line of its own or a byline."""
    for line, _ in near:
        text = " ".join(line.text.replace(_JOINT, " ").split())
        if not line.heads and len(text) <= 90 and not _TODAY.search(text) and (match := _DATE.search(text)):
            return Said(match[0].strip(), "text near the title")
    return None
