"""Links of pages: from one page to another, and to the feeds of a topic."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from urllib.parse import quote

from markupsafe import Markup

from aggregator.model import Topic
from aggregator.render import paths

FORMS = {
    "rss": ("RSS", "application/rss+xml"),
    "atom": ("Atom", "application/atom+xml"),
    "json": ("JSON", "application/feed+json"),
}


@dataclass(frozen=True, slots=True)
class TopicFeeds:
    """The feeds of one topic."""

    label: str
    forms: tuple[tuple[str, str, str], ...]
    """Name, media type and path of each form."""


def forms_of(topic: Topic) -> tuple[tuple[str, str, str], ...]:
    """Name, media type and path of each form of a topic's feed."""
    forms = ("atom",) if topic.kind == "operations" else FORMS
    return tuple((*FORMS[form], paths.feed_path(topic, form)) for form in forms)


@cache
def links_from(depth: int) -> Callable[[str], Markup]:
    """What makes links on the pages in so many folders; they hold wherever the output is put."""
    return partial(_relative, depth)


@lru_cache(4096)
def _relative(depth: int, target: str) -> Markup:
    return Markup(quote("../" * depth + target))  # noqa: S704 - nothing is left to be escaped
