"""What the names that authors give to elements say: furniture, and files to take home."""

from __future__ import annotations

import re

from lxml import etree, html

from aggregator.text.html import LANDMARKS

_FURNITURE = re.compile(
    r"(?:^|[_-])(?:"
    r"ads?|advert(?:s|isement)?|affiliate|sponsor(?:ed)?|promo|outbrain|taboola"
    r"|shar(?:e|es|ing|edaddy)|social|bookmark|follow|likes?"
    r"|comments?|disqus|respond|vote|ratings?"
    r"|related(?:posts)?|recommend(?:ed|ations?)?|popular|trending|most-?read|read-?next|see-?also"
    r"|newsletter|subscri(?:be|ption)|sign-?up|login|paywall|donate|cookies?|consent"
    r"|author-?(?:bio|box|info|card|about)|about-?author|post-?meta(?:data)?|entry-?meta|tags?|tag-?(?:list|cloud)"
    r"|bread-?crumbs?|navigation|pagination|pager|prevlink|nextlink|sidebar|footer|toolbar"
    r"|disclosure|fenxiang|xiangguan|pinglun|tuijian|zebian|erweima|qr-?code"
    r")(?:$|[_-])",
    re.IGNORECASE,
)
_WORDS = 4
"""The most words in such a name: a longer one is a heading's own text, made its anchor."""
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_FILES = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|csv|zip|rar|7z|odt|ods|rtf|txt)(?:$|[?#])", re.IGNORECASE
)


def is_furniture(element: html.HtmlElement) -> bool:
    """Tell whether an element's class or id names what surrounds articles, as a word of its own."""
    names = f"{element.get('class', '')} {element.get('id', '')}"[:500].split()
    return any(len(_WORD.findall(name)) <= _WORDS and _FURNITURE.search(name) for name in map(_part, names))


def holds_file(element: html.HtmlElement) -> bool:
    """Tell whether an element links to a file, by the ending of its address."""
    return any(_FILES.search(link.get("href") or "") for link in element.iter("a"))


def stands_aside(element: html.HtmlElement) -> bool:
    """Tell whether an element or one around it is furniture, by name or by tag."""
    return any(
        around.tag in LANDMARKS or (around.tag != "body" and is_furniture(around))
        for around in (element, *element.iterancestors(etree.Element))
    )


def _part(name: str) -> str:
    return _HUMP.sub("-", name)
