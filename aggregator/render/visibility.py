"""How much of an article is published, as its source's ``publish`` says."""

from dataclasses import replace

from aggregator.model import KeptArticle, Shown
from aggregator.text.excerpt import opening, shorten
from aggregator.text.text import fold, paragraphs

SUMMARY_LENGTH = 300


def shown(kept: KeptArticle, mode: Shown) -> KeptArticle:
    """The article as it is published: whole, with its summary alone, or as a link with a title.

    Where the source gave no summary, it is the opening of the text. What is not shown is removed from
    descriptions and attachments too. ``KeptArticle.shown`` lets the page say so.
    """
    article = kept.article
    if mode == "full":
        return kept
    summary = ""
    if mode == "summary":
        # Some sources give their whole text as summary.
        summary = shorten(fold(article.summary), SUMMARY_LENGTH) or opening(article.content, SUMMARY_LENGTH)
    article = replace(article, content=paragraphs(summary), summary=summary, attachments=())
    return replace(kept, article=article, media={}, shown=mode)
