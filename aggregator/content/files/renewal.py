"""An article whose file says something else than before, at the same address."""

import html
import re
from dataclasses import replace

from aggregator.content.clean import clean
from aggregator.content.files.excerpt import MAX_ARTICLE, MAX_BEGINNING, beginning, beginnings_of
from aggregator.content.normalise import without_title
from aggregator.model import Article, FileText


def with_text(article: Article, address: str, before: FileText, after: FileText) -> Article:
    """Return an article with the new text of a file wherever it shows the one before.

    Without one before, it shows the text as if it had been read when the article came.
    """
    renew = _renewed if before.content else _shown_at_first
    content = renew(article, address, before, after)
    attachments = (
        replace(item, text=after.digest, fault=after.fault) if item.address == address else item
        for item in article.attachments
    )
    return replace(article, content=content, attachments=tuple(attachments))


def _renewed(article: Article, address: str, before: FileText, after: FileText) -> str:
    for limit in (MAX_ARTICLE, MAX_BEGINNING):
        if (shown := _shown(article, before, limit)) and shown in article.content:
            return article.content.replace(shown, _shown(article, after, limit))
    return article.content


def _shown_at_first(article: Article, address: str, before: FileText, after: FileText) -> str:
    content = article.content
    link = re.compile(rf'<p><a href="{re.escape(html.escape(address))}"[^<]*</a></p>')
    if after.content and link.fullmatch(content):
        return _shown(article, after, MAX_ARTICLE)
    return content + clean(beginnings_of(content, article.attachments, {address: after}, ""), "")


def _shown(article: Article, file: FileText, limit: int) -> str:
    return without_title(clean(beginning(file.content, limit), ""), article.title)
