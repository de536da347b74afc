"""An article whose file says something else than before, at the same address."""

from dataclasses import replace

from aggregator.content.clean import clean
from aggregator.content.files.excerpt import MAX_ARTICLE, MAX_BEGINNING, beginning
from aggregator.content.normalise import without_title
from aggregator.model import Article, FileText


def with_text(article: Article, address: str, before: FileText, after: FileText) -> Article:
    """Return an article with the new text of a file wherever it shows the one before."""
    content = article.content
    for limit in (MAX_ARTICLE, MAX_BEGINNING):
        shown = without_title(clean(beginning(before.content, limit), ""), article.title)
        if shown and shown in content:
            new = without_title(clean(beginning(after.content, limit), ""), article.title)
            content = content.replace(shown, new)
            break
    attachments = (
        replace(item, text=after.digest, fault=after.fault) if item.address == address else item
        for item in article.attachments
    )
    return replace(article, content=content, attachments=tuple(attachments))
