"""Whether a feed gives an entry's whole text, or only a summary of what stands on the entry's page."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from aggregator.model import Attachment
from aggregator.text.addresses import canonical
from aggregator.text.filetypes import UNREADABLE, ending_of
from aggregator.text.text import plain

LONG = 1500
"""Characters from which a text that calls itself a summary is none; a Chinese one counts for three."""
SEVERAL = 600
"""Characters from which several paragraphs are a text, whatever they call themselves."""
TAIL = 1000

_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_PARAGRAPHS = re.compile(r"<p[\s>]|<li[\s>]|<br\b[^>]{0,20}>\s*<br\b", re.IGNORECASE)
# WordPress puts this behind every summary.
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


def is_whole(content: str, digest: str) -> bool:
    """Tell whether a feed's entry says all that its page would.

    ``content`` is what stands in a field for the whole text (``content:encoded``, Atom's ``content``),
    ``digest`` in one for a summary (``description``); HTML both, either may be empty. A text that breaks off
    with "…", "[...]", "Continue reading" or 阅读全文 is not whole, nor one that only repeats a short digest.
    """
    text = content or digest
    if breaks_off(text):
        return False
    if len(content) > 4 * LONG:
        return True
    said = plain(text)
    if not said:
        # A comic, a photograph.
        return "<img" in text
    if content and said != plain(digest):
        return True
    size = len(said) + 2 * len(_DENSE.findall(said))
    return size >= LONG or (size >= SEVERAL and len(_PARAGRAPHS.findall(text)) > 2)


def breaks_off(text: str) -> bool:
    """Tell whether HTML ends as something does that goes on elsewhere. Chinese ends sentences with "……"."""
    tail = _APPEARED.sub("", plain(text[-TAIL:])).rstrip()
    return bool(_CUT.search(tail[-300:]))


def leads_to_article(address: str, comments: str, attachments: tuple[Attachment, ...]) -> bool:
    """Tell whether an address may be a page with an entry's text: no file, player, comments, front page."""
    parts = urlsplit(address)
    if any(item.media_type.startswith(("audio/", "video/")) for item in attachments):
        return False
    if comments and canonical(comments) == canonical(address):
        return False
    if not parts.path.strip("/") and not parts.query:
        return False
    return not (ending_of(parts.path) in UNREADABLE or _PLAYERS.search(parts.hostname or ""))
