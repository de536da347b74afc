"""How much of an article others may see of it, as its source's ``publish`` says."""

from __future__ import annotations

from dataclasses import replace

from aggregator.model import KeptArticle, Shown
from aggregator.text.excerpt import opening, shorten
from aggregator.text.text import fold, paragraphs

SUMMARY = 300


def shown(kept: KeptArticle, mode: Shown) -> KeptArticle:
    """The article as it is published: whole, with its summary alone, or as a link with a title.

    A summary that the source did not give is the opening of the text. What is not shown is nowhere: neither
    in descriptions nor among attachments. ``KeptArticle.shown`` lets its page say so.
    """
    article = kept.article
    if mode == "full":
        return kept
    summary = ""
    if mode == "summary":
        # Some sources give their whole text for a summary.
        summary = shorten(fold(article.summary), SUMMARY) or opening(article.content, SUMMARY)
    article = replace(article, content=paragraphs(summary), summary=summary, attachments=())
    return replace(kept, article=article, media={}, shown=mode)
