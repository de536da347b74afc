"""The user's keep and block rules, applied to an entry and to the article made of it."""

from collections.abc import Mapping

from aggregator.content.normalise import labels_of
from aggregator.model import Article, Entry
from aggregator.settings import Source
from aggregator.text.patterns import is_found
from aggregator.text.text import text_of

Texts = Mapping[str, tuple[str, ...]]


def refuse_entry(source: Source, entry: Entry) -> str:
    """Return the rule that leaves an entry out before its page is fetched, "" where its page may decide.

    Only what the page cannot change is judged: the address, the categories, and a title without a selector.
    Raises ReadError where a pattern takes too long.
    """
    if not source.has_filters:
        return ""
    fields = {
        "address": (entry.address,) if entry.address else (),
        "category": _categories(source, entry),
        "title": (entry.title,) if entry.title and not source.article.title else (),
    }
    refusal = _blocked(source, fields) or _not_kept(
        source, {name: texts for name, texts in fields.items() if texts}
    )
    if refusal or not (source.keep.query or source.block.query):
        return refusal
    from aggregator.content.queries import refuse_unread  # few sources have one

    return refuse_unread(source, entry, "".join(fields["title"]), fields["category"])


def refuse_article(source: Source, entry: Entry, article: Article) -> str:
    """Return the rule that leaves the article of an entry out, or "". Raises ReadError for a slow pattern."""
    if not source.has_filters:
        return ""
    files = (text_of(file.content) for file in entry.files.values())
    fields = {
        "title": (article.title,),
        "text": (text_of(article.content), article.summary, *files),
        "category": _categories(source, entry),
        "author": (article.byline, *article.authors),
        "address": (article.address,),
    }
    if source.keep_any and not _any(source.keep_any, fields):
        return "keep_any matches nothing of it"
    refusal = _blocked(source, fields) or _not_kept(source, fields)
    if refusal or not (source.keep.query or source.block.query):
        return refusal
    from aggregator.content.queries import refuse_made  # few sources have one

    return refuse_made(source, entry, article, fields["category"])


def _categories(source: Source, entry: Entry) -> tuple[str, ...]:
    """Return the entry's own categories, and those of a template that differ from entry to entry."""
    own = entry.fields.get("category", "")
    filed = [label.category for label in labels_of(entry, source)] if "{" in source.category else []
    return tuple(filter(None, [*([own] if isinstance(own, str) else own), *filed]))


def _blocked(source: Source, fields: Texts) -> str:
    for name, texts in fields.items():
        if pattern := _first(getattr(source.block, name), texts):
            return f"block.{name} {pattern!r} matches"
    pattern = _any(source.block_any, fields)
    return f"block_any {pattern!r} matches" if pattern else ""


def _not_kept(source: Source, fields: Texts) -> str:
    for name, texts in fields.items():
        patterns = getattr(source.keep, name)
        if patterns and not _first(patterns, texts):
            return f"keep.{name} does not match"
    return ""


def _any(patterns: tuple[str, ...], fields: Texts) -> str:
    return _first(patterns, tuple(text for texts in fields.values() for text in texts))


def _first(patterns: tuple[str, ...], texts: tuple[str, ...]) -> str:
    """Return the first pattern that is found in any of the texts, "" without one."""
    return next((pattern for pattern in patterns if any(is_found(pattern, text) for text in texts)), "")
