"""Articles rendered by whoever has the time: here, or in a process of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from aggregator.model import Document, KeptArticle, Surroundings, Topic
from aggregator.render.feeds import Items, render_archive
from aggregator.render.pages import Pages
from aggregator.render.post import PostTemplate
from aggregator.settings import Site

Placed = tuple[KeptArticle, Surroundings]
WriteFeeds = partial[list[Document]]
"""``render_feeds`` or ``write_archive`` of a topic, with all that it needs of the store."""


@dataclass(frozen=True, slots=True)
class Look:
    """All that decides how an article is rendered."""

    site: Site
    theme: tuple[tuple[str, str], ...] = ()
    search: bool = False
    posts: bool = False
    template: str | None = None
    """The user's, for posts."""
    private: bool = False
    """Whether it is for readers who are shown everything in full."""


@lru_cache(2)  # for everybody, and for readers
def renderers(look: Look) -> tuple[Pages, PostTemplate | None]:
    """Compile what renders pages and posts."""
    pages = Pages(look.site, theme=dict(look.theme), search=look.search, private=look.private)
    return pages, PostTemplate.load(look.template) if look.posts else None


def render_article(look: Look, kept: KeptArticle, around: Surroundings) -> list[Document]:
    """The pages of an article and of its earlier states, its post, or what leads on from its old place."""
    pages, post = renderers(look)
    shared = [pages.share(kept, around), *pages.earlier(kept, around)]
    documents = [Document(f"site/{page.path}", page.body) for page in shared]
    if post:
        written = post.render(look.site, kept)
        documents.append(Document(f"posts/{written.path}", written.body))
    elif kept.former_path and not look.private:
        # Where there are posts, Jekyll keeps their addresses.
        leading = pages.moved_article(kept)
        documents.append(Document(f"site/{leading.path}", leading.body))
    return documents


def render_articles(look: Look, articles: Sequence[Placed]) -> list[list[Document]]:
    """Render articles, one after the other."""
    return [render_article(look, *placed) for placed in articles]


def write_feeds(look: Look, feeds: WriteFeeds) -> list[Document]:
    """Write the feeds of a topic, with entries that this process remembers."""
    return feeds(items=_items(look.site))


def write_archive(
    site: Site, topic: Topic, number: int, articles: Sequence[KeptArticle], *, items: Items
) -> list[Document]:
    """Write what ``render_archive`` does."""
    return [render_archive(site, topic, number, articles, items)]


@lru_cache(1)
def _items(site: Site) -> Items:
    return Items(site)
