"""Whether a feed gives the whole text of an entry, or only a summary of the entry's page."""

import re
from urllib.parse import urlsplit

from aggregator.model import Attachment
from aggregator.text.addresses import canonical
from aggregator.text.filetypes import UNREADABLE, ending_of
from aggregator.text.text import plain

MAX_SUMMARY_LENGTH = 1500
"""Characters from which a text in a field for summaries is a whole text; a Chinese one counts for three."""
MAX_PARAGRAPHS_LENGTH = 600
"""Characters from which a text of several paragraphs in such a field is a whole text."""
TAIL_LENGTH = 1000
"""Characters of HTML at the end of a text in which the marks of a summary are looked for."""

# A character of Chinese, Japanese or Korean says as much as about three letters.
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_PARAGRAPHS = re.compile(r"<p[\s>]|<li[\s>]|<br\b[^>]{0,20}>\s*<br\b", re.IGNORECASE)
# WordPress appends this to every summary.
_APPEARED = re.compile(r"\bThe post .{1,300} appeared first on .{1,200}$", re.IGNORECASE)
_CUT = re.compile(
    r"(?:(?<![….])(?:…(?!…)|\.{3,4}(?!\.))"
    r"|[\[(【]\s*(?:…|\.{3}|more|&hellip;|更多|全文)\s*(?:…|\.{3})?\s*[\])】]"
    r"|\b(?:read|see|view)\s+(?:the\s+)?(?:more|rest|full\s+\w+|(?:full|whole|entire)\s+\w+(?:\s+\w+)?)"
    r"|\bcontinue(?:d)?\s+reading\b[^.!?。]{0,150}|\bkeep\s+reading|\blearn\s+more"
    r"|(?:阅读|查看|点击查看|浏览|点击阅读|继续阅读|展开)\s*(?:全文|原文|更多|详情|正文)|继续阅读|閱讀全文|繼續閱讀)"
    r"[\s»›>→….:：)\]】\"”]*$",
    re.IGNORECASE,
)
_PLAYERS = re.compile(
    r"(?:^|\.)(?:youtube\.com|youtu\.be|vimeo\.com|bilibili\.com|twitch\.tv|soundcloud\.com|spotify\.com"
    r"|podcasts\.apple\.com)$"
)


def is_whole(content: str, summary: str) -> bool:
    """Tell whether a feed's entry says all that its page would say.

    ``content`` is the HTML of a field for the whole text (``content:encoded``, Atom's ``content``),
    ``summary`` that of a field for a summary (``description``); either may be empty. A text that breaks
    off is not whole, nor is a content that only repeats a short summary.
    """
    markup = content or summary
    if breaks_off(markup):
        return False
    if len(content) > 4 * MAX_SUMMARY_LENGTH:
        return True
    text = plain(markup)
    if not text:
        # A comic or a photograph needs no text.
        return "<img" in markup
    if content and text != plain(summary):
        return True
    length = len(text) + 2 * len(_DENSE.findall(text))
    several = len(_PARAGRAPHS.findall(markup)) > 2
    return length >= (MAX_PARAGRAPHS_LENGTH if several else MAX_SUMMARY_LENGTH)


def breaks_off(markup: str) -> bool:
    """Tell whether HTML ends like a teaser: with "…", "[...]", "Continue reading" or 阅读全文.

    Chinese ends complete sentences with a double "……", which is not such a mark.
    """
    tail = _APPEARED.sub("", plain(markup[-TAIL_LENGTH:])).rstrip()
    return bool(_CUT.search(tail[-300:]))


def leads_to_article(address: str, comments: str, attachments: tuple[Attachment, ...]) -> bool:
    """Tell whether an address may be the page of an entry's text.

    A file, a player, the entry's comments and a front page are not.
    """
    parts = urlsplit(address)
    if any(item.media_type.startswith(("audio/", "video/")) for item in attachments):
        return False
    if comments and canonical(comments) == canonical(address):
        return False
    if not parts.path.strip("/") and not parts.query:
        return False
    return not (ending_of(parts.path) in UNREADABLE or _PLAYERS.search(parts.hostname or ""))
