"""The topics into which an article is filed."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from aggregator.model import EVERYTHING, KeptArticle, Topic
from aggregator.model.digest import hexdigest
from aggregator.settings import NamedFeed
from aggregator.text.excerpt import shorten
from aggregator.text.query import MAX_CONFIGURED, Searchable, parse_query
from aggregator.text.text import fold

NOTHING = Searchable()
SHOWN_LENGTH = 80
"""Characters of a query that are shown."""
MAX_TAG_LENGTH = 200  # characters of a tag that count


def topics_of(
    kept: KeptArticle,
    feeds: Sequence[NamedFeed],
    former: Mapping[str, Sequence[str]] = MappingProxyType({}),
    words: Searchable = NOTHING,
) -> tuple[Topic, ...]:
    """Name the topics of an article, once each; a tag's name is left to the store, which knows all slugs.

    ``former`` has the names that sources had before: their feeds go on. ``words`` are where queries look.
    """
    earlier = [Topic("source", name, name) for name in former.get(kept.article.source, ())]
    return tuple(dict.fromkeys([*_topics(kept, feeds, words), *earlier]))


def definition(feed: NamedFeed) -> str:
    """Hash of what decides which articles a feed holds: another one is another feed."""
    return hexdigest(feed.model_dump_json(include={"query", "categories", "sources", "tags"}))


def _topics(kept: KeptArticle, feeds: Sequence[NamedFeed], words: Searchable) -> Iterator[Topic]:
    yield EVERYTHING
    for filing in kept.filings:
        for category in (filing.category, *filing.former):
            yield Topic("category", category.slug, filing.category.label)
    yield Topic("source", kept.article.source, kept.article.source)
    for filing in kept.filings:
        tag = fold(filing.tag)[:MAX_TAG_LENGTH]
        # A category without a tag of its own stands under its label.
        if tag and filing.tag != filing.category.label:
            yield Topic("tag", "", tag)
    for feed in feeds:
        if belongs(feed, kept, words):
            yield Topic("feed", feed.name, feed.label or feed.name)


def belongs(feed: NamedFeed, kept: KeptArticle, words: Searchable) -> bool:
    """Tell whether an article belongs into a feed that the user named: everything said of it must hold."""
    return not refusal(feed, kept, words)


def refusal(feed: NamedFeed, kept: KeptArticle, words: Searchable) -> str:
    """Say what of a feed that the user named does not hold for an article; empty where all does."""
    named = (category for one in kept.filings for category in (one.category, *one.former))
    wanted: tuple[tuple[str, Sequence[str], set[str]], ...] = (
        ("categories", feed.categories, {name for one in named for name in (one.slug, one.label)}),
        ("tags", feed.tags, {filing.tag for filing in kept.filings}),
        ("sources", feed.sources, {kept.article.source}),
    )
    for key, names, found in wanted:
        if names and found.isdisjoint(names):
            return f"its {key} are {', '.join(names)}; the article has {', '.join(sorted(found)) or 'none'}"
    if feed.query and not parse_query(feed.query, longest=MAX_CONFIGURED).matches(words):
        return f"its query does not match: {shorten(feed.query, SHOWN_LENGTH)}"
    return ""
