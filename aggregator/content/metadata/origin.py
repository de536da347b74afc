"""The origin of an article, named in its first or last words: 来源：…, ``Source: …``."""

import re
from collections.abc import Iterator

from aggregator.text.text import fold

MAX_NAME = 40
"""Characters of a name; a longer one is a sentence."""

_NEAR = 300
"""Characters at either end of a text in which it names its origin."""

# The label stands at the head of a text or a line, behind a bracket, a blank or a full stop: 资金来源 and
# 图片来源 are other things, and so is a sentence on sources.
_LABEL = re.compile(
    r"(?:(?P<open>[（(【\[［])\s*|(?:^|(?<=[\s　。！？!?”」|｜丨·])))"
    r"(?:(?:文章|本文|稿件|信息|新闻|消息|内容|原文)?来\s?源|(?:文章|本文|稿件|信息|新聞|消息|內容)?來源|稿源|出处|转载?自"
    r"|(?:Original |News )?S(?:ource|OURCE)|Quelle|Fuente|Fonte|Źródło|Источник|Джерело)"
    r"\s*[:：|｜丨][^\S\n]*",
    re.MULTILINE,
)
_COLON = re.compile("[:：|｜丨]")
"""What stands behind every label; to look for it alone is quick."""
# A name ends before the next label of a byline, a date, a button.
_NEXT = (
    "责任编辑|责编|编辑|作者|记者|撰稿|校对|审核|时间|日期|发布|更新|阅读|浏览|点击|字号|字体|评论|分享|举报"
    "|打印|关注"
)
_END = re.compile(
    rf"[，,。；;！!?？|｜丨）)】\]］<>\n\r\t]|\.\s|\s{{2,}}|\s/|\s(?:{_NEXT})|(?:{_NEXT})(?:时间|日期)?\s?[:：]"
    r"|\s(?:By|Author|Editor|Published|Updated|Posted|Date|Time)\b|(?:^|\s)\d{4}\s?[-/.年]"
    r"|(?<=[\u3400-\u9fff])\s|\s(?=[\u3400-\u9fff])"
)
_MARKS = " 　\"'“”‘’「」《》<>:：、·-—"
_OURS = frozenset("本站 本网 本报 本站原创 原创 本站整理 未知 不详 无 暂无 n/a none unknown".split())


def find_origin(text: str) -> str:
    """Return the name after a label such as ``来源：`` or ``Source:``, in one line, "" where there is none.

    ``text`` is plain: an article or a byline. Only its first and last 300 characters are looked at, the
    last ones first: （文章来源：…） names whom a byline may only have passed on. What is longer than 40
    characters, an address, or the site's word for itself (本站原创) is no name.
    """
    text = text.strip()
    tail = max(0, len(text) - _NEAR)
    for names in (reversed(list(_names(text[tail:], text))), _names(text[:_NEAR], text)):
        if name := next(names, ""):
            return name
    return ""


def _names(part: str, text: str) -> Iterator[str]:
    if not _COLON.search(part):
        return
    for label in _LABEL.finditer(part):
        rest = part[label.end() :]
        end = _END.search(rest)
        name = fold(rest[: end.start()] if end else rest).strip(_MARKS)
        # A name in Latin letters may run on into a sentence.
        runs_on = end is not None and end[0][0] in ",;.!?" and not label["open"] and name.count(" ") > 2
        if 0 < len(name) <= MAX_NAME and not runs_on and not _is_other(name):
            yield name


def _is_other(name: str) -> bool:
    """Tell whether the words behind a label name nobody: an address, a sentence, the site itself."""
    return (
        name.lower() in _OURS
        or re.search(r"://|www\.|^据|[了的]$|^[\d\W]+$", name) is not None
        or len(name.split()) > 6
    )
